"""Where a hand-written entry and a service's record of the same paper disagree."""

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


def disagreements(paper: Paper, fetched: ServiceAnswer) -> Iterator[Disagreement]:
    """Title, authors, year and identifiers; case, punctuation and accents do not count."""
    found: list[tuple[str, str, str]] = []
    if folded(paper.title) != folded(fetched.title):
        found.append(("title", paper.title, fetched.title))
    found += _authors([author.name for author in paper.authors], fetched.authors)
    if not _year_fits(paper, fetched):
        found.append(("year", str(paper.year), " or ".join(map(str, fetched.years))))
    for key in ("arxiv", "doi", "openreview"):
        ours, theirs = getattr(paper.ids, key), getattr(fetched, key)
        if theirs and (ours or "").lower() != theirs.lower() and not PREPRINT_DOI.match(theirs):
            found.append((f"ids.{key}", ours or NONE, theirs))
    for field, ours, theirs in found:
        yield Disagreement(paper.id, field, ours, theirs, fetched.source)


def stray_links(paper: Paper) -> Iterator[Disagreement]:
    """Links that are said to lead to the paper and lead to another one, told by the identifiers in them."""
    for index, link in enumerate(paper.links):
        led = recognise(link.url) if link.role in ("paper", "pdf") else None
        own = getattr(paper.ids, led.kind) if led else None
        if led and own and own.lower() != led.value.lower():
            yield Disagreement(paper.id, f"links[{index}]", link.url, f"{led.kind}:{own}", "ids")


def folded(text: str) -> str:
    """Text for comparison: lower-case letters and digits without accents, all else as single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join("".join(one if one.isalnum() else " " for one in kept).split())


def _authors(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str, str]]:
    """The first author that differs, or the numbers of authors."""
    if not theirs:
        return []
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if not same_person(one, other):
            return [(f"author {place}", one, other)]
    if len(ours) != len(theirs):
        return [("authors", f"{len(ours)} authors", f"{len(theirs)} authors")]
    return []


def same_person(one: str, other: str) -> bool:
    """Whether two names can be the same: in another order, with initials, without accents or middle names."""
    left, right = folded(one).split(), folded(other).split()
    if not left or not right:
        return left == right
    return sorted(left) == sorted(right) or (left[-1] == right[-1] and left[0][0] == right[0][0])


def _year_fits(paper: Paper, fetched: ServiceAnswer) -> bool:
    if not fetched.years or paper.year in fetched.years:
        return True
    preprint = fetched.asked.startswith("arxiv:")
    return preprint and paper.status != "preprint" and paper.year >= min(fetched.years)
