"""Runs that differ in nothing but their seed, taken together: their means, their colour and their letter."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from repro.catalog.prose import NBSP, duration
from repro.evidence.run import Run
from repro.report.drawing.scatter import LETTERS
from repro.report.drawing.svg import tone
from repro.report.run import PaperFacts
from repro.report.words import decimal, percent


@dataclass(frozen=True)
class RunGroup:
    """The runs that differ in nothing but their seed, and how they are drawn."""

    paper: str
    benchmark: str
    overrides: tuple[str, ...]
    runs: tuple[Run, ...]
    tone: str
    mark: str

    @property
    def name(self) -> str:
        """Paper, benchmark and what was changed."""
        return ", ".join((f"{self.paper} on {self.benchmark}", *self.overrides))

    @property
    def finished_runs(self) -> tuple[Run, ...]:
        """The runs that enter a mean: finished, and each digest once."""
        return tuple({run.config.digest: run for run in self.runs if run.finished}.values())

    def means(self) -> tuple[str, str, str, str]:
        """Linear, kNN, spread and effective rank."""
        return self.mean("linear"), self.mean("knn"), self.mean("std"), self.mean("effective_rank")

    def mean(self, metric: str) -> str:
        """Mean ± standard deviation over the finished runs; a single run has no deviation."""
        return _mean(metric, [run.metrics.get(metric) for run in self.finished_runs])

    def accuracies(self, probe: str) -> tuple[str, str, str]:
        """By one probe: of the trained encoder, of the untrained one and of raw pixels."""
        baselines = [run.summary.baselines for run in self.finished_runs]
        untrained = _mean(probe, [base.untrained.get(probe) for base in baselines])
        return self.mean(probe), untrained, _mean(probe, [base.pixels.get(probe) for base in baselines])

    def training(self) -> str:
        """Mean training time."""
        times = [run.summary.seconds for run in self.finished_runs if run.summary.seconds is not None]
        return duration(statistics.fmean(times)) if times else "–"


def group_runs(runs: Sequence[Run], papers: Mapping[str, PaperFacts]) -> list[RunGroup]:
    """Runs sorted by :func:`sort_key` in groups, each with a colour and a letter of its own."""
    groups = groupby(runs, key=lambda run: sort_key(run)[:3])
    return [_group(index, tuple(members), papers) for index, (_, members) in enumerate(groups)]


def _group(index: int, runs: tuple[Run, ...], papers: Mapping[str, PaperFacts]) -> RunGroup:
    config, label = runs[0].config, runs[0].summary.data.label
    facts = papers.get(config.paper)
    mark = LETTERS[index] if index < len(LETTERS) else str(index + 1)
    name, changed = facts.name if facts else config.paper, tuple(sorted(config.overrides))
    return RunGroup(name, label or config.benchmark, changed, runs, tone(index), mark)


def sort_key(run: Run) -> tuple[str, str, tuple[str, ...], int, str]:
    """The order of runs on a page; runs that share all but seed and digest are one group."""
    config = run.config
    return (config.paper, config.benchmark, tuple(sorted(config.overrides)), config.seed, config.digest)


def _mean(metric: str, values: Sequence[float | None]) -> str:
    """Mean ± standard deviation of the finite values, a single value alone, a dash for none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if len(finite) < 2:
        return _format_metric(metric, finite[0]) if finite else "–"
    middle, spread = (_format_metric(metric, f(finite)) for f in (statistics.fmean, statistics.stdev))
    return f"{middle.removesuffix(NBSP + '%')}{NBSP}±{NBSP}{spread}"


def _format_metric(metric: str, value: float) -> str:
    if metric in ("knn", "linear"):
        return percent(value, 1)
    return decimal(value, 1 if metric == "effective_rank" else 2)
