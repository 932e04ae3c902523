"""The rules that keep an entry about its own paper: identifiers, links, dates, code."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.paper import Identifiers, Paper, Relation

ARXIV_DOI = "10.48550/"
ARXIV_VENUE = "arxiv"
BEFORE, AFTER = 1, 4  # years by which a publication may precede and follow the preprint
LEADS_TO_PAPER = ("paper", "pdf")
LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
NUMBERED = re.compile(r"([0-9]{2})[0-9]{2}\.|[a-z.-]+/([0-9]{2})", re.IGNORECASE)
# The identifier in the address of a service, and the key under `ids` that holds it.
SERVICES = {
    "arxiv": re.compile(
        r"https://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/(.+?)(?:v[0-9]+)?(?:\.pdf)?"
    ),
    "doi": re.compile(r"https://(?:dx\.)?doi\.org/(.+)", re.IGNORECASE),
    "openreview": re.compile(r"https://openreview\.net/(?:forum|pdf)\?id=([A-Za-z0-9_-]+).*"),
}


class Outline(NamedTuple):
    """The outline of a paper: as much as the rules between papers need."""

    title: str
    year: int
    since: int  # the year of the preprint, if that came first
    ids: Identifiers
    links: tuple[tuple[int, str], ...]  # those to the paper itself: (place in the list, address)
    relations: tuple[Relation, ...]

    @classmethod
    def of(cls, paper: Paper) -> "Outline":
        """The outline of a paper."""
        leading = tuple((at, link.url) for at, link in enumerate(paper.links) if link.role in LEADS_TO_PAPER)
        since = min(paper.year, _arxiv_year(paper.ids.arxiv) or paper.year)
        return cls(paper.title, paper.year, since, paper.ids, leading, paper.relations)


REVISED_AFTER_ADDED = Rule(
    "R071",
    "an entry is not revised before it was added",
    why="One of the two dates is wrong, and feeds are sorted by them.",
    wrong='added: "2026-11-24"\nrevised: "2026-11-04"',
    right='added: "2026-11-24"\nrevised: "2026-12-04"',
)
TITLE_IS_NO_ID = Rule(
    "R072",
    "the title is not the entry's id",
    why="An id in the place of the title makes a citation that finds nothing.",
    wrong="title: simsiam",
    right="title: Exploring Simple Siamese Representation Learning",
)
VENUE_FITS_STATUS = Rule(
    "R074",
    "a preprint has the venue arxiv, and a published paper another",
    why="Citations are built from both, and would contradict themselves.",
    wrong="venue: cvpr\nstatus: preprint",
    right="venue: cvpr\nstatus: published",
)


def identity_faults(paper: Paper, document: Document) -> Iterator[Fault]:
    """Everything in one entry that contradicts itself about which paper this is."""
    yield from _identifiers(paper, document)
    yield from _links(paper, document)
    yield from _official(paper, document)
    if paper.title == paper.id:
        yield document.fault(TITLE_IS_NO_ID, ("title",), "this is the entry's id; write the paper's title.")
    if paper.revised is not None and paper.revised < paper.added:
        text = f"revised on {paper.revised}, before the entry was added on {paper.added}."
        yield document.fault(REVISED_AFTER_ADDED, ("revised",), text)
    is_preprint = paper.status == "preprint"
    if is_preprint != (paper.venue == ARXIV_VENUE) and paper.status in ("preprint", "published"):
        fitting = "venue: arxiv" if is_preprint else "the venue, or status: preprint"
        text = f"the status is {paper.status} and the venue {paper.venue}; write {fitting}."
        yield document.fault(VENUE_FITS_STATUS, ("venue",), text)


IDENTIFIER_OR_LINK = Rule(
    "R038",
    "a paper has an identifier or a link to the paper",
    why="Without either nobody can find the paper that the entry is about.",
    wrong='ids: {}\nlinks: [{role: project, url: "https://example.org/project"}]',
    right='ids: {}\nlinks: [{role: paper, url: "https://example.org/simsiam"}]',
)
YEAR_FITS_ARXIV = Rule(
    "R060",
    "the year fits the arXiv id: from one year before it to four years after",
    why="Where they disagree, one of the two usually belongs to another paper.",
    wrong="year: 2021\nids: {arxiv: 1511.10566}",
    right="year: 2021\nids: {arxiv: 2011.10566}",
    severity="warning",
)
PUBLISHERS_DOI = Rule(
    "R073",
    "the DOI is the publisher's, not the one that arXiv derives from its own id",
    why="It says nothing that the arXiv id does not say, and hides that the paper has no other DOI.",
    wrong="ids: {arxiv: 2011.10566, doi: 10.48550/arXiv.2011.10566}",
    right="ids: {arxiv: 2011.10566}",
)


def _identifiers(paper: Paper, document: Document) -> Iterator[Fault]:
    ids = paper.ids
    if not any(ids.model_dump().values()) and all(link.role not in LEADS_TO_PAPER for link in paper.links):
        text = "no identifier and no link of role paper or pdf; add one, so that the paper can be found."
        yield document.fault(IDENTIFIER_OR_LINK, ("ids",), text, key=True)
    if ids.doi is not None and ids.doi.startswith(ARXIV_DOI):
        text = f"{ids.doi} is arXiv's own; keep the arXiv id and leave the DOI out."
        yield document.fault(PUBLISHERS_DOI, ("ids", "doi"), text)
    year = _arxiv_year(ids.arxiv)
    if year is not None and not year - BEFORE <= paper.year <= year + AFTER:
        text = (
            f"the year is {paper.year}, and arXiv {ids.arxiv} is of {year}; is one of them another paper's?"
        )
        yield document.fault(YEAR_FITS_ARXIV, ("year",), text)


def _arxiv_year(arxiv: str | None) -> int | None:
    match = NUMBERED.match(arxiv or "")
    if match is None:
        return None
    short = int(match[1] or match[2])
    return short + (1900 if short > 90 else 2000)


LINKED_ONCE = Rule(
    "R066",
    "an address is linked once",
    why="The second link was probably meant to lead elsewhere.",
    wrong='links: [{role: paper, url: "https://example.org/a"}, {role: pdf, url: "https://example.org/a/"}]',
    right='links: [{role: paper, url: "https://example.org/a"}, {role: pdf, url: "https://example.org/a.pdf"}]',
)
LINK_NAMES_PAPER = Rule(
    "R067",
    "a link to the paper names the paper's own arXiv id, DOI or OpenReview id",
    why="A link that was copied from another entry leads readers to another paper.",
    wrong='ids: {arxiv: 2011.10566}\nlinks: [{role: paper, url: "https://arxiv.org/abs/2002.05709"}]',
    right='ids: {arxiv: 2011.10566}\nlinks: [{role: paper, url: "https://arxiv.org/abs/2011.10566"}]',
)


def _links(paper: Paper, document: Document) -> Iterator[Fault]:
    addresses: set[str] = set()
    for index, link in enumerate(paper.links):
        path = ("links", index, "url")
        if normalise(link.url) in addresses:
            text = "this address is linked above; remove one, or correct it."
            yield document.fault(LINKED_ONCE, path, text)
        addresses.add(normalise(link.url))
        identifier = _identifier_in(link.url) if link.role in LEADS_TO_PAPER else None
        if identifier is not None:
            scheme, value = identifier
            stated = getattr(paper.ids, scheme)
            if stated is None:
                text = f"the link names {scheme} {value}; write it under `ids` too."
                yield document.fault(LINK_NAMES_PAPER, path, text)
            elif stated.lower() != value.lower():
                text = f"the link names {scheme} {value}, and the paper's is {stated}; is it another paper's?"
                yield document.fault(LINK_NAMES_PAPER, path, text)


def _identifier_in(url: str) -> tuple[str, str] | None:
    """(scheme, identifier) in the address of a service that has one for each paper."""
    matches = ((scheme, pattern.fullmatch(url)) for scheme, pattern in SERVICES.items())
    return next(((scheme, match[1]) for scheme, match in matches if match), None)


OFFICIAL_CODE_LINKED = Rule(
    "R078",
    "the repository under `official` and the links to official code agree",
    why="A page would send readers to two different places for the authors' code.",
    wrong='links: [{role: official-code, url: "https://example.org/others"}]',
    right='links: [{role: official-code, url: "https://example.org/code/tree/main"}]',
)
SPDX_LICENCE = Rule(
    "R079",
    "the licence of official code is an SPDX id, or none",
    why="What may be done with the code is decided by the exact licence.",
    wrong='official: {repo: "https://example.org/code", licence: MIT License, state: quiet}',
    right='official: {repo: "https://example.org/code", licence: MIT, state: quiet}',
)


def _official(paper: Paper, document: Document) -> Iterator[Fault]:
    if paper.official is None:
        return
    if not LICENCE.fullmatch(paper.official.licence):
        text = f"'{paper.official.licence}' is no SPDX id such as MIT or Apache-2.0; write one, or none."
        yield document.fault(SPDX_LICENCE, ("official", "licence"), text)
    linked = [link.url for link in paper.links if link.role == "official-code"]
    if linked and not any(_is_inside(paper.official.repo, url) for url in linked):
        text = f"no link of role official-code leads into {paper.official.repo}; there is {linked[0]}."
        yield document.fault(OFFICIAL_CODE_LINKED, ("official", "repo"), text)


def _is_inside(repo: str, url: str) -> bool:
    """True if an address is the repository or a place in it."""
    start, address = normalise(repo), normalise(url)
    return address.startswith(start) and address[len(start) :][:1] in ("", "/", "?", "#")


def normalise(url: str) -> str:
    """An address as two people would write it alike."""
    return url.removesuffix("/").removesuffix(".git").lower()
