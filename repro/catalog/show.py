"""Views of the catalog for the command line, as plain data: no markup, no widths, no colours."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from repro.catalog.catalog import Catalog
from repro.catalog.filter import Filter
from repro.catalog.matrix import Matrix, matrices
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.reading.head import Head, is_tested
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Claim, Link, Paper, Reported
from repro.catalog.relations import by_paper
from repro.errors import UsageError

# How sure a reading of a reported number is, in words that end a sentence.
MARKS = {
    "pdf": "the paper's PDF",
    "code": "the authors' code",
    "web": "a full text on the web, such as arXiv's HTML, not the PDF",
    "memory": "memory, still to be looked up",
    "figure": "a plotted figure, so only about right",
}
Warn = Callable[[str], None]
Readable = TypeVar("Readable")


@dataclass(frozen=True, slots=True)
class ListRow:
    """One paper in ``repro list``."""

    id: str
    name: str
    year: int
    venue: str  # the venue's name for people
    benchmarks: tuple[str, ...]  # those it has recipes for, the default first
    idea: str
    claims: int
    tested: int  # of the claims, those that are identities or have a test


@dataclass(frozen=True, slots=True)
class RelatedPaper:
    """One relation seen from the shown paper, whichever side states it."""

    type: str  # in words: "simplifies", "is simplified by"
    other: str  # a paper's id, or arxiv:<id>
    name: str  # the other paper's name; its id again if it is not in the catalog
    note: str


@dataclass(frozen=True, slots=True)
class PaperDetails:
    """Everything ``repro show`` says of a paper."""

    id: str
    title: str
    facts: tuple[tuple[str, str], ...]  # (label, text)
    idea: str
    abstract: str
    tags: tuple[tuple[str, tuple[str, ...]], ...]  # (facet, values), names for people
    links: tuple[Link, ...]
    relations: tuple[RelatedPaper, ...]
    claims: tuple[Claim, ...]
    reported: tuple[Reported, ...]
    tables: tuple[Matrix, ...]  # the reported values as they stand in the paper
    recipes: tuple[tuple[str, str], ...]  # (benchmark, command that runs it)


def list_rows(catalog: Catalog, warn: Warn, wanted: Filter | None = None) -> list[ListRow]:
    """A row for each paper that can be read and is wanted, by year and name.

    A warning for each other one, and for a faulty vocabulary of venues, whose ids then stand for their names.
    """
    venues = _venue_names(catalog, warn)
    papers: Iterable[Head | Paper] = (
        _readable(catalog, catalog.head, warn)
        if wanted is None or wanted == Filter()
        else (paper for paper in readable_papers(catalog, warn) if wanted.fits(catalog, paper))
    )
    rows = [
        ListRow(
            paper.id,
            paper.name,
            paper.year,
            venues.get(paper.venue, paper.venue),
            catalog.benchmarks_of(paper.id),
            paper.idea.en,
            len(paper.claims),
            sum(map(is_tested, paper.claims)),
        )
        for paper in papers
    ]
    return sorted(rows, key=lambda row: (row.year, row.name.lower()))


def readable_papers(catalog: Catalog, warn: Warn) -> Iterator[Paper]:
    """Every paper whose entry can be read; a warning for each other one."""
    return _readable(catalog, catalog.paper, warn)


def _venue_names(catalog: Catalog, warn: Warn) -> dict[str, str]:
    try:
        return {venue: word.name for venue, word in catalog.vocabulary("venues").items()}
    except CatalogFileError:
        file = f"{catalog.root.name}/vocab/venues.yaml"
        warn(f"warning: {file} cannot be read, so venues go by their ids; `repro check` says what is wrong.")
        return {}


def _readable(catalog: Catalog, read: Callable[[str], Readable], warn: Warn) -> Iterator[Readable]:
    """What ``read`` gives for each paper; of one whose file is faulty, as an unfinished one is, a warning."""
    for paper in catalog.paper_ids:
        try:
            yield read(paper)
        except CatalogFileError:
            file = f"{catalog.root.name}/papers/{paper}.yaml"
            warn(f"warning: {file} cannot be read and is left out; `repro check` says what is wrong.")


def paper_details(catalog: Catalog, paper_id: str, warn: Warn, of: str | None = None) -> PaperDetails:
    """Everything about one paper, with a warning for each other one that cannot be read.

    ``of`` leaves only the reported values of this method: a paper's id, or a word of vocab/methods.yaml.

    Raises:
        UsageError: there is no paper of this id, or it reports no value of this method.
        CatalogError: its own file is faulty.
    """
    paper = catalog.paper(paper_id)
    reported = _reported(paper, of)
    papers = tuple(readable_papers(catalog, warn))
    relations = by_paper(catalog, papers)[paper.id]
    return PaperDetails(
        paper.id,
        paper.title,
        tuple(_facts(catalog, paper)),
        paper.idea.en,
        paper.abstract.en,
        tuple(_tags(catalog, paper)),
        paper.links,
        tuple(RelatedPaper(row.words, row.target, row.target_name, row.note) for row in relations),
        paper.claims,
        reported,
        matrices(catalog, paper, reported),
        tuple(
            (name, f"repro run {paper.id}" if index == 0 else f"repro run {paper.id} --on {name}")
            for index, name in enumerate(catalog.benchmarks_of(paper_id))
        ),
    )


def _reported(paper: Paper, of: str | None) -> tuple[Reported, ...]:
    if of is None:
        return paper.reported
    values = tuple(value for value in paper.reported if (value.of or paper.id) == of)
    if not values:
        known = dict.fromkeys(value.of or paper.id for value in paper.reported)
        text = f"{paper.id} reports no value of '{of}'; it reports values of {', '.join(known) or 'nothing'}."
        raise UsageError(f"{text}{nearest(of, known)}")
    return values


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
        checked = f", looked at on {code.checked}" if code.checked else ""
        facts.append(("Official code", f"{code.repo}{commit} ({code.licence}, {code.state}{checked})"))
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
