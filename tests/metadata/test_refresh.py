"""`repro refresh` keeps what services say apart from entries, and reports where the two disagree."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from repro.catalog.check.check import check
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.reading.snapshot import ServiceAnswer, read_snapshot
from repro.catalog.records.paper import Identifiers, Paper
from repro.cli.app import main
from repro.errors import ServiceError, UsageError
from repro.metadata.abstracts import folder, read_abstract
from repro.metadata.compare import disagreements, is_same_person, stray_links
from repro.metadata.refresh import RefreshReport, identifiers_of, refresh
from repro.metadata.services.services import Services
from repro.metadata.snapshots import load_snapshot, writable_catalog
from tests.support.metadata_server import (
    Answer,
    Server,
    arxiv_path,
    as_json,
    crossref_path,
    crossref_work,
    feed,
    openreview_note,
    openreview_path,
)

DOI = "10.1109/CVPR46437.2021.01549"
TITLE = "Exploring Simple Siamese Representation Learning"
NAMES = ["Xinlei Chen", "Kaiming He"]
ENTRY = f"""\
schema: 1
id: simsiam
name: SimSiam
title: {TITLE}
authors: [{{name: Xinlei Chen}}, {{name: Kaiming He}}]
year: 2021
venue: cvpr
status: published
depth: short
added: "2026-11-24"
ids: {{arxiv: "2011.10566", doi: {DOI}}}
links:
  - {{role: paper, url: "https://arxiv.org/abs/2011.10566"}}
abstract: {{en: {" ".join(["word"] * 80)}}}
idea: {{en: An idea.}}
tags: {{family: [contrastive]}}
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        pairs = [("Xinlei", "Chen"), ("Kaiming", "He")]
        running.put(arxiv_path("2011.10566"), feed("2011.10566", TITLE, NAMES, 2020, doi=DOI))
        running.put(crossref_path(DOI), as_json(crossref_work(DOI, TITLE, pairs, 2021, "CVPR")))
        yield running


@pytest.fixture
def catalog(tmp_path: Path, root: Path) -> Path:
    """A catalog with the real vocabularies and one paper."""
    made = tmp_path / "catalog"
    (made / "papers").mkdir(parents=True)
    shutil.copytree(root / "catalog" / "vocab", made / "vocab")
    (made / "papers" / "simsiam.yaml").write_text(ENTRY)
    return made


def again(server: Server, catalog: Path, *papers: str) -> RefreshReport:
    with (services := server.services()).client:
        return refresh(catalog, papers, services, lambda text: None)


def paper(**changes: str) -> Paper:
    text = ENTRY
    for key, value in changes.items():
        lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in text.splitlines()]
        text = "\n".join(lines) + "\n"
    return bind(Paper, parse(text, "simsiam.yaml"))


def fetched(**changes: Any) -> ServiceAnswer:
    known: dict[str, Any] = {
        "source": "arxiv",
        "asked": "arxiv:2011.10566",
        "date": "2026-11-24",
        "title": TITLE,
        "authors": NAMES,
        "years": [2020],
        "arxiv": "2011.10566",
    }
    return ServiceAnswer.model_validate(known | changes)


def fields(entry: Paper, said: ServiceAnswer) -> list[str]:
    return [one.field for one in disagreements(entry, said)]


# Lock files


def test_what_services_say_is_kept_beside_the_entry(server: Server, catalog: Path) -> None:
    before = (catalog / "papers" / "simsiam.yaml").read_bytes()
    done = again(server, catalog)
    lock = load_snapshot(catalog, "simsiam")
    assert done.is_sound
    assert (done.papers, done.fetched) == (1, 2)
    assert [(one.source, one.asked, one.years) for one in lock.fetched] == [
        ("arxiv", "arxiv:2011.10566", (2020,)),
        ("crossref", f"doi:{DOI}", (2021,)),
    ]
    assert lock.fetched[1].venue == "CVPR"
    assert (catalog / "papers" / "simsiam.yaml").read_bytes() == before
    assert [one for one in check(catalog) if one.severity == "error"] == []
    assert "abstract" not in (catalog / "lock" / "simsiam.json").read_text()


def test_the_same_answers_give_the_same_bytes(server: Server, catalog: Path) -> None:
    again(server, catalog)
    file = catalog / "lock" / "simsiam.json"
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    again(server, catalog)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_what_does_not_answer_now_stays_as_it_was(server: Server, catalog: Path) -> None:
    again(server, catalog)
    server.put(arxiv_path("2011.10566"), Answer(status=429, headers={"Retry-After": "900"}))
    done = again(server, catalog)
    assert [one.asked for one in load_snapshot(catalog, "simsiam").fetched] == [
        "arxiv:2011.10566",
        f"doi:{DOI}",
    ]
    assert [(one.paper, one.what.split(" (")[0]) for one in done.failures] == [
        ("simsiam", "arXiv is asked too often just now")
    ]
    assert done.fetched == 1
    assert not done.is_sound


def test_what_the_entry_no_longer_names_is_dropped(server: Server, catalog: Path) -> None:
    again(server, catalog)
    (catalog / "papers" / "simsiam.yaml").write_text(ENTRY.replace(f", doi: {DOI}", ""))
    done = again(server, catalog)
    assert [one.asked for one in load_snapshot(catalog, "simsiam").fetched] == ["arxiv:2011.10566"]
    assert [(one.field, one.ours, one.theirs) for one in done.disagreements] == [("ids.doi", "none", DOI)]


def test_openreview_is_asked_too(server: Server, catalog: Path) -> None:
    server.put(openreview_path("abcdef"), as_json(openreview_note("abcdef", TITLE, NAMES, "CVPR 2021")))
    (catalog / "papers" / "simsiam.yaml").write_text(ENTRY.replace("ids: {", "ids: {openreview: abcdef, "))
    assert again(server, catalog).is_sound
    assert load_snapshot(catalog, "simsiam").fetched[-1].openreview == "abcdef"


def test_a_faulty_entry_or_lock_file_is_a_failure_of_that_paper(server: Server, catalog: Path) -> None:
    (catalog / "papers" / "broken.yaml").write_text("id: [")
    (catalog / "papers" / "locked.yaml").write_text(ENTRY.replace("id: simsiam", "id: locked"))
    (catalog / "lock").mkdir()
    (catalog / "lock" / "locked.json").write_text("{")
    done = again(server, catalog)
    assert [one.paper for one in done.failures] == ["broken", "locked"]
    assert "catalog/papers/broken.yaml:" in done.failures[0].what
    assert "catalog/lock/locked.json:1:" in done.failures[1].what
    assert done.papers == 1


def test_an_unknown_paper_is_refused(server: Server, catalog: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no paper 'simsam'.*Did you mean 'simsiam'"):
        again(server, catalog, "simsam")


def test_a_long_run_without_a_network_ends_early(catalog: Path) -> None:
    for number in range(20):
        text = ENTRY.replace("simsiam", f"p{number}").replace("2011.10566", f"2011.{number + 10000}")
        (catalog / "papers" / f"p{number:02}.yaml").write_text(text.replace(f", doi: {DOI}", ""))
    said: list[str] = []
    with Server() as gone:
        pass
    silent = pytest.raises(ServiceError, match="no service answered at all")
    with (services := gone.services()).client, silent:
        refresh(catalog, [], services, said.append)
    assert len(said) == 5
    assert not (catalog / "lock").exists()


GOOD = '{"format": 1, "paper": "simsiam", "fetched": [], "health": {}}'


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ("", "1:1", "no well-formed JSON"),
        ('{"format": 1,\n "paper": }', "2:11", "no well-formed JSON"),
        ("[" * 100_000, "1:1", "no JSON text of a sensible size"),
        ("[]", "1:1", "expected a mapping"),
        (GOOD.replace("1", "2"), "1:1", "format: found"),
        (GOOD.replace("1", "NaN"), "1:1", "no JSON text"),
        (GOOD.replace('"simsiam"', '"byol"'), "1:1", "it is about 'byol', not about 'simsiam'"),
        (GOOD.replace('"health"', '"helth"'), "1:1", "unknown key 'helth'"),
        (GOOD.replace("[]", '[{"source": "arxiv"}]'), "1:1", "key 'asked' is missing"),
        (
            GOOD.replace("{}", '{"x": {"state": "gone", "found": "x", "checked": "2026-11-24"}}'),
            "1:1",
            "state",
        ),
        (GOOD.replace("simsiam", "sim\u202esiam"), "1:1", "no JSON text"),
        (GOOD + " " * 1_000_001, "1:1", "no JSON text of a sensible size"),
    ],
)
def test_a_damaged_lock_file_is_found_by_rule_17(catalog: Path, content: str, place: str, says: str) -> None:
    (catalog / "lock").mkdir()
    (catalog / "lock" / "simsiam.json").write_text(content, encoding="utf-8")
    (found,) = [one for one in check(catalog) if one.severity == "error"]
    assert (found.rule.id, found.place) == ("R017", f"catalog/lock/simsiam.json:{place}")
    assert says in found.message
    assert found.message.endswith("delete it and run `repro refresh`.")


def test_bytes_that_are_no_text_are_a_damaged_lock_file(catalog: Path) -> None:
    (catalog / "lock").mkdir()
    file = catalog / "lock" / "simsiam.json"
    for make in (lambda: file.write_bytes(b"\xff\xfe"), lambda: (file.unlink(), file.mkdir())):
        make()
        with pytest.raises(CatalogFileError, match="damaged lock file"):
            read_snapshot(file, "lock/simsiam.json")


def test_a_lock_file_without_a_paper_is_found(catalog: Path) -> None:
    (catalog / "lock").mkdir()
    (catalog / "lock" / "byol.json").write_text(GOOD.replace("simsiam", "byol"))
    (found,) = [one for one in check(catalog) if one.severity == "error"]
    assert (found.rule.id, found.message) == ("R017", "there is no paper 'byol'; remove its lock file.")
    (catalog / "lock" / "byol.txt").write_text("")
    assert "R014" in [one.rule.id for one in check(catalog)]


# The official abstract


def test_the_official_abstract_stays_on_this_machine(server: Server, catalog: Path) -> None:
    assert read_abstract(catalog, "simsiam") is None
    again(server, catalog)
    kept = read_abstract(catalog, "simsiam")
    assert kept is not None
    assert (kept.text, kept.source) == ("An official abstract of 2011.10566.", "arxiv")
    assert folder(catalog) == catalog.parent / ".local" / "abstracts"
    assert (folder(catalog) / ".gitignore").read_text() == "*\n"
    assert "official" not in "".join(path.read_text() for path in catalog.rglob("*.json"))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"text": 1, "source": 2, "asked": 3, "date": 4}', "[" * 9**5]
)
def test_a_damaged_abstract_is_none(catalog: Path, content: str) -> None:
    folder(catalog).mkdir(parents=True)
    (folder(catalog) / "simsiam.json").write_text(content)
    assert read_abstract(catalog, "simsiam") is None


# Disagreements


def test_an_entry_that_fits_has_none() -> None:
    assert fields(paper(), fetched()) == []
    assert fields(paper(), fetched(title=f"{TITLE.upper()}.", authors=["X. Chen", "He Kaiming"])) == []


@pytest.mark.parametrize(
    ("changes", "field", "ours", "theirs"),
    [
        ({"title": "Bootstrap Your Own Latent"}, "title", TITLE, "Bootstrap Your Own Latent"),
        ({"authors": ["Xinlei Chen", "Ross Girshick"]}, "author 2", "Kaiming He", "Ross Girshick"),
        ({"authors": [*NAMES, "Ross Girshick"]}, "authors", "2 authors", "3 authors"),
        ({"years": [2022]}, "year", "2021", "2022"),
        (
            {"source": "crossref", "asked": f"doi:{DOI}", "years": [2020, 2022]},
            "year",
            "2021",
            "2020 or 2022",
        ),
        ({"arxiv": "2006.07733"}, "ids.arxiv", "2011.10566", "2006.07733"),
        ({"doi": "10.1000/other"}, "ids.doi", DOI, "10.1000/other"),
        ({"openreview": "abcdef"}, "ids.openreview", "none", "abcdef"),
    ],
)
def test_each_kind_of_disagreement(changes: dict[str, Any], field: str, ours: str, theirs: str) -> None:
    (found,) = disagreements(paper(), fetched(**changes))
    assert (found.paper, found.field, found.ours, found.theirs) == ("simsiam", field, ours, theirs)
    assert found.source == changes.get("source", "arxiv")


@pytest.mark.parametrize(
    ("status", "year", "years", "fits"),
    [
        ("published", "2021", [2020], True),
        ("published", "2019", [2020], False),
        ("preprint", "2021", [2020], False),
        ("preprint", "2021", [2020, 2021], True),
        ("published", "2021", [], True),
    ],
)
def test_a_published_paper_is_as_old_as_its_preprint_or_younger(
    status: str, year: str, years: list[int], fits: bool
) -> None:
    found = fields(paper(status=status, year=year), fetched(years=years))
    assert found == ([] if fits else ["year"])


def test_case_of_a_doi_and_the_doi_of_arxiv_do_not_count() -> None:
    assert fields(paper(), fetched(doi=DOI.lower())) == []
    assert fields(paper(), fetched(doi="10.48550/arXiv.2011.10566")) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Florent Altché", "Florent Altche", True),
        ("Bernardo Avila Pires", "B. Á. Pires", True),
        ("Jean-Bastien Grill", "Jean Bastien Grill", True),
        ("Aaron van den Oord", "Aäron van den Oord", True),
        ("Kaiming He", "He Kaiming", True),
        ("Kaiming He", "Haoqi Fan", False),
        ("Yann LeCun", "Geoffrey LeCun", False),
        ("陈鑫", "陈鑫", True),
        ("陈鑫", "何明", False),
    ],
)
def test_whether_two_names_can_be_one_person(one: str, other: str, same: bool) -> None:
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same


def test_a_link_to_another_paper_is_found() -> None:
    wrong = '[{role: pdf, url: "https://arxiv.org/pdf/2002.05709v3.pdf"}]'
    text = ENTRY.replace('  - {role: paper, url: "https://arxiv.org/abs/2011.10566"}\n', "")
    entry = bind(Paper, parse(text.replace("links:", f"links: {wrong}"), "simsiam.yaml"))
    (found,) = stray_links(entry)
    assert (found.field, found.theirs, found.source) == ("links[0]", "arxiv:2011.10566", "ids")
    assert list(stray_links(paper())) == []


# The command


@pytest.fixture
def repro(
    server: Server, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("REPRO_CATALOG", str(catalog))
    monkeypatch.setattr(Services, "public", server.services)

    def run(*words: str) -> tuple[int, str, str]:
        out, err, code = StringIO(), StringIO(), 0
        monkeypatch.setattr(sys, "argv", ["repro", *words])
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, out.getvalue(), err.getvalue()

    return run


def test_the_command_when_all_is_well(repro: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = repro("refresh", "simsiam")
    assert (code, err) == (0, "simsiam …\n")
    assert out == "1 papers, 2 records fetched: 0 disagreements, 0 failures\n"


def test_the_command_shows_disagreements(
    repro: Callable[..., tuple[int, str, str]], server: Server, catalog: Path
) -> None:
    (catalog / "papers" / "simsiam.yaml").write_text(
        ENTRY.replace(TITLE, "SimSam").replace("2021\n", "2019\n")
    )
    code, out, _ = repro("refresh")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()[1:5]] == [
        ["simsiam", "title"],
        ["simsiam", "year"],
        ["simsiam", "title"],
        ["simsiam", "year"],
    ]
    code, out, _ = repro("refresh", "--json")
    assert code == 1
    assert json.loads(out)["disagreements"][0] == {
        "paper": "simsiam",
        "field": "title",
        "ours": "SimSam",
        "theirs": TITLE,
        "source": "arxiv",
    }


def test_the_catalog_that_is_written_to_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a catalog"):
        writable_catalog(tmp_path)


@pytest.mark.parametrize(
    ("ids", "asked"),
    [
        ({}, []),
        ({"arxiv": "math.GT/0309136"}, ["arxiv:math/0309136"]),
        ({"arxiv": "2011.10566", "doi": "10.48550/arXiv.2011.10566"}, ["arxiv:2011.10566"]),
        ({"doi": DOI, "openreview": "abcdef", "dblp": "conf/x/y"}, [f"doi:{DOI}", "openreview:abcdef"]),
    ],
)
def test_who_is_asked_for_what(ids: dict[str, str], asked: list[str]) -> None:
    assert [str(one) for one in identifiers_of(Identifiers.model_validate(ids))] == asked
