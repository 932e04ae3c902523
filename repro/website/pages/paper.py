"""The page of a paper, and the table of all papers."""

from collections.abc import Iterator
from dataclasses import dataclass

from repro.catalog.records.paper import Paper
from repro.catalog.relations import RelationRow
from repro.exports.cite import cite
from repro.exports.head import json_ld_text, meta
from repro.report.claim.arms import paper_value
from repro.website.book import MAIN, Book, Page, paper_path
from repro.website.graph.graph import relation_graph
from repro.website.pages.claims import claim_rows, tally
from repro.website.pages.reported import by_place, unsure
from repro.website.pages.scores import Score, score

ROLES = {
    "paper": "Paper",
    "pdf": "PDF",
    "official-code": "Official code",
    "community-code": "Community code",
    "project": "Project page",
    "weights": "Weights",
    "talk": "Talk",
}
AUTHORS_SHOWN = 3
MOST_DRAWN = 60  # relations in the drawing of a paper; the list has them all
# What the table can be filtered by: its name in the address, for people, and the row's attribute.
FILTERS = (
    ("family", "Family", "families"),
    ("guard", "Collapse guard", "guards"),
    ("modality", "Modality", "modalities"),
    ("topic", "Topic", "topics"),
)


@dataclass(frozen=True)
class Tag:
    """A value of a facet, in words and as an address."""

    facet: str
    value: str
    name: str
    zh: str
    description: str


@dataclass(frozen=True)
class PaperRow:
    """One paper in the table of all."""

    paper: Paper
    authors: str
    venue: str
    families: tuple[Tag, ...]
    guards: tuple[Tag, ...]
    modalities: tuple[Tag, ...]
    topics: tuple[Tag, ...]
    benchmarks: tuple[str, ...]
    score: Score | None
    main: bool


@dataclass(frozen=True)
class Relations:
    """What stands in a relation to the paper, by kind, with a page or an arXiv address."""

    words: str
    others: tuple[RelationRow, ...]


def pages(book: Book) -> Iterator[Page]:
    """The table, then a page for each paper."""
    rows = tuple(paper_row(book, paper) for paper in book.papers)
    listed = [
        *(row for row in rows[::-1] if row.benchmarks),
        *(row for row in rows[::-1] if not row.benchmarks),
    ]
    yield Page("papers/index.md", "papers.md.j2", {"rows": listed, "facets": _filters(rows)})
    for row in rows:
        yield Page(paper_path(row.paper.id), "paper.md.j2", _values(book, row))


def paper_row(book: Book, paper: Paper) -> PaperRow:
    """The paper as one line."""
    runs = book.runs_of(paper.id, "digits")
    return PaperRow(
        paper,
        short_authors(paper),
        book.word("venues", paper.venue).name,
        tags(book, paper, "family"),
        tags(book, paper, "collapse-guard"),
        tags(book, paper, "modality"),
        tags(book, paper, "topic"),
        book.catalog.benchmarks_of(paper.id),
        score(paper.name, runs) if runs else None,
        paper.id in MAIN,
    )


def tags(book: Book, paper: Paper, facet: str) -> tuple[Tag, ...]:
    """The paper's values of a facet."""
    words = ((value, book.tag(facet, value)) for value in paper.tags.get(facet, ()))
    return tuple(
        Tag(facet, value, word.name, word.zh or word.name, word.description or "") for value, word in words
    )


def short_authors(paper: Paper) -> str:
    """The first authors, and how many more there are."""
    names = [author.name for author in paper.authors]
    if len(names) <= AUTHORS_SHOWN + 1:
        return ", ".join(names)
    return f"{', '.join(names[:AUTHORS_SHOWN])} and {len(names) - AUTHORS_SHOWN} more"


def _filters(rows: tuple[PaperRow, ...]) -> list[tuple[str, str, list[Tag]]]:
    """The facets that the table can be filtered by: (name of the parameter, heading, values in use)."""
    found = []
    for name, heading, attribute in FILTERS:
        used = {tag.value: tag for row in rows for tag in getattr(row, attribute)}
        found.append((name, heading, sorted(used.values(), key=lambda tag: tag.name)))
    return found


def _values(book: Book, row: PaperRow) -> dict[str, object]:
    paper = row.paper
    groups = by_place(book, paper)
    here = Page(paper_path(paper.id), "", {})
    drawn = paper.depth == "full" and 1 < len(book.relations[paper.id]) <= MOST_DRAWN
    graph = (
        relation_graph(book.catalog, lambda id: here.url(paper_path(id)), centre=paper.id) if drawn else None
    )
    named = {value for claim in paper.claims for value in claim.paper_values}
    metrics = book.catalog.vocabulary("metrics")
    benchmarks = [name for name in row.benchmarks if book.runs_of(paper.id, name)]
    return {
        "row": row,
        "paper": paper,
        "roles": ROLES,
        "facets": [
            (book.facets[name], tags(book, paper, name)) for name in paper.tags if name in book.facets
        ],
        "relations": _relations(book, paper),
        "known": frozenset(book.names),
        "groups": groups,
        "values": {value.id: paper_value(value, metrics) for value in paper.reported if value.id in named},
        "claims": (claims := claim_rows(book, paper)),
        "tally": tally(claims),
        "unsure": unsure(found for group in groups for found in group.rows),
        "scores": [score(paper.name, book.runs_of(paper.id, name)) for name in benchmarks],
        "official": book.abstracts.get(paper.id),
        "method": (book.site / "templates" / "methods" / f"{paper.id}.md.j2").is_file(),
        "graph": graph,
        "cited": cite(book.catalog, paper),
        "citation": [
            {"name": name, "content": text} for name, text in meta(book.catalog, paper, book.address)
        ],
        "jsonld": json_ld_text(book.catalog, paper, book.address),
    }


def _relations(book: Book, paper: Paper) -> tuple[Relations, ...]:
    found: dict[str, list[RelationRow]] = {}
    for relation in book.relations[paper.id]:
        found.setdefault(relation.words, []).append(relation)
    return tuple(Relations(words, tuple(rows)) for words, rows in found.items())
