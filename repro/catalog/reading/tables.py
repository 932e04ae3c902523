"""Tables of reported values, written with what their values share, as one record a value.

In the file a table is ``{table: Table 4, shared: {...}, values: [{...}, ...]}`` among the items of
``reported``; here each of its values becomes the item that it would be by itself. Every part keeps its place
in the file, so that a fault of a shared key is told where that key stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from repro.catalog.reading.bind import MismatchError, validate
from repro.catalog.reading.document import Document
from repro.catalog.reading.events import KEYS_ONCE, Node
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.records.tables import NAMED_BY_TABLE, PARTS, ReportedTable

Mark = Any  # where a key or value starts, as the parser gives it
Values = dict[str, Any]  # what a value says, in the keys of a table
Places = dict[str, tuple[Mark, Node]]  # the mark of a key and the node of its value


def expand_tables(document: Document) -> Document:
    """The document of a paper with each table of ``reported`` as one item a value.

    Raises:
        CatalogFileError: a table is not written as one.
    """
    items = document.mapping.get("reported")
    if document.root is None or not isinstance(items, list) or not any(map(_is_table, items)):
        return document
    _check(document, items)
    mark, key, nodes = _nodes(document.root)
    pairs = [pair for item, node in zip(items, nodes, strict=True) for pair in _expand(item, node)]
    parts = {**document.root[1], "reported": (key, (mark, [node for _, node in pairs]))}
    value = {**document.mapping, "reported": [item for item, _ in pairs]}
    return replace(document, value=value, root=(document.root[0], parts))


def _is_table(item: Any) -> bool:
    """True if an item of ``reported`` is meant as a table."""
    return isinstance(item, dict) and bool(item.keys() & {"table", "shared", "values"})


def _check(document: Document, items: list[Any]) -> None:
    """Raise for every table that does not have the form of one."""
    faults: list[Fault] = []
    for index, item in enumerate(items):
        if _is_table(item):
            faults += _mismatches(document, item, index)
            faults += _repetitions(document, item, index)
    if faults:
        raise CatalogFileError(faults)


def _mismatches(document: Document, item: Values, index: int) -> Iterator[Fault]:
    try:
        validate(ReportedTable, item)
    except MismatchError as mismatch:
        for path, rule, message in mismatch.faults:
            at_key = rule.id in ("R010", "R011")
            yield document.fault(rule, ("reported", index, *path), message, key=at_key)


def _repetitions(document: Document, item: Values, index: int) -> Iterator[Fault]:
    """Keys that a value gives although the table shares them: one of the two would be dropped."""
    shared, values = item.get("shared"), item.get("values")
    if not isinstance(shared, dict) or not isinstance(values, list):
        return
    for row, value in enumerate(values):
        for key in value if isinstance(value, dict) else ():
            if key in shared:
                text = f"'{key}' is shared by the whole table; give it in one of the two places."
                yield document.fault(KEYS_ONCE, ("reported", index, "values", row, key), text, key=True)


def _nodes(root: Node) -> tuple[Mark, Mark, list[Node]]:
    """(mark of the list, mark of its key, nodes of its items) of ``reported``."""
    key, (mark, nodes) = root[1]["reported"]
    return mark, key, nodes


def _expand(item: Any, node: Node) -> Iterator[tuple[Any, Node]]:
    """(value, node) of each record that an item stands for."""
    if not _is_table(item):
        yield item, node
        return
    parts: Places = node[1]
    shared = {NAMED_BY_TABLE: item["table"], **item.get("shared", {})}
    places = {NAMED_BY_TABLE: parts["table"], **(parts["shared"][1][1] if "shared" in parts else {})}
    for value, (mark, inner) in zip(item["values"], parts["values"][1][1], strict=True):
        yield _nested({**shared, **value}), (mark, _nested_places({**places, **inner}, mark))


def _nested(flat: Mapping[str, Any]) -> Values:
    """The keys of a table as those of a record: what is of the setting or the source stands inside it."""
    own = {key: value for key, value in flat.items() if not any(key in keys for keys in PARTS.values())}
    inner = {part: {key: flat[key] for key in keys if key in flat} for part, keys in PARTS.items()}
    return {**own, **inner}


def _nested_places(flat: Places, mark: Mark) -> Places:
    own = {key: place for key, place in flat.items() if not any(key in keys for keys in PARTS.values())}
    for part, keys in PARTS.items():
        own[part] = (mark, (mark, {key: flat[key] for key in keys if key in flat}))
    return own
