"""Samples: the values of an arm's runs, and the part of them that an expectation speaks of. No torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from repro.catalog.records.experiment import COLLAPSES, Expectation
from repro.errors import UsageError
from repro.verdicts import wording

# A metric's value in each seed; None or not a number where it was not measured.
Metrics = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of one arm: metric by metric one for each seed, in one order of seeds.

    ``untrained`` and ``pixels`` are the baselines of the same runs. ``unfinished`` counts planned runs that
    were started and did not finish; they have no values.
    """

    metrics: Metrics
    untrained: Metrics = field(default_factory=dict)
    pixels: Metrics = field(default_factory=dict)
    unfinished: int = 0

    def values(self, source: str, metric: str) -> Sequence[float | None]:
        """A metric of the trained network (source ``""``), of ``untrained`` or of ``pixels``."""
        return {"": self.metrics, "untrained": self.untrained, "pixels": self.pixels}[source].get(metric, ())


@dataclass(frozen=True, slots=True)
class PlannedValues:
    """The values of the planned seeds of what an expectation speaks of."""

    expectation: Expectation
    samples: Mapping[str, Sample]
    planned: int

    @property
    def margin(self) -> float:
        """The margin of a comparison; :meth:`requirements` makes sure that there is one."""
        return self.expectation.margin or 0.0

    def requirements(self) -> list[tuple[str, str]]:
        """Arm references and the metric needed of each."""
        if self.expectation.kind in COLLAPSES:
            (ref,) = self.expectation.arms
            before = f"{ref.partition('/')[0]}/untrained"
            return [(ref, "std"), (ref, "linear"), (before, "linear")]
        if self.expectation.metric is None or self.expectation.margin is None:
            raise UsageError(
                f"An expectation `{self.expectation.kind}` needs a metric and a margin; "
                "`repro check` shows the line."
            )
        return [(ref, self.expectation.metric) for ref in self.expectation.arms]

    def seed_values(self, ref: str, metric: str) -> Sequence[float | None]:
        """A value for each planned seed of an arm or its baseline; None or no number where there is none."""
        arm, _, source = ref.partition("/")
        return self.samples[arm].values(source, metric)[: self.planned]

    def finite_values(self, ref: str, metric: str) -> list[float]:
        """The values that are there."""
        values = self.seed_values(ref, metric)
        return [value for value in values if value is not None and math.isfinite(value)]

    def arms(self) -> list[list[float]]:
        """The values to compare, arm by arm."""
        return [self.finite_values(ref, metric) for ref, metric in self.requirements()]

    def fewest_seeds(self) -> int:
        """The seeds of the arm that has the fewest."""
        return min(map(len, self.arms()))

    def gap_sentence(self) -> str | None:
        """The sentence on what is missing for any judgement at all; None if nothing is."""
        for arm in self.expectation.measured:
            if arm not in self.samples:
                return wording.no_run(arm)
            if self.samples[arm].unfinished:
                return wording.unfinished_runs(arm, self.samples[arm].unfinished, self.planned)
        for ref, metric in self.requirements():
            there = len(self.finite_values(ref, metric))
            if there < max(self._seeds(ref), 2):
                return wording.missing_values(ref, metric, there, self.planned)
        return None

    def _seeds(self, ref: str) -> int:
        """The seeds in which an arm or its baselines have any of the metrics required."""
        arm = ref.partition("/")[0]
        same = [pair for pair in self.requirements() if pair[0].partition("/")[0] == arm]
        return max(len(self.seed_values(*pair)) for pair in same)
