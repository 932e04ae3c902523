"""YAML read as text: every scalar stays a string until a model types it, and every value keeps its place.

Read from parser events, so nothing is ever constructed from the file: no tags, no anchors, no aliases, no
implicit types (``2006.07730`` stays ``"2006.07730"``). ``null``, ``~`` and an empty plain scalar are None.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from repro.catalog.findings import CatalogFileError, Finding

Value = None | str | list[Any] | dict[str, Any]
Steps = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
NULLS = ("", "~", "null")
# C0 and C1 controls apart from tab and line ends, marks that reorder text on screen, stray byte-order marks.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its text values, and where each key and value stands."""

    file: str
    value: Value
    values: dict[Steps, Place] = field(repr=False)
    keys: dict[Steps, Place] = field(repr=False)

    @property
    def mapping(self) -> dict[str, Any]:
        """The top-level mapping; empty when the file holds something else."""
        return self.value if isinstance(self.value, dict) else {}

    def place(self, path: Sequence[str | int], *, key: bool = False) -> Place:
        """Where ``path`` stands, or its nearest known parent; steps that are not in the file are skipped."""
        found: Steps = ()
        for step in path:
            if (*found, step) in self.values:
                found = (*found, step)
        table = self.keys if key and found in self.keys else self.values
        return table.get(found, Place(1, 1))

    def finding(self, rule: str, path: Sequence[str | int], message: str, *, key: bool = False) -> Finding:
        """A finding at ``path``: at its key with ``key=True``, else at its value."""
        return Finding(self.file, *self.place(path, key=key), rule, message)


def read(path: Path, shown: str | None = None) -> Document:
    """Read a file; ``shown`` is its name in messages.

    Raises:
        CatalogFileError: it cannot be read, or is not plain YAML within the limits.
    """
    file = shown or str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        _fail(file, Place(1, 1), "R001", f"the file cannot be read: {error.strerror}.")
    if len(data) > MAX_BYTES:
        _fail(file, Place(1, 1), "R004", f"the file is larger than {MAX_BYTES:,} bytes; split it.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _fail(file, Place(line, 1), "R001", "the file is not UTF-8 text here; save it as UTF-8.")
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Read YAML text, naming it ``file`` in messages. Raises :class:`CatalogFileError`."""
    if found := FORBIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        _fail(file, Place(line, column), "R005", _forbidden(found[0]))
    return _Reader(file, text).document()


class _Reader:
    """Turns the parser's events into values, one event of look-ahead, stopping at the first fault."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
        self.values: dict[Steps, Place] = {}
        self.keys: dict[Steps, Place] = {}

    def document(self) -> Document:
        self.next()  # the start of the stream
        value: Value = None
        if isinstance(self.next(), yaml.DocumentStartEvent):
            value = self.value((), self.next())
            self.next()  # the end of the document
            end = self.next()
            if not isinstance(end, yaml.StreamEndEvent):
                _fail(self.file, _place(end), "R001", "a second document starts here; a file holds one.")
        return Document(self.file, value, self.values, self.keys)

    def next(self) -> Any:
        try:
            return next(self.events)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            _fail(self.file, place, "R001", f"not well-formed YAML: {error.problem or error.context}.")
        except (yaml.YAMLError, ValueError) as error:
            _fail(self.file, Place(1, 1), "R001", f"not well-formed YAML: {str(error).splitlines()[0]}.")

    def value(self, path: Steps, event: Any) -> Value:
        self.refuse(event)
        self.values[path] = _place(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(path) >= MAX_DEPTH:
            _fail(self.file, _place(event), "R004", f"values are nested more than {MAX_DEPTH} deep.")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return self.mapping(path)

    def refuse(self, event: Any) -> None:
        found = None
        if isinstance(event, yaml.AliasEvent):
            found = f"alias '*{event.anchor}': aliases are not used here; write the value out."
        elif event.anchor is not None:
            found = f"anchor '&{event.anchor}': anchors are not used here; remove it."
        elif event.tag is not None:
            found = f"tag '{event.tag}': tags are not used here; remove it."
        if found:
            _fail(self.file, _place(event), "R002", found)

    def scalar(self, event: Any) -> str | None:
        text: str = event.value
        if found := FORBIDDEN.search(text):
            _fail(self.file, _place(event), "R005", _forbidden(found[0]))
        plain = event.implicit[0]
        return None if plain and text in NULLS else text

    def sequence(self, path: Steps) -> list[Value]:
        items: list[Value] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.value((*path, len(items)), event))
        return items

    def mapping(self, path: Steps) -> dict[str, Value]:
        pairs: dict[str, Value] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.key(event)
            here = (*path, key)
            if key in pairs:
                first = self.keys[here].line
                found = f"key '{key}' is given twice; the first is on line {first}."
                _fail(self.file, _place(event), "R003", found)
            self.keys[here] = _place(event)
            pairs[key] = self.value(here, self.next())
        return pairs

    def key(self, event: Any) -> str:
        self.refuse(event)
        if not isinstance(event, yaml.ScalarEvent):
            _fail(
                self.file,
                _place(event),
                "R001",
                "a list or mapping stands in the place of a key.",
            )
        return self.scalar(event) or event.value


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _forbidden(character: str) -> str:
    return f"character U+{ord(character):04X} is not allowed in the catalog's text; remove it."


def _fail(file: str, place: Place, rule: str, message: str) -> NoReturn:
    raise CatalogFileError([Finding(file, *place, rule, message)])
