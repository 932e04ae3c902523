"""The smallest real run: two epochs of ten steps of a very narrow network on the embedded digits."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.layers import override_words
from repro.catalog.settings.resolve import digest, resolve
from repro.evidence.folder import RunFolder
from repro.learning.job import Job, build

SETTINGS: dict[str, Any] = {
    "data.placements": 1,
    "budget.epochs": 2,
    "budget.batch": 128,
    "encoder.width": 4,
    "method.dim": 16,
    "probes.linear.l2": 0.1,  # a strong penalty: the linear probe is solved in a few iterations
}
STEPS = 20
FLAGS = [word for text in override_words(SETTINGS) for word in ("--set", text)] + ["--threads", "1"]
CPU = torch.device("cpu")

catalog = functools.cache(Catalog.load)


def config(
    paper: str = "simsiam", settings: Mapping[str, Any] = {}, benchmark: str | None = None
) -> ResolvedConfig:
    return resolve(catalog(), paper, benchmark, settings if benchmark else {**SETTINGS, **settings})


def job(path: Path, paper: str = "simsiam", settings: Mapping[str, Any] = {}, *, seed: int = 0) -> Job:
    """A run in ``path``, from its checkpoint if it has one: what a new process would make of the folder."""
    path.mkdir(exist_ok=True)
    resolved = config(paper, settings)
    parts = build(resolved, seed, CPU)
    found = digest(resolved, seed, parts.dataset.checksum)
    made = Job(resolved, seed, found, parts, RunFolder(path))
    made.restore()
    return made


def advance(running: Job, step: int) -> Job:
    """Train until ``step`` steps are made. Nothing is saved at that point: what a kill would leave."""
    for moment in running.train():
        if moment.step >= step:
            break
    return running


def strict_json(path: Path) -> dict[str, Any]:
    """A JSON file as every JSON reader sees it: NaN and Infinity are no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{path.name} holds {word}, which is no JSON")

    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    return content


def same(one: Any, other: Any) -> bool:
    """Equality of nested state, tensors bit by bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
