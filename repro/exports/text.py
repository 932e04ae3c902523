"""Text made ready for every export: one line, words joined, a name taken apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

SUFFIX = re.compile(r",? (Jr\.?|Sr\.?|II|III|IV)$")


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts; all in ``family`` and ``whole`` set where it cannot be taken apart."""

    family: str
    given: str = ""
    particle: str = ""  # "van den", which stays with the family name and does not sort
    suffix: str = ""
    whole: bool = False


def line(text: str) -> str:
    """The text on one line, with single spaces."""
    return " ".join(text.split())


def joined(words: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def name_parts(printed: str, family: str | None = None) -> Name:
    """A name as printed taken apart; by its ``family`` name where that is told, else given names first.

    Names of one word, with a comma or with `and` are those of groups, or of people who have no family name;
    they stay whole. A family name of two words without a particle cannot be told from a second given name.
    """
    text = line(printed)
    found = SUFFIX.search(text)
    words = (text[: found.start()] if found else text).split()
    several = "and" in [word.lower() for word in words]
    if family is not None and not several:
        return _apart(words, family.split(), found[1] if found else "")
    if len(words) < 2 or "," in " ".join(words) or several:
        return Name(text, whole=True)
    start = _particle(words)
    return Name(
        family=words[-1],
        given=" ".join(words[:start]),
        particle=" ".join(words[start:-1]),
        suffix=found[1] if found else "",
    )


def _apart(words: Sequence[str], family: Sequence[str], suffix: str) -> Name:
    """The name whose family name is known; what is left of it, before or behind, was given."""
    before, _, after = f" {' '.join(words).replace(',', '')} ".partition(f" {' '.join(family)} ")
    small = next((place for place, word in enumerate(family[:-1]) if not word[0].islower()), len(family) - 1)
    return Name(
        family=" ".join(family[small:]),
        given=line(f"{before} {after}"),
        particle=" ".join(family[:small]),
        suffix=suffix,
    )


def _particle(words: Sequence[str]) -> int:
    """Where the run of lower-case words before the last one starts; the last one's place if there is none."""
    start = len(words) - 1
    while start > 1 and words[start - 1][0].islower():
        start -= 1
    return start


def pretty(value: Any) -> str:
    """JSON to be read and compared line by line; a number that is none, which JSON cannot say, is null."""
    return to_json(value, indent=2, inf_nan_mode="null").decode() + "\n"
