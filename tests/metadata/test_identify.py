"""What a person types names a paper, or is answered with the accepted forms; and one paper in BibTeX."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.errors import UsageError
from repro.metadata.bibtex import from_bibtex
from repro.metadata.identify import Identifier, identify, recognise
from repro.metadata.record import Metadata

CVPR_DOI = "10.1109/CVPR46437.2021.01549"


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("arxiv:2011.10566", "arxiv", "2011.10566"),
        ("arXiv: 2011.10566v3", "arxiv", "2011.10566"),
        ("2011.10566", "arxiv", "2011.10566"),
        ("  2011.10566v2. ", "arxiv", "2011.10566"),
        ("0704.0001", "arxiv", "0704.0001"),
        ("cs/0501001", "arxiv", "cs/0501001"),
        ("arxiv:cs.LG/0501001v1", "arxiv", "cs/0501001"),
        ("https://arxiv.org/abs/2011.10566v1", "arxiv", "2011.10566"),
        ("http://www.arxiv.org/pdf/2011.10566.pdf", "arxiv", "2011.10566"),
        ("https://arxiv.org/pdf/2011.10566v1#page=3", "arxiv", "2011.10566"),
        ("https://export.arxiv.org/abs/hep-th/9901001", "arxiv", "hep-th/9901001"),
        ("https://arxiv.org/html/2011.10566v1/", "arxiv", "2011.10566"),
        ("arxiv.org/abs/2011.10566", "arxiv", "2011.10566"),
        (f"doi:{CVPR_DOI}", "doi", CVPR_DOI),
        (CVPR_DOI, "doi", CVPR_DOI),
        (f"https://doi.org/{CVPR_DOI}", "doi", CVPR_DOI),
        ("http://dx.doi.org/10.1016%2F0004-3702%2884%2990018-2", "doi", "10.1016/0004-3702(84)90018-2"),
        ("doi.org/10.1000/xyz,", "doi", "10.1000/xyz"),
        ("doi:10.48550/arXiv.2011.10566", "arxiv", "2011.10566"),
        ("https://doi.org/10.48550/ARXIV.2011.10566", "arxiv", "2011.10566"),
        ("physics.atom-ph/9601001", "arxiv", "physics/9601001"),
        ("https://arxiv.org/abs/physics.atom-ph/9601001v2", "arxiv", "physics/9601001"),
        ("Hep-Th/9901001", "arxiv", "hep-th/9901001"),
        ("arXiv:2011.10566v1 [cs.CV]", "arxiv", "2011.10566"),
        ("arXiv:2011.10566v1 [cs.CV] 20 Nov 2020", "arxiv", "2011.10566"),
        ("arXiv:physics/9601001v1 [physics.atom-ph]", "arxiv", "physics/9601001"),
        ("arXiv.2011.10566", "arxiv", "2011.10566"),
        ("https://www.alphaxiv.org/abs/2011.10566v1", "arxiv", "2011.10566"),
        ("alphaxiv.org/overview/2011.10566", "arxiv", "2011.10566"),
        ("https://huggingface.co/papers/2011.10566", "arxiv", "2011.10566"),
        ("hf.co/papers/2011.10566", "arxiv", "2011.10566"),
        ("https://dl.acm.org/doi/10.1145/3447548.3467412", "doi", "10.1145/3447548.3467412"),
        ("https://dl.acm.org/doi/abs/10.1145/3447548.3467412", "doi", "10.1145/3447548.3467412"),
        ("dl.acm.org/doi/pdf/10.1145/3447548.3467412", "doi", "10.1145/3447548.3467412"),
        ("openreview:ryQu7f-RZ", "openreview", "ryQu7f-RZ"),
        ("https://openreview.net/forum?id=ryQu7f-RZ&noteId=abc", "openreview", "ryQu7f-RZ"),
        ("https://openreview.net/pdf?id=ryQu7f-RZ", "openreview", "ryQu7f-RZ"),
    ],
)
def test_what_names_a_paper(typed: str, kind: str, value: str) -> None:
    found = identify(typed)
    assert (found.kind, found.value) == (kind, value)
    assert recognise(str(found)) == found
    assert recognise(found.address) == found


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "simsiam",
        "2011.105666",
        "2013.10566",
        "2000.10566",
        "1412.12345",
        "1501.0001",
        "0612.0001",
        "doi:11.1000/x",
        "doi:10.1000/a b",
        "doi:10.1000/a\x1bb",
        "doi:10.48550/arXiv.9999",
        "https://arxiv.org/list/cs.LG/recent",
        "https://arxiv.org/",
        "https://example.org/abs/2011.10566",
        "https://arxiv.org.example.org/abs/2011.10566",
        "https://huggingface.co/facebook/dino-vits16",
        "https://dl.acm.org/journal/tog",
        "https://openreview.net/group?id=ICLR.cc",
        "https://openreview.net/forum?noteId=ryQu7f-RZ",
        "https://[broken/abs/2011.10566",
        "file:///secret.txt",
        "ftp://arxiv.org/abs/2011.10566",
        "javascript:alert(1)",
        "arxiv:" + "9" * 100_000,
    ],
)
def test_what_names_none_is_answered_with_the_accepted_forms(typed: str) -> None:
    with pytest.raises(UsageError, match="is no identifier of a paper; accepted: arxiv:2011") as caught:
        identify(typed)
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_identifier_or_none(text: str) -> None:
    found = recognise(text)
    assert found is None or isinstance(found, Identifier)


# BibTeX

GRILL = r"""
% from a reference manager
@string{neurips = "Advances in Neural Information Processing Systems"}
@inproceedings{grill2020bootstrap,
  title     = {{Bootstrap Your Own Latent} {--} A New Approach to {S}elf-Supervised Learning},
  Author    = {Grill, Jean-Bastien and Strub, Florian and Altch{\'e}, Florent and Bilal Piot},
  booktitle = neurips,
  year      = 2020,
  eprint    = {2006.07733}, archivePrefix = {arXiv},
  url       = {https://proceedings.neurips.cc/paper/2020}
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "paper.bib"


def test_a_bibtex_entry(file: Path) -> None:
    file.write_text(GRILL, encoding="utf-8")
    found = from_bibtex(file, "2026-11-24", print)
    assert found.title == "Bootstrap Your Own Latent – A New Approach to Self-Supervised Learning"
    assert found.authors == ("Jean-Bastien Grill", "Florian Strub", "Florent Altché", "Bilal Piot")
    assert (found.years, found.arxiv, found.doi) == ((2020,), "2006.07733", None)
    assert found.venue == "Advances in Neural Information Processing Systems"


@pytest.mark.parametrize(
    ("field", "key", "value"),
    [
        ("doi = {10.1109/CVPR46437.2021.01549}", "doi", CVPR_DOI),
        ("doi = {https://doi.org/10.1109/CVPR46437.2021.01549}", "doi", CVPR_DOI),
        ("url = {https://openreview.net/forum?id=ryQu7f-RZ}", "openreview", "ryQu7f-RZ"),
        ("journal = {arXiv preprint arXiv:2011.10566}", "arxiv", "2011.10566"),
        ("journal = {CoRR}, eprint = {2011.10566}", "arxiv", "2011.10566"),
        ("doi = {10.1000/under\\_score}", "doi", "10.1000/under_score"),
    ],
)
def test_identifiers_in_bibtex(file: Path, field: str, key: str, value: str) -> None:
    file.write_text(f"@article{{a, title={{A Title}}, author={{A B}}, year={{2021}}, {field}}}")
    found = from_bibtex(file, "2026-11-24", print)
    assert {name: getattr(found, name) for name in ("arxiv", "doi", "openreview")} == {
        "arxiv": None,
        "doi": None,
        "openreview": None,
        key: value,
    }


def bibtex(file: Path, fields: str, **whole: str) -> Metadata:
    """What an entry with these fields becomes, whose reading has nothing to tell."""
    more = {"title": "A Title", "author": "A B", "year": "2021"} | whole
    rest = "".join(f", {name} = {{{value}}}" for name, value in more.items() if f"{name} =" not in fields)
    file.write_text(f"@article{{a, {fields}{rest}}}", encoding="utf-8")
    said: list[str] = []
    found = from_bibtex(file, "2026-11-24", said.append)
    assert said == []
    return found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Pushing the Limits with 1% of the Labels", "Pushing the Limits with 1% of the Labels"),
        ("90% vs 10%, at a line's end 5%\n  of all", "90% vs 10%, at a line's end 5% of all"),
        (r"50\% of \& all", "50% of & all"),
        ("Search & Rescue & R&D", "Search & Rescue & R&D"),
        ("A&amp;B and A\\&amp;B", "A&B and A&B"),
        ("A&amp;amp;B", "A&B"),
        ("C# costs $5 or #1, a_b^2", "C# costs $5 or #1, a_b^2"),
        ("{\\textbf{Bold & 5%}} {{\\'E}t&eacute;}", "Bold & 5% Été"),
        (r"Over $\ell_2$ & $a \% b$", r"Over $\ell_2$ & $a \% b$"),
    ],
)
def test_what_latex_takes_for_more_than_itself_stays(file: Path, written: str, meant: str) -> None:
    found = bibtex(file, f"title = {{{written}}}, journal = {{{written}}}")
    assert (found.title, found.venue) == (meant, meant)


def test_an_address_keeps_its_per_cents(file: Path) -> None:
    found = bibtex(file, "url = {https://doi.org/10.1000/a%28b%29&c}")
    assert found.doi == "10.1000/a(b)&c"


@pytest.mark.parametrize("others", ["others", "et al.", "et al"])
def test_others_are_no_author(file: Path, others: str) -> None:
    found = bibtex(file, f"author = {{He, Kaiming and\n  {others}}}")
    assert (found.authors, found.more_authors) == (("Kaiming He",), True)
    alone = bibtex(file, f"author = {{{others}}}")
    assert (alone.authors, alone.more_authors) == ((), True)
    braced = bibtex(file, f"author = {{Kaiming He and {{{others}}}}}")
    assert (braced.authors, braced.more_authors) == (("Kaiming He", others), False)


@pytest.mark.parametrize(
    ("written", "name", "families"),
    [
        ("{Google Research}", "Google Research", True),
        ("{Barnes \\& Noble Labs}", "Barnes & Noble Labs", True),
        ("{{ATLAS} Team}", "ATLAS Team", True),
        ("{OpenAI}", "OpenAI", False),
        ("{\\'E}mile", "Émile", False),
        ("{Google} Research", "Google Research", False),
        ("{\\'E}mile {Zola}", "Émile Zola", False),
        ("Madonna", "Madonna", False),
    ],
)
def test_a_name_in_braces_is_all_family_name(file: Path, written: str, name: str, families: bool) -> None:
    found = bibtex(file, f"author = {{{written} and He, Kaiming}}")
    assert found.authors == (name, "Kaiming He")
    assert found.families == (((name, name),) if families else ())


@pytest.mark.parametrize(
    ("written", "name", "family"),
    [
        ("Ludwig van Beethoven III", "Ludwig van Beethoven III", "van Beethoven"),
        ("de la Cruz, Jr., Ana", "Ana de la Cruz Jr.", "de la Cruz"),
        ("de la Cruz Jr, Ana", "Ana de la Cruz Jr", "de la Cruz"),
    ],
)
def test_a_suffix_is_no_part_of_the_family_name(file: Path, written: str, name: str, family: str) -> None:
    found = bibtex(file, f"author = {{{written}}}")
    assert (found.authors, found.families) == ((name,), ((name, family),))


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ("title = {Online Thing}, subtitle = {A Subtitle}", "Online Thing: A Subtitle"),
        ("title = {Is It Online?}, SubTitle = {A Subtitle}", "Is It Online? A Subtitle"),
        ("title = {Thing: A Subtitle}, subtitle = {A Subtitle}", "Thing: A Subtitle"),
        ("title = {Thing}, subtitle = {}", "Thing"),
    ],
)
def test_a_subtitle_belongs_to_the_title(file: Path, fields: str, title: str) -> None:
    assert bibtex(file, fields).title == title


@pytest.mark.parametrize("second", ["note", "Note", "NOTE"])
def test_a_field_given_twice_is_named_and_the_first_counts(file: Path, second: str) -> None:
    file.write_text(
        f"@misc{{a, title={{A}}, note={{one}}, {second}={{two}}, Title={{B}}, title={{C}}, month=jun}}"
    )
    said: list[str] = []
    assert from_bibtex(file, "2026-11-24", said.append).title == "A"
    assert said == [
        f"{file} gives the field title 3 times; the first one counts.",
        f"{file} gives the field note 2 times; the first one counts.",
    ]


def test_a_byte_order_mark_and_missing_fields_are_no_obstacle(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf@misc{a, title={A Title}, date={2021-06-01}}")
    found = from_bibtex(file, "2026-11-24", print)
    assert (found.title, found.authors, found.years) == ("A Title", (), (2021,))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no BibTeX entry"),
        (b"Dear editor,", "holds no BibTeX entry"),
        (b"@article{a, title={unclosed", "what begins on line 1 is not well-formed"),
        (b"@article{a, title={A}}\n@article{b, title={B}}", r"holds 2 entries \(a, b\); keep the one"),
        (b"@article{a, title={A}}\n@article{a, title={B}}", r"holds 2 entries \(a, a\); keep the one"),
        (b"@article{a, title={A}}\n@misc{b, note={x}, note={y}}", r"holds 2 entries \(a, b\); keep the"),
        (b"@article{a, title={A}, author={A, B, C, D}}", r"'A, B, C, D' is no name .* \(too many commas\)"),
        (b"@article{a, title={A}, author={B,}}", r"the author 'B,' is no name for BibTeX \(trailing comma"),
        (b"@article{a, year={2021}}", "gives nothing as a title"),
        (b"@article{a, title={}}", "a title without any text"),
        (b"@article{a, title={" + b"x" * 5_000 + b"}}", "a title of 5,000 characters"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 200_001, "larger than 200,000 bytes"),
        (b"{" * 100_000, "holds no BibTeX entry"),
        (b"@article{a," * 9_000, "not well-formed"),
        (b"@article{a, title={" + b"{\\'" * 3_000 + b"}" * 3_000 + b"}}", "not well-formed|title"),
    ],
)
def test_a_file_that_holds_no_single_paper_is_one_sentence(
    file: Path, capfd: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        from_bibtex(file, "2026-11-24", print)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.bib", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            from_bibtex(path, "2026-11-24", print)
