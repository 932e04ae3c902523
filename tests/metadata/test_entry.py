"""A new entry is YAML whatever the title says, reads back as what went in, and gets an id that is free."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.catalog.reading.document import parse
from repro.catalog.records.forms import ID
from repro.catalog.records.vocabulary import Facet, Venue
from repro.errors import UsageError
from repro.metadata.bibtex import from_bibtex
from repro.metadata.entry import marked_lines, quote, scalar, stub, venue_in
from repro.metadata.known import check_id, free_id, method_name
from repro.metadata.record import Metadata, clean

TEXT = st.text(min_size=1, max_size=80).map(clean).filter(bool)
ODD = [
    "null",
    "~",
    "yes",
    "No",
    "on",
    "2011.10566",
    "1e-3",
    "12:30",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "[a]",
    "{a: b}",
    "&a",
    "*a",
    "!!python/object:os.system",
    "%YAML",
    "@a",
    "`a`",
    "'a'",
    '"a"',
    "a\\nb",
    "a, b",
    "a]",
    "? a",
    "| a",
    "> a",
    "---",
    "...",
    "<<",
    "=",
    "a:",
    "孪生",
    "É",
    "A" * 900,
    "{{ config }}",
    "<script>",
    "$\\alpha$-GAN",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_text_reads_back_in_every_place(text: str) -> None:
    line = f"a: {scalar(text)}\nb: [{scalar(text)}, {quote(text)}]\nc: {{d: {scalar(text)}}}\n"
    expected = {"a": text, "b": [text, text], "c": {"d": text}}
    assert parse(line, "x").value == expected
    assert yaml.safe_load(line) == expected, "for readers that guess types, too"


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_any_text_reads_back(text: str) -> None:
    line = f"a: {scalar(text)}\nb: [{scalar(text)}]\n"
    assert parse(line, "x").value == {"a": text, "b": [text]}
    assert yaml.safe_load(line) == {"a": text, "b": [text]}


def test_plain_text_stays_readable() -> None:
    assert scalar("Exploring Simple Siamese Representation Learning") == (
        "Exploring Simple Siamese Representation Learning"
    )


def record(**changes: Any) -> Metadata:
    known: dict[str, Any] = {
        "source": "arxiv",
        "asked": "arxiv:2011.10566",
        "date": "2026-11-24",
        "title": "A Title",
        "authors": ("Ada Lovelace",),
        "years": (2020,),
        "arxiv": "2011.10566",
    }
    return Metadata(**(known | changes))


WORDS = {
    "venues": {"arxiv": Venue(name="arXiv"), "icml": Venue(name="ICML")},
    "tags": {
        "family": Facet.model_validate({"name": "Family", "values": {"contrastive": {"name": "C"}}}),
        "signal": Facet.model_validate({"name": "Signal", "values": {"context": {"name": "C"}}}),
    },
}


@settings(max_examples=200, deadline=None)
@given(TEXT, st.lists(TEXT, max_size=3), st.none() | TEXT)
def test_any_record_becomes_an_entry_that_reads_back(
    title: str, authors: list[str], venue: str | None
) -> None:
    known = record(title=title, authors=tuple(authors), venue=venue)
    found = parse(stub([known], "an-id", "2026-11-24", WORDS), "x").mapping
    assert found["title"] == title
    assert [author["name"] for author in found["authors"]] == (authors or ["TODO"])
    assert found["ids"] == {"arxiv": "2011.10566"}
    assert found["links"] == [{"role": "paper", "url": "https://arxiv.org/abs/2011.10566"}]


def test_a_family_name_of_two_words_is_written_down() -> None:
    names = ("Ana García Márquez", "Aäron van den Oord", "Kaiming He", "Ana de la Cruz García")
    known = record(authors=names)
    families = (
        (names[0], "García Márquez"),
        (names[1], "van den Oord"),
        (names[3], "de la Cruz García"),
    )
    other = record(source="crossref", authors=names, families=families)
    found = parse(stub([known, other], "an-id", "2026-11-24", WORDS), "x").mapping["authors"]
    assert found == [
        {"name": names[0], "family": "García Márquez"},
        {"name": names[1]},  # a particle is known for what it is
        {"name": names[2]},
        {"name": names[3], "family": "de la Cruz García"},
    ]


def test_a_bibtex_file_tells_family_names(tmp_path: Path) -> None:
    path = tmp_path / "a.bib"
    path.write_text(
        "@article{a, title = {T}, year = 2020, author = {Garc{\\'i}a M{\\'a}rquez, Ana and He, Kaiming}}",
        encoding="utf-8",
    )
    found = from_bibtex(path, "2026-11-24", print)
    assert found.authors == ("Ana García Márquez", "Kaiming He")
    assert found.families == (("Ana García Márquez", "García Márquez"),)


def test_a_group_and_authors_that_are_left_out_are_written_down() -> None:
    names = ("Google Research", "Kaiming He", "de Correspondent")
    families = tuple((name, name) for name in (names[0], names[2]))
    text = stub([record(authors=names, families=families, more_authors=True)], "an-id", "2026-11-24", WORDS)
    assert parse(text, "x").mapping["authors"] == [
        {"name": names[0], "family": names[0]},
        {"name": names[1]},
        {"name": names[2], "family": names[2]},
        {"name": "TODO"},
    ]
    line = text.splitlines().index("  - {name: TODO}  # arXiv leaves out the authors after these: add them")
    assert line + 1 in marked_lines(text)


def test_what_is_not_known_is_marked() -> None:
    text = stub([record(authors=(), years=(), arxiv=None)], "an-id", "2026-11-24", {})
    lines = text.splitlines()
    assert [lines[number - 1].split(":")[0].strip() for number in marked_lines(text)] == [
        "name",
        "authors",
        "year",
        "venue",
        "links",
        "en",
        "en",
        "family",
    ]


def test_the_vocabulary_stands_beside_what_must_be_chosen() -> None:
    text = stub([record()], "an-id", "2026-11-24", WORDS)
    assert "  family: [TODO]  # contrastive\n  # signal: [context]\n" in text


def test_a_second_year_is_mentioned() -> None:
    text = stub([record(source="crossref", years=(2022, 2021))], "an-id", "2026-11-24", WORDS)
    assert "year: 2022  # Crossref also says 2021" in text


@pytest.mark.parametrize(
    ("told", "venue"),
    [
        ("Proceedings of the 37th ICML", "icml"),
        ("2020 37th International Conference on Machine Learning (ICML)", "icml"),
        ("Advances in Neural Information Processing Systems 33", "neurips"),
        ("Journal of Machine Learning Research", None),
        ("Proceedings of Machine Learning Research", None),
        ("micml", None),
        ("", None),
    ],
)
def test_a_venue_is_found_by_its_name_or_subject(told: str, venue: str | None) -> None:
    venues = {
        "icml": Venue(name="ICML", description="International Conference on Machine Learning."),
        "neurips": Venue(name="NeurIPS", description="Conference on Neural Information Processing Systems."),
    }
    assert venue_in(told, venues) == venue


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Barlow Twins: Self-Supervised Learning", "Barlow Twins"),
        ("One Two Three Four Five: a Title", None),
        ("Title:", None),
        (": Title", None),
        ("Title", None),
    ],
)
def test_a_method_may_be_named_by_the_title(title: str, name: str | None) -> None:
    assert method_name(title) == name


@pytest.mark.parametrize(
    ("changes", "taken", "expected"),
    [
        ({"title": "Barlow Twins: a Title"}, [], "barlow-twins"),
        ({"title": "Barlow Twins: a Title"}, ["barlow-twins", "barlow-twins-2"], "barlow-twins-3"),
        ({}, [], "lovelace-2020-title"),
        ({"authors": ("Jure Žbontar",)}, [], "zbontar-2020-title"),
        ({"authors": ("陈 鑫",), "title": "图对比学习"}, [], "2020"),
        ({"authors": (), "title": "图", "years": ()}, [], "paper"),
        ({"authors": (), "title": "图", "years": ()}, ["paper"], "paper-2"),
        ({"title": f"{'x' * 200}: y"}, [], "x" * 60),
    ],
)
def test_an_id_is_made_up_that_is_free(changes: dict[str, Any], taken: list[str], expected: str) -> None:
    assert free_id([record(**changes)], taken) == expected


@settings(max_examples=200, deadline=None)
@given(TEXT, st.lists(TEXT, max_size=2))
def test_any_id_that_is_made_up_has_the_form_of_one(title: str, authors: list[str]) -> None:
    found = free_id([record(title=title, authors=tuple(authors))], [])
    assert re.fullmatch(ID, found)
    assert check_id(found, []) == found
    with pytest.raises(UsageError, match="choose another id"):
        check_id(found, [found])
