"""Changing a value in a hand-written file and leaving every other byte as it was.

A file is read with :func:`document.read`, changed with :func:`changed` as often as needed, and
written with :func:`save`. Comments, order, quotes and line ends of everything else stay.
"""

import json
import re
from pathlib import Path

from repro.catalog.reading.document import Document, Steps, parse

# What every YAML reader takes for text without quotes, in a list or mapping on one line too.
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@()+-]*( [A-Za-z0-9_./@()+-]+)*")
NOT_TEXT = re.compile(r"true|false|yes|no|on|off|y|n|null", re.IGNORECASE)


def changed(document: Document, path: Steps, value: str | None) -> Document:
    """The document with the text ``value``, or null, in the place of the single value at ``path``.

    Raises:
        KeyError: there is no single value at ``path``.
        CatalogFileError: the value holds characters that the catalog does not take, or is too long.
    """
    start, end = document.span(path)
    before, old, after = document.text[:start], document.text[start:end], document.text[end:]
    new = _written(value, old)
    if before.endswith((":", "-")):  # where there was nothing
        new = f" {new}"
    new += old[len(old.rstrip("\r\n")) :]  # a block of lines reaches to the next key
    return parse(before + new + after, document.file)


def save(document: Document, path: Path) -> None:
    """Write a document as it is; the file holds the old text or the new one, never a part."""
    passing = path.with_name(f".{path.name}.part")
    passing.write_bytes(document.text.encode("utf-8"))
    passing.replace(path)


def _written(value: str | None, old: str) -> str:
    """The value as YAML; in quotes where the old one was, or where it needs them."""
    if value is None:
        return "null"
    if old[:1] not in ('"', "'") and PLAIN.fullmatch(value) and not NOT_TEXT.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
