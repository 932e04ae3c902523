"""The exports read by programs that others wrote: the same authors and titles come back, for every entry."""

import json
import re
import warnings
from pathlib import Path

import pytest
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from pybtex.database import Person, parse_string

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports.bibtex import bibtex, protect_capitals
from repro.exports.csl import csl
from repro.exports.text import PersonName, name_parts
from repro.metadata.latex import decode
from tests.support.export_catalog import parsed_bibtex

REAL = Catalog.load()
STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
<info><title>names</title><id>names</id><updated>2026-11-28T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout><names variable="author"><name initialize="false" delimiter="; "/></names></layout>
</bibliography></style>"""


def names(paper: Paper) -> list[PersonName]:
    return [name_parts(author.name, author.family) for author in paper.authors]


def plain(text: str) -> str:
    return decode([text])[0]


def of_pybtex(person: Person) -> PersonName:
    given, particle, family, suffix = (
        plain(" ".join(words))
        for words in (
            [*person.first_names, *person.middle_names],
            person.prelast_names,
            person.last_names,
            person.lineage_names,
        )
    )
    whole = not given and not particle and not suffix
    return PersonName(family, given, particle, suffix, whole)


def test_pybtex_reads_the_same_authors_and_titles() -> None:
    database = parse_string(bibtex(REAL, REAL.papers), "bibtex")
    assert list(database.entries) == list(REAL.paper_ids)
    for paper in REAL.papers:
        entry = database.entries[paper.id]
        assert [of_pybtex(person) for person in entry.persons["author"]] == names(paper), paper.id
        assert plain(entry.fields["title"]) == paper.title
        assert entry.fields["year"] == str(paper.year)


def test_bibtexparser_reads_the_same_authors() -> None:
    library = parsed_bibtex(bibtex(REAL, REAL.papers))
    for entry, paper in zip(library.entries, REAL.papers, strict=True):
        found = entry.fields_dict["author"].value
        families = [plain(" ".join(name.last)) for name in found]
        assert families == [name.family for name in names(paper)]
        assert [plain(" ".join(name.von)) for name in found] == [name.particle for name in names(paper)]


def test_citeproc_prints_the_same_authors(tmp_path: Path) -> None:
    style = tmp_path / "names.csl"
    style.write_text(STYLE, encoding="utf-8")
    items = json.loads(csl(REAL, REAL.papers))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fields that this reader does not know
        source = CiteProcJSON([{**item, "id": item["id"]} for item in items])
        bibliography = CitationStylesBibliography(
            CitationStylesStyle(str(style), validate=False), source, formatter.plain
        )
        for paper in REAL.papers:
            bibliography.register(Citation([CitationItem(paper.id)]))
        printed = [str(line) for line in bibliography.bibliography()]
    for paper, line in zip(REAL.papers, printed, strict=True):
        assert [fold(name) for name in line.split("; ")] == [fold(author.name) for author in paper.authors]


def fold(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip()


@pytest.mark.parametrize(
    ("title", "exported"),
    [
        ("On $\\ell_2$ and $O(n^2)$", "On {$\\ell_2$} and {$O(n^2)$}"),
        ("With \\(\\alpha\\)-Divergence", "With {\\(\\alpha\\)}-Divergence"),
        ("Costs of $5 and $10 more", "Costs of \\$5 and \\$10 more"),
        ("$\\alpha$ and \\(x_1\\)", "{$\\alpha$} and {\\(x_1\\)}"),
        ("In $y$ of $$", "In \\$y\\$ of \\$\\$"),
        ("A $ and a $ sign", "A \\$ and a \\$ sign"),
        ("Unclosed $x{$ brace", "Unclosed \\$x{\\textbraceleft}\\$ brace"),
    ],
)
def test_math_in_a_title_stays_math(title: str, exported: str) -> None:
    assert protect_capitals(title, "x") == exported
    assert plain(exported) == title
