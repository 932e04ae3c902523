"""YAML read as text: every scalar stays a string until a model types it, and every value keeps its place.

Read from parser events, so nothing is ever constructed from the file: no tags, no anchors, no aliases, no
implicit types (``2006.07730`` stays ``"2006.07730"``). ``null``, ``~`` and an empty plain scalar are None.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from repro.catalog.reading.finding import CatalogFileError, Finding

Value = None | str | list[Any] | dict[str, Any]
Steps = tuple[str | int, ...]
# (mark of the start, what stands inside): nothing, nodes, or {key: (mark of the key, node)}.
Node = tuple[Any, Any]

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_VALUES = 20_000
MAX_TEXT = 4_000
NULLS = ("", "~", "null")
# C0 and C1 controls apart from tab and line ends, a carriage return that ends no line, marks that reorder
# text on screen, what cannot be seen (soft hyphen, zero-width space, word joiner, byte-order mark, tag
# characters), and what is no character. Joiners (U+200C, U+200D) belong to the spelling of some names.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    "\ufeff\ufffe\uffff\U000e0000-\U000e007f]|\r(?!\n)"
)
# What the parser calls by its own terms, by the character at the place or by its words.
PROBLEMS = {
    "\t": "a tab stands where a value or key begins; indent with spaces",
    "@": "a text that begins with @ needs quotes",
    "mapping values are not allowed in this context": "quote a text with a colon, or mend the indentation",
}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its text, its values, and where each key and value stands."""

    file: str
    text: str = field(repr=False)
    value: Value
    root: Node | None = field(repr=False)

    @property
    def mapping(self) -> dict[str, Any]:
        """The top-level mapping; empty when the file holds something else."""
        return self.value if isinstance(self.value, dict) else {}

    def place(self, path: Sequence[str | int], *, key: bool = False) -> Place:
        """Where ``path`` stands, or its nearest known parent; steps that are not in the file are skipped."""
        name, node = self._at(path)
        if node is None:
            return Place(1, 1)
        return _place(name if key and name is not None else node[0])

    def finding(self, rule: str, path: Sequence[str | int], message: str, *, key: bool = False) -> Finding:
        """A finding at ``path``: at its key with ``key=True``, else at its value."""
        return Finding(self.file, *self.place(path, key=key), rule, message)

    def _at(self, path: Sequence[str | int]) -> tuple[Any, Node | None]:
        """(mark of the key, node) at ``path``, or at its nearest known parent."""
        name, node = None, self.root
        for step in path:
            children = node[1] if node else None
            if isinstance(children, dict) and step in children:
                name, node = children[step]
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                name, node = None, children[step]
        return name, node


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
    return decode(data, file)


def decode(data: bytes, file: str) -> Document:
    """Read the bytes of a file, naming it ``file`` in messages. Raises :class:`CatalogFileError`."""
    if len(data) > MAX_BYTES:
        _fail(file, Place(1, 1), "R004", f"the file is larger than {MAX_BYTES:,} bytes; split it.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        _fail(file, _place_in(before, len(before)), "R001", "the file is not UTF-8 text here; save it so.")
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Read YAML text, naming it ``file`` in messages. Raises :class:`CatalogFileError`."""
    if found := FORBIDDEN.search(text):
        _fail(file, _place_in(text, found.start()), "R005", _forbidden(found[0]))
    return _Reader(file, text).document()


class _Reader:
    """Turns the parser's events into values, stopping at the first fault."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.left = MAX_VALUES

    def document(self) -> Document:
        try:
            self.next = LOADER(self.text).get_event
            return self.only_document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = _place(mark) if mark else Place(1, 1)
            _fail(self.file, place, "R001", f"not well-formed YAML: {self.problem(error)}.")
        except (yaml.YAMLError, ValueError) as error:
            _fail(self.file, Place(1, 1), "R001", f"not well-formed YAML: {str(error).splitlines()[0]}.")

    def problem(self, error: yaml.MarkedYAMLError) -> str:
        at, start = error.problem_mark, error.context_mark
        found = str(error.problem or error.context)
        character = self.text[at.index : at.index + 1] if at else ""
        found = PROBLEMS.get(character) or PROBLEMS.get(found, found)
        if start and at and start.line < at.line and "block" not in str(error.context):
            found += f" {error.context} that begins on line {start.line + 1}"
        return found

    def only_document(self) -> Document:
        self.next()  # the start of the stream
        if not isinstance(self.next(), yaml.DocumentStartEvent):
            return Document(self.file, self.text, None, None)
        value, root = self.node(self.next(), 0)
        self.next()  # the end of the document
        end = self.next()
        if not isinstance(end, yaml.StreamEndEvent):
            self.fail(end, "R001", "a second document starts here; a file holds one.")
        return Document(self.file, self.text, value, root)

    def node(self, event: Any, depth: int) -> tuple[Value, Node]:
        kind = type(event)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            self.refuse(event)
        self.left -= 1
        if self.left < 0:
            text = f"the file holds more than {MAX_VALUES:,} values; split it."
            self.fail(event, "R004", text)
        if kind is ScalarEvent:
            return self.scalar(event), (event.start_mark, None)
        if depth >= MAX_DEPTH:
            self.fail(event, "R004", f"values are nested more than {MAX_DEPTH} deep.")
        return self.mapping(event, depth) if kind is MappingStartEvent else self.sequence(event, depth)

    def refuse(self, event: Any) -> NoReturn:
        if isinstance(event, yaml.AliasEvent):
            found = f"alias '*{str(event.anchor)[:40]}': aliases are not used here; write the value out."
        elif event.anchor is not None:
            found = f"anchor '&{event.anchor[:40]}': anchors are not used here; remove it."
        else:
            found = f"tag '{event.tag[:40]}': tags are not used here; remove it."
        self.fail(event, "R002", found)

    def scalar(self, event: Any) -> str | None:
        text: str = event.value
        if len(text) > MAX_TEXT:
            fault = f"a text of {len(text):,} characters, expected at most {MAX_TEXT:,}; shorten it."
            self.fail(event, "R004", fault)
        if event.style == '"' and (found := FORBIDDEN.search(text)):  # an escape may have brought it in
            self.fail(event, "R005", _forbidden(found[0]))
        return None if text in NULLS and event.implicit[0] else text

    def sequence(self, start: SequenceStartEvent, depth: int) -> tuple[Value, Node]:
        items, nodes = [], []
        while type(event := self.next()) is not SequenceEndEvent:
            value, node = self.node(event, depth + 1)
            items.append(value)
            nodes.append(node)
        return items, (start.start_mark, nodes)

    def mapping(self, start: MappingStartEvent, depth: int) -> tuple[Value, Node]:
        pairs: dict[str, Value] = {}
        nodes: dict[str, tuple[Any, Node]] = {}
        while type(event := self.next()) is not MappingEndEvent:
            key = self.key(event)
            if key in pairs:
                first = _place(nodes[key][0]).line
                text = f"key '{key[:60]}' is given twice; the first is on line {first}."
                self.fail(event, "R003", text)
            pairs[key], node = self.node(self.next(), depth + 1)
            nodes[key] = event.start_mark, node
        return pairs, (start.start_mark, nodes)

    def key(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            self.refuse(event)
        if type(event) is not ScalarEvent:
            self.fail(event, "R001", "a list or mapping stands in the place of a key.")
        return self.scalar(event) or event.value

    def fail(self, event: Any, rule: str, message: str) -> NoReturn:
        _fail(self.file, _place(event.start_mark), rule, message)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_in(text: str, index: int) -> Place:
    """The place of a character of ``text``."""
    return Place(text.count("\n", 0, index) + 1, len(text[:index]) - text.rfind("\n", 0, index))


def _forbidden(character: str) -> str:
    return f"character U+{ord(character[0]):04X} is not allowed in the catalog's text; remove it."


def _fail(file: str, place: Place, rule: str, message: str) -> NoReturn:
    raise CatalogFileError([Finding(file, *place, rule, message)])
