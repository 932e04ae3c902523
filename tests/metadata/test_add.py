"""`repro add`: any identifier becomes an entry that passes the check once its marks are written over."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from repro.catalog.check.check import check
from repro.catalog.reading.document import parse
from repro.catalog.records.paper import Author
from repro.cli.app import main
from repro.errors import ServiceError, UsageError
from repro.exports.text import PersonName, name_parts
from repro.metadata.add import AddRequest, NewEntry, add
from repro.metadata.services.services import Services
from tests.support.metadata_server import (
    Answer,
    Server,
    arxiv_path,
    as_json,
    crossref_path,
    crossref_work,
    datacite_path,
    datacite_work,
    feed,
    openalex_path,
    openalex_work,
    openreview_note,
    openreview_path,
)

Begin = Callable[..., NewEntry]
Repro = Callable[..., tuple[int, str, str]]

SIMSIAM = "Exploring Simple Siamese Representation Learning"
CVPR = "2021 IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)"
CVPR_DOI = "10.1109/CVPR46437.2021.01549"
ECCV_DOI = "10.1007/978-3-030-58517-4_1"
ZENODO_DOI = "10.5281/zenodo.1234567"
SLOW_DOI = "10.48550/arXiv.2108.00587"
KBS_DOI = "10.1016/j.knosys.2022.109631"
BIBTEX = """@inproceedings{grill2020, title={Bootstrap Your Own Latent}, year={2020}, eprint={2006.07733},
booktitle={Advances in Neural Information Processing Systems},
author={Grill, Jean-Bastien and Altch{\\'e}, Florent}}"""


def answers(server: Server) -> None:
    """What the services know."""
    put, names = server.put, ["Xinlei Chen", "Kaiming He"]
    simsiam = feed("2011.10566", SIMSIAM, names, 2020, doi=CVPR_DOI, comment="8 pages")
    put(arxiv_path("2011.10566"), simsiam)
    pairs = [("Xinlei", "Chen"), ("Kaiming", "He")]
    put(crossref_path(CVPR_DOI), as_json(crossref_work(CVPR_DOI, SIMSIAM, pairs, 2021, CVPR)))
    twins = "Barlow Twins: Self-Supervised Learning via Redundancy Reduction"
    put(
        arxiv_path("2103.03230"),
        feed("2103.03230", twins, ["Jure Zbontar"], 2021, comment="ICML 2021, 13 pages"),
    )
    put(arxiv_path("2108.00587"), Answer(status=429, headers={"Retry-After": "3600"}))
    slow = datacite_work(SLOW_DOI, "Representation Learning: 100% of «it»", ["Chen, Xinlei"], 2021, "arXiv")
    put(datacite_path(SLOW_DOI), as_json(slow))
    put(arxiv_path("cs/0501001"), feed("cs/0501001", "yes", ["Null", "Ada O'Hara-Müller"], 2005))
    eccv = crossref_work(
        ECCV_DOI, "Contrastive: a {very}, #odd 'title'", [("Yonglong", "Tian")], 2020, "ECCV 2020"
    )
    put(crossref_path(ECCV_DOI), as_json(eccv))
    put(datacite_path(ZENODO_DOI), as_json(datacite_work(ZENODO_DOI, "A set", [], 2022, {"name": "Zenodo"})))
    kbs = openalex_work(KBS_DOI, "图对比学习", ["陈 鑫"], 2022, "Knowledge-Based Systems")
    put(openalex_path(KBS_DOI), as_json(kbs))
    note = openreview_note("xm6YD62D1Ub", "VICReg", ["Adrien Bardes"], "ICLR 2022 Poster")
    put(openreview_path("xm6YD62D1Ub"), as_json(note))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        answers(running)
        yield running


@pytest.fixture
def catalog(tmp_path: Path, root: Path) -> Path:
    """A catalog with the real vocabularies and no paper."""
    folder = tmp_path / "catalog"
    (folder / "papers").mkdir(parents=True)
    shutil.copytree(root / "catalog" / "vocab", folder / "vocab")
    return folder


@pytest.fixture
def begin(server: Server, catalog: Path) -> Callable[..., NewEntry]:
    """Adds a paper; what would have been said lands in ``said``."""

    def run(identifier: str | None = None, said: list[str] | None = None, **more: object) -> NewEntry:
        notes = [] if said is None else said
        request = AddRequest(catalog, identifier, **more)  # type: ignore[arg-type]
        return add(request, server.services, unasked, notes.append)

    return run


def unasked(question: str) -> str:
    raise AssertionError(f"nobody should be asked {question!r}")


def replies(*texts: str) -> Callable[[str], str]:
    """Answers at the terminal, in turn."""
    left = list(texts)
    return lambda question: left.pop(0)


def written(text: str) -> str:
    """An entry with its marks written over, as a person would."""
    sentences = iter([" ".join(["word"] * 80), "An idea."])
    text = re.sub(r"(?m)^    TODO.*", lambda found: f"    {next(sentences)}", text)
    for mark, instead in {
        "name: TODO}": "name: Somebody}",
        "name: TODO": "name: Method",
        "venue: TODO": "venue: icml",
        "[TODO]": "[contrastive]",
        "year: TODO": "year: 2020",
        "url: TODO": 'url: "https://example.org/paper"',
    }.items():
        text = text.replace(mark, instead)
    assert "TODO" not in re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    return text


def errors(catalog: Path) -> list[tuple[str, str, int]]:
    return [(one.rule.id, one.file, one.line) for one in check(catalog) if one.severity == "error"]


# (typed, id, lines that the entry must hold)
KINDS = [
    (
        "arxiv:2011.10566",
        "chen-2021-exploring",
        [
            "year: 2021",
            f"title: {SIMSIAM}",
            "venue: cvpr  # Crossref says",
            f'doi: "{CVPR_DOI}"',
            "status: published",
        ],
    ),
    (
        "2103.03230v3",
        "barlow-twins",
        ["name: Barlow Twins", "year: 2021", "perhaps icml", 'arxiv: "2103.03230"', "status: published"],
    ),
    (
        "https://arxiv.org/pdf/2108.00587.pdf",
        "representation-learning",
        ['title: "Representation Learning: 100% of «it»"', "venue: arxiv", "status: preprint"],
    ),
    (
        "cs/0501001",
        "null-2005",
        ['title: "yes"', '- {name: "Null"}', 'name: "Ada O\'Hara-Müller"', "venue: arxiv"],
    ),
    (
        f"doi:{ECCV_DOI}",
        "contrastive",
        ["venue: eccv", "year: 2020", "\"Contrastive: a {very}, #odd 'title'\""],
    ),
    (
        f"https://doi.org/{ZENODO_DOI}",
        "2022",
        ["authors: [{name: TODO}]", 'venue: TODO  # DataCite says "Zenodo"'],
    ),
    (KBS_DOI, "2022-2", ["title: 图对比学习", "venue: knowledge-based-systems", "- {name: 陈 鑫}"]),
    (
        "https://openreview.net/forum?id=xm6YD62D1Ub",
        "bardes-2022-vicreg",
        ["venue: iclr", "year: 2022", 'openreview: "xm6YD62D1Ub"', "forum?id=xm6YD62D1Ub"],
    ),
]


@pytest.mark.parametrize(("typed", "paper", "lines"), KINDS)
def test_an_identifier_becomes_an_entry(begin: Begin, typed: str, paper: str, lines: Sequence[str]) -> None:
    if paper.endswith("-2"):
        begin(f"doi:{ZENODO_DOI}")
    added = begin(typed)
    text = added.file.read_text(encoding="utf-8")
    assert (added.paper, added.file.name) == (paper, f"{paper}.yaml")
    assert [line for line in lines if line not in text] == []
    assert "official abstract" not in text.lower()


def test_eight_identifiers_become_entries_that_pass_the_check_once_written(
    begin: Begin, catalog: Path
) -> None:
    added = [begin(typed) for typed, *_ in KINDS]
    assert len({one.paper for one in added}) == 8
    marks = {(f"catalog/papers/{one.paper}.yaml", line) for one in added for line in one.marked}
    assert {(file, line) for rule, file, line in errors(catalog) if rule == "R016"} == marks
    assert {(file, line) for _, file, line in errors(catalog)} == marks, "nothing else is wrong"
    for one in added:
        one.file.write_text(written(one.file.read_text(encoding="utf-8")), encoding="utf-8")
    assert errors(catalog) == []


def test_bibtex_and_answers_become_entries_that_pass_the_check(
    begin: Begin, catalog: Path, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.bib").write_text(BIBTEX)
    people = "Ada Lovelace; Grace Hopper"
    typed = replies("My Net: a Title", people, "2021", "CVPR 2021", "arxiv:2011.10567")
    added = [
        begin(bibtex=tmp_path / "a.bib"),
        add(AddRequest(catalog, offline=True), server.services, typed, unasked),
    ]
    texts = [one.file.read_text(encoding="utf-8") for one in added]
    assert 'arxiv: "2006.07733"' in texts[0]
    assert "- {name: Florent Altché}" in texts[0]
    assert "venue: neurips" in texts[0]
    assert "name: My Net" in texts[1]
    assert "- {name: Grace Hopper}" in texts[1]
    assert added[1].paper == "my-net"
    assert server.asked == []
    for one, text in zip(added, texts, strict=True):
        one.file.write_text(written(text), encoding="utf-8")
    assert errors(catalog) == []


def test_the_authors_of_a_bibtex_file_come_back_from_the_export(
    begin: Begin, catalog: Path, tmp_path: Path
) -> None:
    people = (
        "van der Maaten, Laurens and de la Cruz, Mar{\\'i}a and {Google Research} and King, Jr., Martin and "
        "Ludwig van Beethoven III and Garc{\\'i}a M{\\'a}rquez, Ana and Madonna"
    )
    (tmp_path / "a.bib").write_text(f"@misc{{a, title={{A}}, note={{x}}, note={{y}}, author={{{people}}}}}")
    said: list[str] = []
    found = begin(bibtex=tmp_path / "a.bib", said=said)
    assert said == [f"{tmp_path / 'a.bib'} gives the field note 2 times; the first one counts."]
    whole = parse(found.file.read_text(encoding="utf-8"), "x").mapping
    authors = [Author.model_validate(author) for author in whole["authors"]]
    assert [str(name_parts(author.name, author.family)) for author in authors] == [
        str(PersonName("Maaten", "Laurens", "van der")),
        str(PersonName("Cruz", "María", "de la")),
        str(PersonName("Google Research", whole=True)),
        str(PersonName("King", "Martin", suffix="Jr.")),
        str(PersonName("Beethoven", "Ludwig", "van", "III")),
        str(PersonName("García Márquez", "Ana")),
        str(PersonName("Madonna", whole=True)),
    ]


# What is refused


@pytest.mark.parametrize(
    "typed", ["arxiv:2011.10566", "2011.10566v4", f"doi:{CVPR_DOI.lower()}", f"https://doi.org/{CVPR_DOI}"]
)
def test_a_paper_is_not_added_twice(begin: Begin, server: Server, typed: str) -> None:
    begin("2011.10566")
    asked = len(server.asked)
    with pytest.raises(UsageError, match=r"catalog: see catalog/papers/chen-2021-exploring\.yaml$"):
        begin(typed, paper="another")
    assert len(server.asked) == asked, "nobody was asked for it"


@pytest.mark.parametrize(
    ("title", "paper", "refused"),
    [
        (SIMSIAM.upper() + ".", None, "a paper with this title"),
        (SIMSIAM.upper() + ".", "other", "a paper with this title"),
        ("Exploring Simple Siamese Representations Learning", None, "is nearly the title in"),
        ("Exploring Simple Siamese Representations Learning", "other", ""),
        ("Exploring Simplicial Complexes", None, ""),
    ],
)
def test_a_title_that_is_there_is_refused(
    begin: Begin, server: Server, title: str, paper: str | None, refused: str
) -> None:
    begin("2011.10566")
    server.put(arxiv_path("2012.00001"), feed("2012.00001", title, ["A B"], 2020))
    if not refused:
        assert begin("2012.00001", paper=paper).file.exists()
        return
    with pytest.raises(UsageError, match=f"{refused}.*papers/chen-2021-exploring.yaml"):
        begin("2012.00001", paper=paper)


def test_a_faulty_entry_does_not_stop_others(begin: Begin, catalog: Path) -> None:
    for name, text in {"a": "title: [", "b": "ids: 5\ntitle: {}", "c": "ids: {arxiv: [1]}", "d": ""}.items():
        (catalog / "papers" / f"{name}.yaml").write_text(text)
    assert begin("2011.10566").file.exists()


@pytest.mark.parametrize("paper", ["Sim Siam", "../escape", "-a", "a" * 65, "", "a.yaml", "simsiam/"])
def test_an_id_of_another_form_is_refused_before_anybody_is_asked(
    begin: Begin, server: Server, paper: str
) -> None:
    with pytest.raises(UsageError, match="expected lower-case words joined by hyphens"):
        begin("2011.10566", paper=paper)
    assert server.asked == []


def test_a_file_is_never_overwritten(begin: Begin, catalog: Path) -> None:
    begin("2011.10566", paper="simsiam")
    before = (catalog / "papers" / "simsiam.yaml").read_bytes()
    with pytest.raises(UsageError, match=r"already has papers/simsiam\.yaml"):
        begin("2103.03230", paper="simsiam")
    assert (catalog / "papers" / "simsiam.yaml").read_bytes() == before


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    server: Server, catalog: Path, tmp_path: Path
) -> None:
    file = catalog / "papers" / "barlow-twins.yaml"

    def services() -> Services:
        file.write_text("somebody else's")
        return server.services()

    with pytest.raises(UsageError, match="exists already and is not overwritten"):
        add(AddRequest(catalog, "2103.03230"), services, unasked, unasked)
    assert [path.name for path in (catalog / "papers").iterdir()] == [file.name]
    assert file.read_text() == "somebody else's"


def test_without_a_network_there_are_still_questions(catalog: Path) -> None:
    with Server() as gone:
        pass
    with pytest.raises(ServiceError, match=r"check this machine's connection\. `--offline` asks here"):
        add(AddRequest(catalog, "2103.03230"), gone.services, unasked, unasked)


def test_nothing_is_left_behind(begin: Begin, catalog: Path) -> None:
    begin("2011.10566")
    with pytest.raises(ServiceError, match="Check the identifier"):
        begin("doi:10.1000/unknown")
    assert [path.name for path in (catalog / "papers").iterdir()] == ["chen-2021-exploring.yaml"]


def test_a_folder_that_cannot_be_written_is_one_sentence(begin: Begin, catalog: Path) -> None:
    shutil.rmtree(catalog / "papers")
    with pytest.raises(UsageError, match=r"cannot be written \(No such file"):
        begin("2103.03230")


def test_a_published_version_that_nobody_can_tell_of_is_said(begin: Begin, server: Server) -> None:
    server.put(crossref_path(CVPR_DOI), Answer(status=429, headers={"Retry-After": "999"}))
    said: list[str] = []
    text = begin("2011.10566", said).file.read_text()
    assert "year: 2020" in text
    assert len(said) == 1
    assert said[0].startswith("Year and venue are those of the preprint: Crossref is asked too often")


@pytest.mark.parametrize(
    ("venue", "line"),
    [
        ("ICLR 2021 Poster", "venue: iclr"),
        ("Submitted to ICLR 2022", "venue: TODO"),
        ("NeurIPS 2021 Workshop: Self-Supervised Learning", "venue: TODO"),
        ("ICLR 2022 Conference Withdrawn Submission", "venue: TODO"),
        ("A Venue: 'of' \"its\" own #1", 'venue: TODO  # OpenReview says "A Venue: \'of\' \\"its\\" own #1"'),
    ],
)
def test_a_venue_is_filled_in_only_where_it_is_certain(
    begin: Begin, server: Server, venue: str, line: str
) -> None:
    server.put(openreview_path("abcdef"), as_json(openreview_note("abcdef", "A Title", ["A B"], venue)))
    text = begin("openreview:abcdef").file.read_text()
    assert line in text
    assert parse(text, "entry").mapping["venue"] == line.split()[1]


# At the terminal


def test_what_does_not_fit_is_asked_again(catalog: Path) -> None:
    said: list[str] = []
    typed = replies("", "A Title", " ; ", "Ada Lovelace", "soon", "2021", "", "here", "10.1000/a 2011.10567")
    added = add(AddRequest(catalog, offline=True), Services.public, typed, said.append)
    assert [text.split(";")[0] for text in said] == [
        "the answer gives a title without any text.",
        "a paper has at least one author",
        "'soon' is no year of a paper",
        "'here' is no identifier of a paper",
    ]
    found = parse(added.file.read_text(), "entry").mapping
    assert found["ids"] == {"arxiv": "2011.10567", "doi": "10.1000/a"}
    assert (found["venue"], found["status"]) == ("arxiv", "preprint")


def test_an_identifier_that_was_typed_is_not_asked_for(catalog: Path) -> None:
    typed = replies("A Title", "Ada Lovelace", "2021", "")
    added = add(AddRequest(catalog, "arxiv:2011.10567", offline=True), Services.public, typed, unasked)
    assert 'ids: {arxiv: "2011.10567"}' in added.file.read_text()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "name a paper: arxiv:2011"),
        ({"identifier": "simsiam"}, "is no identifier"),
        ({"identifier": "2011.10566", "bibtex": Path("a.bib")}, "--bibtex takes everything from the file"),
        ({"offline": True, "bibtex": Path("a.bib")}, "--bibtex takes everything from the file"),
    ],
)
def test_what_is_typed_must_name_one_origin(begin: Begin, more: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        begin(**more)


# The command


@pytest.fixture
def repro(server: Server, catalog: Path, monkeypatch: pytest.MonkeyPatch) -> Repro:
    monkeypatch.setenv("REPRO_CATALOG", str(catalog))
    monkeypatch.setattr(Services, "public", server.services)

    def run(*words: str | Path, typed: str = "") -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        monkeypatch.setattr(sys, "argv", ["repro", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", StringIO(typed))
        code = 0
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, out.getvalue(), err.getvalue()

    return run


def test_the_command_says_what_to_do_next(repro: Repro, catalog: Path) -> None:
    code, out, err = repro("add", "arxiv:2103.03230")
    file = catalog / "papers" / "barlow-twins.yaml"
    lines = file.read_text().splitlines()
    marks = [
        at for at, line in enumerate(lines, 1) if re.search(r">-|^[^#]*TODO", line) and line[:4] != "    "
    ]
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"Written: {file}",
        f"Write what is marked TODO on lines {', '.join(map(str, marks))}, then:",
        f"  repro check {file}",
        "  repro show barlow-twins",
        "  repro refresh barlow-twins",
    ]
    assert repro("check", file)[0] == 1
    file.write_text(written(file.read_text()))
    assert repro("check", file)[0] == 0
    assert repro("show", "barlow-twins")[0] == 0


def test_the_command_in_another_catalog(repro: Repro, tmp_path: Path, catalog: Path) -> None:
    other = shutil.copytree(catalog, tmp_path / "an other")
    code, out, _ = repro("add", "2103.03230", "--id", "twins", "--catalog", other, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["file"] == str(other / "papers" / "twins.yaml")
    assert told["next"][0].startswith(f"REPRO_CATALOG='{other}' repro check '{other}/papers/twins.yaml'")
    assert told["records"][0]["source"] == "arxiv"
    assert "abstract" not in told["records"][0]
    assert not list((catalog / "papers").iterdir())


def test_the_command_asks_on_standard_error(repro: Repro, catalog: Path) -> None:
    code, out, err = repro("add", "--offline", "--json", typed="My Net\nAda Lovelace\n2021\n\n2011.10567\n")
    assert code == 0
    assert json.loads(out)["paper"] == "lovelace-2021"
    assert [question in err for question in ("Title", "Authors", "Year", "Venue", "Identifiers")] == [
        True
    ] * 5


def test_an_end_of_input_while_asking_writes_nothing(repro: Repro, catalog: Path) -> None:
    code, _, err = repro("add", "--offline", typed="My Net\n")
    assert code == 1
    assert "Traceback" not in err
    assert list((catalog / "papers").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add"], "error: name a paper: arxiv:2011.10566"),
        (["add", "simsiam"], "error: 'simsiam' is no identifier of a paper"),
        (["add", "doi:10.1000/unknown"], "error: Crossref has no doi:10.1000/unknown."),
        (["add", "2011.10566", "--catalog", "/nowhere"], "error: /nowhere is not a catalog"),
        (["add", "--bibtex", "gone.bib"], "error: gone.bib cannot be read"),
        (["add", "--offline", "--bibtex", "gone.bib"], "error: --bibtex takes everything from the file"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(
    repro: Repro, catalog: Path, words: list[str], says: str
) -> None:
    code, out, err = repro(*words)
    assert (code, out) == (2, "")
    assert err.startswith(says)
    assert err.count("\n") == 1
    assert list((catalog / "papers").iterdir()) == []


def test_the_copy_in_an_installed_package_is_not_written_to(
    repro: Repro, catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repro.metadata.snapshots.PACKAGE", tmp_path)
    for words in (["add", "2011.10566"], ["refresh"], ["links"]):
        code, _, err = repro(*words)
        assert code == 2
        assert "copy inside the installed package and is not written to" in err
