"""What the command line and reports show of the catalog, as plain data: no markup, no widths, no colours."""

from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Claim, Link, Paper, Reported
from repro.catalog.records.vocabulary import RelationType


@dataclass(frozen=True, slots=True)
class ListRow:
    """One paper in ``repro list``."""

    id: str
    name: str
    year: int
    venue: str  # the venue's name for people
    benchmarks: tuple[str, ...]  # those it has recipes for, the default first
    idea: str


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One relation seen from the shown paper, whichever side states it."""

    type: str  # in words: "simplifies", "is simplified by"
    other: str  # a paper's id, or arxiv:<id>
    name: str  # the other paper's name; its id again if it is not in the catalog
    note: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """Everything ``repro show`` says of a paper."""

    id: str
    title: str
    facts: tuple[tuple[str, str], ...]  # (label, text)
    idea: str
    abstract: str
    tags: tuple[tuple[str, tuple[str, ...]], ...]  # (facet, values), names for people
    links: tuple[Link, ...]
    relations: tuple[RelationRow, ...]
    claims: tuple[Claim, ...]
    reported: tuple[Reported, ...]
    recipes: tuple[tuple[str, str], ...]  # (benchmark, command that runs it)


def list_rows(catalog: Catalog, language: str = "en") -> list[ListRow]:
    """A row for each paper, in the order of their years and names."""
    rows = [
        ListRow(
            paper.id,
            paper.name,
            paper.year,
            _venue(catalog, paper.venue),
            catalog.benchmarks_of(paper.id),
            paper.idea.in_language(language),
        )
        for paper in map(catalog.head, catalog.paper_ids)
    ]
    return sorted(rows, key=lambda row: (row.year, row.name.lower()))


def paper_view(catalog: Catalog, paper_id: str, language: str = "en") -> PaperView:
    """Everything about one paper. Raises :class:`repro.errors.UsageError` if there is none of this id."""
    paper = catalog.paper(paper_id)
    return PaperView(
        paper.id,
        paper.title,
        tuple(_facts(catalog, paper)),
        paper.idea.in_language(language),
        paper.abstract.in_language(language),
        tuple(_tags(catalog, paper)),
        paper.links,
        tuple(relations(catalog, paper)),
        paper.claims,
        paper.reported,
        tuple(
            (name, _command(paper.id, name, index))
            for index, name in enumerate(catalog.benchmarks_of(paper_id))
        ),
    )


def relations(catalog: Catalog, paper: Paper) -> list[RelationRow]:
    """What the paper does to others, then what others do to it: their statements read from this side."""
    types = catalog.vocabulary("relations")
    names = {other.id: other.name for other in catalog.papers}
    rows = [
        RelationRow(types[stated.type].name, stated.to, names.get(stated.to, stated.to), stated.note or "")
        for stated in paper.relations
    ]
    for other in catalog.papers:
        for stated in other.relations:
            word = types[stated.type]
            if stated.to == paper.id and isinstance(word, RelationType):
                rows.append(RelationRow(types[word.inverse].name, other.id, other.name, stated.note or ""))
    return rows


def _facts(catalog: Catalog, paper: Paper) -> list[tuple[str, str]]:
    facts = [
        ("Authors", ", ".join(author.name for author in paper.authors)),
        ("Venue", f"{_venue(catalog, paper.venue)} {paper.year} ({paper.status})"),
    ]
    if paper.ids.arxiv:
        facts.append(("arXiv", f"https://arxiv.org/abs/{paper.ids.arxiv}"))
    if paper.ids.doi:
        facts.append(("DOI", f"https://doi.org/{paper.ids.doi}"))
    if paper.official:
        code = paper.official
        commit = f" at {code.commit}" if code.commit else ""
        facts.append(("Official code", f"{code.repo}{commit} ({code.licence}, {code.state})"))
    return facts


def _tags(catalog: Catalog, paper: Paper) -> list[tuple[str, tuple[str, ...]]]:
    facets = catalog.vocabulary("tags")
    return [
        (facets[facet].name if facet in facets else facet, tuple(values))
        for facet, values in paper.tags.items()
    ]


def _venue(catalog: Catalog, venue: str) -> str:
    known = catalog.vocabulary("venues").get(venue)
    return known.name if known else venue


def _command(paper: str, benchmark: str, index: int) -> str:
    return f"repro run {paper}" if index == 0 else f"repro run {paper} --on {benchmark}"
