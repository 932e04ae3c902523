"""Simple types read from text: what ``1e-3``, ``true`` or ``[1, 2]`` mean where a number is asked for.

A kind is a Python annotation made of bool, int, float, str, None, ``Literal`` texts and lists or tuples of
these, joined by ``|``. Text is typed by the kind and by nothing else: ``on`` is never true, ``1e400`` is no
number. Bounds are part of a kind (:mod:`repro.catalog.records.bounds`): a value outside them does not fit.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
LONGEST, MANY = 100, 200  # words and lists up to these are compared by likeness
DIGITS = 18  # that a whole number has at most
NOTHING = object()  # what a reader returns for a value it does not take


class Condition(NamedTuple):
    """What is asked of a value besides bounds, in words and as a test; it stands in an ``Annotated``."""

    words: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One alternative of a kind: a simple type, a choice or a list, with what is asked of its values."""

    type: Any
    limits: tuple[tuple[str, Any], ...] = ()  # such as ("ge", 1)
    conditions: tuple[Condition, ...] = ()

    def limit(self, name: str) -> Any:
        """The limit of this name; None without one."""
        return dict(self.limits).get(name)


def reader(annotation: Any) -> BeforeValidator:
    """What makes a pydantic field of this annotation read text strictly: ``Annotated[int, reader(int)]``."""
    return BeforeValidator(partial(_validate, annotation))


def read(annotation: Any, value: Any) -> Any:
    """``value`` (text, None or lists of these, or already typed) as ``annotation`` asks.

    Raises:
        ValueError: it does not fit; the message says what was found and what is expected.
    """
    found = _read(annotation, value)
    if found is NOTHING:
        raise ValueError(
            f"found {describe_plain(value)}, expected {words(annotation)}{_hint(annotation, value)}."
        )
    return found


def words(annotation: Any) -> str:
    """A kind in words: ``a number from 0 to 1 or a list of numbers from 0 to 1``."""
    return " or ".join(dict.fromkeys(map(_word, _parts(annotation))))


def is_bounded(annotation: Any) -> bool:
    """True if every number that the kind takes has a bound."""
    return all(
        is_bounded(_item(part)) if part.type not in NAMES else bool(part.limits)
        for part in _parts(annotation)
        if part.type in (int, float) or get_origin(part.type) is list
    )


def describe(value: Any) -> str:
    """A found value, short enough for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    text = f"'{value}'" if isinstance(value, str) else str(as_text(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def describe_plain(value: Any) -> str:
    """A value as a file holds it: a number or a flag is the same with quotes and without."""
    plain = isinstance(value, str) and (NUMBER.fullmatch(value) or value in ("true", "false"))
    return str(value) if plain and len(value) <= 60 else describe(value)


def as_text(value: Any) -> str:
    """A typed value as it would be written in YAML: ``true``, ``0.05``, ``[0.2, 1.0]``, ``null``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(as_text(item) for item in value)}]"
    return str(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the closest known word whatever its case, or nothing if none is close.

    Long words are close to none.
    """
    close = _close(word, known)
    return f" Did you mean '{close}'?" if close else ""


def _close(word: str, known: Iterable[str]) -> str | None:
    names = tuple(known)
    if len(word) > LONGEST:
        return None
    if len(names) > MANY:
        index = _by_letters(names)
        return next((index[part] for part in _shortened(word.lower()) if part in index), None)
    lower = {name.lower(): name for name in reversed(names)}
    close = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[close[0]] if close else None


@lru_cache(maxsize=4)
def _by_letters(names: tuple[str, ...]) -> dict[str, str]:
    """{a name in lower case, or without one of its letters: the name}."""
    shortened = {part: name for name in names for part in _shortened(name.lower())}
    return shortened | {name.lower(): name for name in names}


def _shortened(word: str) -> Iterator[str]:
    """The word, and the word without each of its letters; words one slip apart share one of these."""
    yield word
    yield from (word[:at] + word[at + 1 :] for at in range(len(word)))


def _validate(annotation: Any, value: Any) -> Any:
    try:
        return read(annotation, value)
    except ValueError as error:
        raise PydanticCustomError("wrong_kind", "{sentence}", {"sentence": str(error)}) from None


def _read(annotation: Any, value: Any) -> Any:
    for part in _ordered(annotation):
        found = _read_part(part, value)
        if found is not NOTHING and _fits(part, found):
            return found
    return NOTHING


@cache
def _ordered(annotation: Any) -> tuple[Part, ...]:
    """The parts of a kind, the strictest first."""
    return tuple(sorted(_parts(annotation), key=_strictness))


def _read_part(part: Part, value: Any) -> Any:
    if part.type in READERS:
        return READERS[part.type](value)
    if get_origin(part.type) is Literal:
        return value if isinstance(value, str) and value in get_args(part.type) else NOTHING
    if not isinstance(value, list | tuple):
        return NOTHING
    items = [_read(_item(part), item) for item in value]
    return NOTHING if any(item is NOTHING for item in items) else items


def _fits(part: Part, value: Any) -> bool:
    """True if a value of the right type is within the limits."""
    within = all(LIMITS[name](value, limit) for name, limit in part.limits)
    return within and all(condition.holds(value) for condition in part.conditions)


def _bool(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value, NOTHING)
    return value if isinstance(value, bool) else NOTHING


def _int(value: Any) -> Any:
    if isinstance(value, str):
        return int(value) if WHOLE.fullmatch(value) else NOTHING
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and abs(value) < 10**DIGITS else NOTHING


def _float(value: Any) -> Any:
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING
    try:
        return float(value) if math.isfinite(value) else NOTHING
    except OverflowError:  # a whole number of hundreds of digits
        return NOTHING


def _str(value: Any) -> Any:
    return value if isinstance(value, str) else NOTHING


def _none(value: Any) -> Any:
    return None if value is None else NOTHING


READERS: dict[Any, Callable[[Any], Any]] = {bool: _bool, int: _int, float: _float, str: _str, NoneType: _none}
STRICTNESS = [NoneType, bool, int, float]
NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", NoneType: "null"}
PLURALS = {bool: "true/false values", int: "whole numbers", float: "numbers", str: "texts"}
COUNTS = {2: "two", 3: "three"}
LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "min_length": lambda value, least: len(value) >= least,
    "max_length": lambda value, most: len(value) <= most,
}


@cache
def _parts(annotation: Any) -> tuple[Part, ...]:
    if get_origin(annotation) is Annotated:
        inner, *added = get_args(annotation)
        return tuple(_limited(part, added) for part in _parts(inner))
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for member in get_args(annotation) for part in _parts(member))
    return (Part(NoneType if annotation is None else annotation),)


def _limited(part: Part, added: Iterable[Any]) -> Part:
    """A part with the bounds and conditions of an ``Annotated``; nothing is asked of null."""
    if part.type is NoneType:
        return part
    marks = [mark for item in added for mark in (item.metadata if isinstance(item, FieldInfo) else [item])]
    found = ((name, getattr(mark, name, None)) for mark in marks for name in LIMITS)
    limits = tuple((name, limit) for name, limit in found if limit is not None)
    conditions = tuple(mark for mark in marks if isinstance(mark, Condition))
    return replace(part, limits=part.limits + limits, conditions=part.conditions + conditions)


def _item(part: Part) -> Any:
    """What the items of a list or tuple are."""
    return get_args(part.type)[0] if get_args(part.type) else str


def _strictness(part: Part) -> int:
    """Text such as ``1`` is tried as a whole number before a number, and as plain text last of all."""
    if part.type is str:
        return len(STRICTNESS) + 1
    return STRICTNESS.index(part.type) if part.type in STRICTNESS else len(STRICTNESS)


def _word(part: Part) -> str:
    if part.type in NAMES:
        return f"{NAMES[part.type]}{_within(part)}"
    if get_origin(part.type) is Literal:
        return f"one of {', '.join(str(choice) for choice in get_args(part.type))}"
    items = _parts(_item(part))
    if len(items) > 1 or items[0].type not in PLURALS:
        return f"a list, each {words(_item(part))}"
    count = part.limit("min_length")
    several = f"{COUNTS[count]} " if count in COUNTS and count == part.limit("max_length") else "a list of "
    besides = "".join(f", {condition.words}" for condition in part.conditions)
    return f"{several}{PLURALS[items[0].type]}{_within(items[0])}{besides}"


def _within(part: Part) -> str:
    """The bounds of numbers in words: `` from 0 to 1``, `` of at least 1``, `` above 0 and at most 1``."""
    at_least, above, at_most, below = map(part.limit, ("ge", "gt", "le", "lt"))
    if at_least is not None and at_most is not None:
        return f" from {at_least} to {at_most}"
    said = {"of at least": at_least, "above": above, "at most": at_most, "below": below}
    limits = " and ".join(f"{word} {limit}" for word, limit in said.items() if limit is not None)
    return f" {limits}" if limits else ""


def _hint(annotation: Any, value: Any) -> str:
    choices = [
        choice
        for part in _parts(annotation)
        if get_origin(part.type) is Literal
        for choice in get_args(part.type)
    ]
    close = _close(value, choices) if isinstance(value, str) else None
    return f" (did you mean '{close}'?)" if close else ""
