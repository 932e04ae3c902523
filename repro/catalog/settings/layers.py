"""Settings as written, laid over each other: benchmark, recipe, given ones; each with its place.

Values are texts, as the catalog's files give them, which their kinds will read, or typed already.

Where a layer names another component (``encoder.name``), what layers below say of that section is dropped.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.reading.document import Document, parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.kinds import as_text, describe
from repro.errors import UsageError

FROM_BENCHMARK = ("data", "encoder", "views", "probes", "budget")
FROM_RECIPE = ("method", "encoder", "views", "data", "probes", "budget", "optimizer")
ORIGINS = ("benchmark", "recipe", "override")  # the layers, the topmost last
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
PLAIN = re.compile(r"(?!null)[A-Za-z0-9_./+][A-Za-z0-9_./+-]*")  # texts that YAML reads as themselves


class SettingError(UsageError):
    """Settings given over those of a recipe cannot be used; ``faults`` holds (key, sentence) of each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults[0][1])


class Leaf(NamedTuple):
    """A value as written, and where: in a document, or given beside the files."""

    value: Any
    origin: str  # one of ORIGINS
    path: tuple[str, ...]
    document: Document | None = None


Leaves = dict[str, Leaf]


def leaves(catalog: Catalog, paper: str, benchmark: str | None, settings: Mapping[str, Any]) -> Leaves:
    """Every value that is written somewhere by dotted key; of several, the topmost layer's.

    SettingError if something that ``settings`` gives can be no setting at all.
    """
    file = catalog.recipe_file(paper, benchmark)
    recipe = catalog.recipe(paper, benchmark)
    merged = benchmark_leaves(catalog, recipe.benchmark)
    merged = _overlay(merged, _from_document(catalog.document(file), "recipe", FROM_RECIPE))
    return _overlay(merged, dict(_given(settings)))


def benchmark_leaves(catalog: Catalog, benchmark: str) -> Leaves:
    """What a benchmark alone says."""
    catalog.benchmark(benchmark)
    return _from_document(catalog.document(f"benchmarks/{benchmark}.yaml"), "benchmark", FROM_BENCHMARK)


def flatten(tree: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of every leaf of nested mappings; lists are leaves."""
    if not isinstance(tree, dict):
        yield ".".join(prefix), tree
        return
    for key, value in tree.items():
        yield from flatten(value, (*prefix, key))


def nested(pairs: Iterable[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    """The inverse of :func:`flatten`, from (path, value) pairs that do not contradict each other."""
    tree: dict[str, Any] = {}
    for path, value in pairs:
        inner = tree
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = value
    return tree


def override_words(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Settings as ``--set`` takes them and records keep them, ``section.key=value``, sorted."""
    return tuple(sorted(f"{key}={_as_word(value)}" for key, value in settings.items()))


def _as_word(value: Any) -> str:
    """A value as YAML that is read as the same value; in quotes only where it must be."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_word, value))}]"
    text = as_text(value)
    if not isinstance(value, str) or PLAIN.fullmatch(text) or _reads_back(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _reads_back(text: str) -> bool:
    """True if the text is read as itself, alone and in a list."""
    try:
        return (parse(text, "value").value, parse(f"[{text}]", "value").value) == (text, [text])
    except CatalogFileError:
        return False


def _from_document(document: Document, origin: str, sections: Sequence[str]) -> Leaves:
    pairs = flatten({section: document.mapping.get(section, {}) for section in sections})
    return {key: Leaf(value, origin, tuple(key.split(".")), document) for key, value in pairs}


def _overlay(below: Leaves, above: Leaves) -> Leaves:
    for section in SECTIONS:
        name = f"{section}.name"
        if name in above and name in below and below[name].value != above[name].value:
            below = {key: leaf for key, leaf in below.items() if leaf.path[0] != section}
    return {**below, **above}


def _given(settings: Mapping[str, Any]) -> Iterator[tuple[str, Leaf]]:
    """The leaves of settings given over a recipe's. :class:`SettingError` for all that can be none."""
    faults = [(key, fault) for key, value in settings.items() if (fault := _fault(key, value))]
    if faults:
        raise SettingError(faults)
    for key, value in settings.items():
        yield key, Leaf(value, "override", tuple(key.split(".")))


def _fault(key: str, value: Any) -> str:
    """Why no configuration has such a setting; empty if one may have it."""
    if key == "seed":
        return f"the seed is no setting; use --seed {value or 0}."
    if not KEY.fullmatch(key):
        return f"found the key {describe(key)}, expected section and setting, such as budget.epochs."
    if key == "method.name":
        return "the method is the paper's own; run another paper instead."
    if isinstance(value, Mapping):
        return f"{key}: the value is a mapping; set each of its keys by itself."
    return ""
