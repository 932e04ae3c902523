"""Whether a paper's number may be held against ours, and if so, how they compare."""

import re
from dataclasses import dataclass
from typing import Literal

from repro.catalog.prose import join_words
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.paper import Reported
from repro.catalog.records.recipe import Benchmark

Word = Literal["inside", "below", "above", "not comparable"]
ACCURACIES = ("knn", "linear")  # fractions here, and percentages in most papers


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be the same for two numbers to compare; and the budget, which is only named."""

    dataset: str
    protocol: str | None
    encoder: str | None
    epochs: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Where the paper's number lies beside our 95 % interval; ``why`` if the two do not compare."""

    word: Word
    why: str = ""

    @property
    def text(self) -> str:
        """In words, for a label."""
        if self.word == "not comparable":
            return f"not comparable: {self.why}"
        return f"the paper's number is {self.word} our 95\u00a0% interval"


def agreement(
    value: float, theirs: Circumstances, ours: Circumstances, interval: tuple[float, float] | None
) -> Agreement:
    """Hold a paper's number against our interval (low, high), both in the same unit.

    Numbers compare only if data set, protocol and encoder are the same; what a paper does not say is not.
    """
    why = differing(theirs, ours)
    if why:
        return Agreement("not comparable", f"other {join_words(why)}")
    if interval is None:
        return Agreement("not comparable", "too few runs of ours")
    low, high = interval
    return Agreement("below" if value < low else "above" if value > high else "inside")


def differing(theirs: Circumstances, ours: Circumstances) -> list[str]:
    """What differs so that numbers do not compare, in words; another budget alone is no obstacle."""
    pairs = (
        ("data set", theirs.dataset, ours.dataset),
        ("encoder", theirs.encoder, ours.encoder),
        ("protocol", theirs.protocol, ours.protocol),
    )
    found = [name for name, one, other in pairs if not one or not other or _key(one) != _key(other)]
    return [*found, "budget"] if found and theirs.epochs != ours.epochs else found


def their_circumstances(found: Reported) -> Circumstances:
    """Those of a reported value."""
    return Circumstances(found.dataset, found.protocol, found.setting.backbone, found.setting.epochs)


def our_circumstances(benchmark: Benchmark, config: ResolvedConfig, metric: str) -> Circumstances:
    """Those of an arm in one metric; only probes have a protocol."""
    protocol = getattr(benchmark.protocol, metric) if metric in ACCURACIES else None
    return Circumstances(config.data.name, protocol, config.encoder.name, config.budget.epochs)


def in_our_unit(found: Reported, metric: str) -> float:
    """A reported value as our metric counts: percentages become fractions."""
    value = float(found.value)
    return value / 100 if metric in ACCURACIES and found.unit == "percent" else value


def _key(name: str) -> str:
    """``CIFAR-10`` and ``cifar10`` are the same; an ``@1`` of a version stays."""
    return re.sub(r"[^a-z0-9@/]", "", name.lower())
