"""The page of a paper, the table of all papers, and papers by tag."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from repro.catalog.records.paper import CODE_STATES, Paper
from repro.catalog.relations import RelationRow
from repro.catalog.settings.resolve import resolve
from repro.exports.cite import cite
from repro.exports.head import json_ld_text, meta
from repro.report.claim.arms import paper_value
from repro.website.book import MAIN, Book, Page, paper_path
from repro.website.diagram.draw import diagram_svg
from repro.website.diagram.words import facts
from repro.website.graph.graph import relation_graph
from repro.website.pages.claims import claim_rows, tally
from repro.website.pages.reported import by_place
from repro.website.pages.scores import Score, score_runs
from repro.website.search_words import paper_words, rest_of_title, row_words
from repro.website.source import line_of_method

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

    @property
    def weight(self) -> float:
        """How much its page counts in the search, a claim's being 1: the fewer words in its name the more."""
        return 2.8 if self.main else 1.6 + 0.3 / len(self.paper.name.replace("-", " ").split())

    @property
    def search_words(self) -> str:
        """What finds the row beside what it shows."""
        return row_words(self.paper)


@dataclass(frozen=True)
class RelationGroup:
    """The relations of one kind to a paper, each with a page or an arXiv address."""

    words: str
    rows: tuple[RelationRow, ...]


def pages(book: Book) -> Iterator[Page]:
    """The table, then a page for each paper."""
    rows = tuple(paper_row(book, paper) for paper in book.papers)
    newest = rows[::-1]
    order = [*(row for row in newest if row.benchmarks), *(row for row in newest if not row.benchmarks)]
    yield Page("papers/index.md", "papers.md.j2", {"rows": order, "facets": _filters(rows)})
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
        score_runs(paper.name, runs) if runs else None,
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
    filters = []
    for name, heading, attribute in FILTERS:
        values = {tag.value: tag for row in rows for tag in getattr(row, attribute)}
        filters.append((name, heading, sorted(values.values(), key=lambda tag: tag.name)))
    return filters


def _values(book: Book, row: PaperRow) -> dict[str, object]:
    paper = row.paper
    groups = by_place(book, paper)
    here = Page(paper_path(paper.id), "", {})
    has_graph = paper.depth == "full" and 1 < len(book.relations[paper.id]) <= MOST_DRAWN
    graph = (
        relation_graph(book.catalog, lambda id: here.url(paper_path(id)), centre=paper.id)
        if has_graph
        else None
    )
    named = {value for claim in paper.claims for value in claim.paper_values}
    metrics = book.catalog.vocabulary("metrics")
    benchmarks = [name for name in row.benchmarks if book.runs_of(paper.id, name)]
    return {
        "row": row,
        "paper": paper,
        "search_words": paper_words(paper),
        "rest_of_title": rest_of_title(paper),
        "roles": ROLES,
        "states": CODE_STATES,
        "facets": [
            (book.facets[name], tags(book, paper, name)) for name in paper.tags if name in book.facets
        ],
        "relations": _relations(book, paper),
        "known": frozenset(book.names),
        "groups": groups,
        "values": {value.id: paper_value(value, metrics) for value in paper.reported if value.id in named},
        "claims": (claims := claim_rows(book, paper)),
        "tally": tally(claims),
        "unsure": sum(not value.is_sure for value in paper.reported),
        "scores": [score_runs(paper.name, book.runs_of(paper.id, name)) for name in benchmarks],
        "official": book.abstracts.get(paper.id),
        "method": has_reading(book, paper),
        "graph": graph,
        "picture": picture(book, paper),
        "facts": stated_facts(paper),
        "cited": cite(book.catalog, paper),
        "citation": [
            {"name": name, "content": text} for name, text in meta(book.catalog, paper, book.address)
        ],
        "jsonld": json_ld_text(book.catalog, paper, book.address),
    }


def picture(book: Book, paper: Paper) -> Markup:
    """The paper's method as a drawing; empty for a paper without one."""
    if paper.diagram is None:
        return Markup("")
    return diagram_svg(f"method-{paper.id}", f"{paper.name} as a diagram", paper.diagram, _code(book, paper))


def _code(book: Book, paper: Paper) -> str:
    """Where the loss of a method that runs here is computed, in words; empty for another."""
    if not book.catalog.benchmarks_of(paper.id):
        return ""
    method = resolve(book.catalog, paper.id).method.name
    module = book.catalog.signatures.signature("method", method).module
    line, name = line_of_method(module, "loss")
    return f"Computed by {name}, line {line} of {module.replace('.', '/')}.py."


def stated_facts(paper: Paper) -> dict[str, str]:
    """What the picture of a paper's method says in words; nothing without a picture."""
    return facts(paper.diagram) if paper.diagram else {}


def has_reading(book: Book, paper: Paper) -> bool:
    """True if a page reads the paper's method beside its equations."""
    return (book.site / "templates" / "methods" / f"{paper.id}.md.j2").is_file()


def _relations(book: Book, paper: Paper) -> tuple[RelationGroup, ...]:
    groups: dict[str, list[RelationRow]] = {}
    for relation in book.relations[paper.id]:
        groups.setdefault(relation.words, []).append(relation)
    return tuple(RelationGroup(words, tuple(rows)) for words, rows in groups.items())


def tag_pages(book: Book) -> Iterator[Page]:
    """The facets, then a page for each with a section for each value."""
    by_tag: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    for paper in book.papers:
        for facet, values in paper.tags.items():
            for value in values:
                by_tag[facet, value].append(paper)
    sections = {
        name: [(value, word, by_tag[name, value]) for value, word in facet.values.items()]
        for name, facet in book.facets.items()
    }
    counts = {
        name: [(value, word, len(papers)) for value, word, papers in rows] for name, rows in sections.items()
    }
    yield Page("tags/index.md", "tags.md.j2", {"facets": book.facets, "counts": counts})
    for name, rows in sections.items():
        yield Page(f"tags/{name}/index.md", "facet.md.j2", {"facet": book.facets[name], "sections": rows})
