"""The events of the YAML parser turned into text values with their places, stopping at the first fault.

Nothing is ever constructed from the file: no tags, no anchors, no aliases, no implicit types (``2006.07730``
stays ``"2006.07730"``). ``null``, ``~`` and an empty plain scalar are None.
"""

import re
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import TITLE, Rule

Value = None | str | list[Any] | dict[str, Any]
# (mark of the start, what stands inside): nothing, nodes, or {key: (mark of the key, node)}.
Node = tuple[Any, Any]

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


def place_of(mark: Any) -> Place:
    """The place of a mark of the parser."""
    return Place(mark.line + 1, mark.column + 1)


def place_in(text: str, index: int) -> Place:
    """The place of a character of ``text``."""
    return Place(text.count("\n", 0, index) + 1, len(text[:index]) - text.rfind("\n", 0, index))


def fail(file: str, place: Place, rule: Rule, message: str) -> NoReturn:
    """Raise :class:`CatalogFileError` with one fault."""
    raise CatalogFileError([Fault(file, *place, rule, message)])


WELL_FORMED = Rule(
    "R001",
    "a file is UTF-8 text and well-formed YAML with one document, a mapping",
    why="What cannot be read cannot be shown; the rest of the catalog would go on without it.",
    wrong="ids: {arxiv: 2011.10566",
    right="ids: {arxiv: 2011.10566}",
)
PLAIN_YAML = Rule(
    "R002",
    "YAML anchors, aliases and tags are not used",
    why="They make one line change another far away, and are how a small file is made to fill the "
    "memory, or to run code in programs that are less careful.",
    wrong="name: &name SimSiam\ntitle: *name",
    right=f"name: SimSiam\n{TITLE}",
)
KEYS_ONCE = Rule(
    "R003",
    "a key is given once in a mapping",
    why="YAML readers keep one of the two and drop the other without a word.",
    wrong="year: 2020\nyear: 2021",
    right="year: 2021",
)
WITHIN_LIMITS = Rule(
    "R004",
    "a file stays within the limits of size and nesting",
    why="A file beyond them is a mistake or an attack; a sound one needs a fraction of what is allowed.",
    wrong=f"links: {'[' * 21}too deep{']' * 21}",
    right='links: [{role: paper, url: "https://example.org/simsiam"}]',
)
VISIBLE_TEXT = Rule(
    "R005",
    "text holds no control, invisible or direction-changing characters",
    why="They hide text from the reader of a page or a review, or show it in another order than it has.",
    wrong='title: "Exploring \\u202eSimple Siamese Representation Learning"',
    right=TITLE,
)


class EventReader:
    """A reader of one document from parser events; CatalogFileError at the first fault."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._left = MAX_VALUES

    def read(self) -> tuple[Value, Node | None]:
        """The value of the document and where its parts stand; (None, None) for an empty file."""
        try:
            self._next = LOADER(self._text).get_event
            return self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = place_of(mark) if mark else Place(1, 1)
            fail(self._file, place, WELL_FORMED, f"not well-formed YAML: {self._problem(error)}.")
        except (yaml.YAMLError, ValueError) as error:
            text = f"not well-formed YAML: {str(error).splitlines()[0]}."
            fail(self._file, Place(1, 1), WELL_FORMED, text)

    def _problem(self, error: yaml.MarkedYAMLError) -> str:
        at, start = error.problem_mark, error.context_mark
        text = str(error.problem or error.context)
        character = self._text[at.index : at.index + 1] if at else ""
        text = PROBLEMS.get(character) or PROBLEMS.get(text, text)
        if start and at and start.line < at.line and "block" not in str(error.context):
            text += f" {error.context} that begins on line {start.line + 1}"
        return text

    def _document(self) -> tuple[Value, Node | None]:
        self._next()  # the start of the stream
        if not isinstance(self._next(), yaml.DocumentStartEvent):
            return None, None
        value, root = self._node(self._next(), 0)
        self._next()  # the end of the document
        end = self._next()
        if not isinstance(end, yaml.StreamEndEvent):
            self._fail(end, WELL_FORMED, "a second document starts here; a file holds one.")
        return value, root

    def _node(self, event: Any, depth: int) -> tuple[Value, Node]:
        kind = type(event)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            self._refuse(event)
        self._left -= 1
        if self._left < 0:
            self._fail(event, WITHIN_LIMITS, f"the file holds more than {MAX_VALUES:,} values; split it.")
        if kind is ScalarEvent:
            return self._scalar(event), (event.start_mark, None)
        if depth >= MAX_DEPTH:
            self._fail(event, WITHIN_LIMITS, f"values are nested more than {MAX_DEPTH} deep.")
        return self._mapping(event, depth) if kind is MappingStartEvent else self._sequence(event, depth)

    def _refuse(self, event: Any) -> NoReturn:
        if isinstance(event, yaml.AliasEvent):
            text = f"alias '*{str(event.anchor)[:40]}': aliases are not used here; write the value out."
        elif event.anchor is not None:
            text = f"anchor '&{event.anchor[:40]}': anchors are not used here; remove it."
        else:
            text = f"tag '{event.tag[:40]}': tags are not used here; remove it."
        self._fail(event, PLAIN_YAML, text)

    def _scalar(self, event: Any) -> str | None:
        text: str = event.value
        if len(text) > MAX_TEXT:
            fault = f"a text of {len(text):,} characters, expected at most {MAX_TEXT:,}; shorten it."
            self._fail(event, WITHIN_LIMITS, fault)
        if event.style == '"' and (match := FORBIDDEN.search(text)):  # an escape may have brought it in
            self._fail(event, VISIBLE_TEXT, forbidden_text(match[0]))
        return None if text in NULLS and event.implicit[0] else text

    def _sequence(self, start: SequenceStartEvent, depth: int) -> tuple[Value, Node]:
        items, nodes = [], []
        while type(event := self._next()) is not SequenceEndEvent:
            value, node = self._node(event, depth + 1)
            items.append(value)
            nodes.append(node)
        return items, (start.start_mark, nodes)

    def _mapping(self, start: MappingStartEvent, depth: int) -> tuple[Value, Node]:
        pairs: dict[str, Value] = {}
        nodes: dict[str, tuple[Any, Node]] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key = self._key(event)
            if key in pairs:
                first = place_of(nodes[key][0]).line
                self._fail(
                    event, KEYS_ONCE, f"key '{key[:60]}' is given twice; the first is on line {first}."
                )
            pairs[key], node = self._node(self._next(), depth + 1)
            nodes[key] = event.start_mark, node
        return pairs, (start.start_mark, nodes)

    def _key(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            self._refuse(event)
        if type(event) is not ScalarEvent:
            self._fail(event, WELL_FORMED, "a list or mapping stands in the place of a key.")
        return self._scalar(event) or event.value

    def _fail(self, event: Any, rule: Rule, message: str) -> NoReturn:
        fail(self._file, place_of(event.start_mark), rule, message)


def forbidden_text(character: str) -> str:
    """What to say of a character that :data:`FORBIDDEN` matches."""
    return f"character U+{ord(character[0]):04X} is not allowed in the catalog's text; remove it."
