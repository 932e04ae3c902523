"""Text made ready for every export: one line, a name taken apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bibtexparser.middlewares.names import parse_single_name_into_parts
from pydantic_core import to_json

from repro.catalog.records.forms import NAME_SUFFIX

SUFFIX = re.compile(rf",? ({NAME_SUFFIX})$")


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


def name_parts(printed: str, family: str | None = None) -> Name:
    """A name as printed taken apart; by its ``family`` name where that is told, else as BibTeX does.

    Names of one word, with a comma, with `and`, or told to be a family name and nothing else, are those of
    groups, or of people who have no family name; they stay whole. BibTeX sees nothing but capitals: it takes
    the first word of a family name of two words for a given name.
    """
    text, told = line(printed), line(family or "")
    words, suffix = _without_suffix(text)
    whole = told == text or "and" in [word.lower() for word in words]
    if told and not whole:
        return _apart(words, _without_suffix(told)[0], suffix)
    if whole or len(words) < 2 or "," in " ".join(words):
        return Name(text, whole=True)
    given, particle = _split(words)
    return Name(
        family=" ".join(words[particle:]),
        given=" ".join(words[:given]),
        particle=" ".join(words[given:particle]),
        suffix=suffix,
    )


def _without_suffix(name: str) -> tuple[list[str], str]:
    """The words of a name, and the suffix that stood behind them."""
    found = SUFFIX.search(name)
    return (name[: found.start()].split(), found[1]) if found else (name.split(), "")


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


def _split(words: Sequence[str]) -> tuple[int, int]:
    """Where the given names end and where the family name starts; BibTeX sees nothing but the capitals."""
    shown = ("".join(one if one.isupper() or one.islower() else "." for one in word) for word in words)
    parts = parse_single_name_into_parts(" ".join(shown))
    return len(parts.first), len(parts.first) + len(parts.von)


def pretty(value: Any) -> str:
    """JSON to be read and compared line by line; a number that is none, which JSON cannot say, is null."""
    return to_json(value, indent=2, inf_nan_mode="null").decode() + "\n"
