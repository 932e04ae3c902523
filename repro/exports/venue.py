"""Where a paper appeared and where it is on the web.

The vocabulary describes a venue in a sentence. The first word there that names a kind of place decides the
kind; a description in title case is the venue's full name, any other leaves the short name alone.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Word
from repro.errors import UsageError
from repro.exports.text import line

VenueKind = Literal["journal", "conference", "preprint", "other"]

KINDS: dict[str, VenueKind] = {
    "journal": "journal",
    "transactions": "journal",
    "letters": "journal",
    "magazine": "journal",
    "conference": "conference",
    "workshop": "conference",
    "symposium": "conference",
    "congress": "conference",
    "meeting": "conference",
    "preprint": "preprint",
}
KIND_WORD = re.compile(rf"\b({'|'.join(KINDS)})\b", re.IGNORECASE)
SMALL_WORD = re.compile(r"(an?|and|at|by|for|from|in|into|of|on|or|the|to|with)\b")
EXAMPLE = "https://example.org/repro/"
SITE = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9_.~%/-]*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A venue: ``full`` is its name spelled out, ``short`` the one people say."""

    kind: VenueKind
    full: str
    short: str


def appearance(catalog: Catalog, paper: Paper) -> Appearance:
    """The venue of a paper; an unknown one shows its id."""
    word = catalog.vocabulary("venues").get(paper.venue) or Word(name=paper.venue)
    short = line(word.name)
    kind = "preprint" if paper.status == "preprint" else kind_of(word)
    return Appearance(kind, _full_name(word) or short, short)


def kind_of(venue: Word) -> VenueKind:
    """The kind of place that a venue is."""
    match = KIND_WORD.search(f"{venue.description or ''} {venue.name}")
    return KINDS[match[1].lower()] if match else "other"


def _full_name(venue: Word) -> str:
    """The description without its full stop if it is in title case; else nothing."""
    text = line(venue.description or "").removesuffix(".")
    words = text.split()
    title_case = all(word[:1].isupper() or SMALL_WORD.match(word) for word in words)
    sentence = not words or words[0] in ("A", "An", "The") or re.search(r"[.;:]", text)
    return text if title_case and not sentence else ""


def addresses(paper: Paper) -> tuple[str, ...]:
    """Addresses where the paper can be read or is registered, the best first, each once."""
    urls = [link.url for link in paper.links if link.role == "paper"]
    urls += [doi_address(paper.ids.doi)] if paper.ids.doi else []
    urls += [f"https://arxiv.org/abs/{paper.ids.arxiv}"] if paper.ids.arxiv else []
    urls += [f"https://openreview.net/forum?id={paper.ids.openreview}"] if paper.ids.openreview else []
    return tuple(dict.fromkeys(urls))


def best_address(paper: Paper) -> str:
    """The first of its :func:`addresses`; empty where the entry gives none."""
    return next(iter(addresses(paper)), "")


def doi_address(doi: str) -> str:
    """The address that a DOI resolves at."""
    return f"https://doi.org/{quote(doi, safe='/:;().,')}"


def page_address(site: str, paper: str) -> str:
    """The address of a paper's page below the site's."""
    return f"{site_address(site)}papers/{paper}/"


def site_address(site: str) -> str:
    """The site's address with a slash at its end. UsageError if it is not one."""
    if not SITE.fullmatch(site):
        raise UsageError(f"'{site}' is not the address of a site; give one such as {EXAMPLE}")
    return f"{site.rstrip('/')}/"
