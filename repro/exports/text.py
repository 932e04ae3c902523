"""Text for every export: on one line, names in parts, JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bibtexparser.middlewares.names import parse_single_name_into_parts
from pydantic_core import to_json

from repro.catalog.records.forms import NAME_SUFFIX

SUFFIX = re.compile(rf",? ({NAME_SUFFIX})$")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in parts; all in ``family`` and ``whole`` set where it cannot be taken apart."""

    family: str
    given: str = ""
    particle: str = ""  # "van den", which stays with the family name and does not sort
    suffix: str = ""
    whole: bool = False


def line(text: str) -> str:
    """The text on one line, with single spaces."""
    return " ".join(text.split())


def name_parts(printed: str, family: str | None = None) -> PersonName:
    """The parts of a printed name; by its ``family`` name where that is given, else as BibTeX does.

    Names of one word, with a comma, with `and`, or given as a family name and nothing else, are those of
    groups, or of people who have no family name; they stay whole. BibTeX sees nothing but capitals: it takes
    the first word of a family name of two words for a given name.
    """
    text, family = line(printed), line(family or "")
    words, suffix = _without_suffix(text)
    whole = family == text or "and" in [word.lower() for word in words]
    if family and not whole:
        return _split_at_family(words, _without_suffix(family)[0], suffix)
    if whole or len(words) < 2 or "," in " ".join(words):
        return PersonName(text, whole=True)
    given, particle = _split_as_bibtex(words)
    return PersonName(
        family=" ".join(words[particle:]),
        given=" ".join(words[:given]),
        particle=" ".join(words[given:particle]),
        suffix=suffix,
    )


def _without_suffix(name: str) -> tuple[list[str], str]:
    """The words of a name, and the suffix that stood behind them."""
    match = SUFFIX.search(name)
    return (name[: match.start()].split(), match[1]) if match else (name.split(), "")


def _split_at_family(words: Sequence[str], family: Sequence[str], suffix: str) -> PersonName:
    """The name whose family name is known; what is left of it, before or behind, was given."""
    before, _, after = f" {' '.join(words).replace(',', '')} ".partition(f" {' '.join(family)} ")
    small = next((place for place, word in enumerate(family[:-1]) if not word[0].islower()), len(family) - 1)
    return PersonName(
        family=" ".join(family[small:]),
        given=line(f"{before} {after}"),
        particle=" ".join(family[:small]),
        suffix=suffix,
    )


def _split_as_bibtex(words: Sequence[str]) -> tuple[int, int]:
    """The words at which the given names end and the family name starts; BibTeX sees only capitals."""
    letters = ("".join(c if c.isupper() or c.islower() else "." for c in word) for word in words)
    parts = parse_single_name_into_parts(" ".join(letters))
    return len(parts.first), len(parts.first) + len(parts.von)


def json_text(value: Any) -> str:
    """JSON to be read and compared line by line; a number that is none, which JSON cannot say, is null."""
    return to_json(value, indent=2, inf_nan_mode="null").decode() + "\n"
