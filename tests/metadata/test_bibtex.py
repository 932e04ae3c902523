"""BibTeX files as they are found: what they hold is kept, and what is left out is said."""

from pathlib import Path

import pytest

from repro.errors import UsageError
from repro.metadata.bibtex import from_bibtex
from repro.metadata.latex import LatexError, decode
from repro.metadata.record import Metadata, clean


def read(folder: Path, text: str) -> tuple[Metadata, list[str]]:
    """The record of a file, and what was said of it without the file's name."""
    file, said = folder / "a.bib", []
    file.write_text(text, encoding="utf-8")
    found = from_bibtex(file, "2026-11-28", said.append)
    return found, [line.replace(str(file), "FILE") for line in said]


def of_title(folder: Path, title: str, more: str = "") -> str:
    found, said = read(folder, f"@article{{a, title = {title}, author = {{A B}}, year = 2020{more}}}")
    assert said == []
    return found.title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("{Pushing the Limits with 1% of the Labels}", "Pushing the Limits with 1% of the Labels"),
        ("{5\\% and 1% of 100\\%}", "5% and 1% of 100%"),
        ("{Search & Rescue \\& R&D}", "Search & Rescue & R&D"),
        ("{A&amp;B and C &lt; D}", "A&B and C < D"),
        ("{When n<d and k>m for Networks}", "When n<d and k>m for Networks"),
        ("{<Title in brackets>}", "<Title in brackets>"),
        ("{On $\\ell_2$ and $O(n^2)$}", "On $\\ell_2$ and $O(n^2)$"),
        ("{Learning with \\(\\alpha\\)-Divergence}", "Learning with \\(\\alpha\\)-Divergence"),
        ('"A " # {B} # " C"', "A B C"),
        ('"Issue #1 " # 2', "Issue #1 2"),
        (
            "{{The {BERT} Model}: {\\em new} \\textsc{Things} in \\LaTeX{} and \\TeX}",
            "The BERT Model: new Things in LaTeX and TeX",
        ),
        ("{A {\\textless} B {\\textgreater} C \\textasciicircum{}D}", "A < B > C ^D"),
    ],
)
def test_a_title_is_kept(tmp_path: Path, written: str, title: str) -> None:
    assert of_title(tmp_path, written) == title


@pytest.mark.parametrize(
    ("main", "subtitle", "title"),
    [
        ("Online Thing", "A Subtitle", "Online Thing: A Subtitle"),
        ("What?", "A Subtitle", "What? A Subtitle"),
        ("Thing: A Subtitle", "A Subtitle", "Thing: A Subtitle"),
    ],
)
def test_a_subtitle_is_joined(tmp_path: Path, main: str, subtitle: str, title: str) -> None:
    assert of_title(tmp_path, f"{{{main}}}", f", subtitle = {{{subtitle}}}") == title


def of_authors(folder: Path, authors: str) -> tuple[Metadata, list[str]]:
    return read(folder, f"@article{{a, title = {{T}}, year = 2020, author = {{{authors}}}}}")


@pytest.mark.parametrize(
    ("written", "names", "families"),
    [
        ("King, Jr., Martin Luther", ["Martin Luther King Jr."], {}),
        ("Sammy Davis, Jr. and John Smith III", ["Sammy Davis Jr.", "John Smith III"], {}),
        ("van der Berg, Jr, Jan", ["Jan van der Berg Jr"], {"Jan van der Berg Jr": "van der Berg"}),
        (
            "Ludwig van Beethoven III",
            ["Ludwig van Beethoven III"],
            {"Ludwig van Beethoven III": "van Beethoven"},
        ),
        (
            "{Google Research} and {OpenAI}",
            ["Google Research", "OpenAI"],
            {"Google Research": "Google Research"},
        ),
        ("{Barnes and Noble, Inc.}", ["Barnes and Noble, Inc."], {}),
        (
            "{{\\'E}cole Polytechnique} and {\\'E}. Gr{\\\"u}n",
            ["École Polytechnique", "É. Grün"],
            {"École Polytechnique": "École Polytechnique"},
        ),
        ("A B and \\c{C}elik, A\\u{g}a and \\h{a} N", ["A B", "Ağa Çelik", "ả N"], {}),
        ("Pawe{\\l} \\'Swi\\k{a}tek and \\O{}ystein B{\\o}rd", ["Paweł Świątek", "Øystein Børd"], {}),
        ("Nguy{\\~{\\^e}}n Vi\\d{\\^e}t", ["Nguyễn Việt"], {}),
        ("A~B\nAND C D", ["A B", "C D"], {}),
        ("Smith \\& Sons and {Smith \\& Sons}", None, {}),
    ],
)
def test_authors_are_kept(
    tmp_path: Path, written: str, names: list[str] | None, families: dict[str, str]
) -> None:
    if names is None:
        with pytest.raises(UsageError, match="it has a ; or & between names"):
            of_authors(tmp_path, written)
        return
    found, said = of_authors(tmp_path, written)
    assert (list(found.authors), dict(found.families), said) == (names, families, [])


@pytest.mark.parametrize("end", ["and others", "and et al.", "et al.", "et~al", ", et al."])
def test_authors_that_are_left_out_are_no_author(tmp_path: Path, end: str) -> None:
    found, _ = of_authors(tmp_path, f"Ada Lovelace and Grace Hopper {end}")
    assert (found.authors, found.more_authors) == (("Ada Lovelace", "Grace Hopper"), True)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("Xinlei Chen, Kaiming He, Saining Xie, Ross Girshick", "too many commas"),
        ("Xinlei Chen, Kaiming He, Saining Xie", "'Kaiming He' between its commas is no suffix"),
        ("Xinlei Chen; Kaiming He", "it has a ; or & between names"),
        ("Xinlei Chen & Kaiming He", "it has a ; or & between names"),
    ],
)
def test_a_list_that_is_not_bibtexs_is_refused_with_a_hint(tmp_path: Path, written: str, reason: str) -> None:
    with pytest.raises(UsageError, match="with `and` between them") as caught:
        of_authors(tmp_path, written)
    assert reason in str(caught.value)


def test_two_names_with_a_comma_between_them_are_asked_about(tmp_path: Path) -> None:
    _, said = of_authors(tmp_path, "Xinlei Chen, Kaiming He")
    assert said == [
        "FILE: `Xinlei Chen, Kaiming He` is read as one author; if it is two, write `and` between them."
    ]
    assert of_authors(tmp_path, "van der Maaten, Laurens")[1] == []


def test_abbreviations_are_written_out_and_joined(tmp_path: Path) -> None:
    strings = '@string{cvpr = "CV" # {PR}}\n@STRING(Full = cvpr # " and more")\n'
    text = (
        f"{strings}@inproceedings{{a, title = {{T}}, booktitle = FULL # {{ 2021}}, year = 2021, month = jan}}"
    )
    found, said = read(tmp_path, text)
    assert (found.venue, said) == ("CVPR and more 2021", [])
    _, said = read(tmp_path, "@article{a, title = {T}, journal = pami, year = 2020}")
    assert said == ["FILE does not say what the abbreviation pami stands for; it is kept."]
    found, _ = read(tmp_path, "@string{a = b # a}@string{b = a}@article{a, title = a, year = 2020}")
    assert found.title == "aa", "an abbreviation of itself ends"


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    text = "@article{a, title = {A \\foo{x} \\qux <b>bold</b> one}, title = {Two}, author = {A B}}"
    found, said = read(tmp_path, text)
    assert found.title == "A x bold one"
    assert said == [
        "FILE gives the field title 2 times; the first one counts.",
        "FILE: the LaTeX command \\foo in title is not known and is left out.",
        "FILE: the LaTeX command \\qux in title is not known and is left out.",
        "FILE: <b>, </b> in title is taken for markup and is left out.",
    ]


@pytest.mark.parametrize(
    "text", ["{", "\\", "$", "\\href{x}", "\\frac", "{\\", "\\verb", "$\\", "\\h", "a}b"]
)
def test_bad_latex_is_text_or_one_sentence(tmp_path: Path, text: str) -> None:
    try:
        found = decode([text])[0]
    except LatexError as error:
        found = str(error)
    assert not set(found) & set("\ufdd0\ufdd1\ufdd2\ufdd3")


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("n<d and k>m", "n<d and k>m"),
        ("A <x,y> product and a<b>c", "A <x,y> product and ac"),
        ("<i>In vivo</i> H<sub>2</sub>O <jats:p>x</jats:p>", "In vivo H2O x"),
        ('<mml:math display="block">k</mml:math> <img src=x onerror="y">', "k"),
        ("<em class=a>x</em><br/><br /><!-- no --><!DOCTYPE x>", "x"),
        ("<a href='x y'>z</a>", "z"),
    ],
)
def test_tags_go_and_comparisons_stay(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned
