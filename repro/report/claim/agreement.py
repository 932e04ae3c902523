"""The paper's number held against our interval, where the two may be compared at all."""

import re
from dataclasses import dataclass
from typing import Literal

from repro.catalog.prose import join_words
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.paper import Reported
from repro.catalog.records.recipe import Benchmark
from repro.catalog.settings.arms import ACCURACIES

Position = Literal["inside", "below", "above", "not comparable"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The position of the paper's number beside our 95 % interval; ``why`` if the two do not compare."""

    position: Position
    why: str = ""

    @property
    def text(self) -> str:
        """In words, for a label."""
        if self.position == "not comparable":
            return f"not comparable: {self.why}"
        return f"the paper's number is {self.position} our 95\u00a0% interval"


def compare_reported(
    reported: Reported,
    benchmark: Benchmark,
    config: ResolvedConfig,
    metric: str,
    interval: tuple[float, float] | None,
) -> Agreement:
    """Hold a paper's number against our interval (low, high) of a metric of an arm.

    Numbers compare only if data set, protocol and encoder are the same; what a paper does not say is not.
    Accuracies are fractions here, and percentages in most papers.
    """
    differences = name_differences(reported, benchmark, config, metric)
    if differences:
        return Agreement("not comparable", f"other {join_words(differences)}")
    if interval is None:
        return Agreement("not comparable", "too few runs of ours")
    value = float(reported.value)
    if metric in ACCURACIES and reported.unit == "percent":
        value /= 100
    low, high = interval
    return Agreement("below" if value < low else "above" if value > high else "inside")


def name_differences(
    reported: Reported, benchmark: Benchmark, config: ResolvedConfig, metric: str
) -> list[str]:
    """Name the differences that keep the numbers from comparing; another budget alone is no obstacle."""
    protocol = getattr(benchmark.protocol, metric) if metric in ACCURACIES else None  # only probes have one
    pairs = (
        ("data set", reported.dataset, config.data.name),
        ("encoder", reported.setting.backbone, config.encoder.name),
        ("protocol", reported.protocol, protocol),
    )
    names = [name for name, theirs, ours in pairs if not theirs or not ours or _key(theirs) != _key(ours)]
    return [*names, "budget"] if names and reported.setting.epochs != config.budget.epochs else names


def _key(name: str) -> str:
    """``CIFAR-10`` and ``cifar10`` are the same; an ``@1`` of a version stays."""
    return re.sub(r"[^a-z0-9@/]", "", name.lower())
