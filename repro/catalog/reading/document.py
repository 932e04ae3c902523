"""YAML read as text: every scalar stays a string until a model types it, and every value keeps its place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.catalog.reading.events import (
    FORBIDDEN,
    VISIBLE_TEXT,
    WELL_FORMED,
    WITHIN_LIMITS,
    EventReader,
    Node,
    Place,
    Value,
    fail,
    forbidden_text,
    place_in,
    place_of,
)
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule

Steps = tuple[str | int, ...]

MAX_BYTES = 1_000_000


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
        return place_of(name if key and name is not None else node[0])

    def fault(self, rule: Rule, path: Sequence[str | int], message: str, *, key: bool = False) -> Fault:
        """A fault at ``path``: at its key with ``key=True``, else at its value."""
        return Fault(self.file, *self.place(path, key=key), rule, message)

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
        fail(file, Place(1, 1), WELL_FORMED, f"the file cannot be read: {error.strerror}.")
    return decode(data, file)


def decode(data: bytes, file: str) -> Document:
    """Read the bytes of a file, naming it ``file`` in messages. Raises :class:`CatalogFileError`."""
    if len(data) > MAX_BYTES:
        fail(file, Place(1, 1), WITHIN_LIMITS, f"the file is larger than {MAX_BYTES:,} bytes; split it.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        place = place_in(before, len(before))
        fail(file, place, WELL_FORMED, "the file is not UTF-8 text here; save it so.")
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Read YAML text, naming it ``file`` in messages. Raises :class:`CatalogFileError`."""
    if match := FORBIDDEN.search(text):
        fail(file, place_in(text, match.start()), VISIBLE_TEXT, forbidden_text(match[0]))
    return Document(file, text, *EventReader(file, text).read())
