"""Simple types read from text: what ``1e-3``, ``true`` or ``[1, 2]`` mean where a number is asked for.

A kind is a Python annotation made of bool, int, float, str, None, ``Literal`` texts and lists or tuples of
these, joined by ``|``. Text is typed by the kind and by nothing else: ``on`` is never true, ``1e400`` is no
number.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import cache, lru_cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
LONGEST, MANY = 100, 200  # words and lists up to these are compared by likeness
NOTHING = object()  # what a reader returns for a value it does not take


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
        raise ValueError(f"found {describe(value)}, expected {words(annotation)}{_hint(annotation, value)}.")
    return found


def words(annotation: Any) -> str:
    """A kind in words: ``number or list of numbers``."""
    parts = [_word(part) for part in _parts(annotation)]
    return " or ".join(dict.fromkeys(parts))


def describe(value: Any) -> str:
    """A found value, short enough for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    text = f"'{value}'" if isinstance(value, str) else str(as_text(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


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
    """`` Did you mean 'x'?`` for the closest known word, or nothing; long words are close to none."""
    close = _close(word, known)
    return f" Did you mean '{close}'?" if close else ""


def _close(word: str, known: Iterable[str]) -> str | None:
    names = tuple(known)
    if len(word) > LONGEST:
        return None
    if len(names) > MANY:
        index = _by_letters(names)
        return next((index[part] for part in _shortened(word) if part in index), None)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else None


@lru_cache(maxsize=4)
def _by_letters(names: tuple[str, ...]) -> dict[str, str]:
    """{a name, or a name without one of its letters: the name}."""
    return {part: name for name in names for part in _shortened(name)} | {name: name for name in names}


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
        if found is not NOTHING:
            return found
    return NOTHING


@cache
def _ordered(annotation: Any) -> tuple[Any, ...]:
    """The parts of a kind, the strictest first."""
    return tuple(sorted(_parts(annotation), key=_strictness))


def _read_part(part: Any, value: Any) -> Any:
    if part in READERS:
        return READERS[part](value)
    if get_origin(part) is Literal:
        return value if value in get_args(part) else NOTHING
    if not isinstance(value, list | tuple):
        return NOTHING
    items = [_read(_item(part), item) for item in value]
    return NOTHING if any(item is NOTHING for item in items) else items


def _bool(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value, NOTHING)
    return value if isinstance(value, bool) else NOTHING


def _int(value: Any) -> Any:
    if isinstance(value, str):
        return int(value) if WHOLE.fullmatch(value) else NOTHING
    return value if isinstance(value, int) and not isinstance(value, bool) else NOTHING


def _float(value: Any) -> Any:
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return NOTHING
    return float(value)


def _str(value: Any) -> Any:
    return value if isinstance(value, str) else NOTHING


def _none(value: Any) -> Any:
    return None if value is None else NOTHING


READERS: dict[Any, Callable[[Any], Any]] = {bool: _bool, int: _int, float: _float, str: _str, NoneType: _none}
STRICTNESS = [NoneType, bool, int, float]
NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text", NoneType: "null"}
PLURALS = {bool: "true/false values", int: "whole numbers", float: "numbers", str: "texts"}


def _parts(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for member in get_args(annotation) for part in _parts(member))
    return (NoneType,) if annotation is None else (annotation,)


def _item(part: Any) -> Any:
    """What the items of a list or tuple annotation are."""
    return get_args(part)[0] if get_args(part) else str


def _strictness(part: Any) -> int:
    """Text such as ``1`` is tried as a whole number before a number, and as plain text last of all."""
    if part is str:
        return len(STRICTNESS) + 1
    return STRICTNESS.index(part) if part in STRICTNESS else len(STRICTNESS)


def _word(part: Any) -> str:
    if part in NAMES:
        return NAMES[part]
    if get_origin(part) is Literal:
        return f"one of {', '.join(str(choice) for choice in get_args(part))}"
    item = _item(part)
    return f"a list of {PLURALS[item]}" if item in PLURALS else f"a list, each {words(item)}"


def _hint(annotation: Any, value: Any) -> str:
    literals = [part for part in _parts(annotation) if get_origin(part) is Literal]
    choices = [choice for literal in literals for choice in get_args(literal)]
    close = _close(value, choices) if isinstance(value, str) else None
    return f" (did you mean '{close}'?)" if close else ""
