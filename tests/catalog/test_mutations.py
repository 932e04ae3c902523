"""Two thousand random mutations of the real files: no traceback, nothing slow, nothing broken goes unseen.

A mutation that is broken by construction and finds no complaint must be *equivalent*: the record that the
file gives is equal to the one it gave before. Anything else is a hole in the rules.
"""

import gc
import time
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import BaseModel

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import Checker
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import Document, decode
from repro.catalog.reading.fault import Fault
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.same_code import SameCode
from repro.catalog.records.vocabulary import file_model
from tests.support.mutations import Case, Mutation, case, mutate

MUTATIONS, BATCHES = 2000, 20
SECONDS = 2.0  # of processor time, as tests share a machine
MODELS: dict[str, type[BaseModel]] = {
    "papers": Paper,
    "benchmarks": Benchmark,
    "recipes": Recipe,
    "evidence": SameCode,
}


class Mutated(Catalog):
    """A catalog in which one file holds something else; the rest is what was read before."""

    def __init__(self, sound: Catalog, file: str, data: bytes) -> None:
        super().__init__(sound.root, sound.signatures)
        self.sound, self.file, self.data = sound, file, data

    def _document(self, file: str) -> Document:
        return decode(self.data, f"catalog/{file}") if file == self.file else self.sound.document(file)

    def _read(self, model: Any, file: str) -> Any:
        return super()._read(model, file) if file == self.file else self.sound._read(model, file)


class Bench:
    """The real catalog, checked once, so that a change of one file is checked in a moment."""

    def __init__(self, root: Path) -> None:
        self.sound = Checker(Catalog.load(root))
        files = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.yaml"))]
        assert [fault for file in files for fault in self.sound.file(file)] == []
        self.cases = [self._case(file) for file in files]

    def _case(self, file: str) -> Case:
        folder, _, name = file.partition("/")
        model = MODELS.get(folder) or file_model(name.removesuffix(".yaml"))
        return case(file, model, self.sound.catalog.document(file))

    def faults(self, file: str, data: bytes) -> list[Fault]:
        """What `repro check` says of the file with these bytes, alone and beside all the others."""
        checker = Checker(Mutated(self.sound.catalog, file, data))
        checker.kinds = self.sound.kinds
        checker.papers = {name: paper for name, paper in self.sound.papers.items() if name not in file}
        return [*checker.file(file), *checker.between()]


@cache
def bench(root: Path) -> Bench:
    return Bench(root / "catalog")


def fate(bench: Bench, chosen: Case, mutation: Mutation) -> str:
    """``found``, ``equal`` (the same record), ``meant`` (another sound record) or ``missed``."""
    if bench.faults(chosen.file, mutation.data):
        return "found"
    record = bind(chosen.model, decode(mutation.data, chosen.file))
    if record == bind(chosen.model, chosen.document):
        return "equal"
    return "missed" if mutation.broken else "meant"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_broken_file_goes_unseen_and_none_takes_long(root: Path, batch: int) -> None:
    fates: dict[str, list[str]] = {"found": [], "equal": [], "meant": [], "missed": []}
    broken, slow = 0, []
    gc.collect()
    gc.freeze()  # what other tests left in memory is no work of this one
    for seed in range(batch * MUTATIONS // BATCHES, (batch + 1) * MUTATIONS // BATCHES):
        random = Random(seed)
        chosen = random.choice(bench(root).cases)
        operator, mutation = mutate(chosen, random)
        start = time.thread_time()
        found = fate(bench(root), chosen, mutation)
        if time.thread_time() - start > SECONDS:
            slow.append(f"{seed} {operator} of {chosen.file}")
        fates[found].append(f"{seed} {operator} of {chosen.file}")
        broken += mutation.broken
    gc.unfreeze()
    assert fates["missed"] == []
    assert slow == []
    assert len(fates["found"]) >= broken - len(fates["equal"])
    assert broken >= 0.6 * MUTATIONS / BATCHES, "most mutations break the file, so that the test can fail"
