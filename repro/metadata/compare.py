"""Disagreements between a hand-written entry and what a service answers about the same paper."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repro.catalog.reading.snapshot import ServiceAnswer
from repro.catalog.records.paper import Paper
from repro.metadata.identify import recognise

NONE = "none"
# These date a preprint; a published version of the same paper comes out in that year or a later one.
PREPRINT_DOI = re.compile(r"10\.48550/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One field in which the entry says one thing and a source another."""

    paper: str
    field: str
    ours: str
    theirs: str
    source: str  # arxiv, crossref, datacite, openalex, openreview, or `ids` for the entry itself


def disagreements(paper: Paper, answer: ServiceAnswer) -> Iterator[Disagreement]:
    """Title, authors, year and identifiers; case, punctuation and accents do not count."""
    rows: list[tuple[str, str, str]] = []
    if fold(paper.title) != fold(answer.title):
        rows.append(("title", paper.title, answer.title))
    rows += _authors([author.name for author in paper.authors], answer.authors)
    if not _is_year_consistent(paper, answer):
        rows.append(("year", str(paper.year), " or ".join(map(str, answer.years))))
    for key in ("arxiv", "doi", "openreview"):
        ours, theirs = getattr(paper.ids, key), getattr(answer, key)
        if theirs and (ours or "").lower() != theirs.lower() and not PREPRINT_DOI.match(theirs):
            rows.append((f"ids.{key}", ours or NONE, theirs))
    for field, ours, theirs in rows:
        yield Disagreement(paper.id, field, ours, theirs, answer.source)


def stray_links(paper: Paper) -> Iterator[Disagreement]:
    """Links that are said to lead to the paper and lead to another one, by the identifiers in them."""
    for index, link in enumerate(paper.links):
        target = recognise(link.url) if link.role in ("paper", "pdf") else None
        own = getattr(paper.ids, target.kind) if target else None
        if target and own and own.lower() != target.value.lower():
            yield Disagreement(paper.id, f"links[{index}]", link.url, f"{target.kind}:{own}", "ids")


def fold(text: str) -> str:
    """Text for comparison: lower-case letters and digits without accents, all else as single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def _authors(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str, str]]:
    """The first author that differs, or the numbers of authors."""
    if not theirs:
        return []
    for place, (our, their) in enumerate(zip(ours, theirs, strict=False), start=1):
        if not is_same_person(our, their):
            return [(f"author {place}", our, their)]
    if len(ours) != len(theirs):
        return [("authors", f"{len(ours)} authors", f"{len(theirs)} authors")]
    return []


def is_same_person(first: str, second: str) -> bool:
    """True if two names can be the same: in another order, with initials, without accents or middle names."""
    left, right = fold(first).split(), fold(second).split()
    if not left or not right:
        return left == right
    return sorted(left) == sorted(right) or (left[-1] == right[-1] and left[0][0] == right[0][0])


def _is_year_consistent(paper: Paper, answer: ServiceAnswer) -> bool:
    """True if the service gives this year, or the entry is of a later version than the preprint."""
    if not answer.years or paper.year in answer.years:
        return True
    preprint = answer.asked.startswith("arxiv:")
    return preprint and paper.status != "preprint" and paper.year >= min(answer.years)
