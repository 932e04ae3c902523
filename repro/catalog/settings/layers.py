"""Settings as written, laid over each other: benchmark, recipe, overrides; untyped, each with its place.

Where a layer names another component (``encoder.name``), what layers below say of that section is dropped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.reading.document import Document, parse
from repro.catalog.reading.fault import CatalogFileError
from repro.errors import UsageError

FROM_BENCHMARK = ("data", "encoder", "views", "probes", "budget")
FROM_RECIPE = ("method", "encoder", "views", "data", "probes", "budget", "optimizer")
ORIGINS = ("benchmark", "recipe", "override")  # the layers, the topmost last
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class SettingError(UsageError):
    """Settings given over those of a recipe cannot be used; ``faults`` holds (key, sentence) of each."""

    def __init__(self, message: str, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__(message)


class Leaf(NamedTuple):
    """A value as written, and where: in a document, or in an override on the command line."""

    value: Any
    origin: str  # one of ORIGINS
    path: tuple[str, ...]
    document: Document | None = None
    override: str = ""


Leaves = dict[str, Leaf]


def leaves(catalog: Catalog, paper: str, benchmark: str | None, overrides: Sequence[str]) -> Leaves:
    """Every value that is written somewhere by dotted key; of several, the topmost layer's."""
    file = catalog.recipe_file(paper, benchmark)
    recipe = catalog.recipe(paper, benchmark)
    merged = benchmark_leaves(catalog, recipe.benchmark)
    merged = _overlay(merged, _from_document(catalog.document(file), "recipe", FROM_RECIPE))
    return _overlay(merged, dict(_parse_override(text) for text in overrides))


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


def _from_document(document: Document, origin: str, sections: Sequence[str]) -> Leaves:
    pairs = flatten({section: document.mapping.get(section, {}) for section in sections})
    return {key: Leaf(value, origin, tuple(key.split(".")), document) for key, value in pairs}


def _overlay(below: Leaves, above: Leaves) -> Leaves:
    for section in SECTIONS:
        name = f"{section}.name"
        if name in above and name in below and below[name].value != above[name].value:
            below = {key: leaf for key, leaf in below.items() if leaf.path[0] != section}
    return {**below, **above}


def _parse_override(text: str) -> tuple[str, Leaf]:
    key, equals, written = text.partition("=")
    key = key.strip()
    if key == "seed":
        raise UsageError(f"--set {text}: the seed is no setting; use --seed {written or 0}.")
    if not equals or not KEY.fullmatch(key):
        raise UsageError(f"--set {text}: expected section.key=value, such as --set budget.epochs=2.")
    if key == "method.name":
        fault = "the method is the paper's own; run another paper instead."
        raise SettingError(f"--set {text}: {fault}", [(key, fault)])
    try:
        value = parse(written, "value").value
    except CatalogFileError as error:
        raise UsageError(f"--set {text}: the value cannot be read: {error.faults[0].message}") from None
    if isinstance(value, dict):
        fault = "the value is a mapping; set each of its keys by itself."
        raise SettingError(f"--set {text}: {fault}", [(key, fault)])
    return key, Leaf(value, "override", tuple(key.split(".")), override=text)
