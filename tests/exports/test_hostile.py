"""Text that is out to break things comes back from every export as it was, and does nothing on the way."""

import json
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports import bibtex, head
from repro.exports.formats import Material, files
from repro.exports.table import FORMULA
from repro.exports.text import line
from tests.support import export_catalog
from tests.support.export_catalog import SITE, Head, parsed_bibtex, rows


@pytest.mark.parametrize("hostile", export_catalog.HOSTILE)
def test_hostile_text_comes_back_as_it_was(tmp_path: Path, hostile: str) -> None:
    words = {"name": hostile, "description": hostile}
    catalog = export_catalog.catalog(
        tmp_path,
        export_catalog.hostile(hostile),
        venues={"cvpr": words, "icml": words},
        tags={"family": words | {"values": {"contrastive": words}}},
        metrics={name: words | {"higher_is_better": "true"} for name in ("top1", "knn", "linear")},
    )
    paper, plain = catalog.paper("toy"), line(hostile)
    found = files(Material(catalog, catalog.papers, [], SITE))
    assert_bibtex(found["catalog.bib"], plain)
    items = {item["id"]: item for item in json.loads(found["catalog.csl.json"])}
    assert items["toy"]["title"] == plain
    assert_tables(found, plain)
    papers = {item["id"]: item for item in json.loads(found["catalog.json"])["papers"]}
    assert papers["toy"]["abstract"]["zh"] == papers["toy"]["title"] == hostile.strip()
    assert_feed(found["feed.xml"], plain)
    assert_head(catalog, paper, plain)
    assert found["citations.txt"].count("\n") == 2


# Letters, and all that means something to TeX but for what it turns into dashes and quotes.
WORDS = st.lists(st.text(st.sampled_from("aBÉ漢1\\{}%&$#_^~@<>|=,;:.?!()[]/*+"), min_size=1), min_size=1)


@settings(deadline=None)
@given(WORDS, st.sampled_from(["", "a", "B", "aB:"]))
def test_any_title_survives_bibtex(words: list[str], name: str) -> None:
    title = " ".join(words)
    assume(not bibtex.MATH.search(title))  # which stays what it is, and is decoded as such
    source = f"@misc{{key,\n  title = {{{bibtex.protect_capitals(title, name)}}},\n}}\n"
    [found] = parsed_bibtex(source).entries
    assert found["title"] == title
    assert balanced(source)


def assert_bibtex(source: str, plain: str) -> None:
    library = parsed_bibtex(source)
    assert (library.failed_blocks, library.comments) == ([], [])
    assert [found.key for found in library.entries] == ["other", "toy"]
    fields = {field.key: field.value for field in library.entries[1].fields}
    assert ligatures(fields["title"]) == ligatures(plain)
    assert len(fields["author"]) == 2
    assert "url = {https://example.org/%7Bx%7D?a=%20&b=@article%7By,#z}," in source
    assert "doi = {10.1000/a%7Bb%7Dc<d>&%_%5C}," in source
    assert balanced(source)


def ligatures(typed: str) -> str:
    """TeX makes other quotes and dashes of some; a comparison must not mind."""
    for pair, one in (("``", '"'), ("''", '"'), ("“", '"'), ("”", '"'), ("--", "–")):
        typed = typed.replace(pair, one)
    return typed


def balanced(source: str) -> bool:
    """Braces as BibTeX counts them, without regard to backslashes; entries start at depth 0 alone."""
    depth = 0
    for text in source.split("\n"):
        assert (depth == 0) == (text.startswith("@") or not text), text
        for character in text:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0, text
    return depth == 0


def assert_tables(found: dict[str, str], plain: str) -> None:
    for name in ("papers.csv", "reported.csv"):
        for row in rows(found[name]):
            assert None not in row
            assert not any(cell.startswith(FORMULA) and cell != "-0.50" for cell in row.values())
    other, toy = rows(found["papers.csv"])
    assert other["id"] == "other"
    assert toy["title"].removeprefix("'") == plain.removeprefix("'")
    [value] = rows(found["reported.csv"])
    assert value["note"].removeprefix("'") == plain.removeprefix("'")


def assert_feed(source: str, plain: str) -> None:
    found = feedparser.parse(source)
    assert not found.bozo
    toy = next(item for item in found.entries if item.id.endswith("/toy"))
    assert toy.title == plain
    assert toy.summary == plain
    assert toy.content[0].value.endswith(f". {plain}")
    root = ElementTree.fromstring(source)  # noqa: S314 - our own
    assert {element.tag.partition("}")[2] for element in root.iter()} <= {
        *("feed", "id", "title", "updated", "author", "name", "link"),
        *("entry", "published", "category", "summary", "content"),
    }


def assert_head(catalog: Catalog, paper: Paper, plain: str) -> None:
    assert dict(head.meta(catalog, paper, SITE))["citation_title"] == plain
    source = head.json_ld_text(catalog, paper, SITE)
    assert "<" not in source
    found = Head(f"<script>{source}</script>")
    assert (found.scripts, found.others) == ([source], [])
    assert json.loads(source)["headline"] == plain
