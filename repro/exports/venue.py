"""Where a paper appeared, as bibliographies ask for it: what kind of place, and its full name.

The vocabulary describes a venue in a sentence. The first word there that names a kind of place decides the
kind; a description in title case is the venue's full name, any other leaves the short name alone.
"""

import re
from dataclasses import dataclass
from typing import Literal

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Word
from repro.exports.text import line

Kind = Literal["journal", "conference", "preprint", "other"]

KINDS: dict[str, Kind] = {
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
NAMES_A_KIND = re.compile(rf"\b({'|'.join(KINDS)})\b", re.IGNORECASE)
SMALL_WORD = re.compile(r"(an?|and|at|by|for|from|in|into|of|on|or|the|to|with)\b")


@dataclass(frozen=True, slots=True)
class Appearance:
    """A venue: ``full`` is its name spelled out, ``short`` the one people say."""

    kind: Kind
    full: str
    short: str


def appearance(catalog: Catalog, paper: Paper) -> Appearance:
    """Where the paper appeared; an unknown venue shows its id."""
    word = catalog.vocabulary("venues").get(paper.venue) or Word(name=paper.venue)
    short = line(word.name)
    kind = "preprint" if paper.status == "preprint" else kind_of(word)
    return Appearance(kind, _full_name(word) or short, short)


def kind_of(venue: Word) -> Kind:
    """What kind of place a venue is."""
    found = NAMES_A_KIND.search(f"{venue.description or ''} {venue.name}")
    return KINDS[found[1].lower()] if found else "other"


def _full_name(venue: Word) -> str:
    """The description without its full stop if it is in title case; else nothing."""
    text = line(venue.description or "").removesuffix(".")
    words = text.split()
    titled = all(word[:1].isupper() or SMALL_WORD.match(word) for word in words)
    sentence = not words or words[0] in ("A", "An", "The") or re.search(r"[.;:]", text)
    return text if titled and not sentence else ""
