"""The rules that keep an entry about its own paper: identifiers, links, authors, dates, code."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from repro.catalog.reading.document import Document
from repro.catalog.reading.finding import Finding
from repro.catalog.records.paper import Identifiers, Paper, Relation

ARXIV_DOI = "10.48550/"
ARXIV_VENUE = "arxiv"
BEFORE, AFTER = 1, 4  # years by which a publication may precede and follow the preprint
LEADS_TO_PAPER = ("paper", "pdf")
LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
# No "Last, First", no "et al.", no two people in one entry; "Jr." may follow a comma.
NAME = re.compile(r"(?!.*\b(et al|and others)\b)(?!.* and )[^,;&]+(, (Jr\.?|Sr\.?|I{2,3}|IV))?")
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
    """What the rules between papers need to know of one."""

    title: str
    year: int
    since: int  # the year of the preprint, if that came first
    ids: Identifiers
    links: tuple[tuple[int, str], ...]  # those to the paper itself: (place in the list, address)
    relations: tuple[Relation, ...]


def outline(paper: Paper) -> Outline:
    """The outline of a paper."""
    leading = tuple((at, link.url) for at, link in enumerate(paper.links) if link.role in LEADS_TO_PAPER)
    since = min(paper.year, _arxiv_year(paper.ids.arxiv) or paper.year)
    return Outline(paper.title, paper.year, since, paper.ids, leading, paper.relations)


def identity_findings(paper: Paper, document: Document) -> Iterator[Finding]:
    """Everything in one entry that contradicts itself about which paper this is."""
    yield from _identifiers(paper, document)
    yield from _authors(paper, document)
    yield from _links(paper, document)
    yield from _official(paper, document)
    if paper.title == paper.id:
        yield document.finding("R072", ("title",), "this is the entry's id; write the paper's title.")
    if paper.revised is not None and paper.revised < paper.added:
        text = f"revised on {paper.revised}, before the entry was added on {paper.added}."
        yield document.finding("R071", ("revised",), text)
    if (paper.status == "preprint") != (paper.venue == ARXIV_VENUE) and paper.status in (
        "preprint",
        "published",
    ):
        wanted = "venue: arxiv" if paper.status == "preprint" else "the venue, or status: preprint"
        text = f"the status is {paper.status} and the venue {paper.venue}; write {wanted}."
        yield document.finding("R074", ("venue",), text)


def _identifiers(paper: Paper, document: Document) -> Iterator[Finding]:
    ids = paper.ids
    if not any(ids.model_dump().values()) and all(link.role not in LEADS_TO_PAPER for link in paper.links):
        text = "no identifier and no link of role paper or pdf; add one, so that the paper can be found."
        yield document.finding("R038", ("ids",), text, key=True)
    if ids.doi is not None and ids.doi.startswith(ARXIV_DOI):
        text = f"{ids.doi} is arXiv's own; keep the arXiv id and leave the DOI out."
        yield document.finding("R073", ("ids", "doi"), text)
    year = _arxiv_year(ids.arxiv)
    if year is not None and not year - BEFORE <= paper.year <= year + AFTER:
        text = (
            f"the year is {paper.year}, and arXiv {ids.arxiv} is of {year}; is one of them another paper's?"
        )
        yield document.finding("R060", ("year",), text)


def _arxiv_year(arxiv: str | None) -> int | None:
    found = NUMBERED.match(arxiv or "")
    if found is None:
        return None
    short = int(found[1] or found[2])
    return short + (1900 if short > 90 else 2000)


def _authors(paper: Paper, document: Document) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()  # (name, ORCID iD), with "" for an iD that is not given
    for index, author in enumerate(paper.authors):
        name, orcid = author.name.casefold(), author.orcid or ""
        if any(orcid == other if orcid and other else name == known for known, other in seen):
            text = f"{author.name} is listed twice; remove one, or tell namesakes apart by `orcid`."
            yield document.finding("R069", ("authors", index, "name"), text)
        seen.add((name, orcid))
        if orcid and orcid[-1] != _check_digit(orcid):
            text = f"{orcid} is no ORCID iD: its last digit would be {_check_digit(orcid)}."
            yield document.finding("R070", ("authors", index, "orcid"), text)
        if not NAME.fullmatch(author.name):
            text = f"'{author.name}' is not one person's name as printed, given name first."
            yield document.finding("R080", ("authors", index, "name"), text)


def _check_digit(orcid: str) -> str:
    """The check digit of ISO 7064 (MOD 11-2) over the fifteen digits before it."""
    total = 0
    for digit in orcid.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def _links(paper: Paper, document: Document) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, link in enumerate(paper.links):
        path = ("links", index, "url")
        if plain(link.url) in seen:
            yield document.finding("R066", path, "this address is linked above; remove one, or correct it.")
        seen.add(plain(link.url))
        named = _named(link.url) if link.role in LEADS_TO_PAPER else None
        if named is not None:
            scheme, value = named
            stated = getattr(paper.ids, scheme)
            if stated is None:
                text = f"the link names {scheme} {value}; write it under `ids` too."
                yield document.finding("R067", path, text)
            elif stated.lower() != value.lower():
                text = f"the link names {scheme} {value}, and the paper's is {stated}; is it another paper's?"
                yield document.finding("R067", path, text)


def _named(url: str) -> tuple[str, str] | None:
    """(scheme, identifier) in the address of a service that has one for each paper."""
    found = ((scheme, pattern.fullmatch(url)) for scheme, pattern in SERVICES.items())
    return next(((scheme, match[1]) for scheme, match in found if match), None)


def _official(paper: Paper, document: Document) -> Iterator[Finding]:
    if paper.official is None:
        return
    if not LICENCE.fullmatch(paper.official.licence):
        text = f"'{paper.official.licence}' is no SPDX id such as MIT or Apache-2.0; write one, or none."
        yield document.finding("R079", ("official", "licence"), text)
    linked = [link.url for link in paper.links if link.role == "official-code"]
    if linked and not any(_leads_into(paper.official.repo, url) for url in linked):
        text = f"no link of role official-code leads into {paper.official.repo}; there is {linked[0]}."
        yield document.finding("R078", ("official", "repo"), text)


def _leads_into(repo: str, url: str) -> bool:
    start, rest = plain(url)[: len(plain(repo))], plain(url)[len(plain(repo)) :]
    return start == plain(repo) and rest[:1] in ("", "/", "?", "#")


def plain(url: str) -> str:
    """An address as two people would write it alike."""
    return url.removesuffix("/").removesuffix(".git").lower()
