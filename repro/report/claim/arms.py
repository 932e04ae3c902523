"""The arms of a tested claim as rows: what each changes, the paper's number, ours, and every record."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from repro.catalog.prose import plural
from repro.catalog.records.experiment import COLLAPSES, Experiment
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import UNSURE, Reported
from repro.catalog.records.vocabulary import Word
from repro.evidence.plan import NAME_DIGITS
from repro.evidence.run import Run
from repro.report.words import decimal, significant
from repro.verdicts.contrast import estimate
from repro.verdicts.verdict import ArmRuns, Verdict, numbers

FIXED = ("knn", "linear", "std")  # metrics between 0 and 1: three decimals


@dataclass(frozen=True, slots=True)
class ArmMetric:
    """One metric of an arm over its seeds: the mean and its 95 % interval, None where there are too few."""

    metric: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float | None:
        """None without values."""
        return statistics.fmean(self.values) if self.values else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """None with fewer than two values."""
        if len(self.values) < 2:
            return None
        low, high = estimate([np.asarray(self.values)], (1.0,)).interval(0.95)
        return float(low), float(high)

    @property
    def mean_text(self) -> str:
        """A dash without values."""
        return format_metric(self.metric, self.mean)

    @property
    def interval_text(self) -> str:
        """``0.812 to 0.866``; a dash with fewer than two values."""
        interval = self.interval
        return " to ".join(format_metric(self.metric, end) for end in interval) if interval else "–"


@dataclass(frozen=True, slots=True)
class PaperValue:
    """A number of the paper as printed, what it measures, and its place."""

    text: str
    metric: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class ArmRow:
    """An arm, or a baseline of one, as a row of the table."""

    name: str
    changes: tuple[tuple[str, str], ...]
    paper: PaperValue | None
    metrics: tuple[ArmMetric, ...]
    seeds: int
    note: str
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One run; ``file`` is the name of its record in the catalog, empty for a run that is not recorded."""

    arm: str
    seed: int
    values: tuple[str, ...]
    status: str
    seconds: float | None
    digest: str
    file: str
    commit: str
    stale: bool


def format_metric(metric: str, value: float | None) -> str:
    """A value of a metric, in its own unit."""
    return decimal(value, 3) if metric in FIXED else significant(value)


def arm_rows(
    verdict: Verdict, experiment: Experiment, metrics: Sequence[str], reported: Mapping[str, PaperValue]
) -> tuple[ArmRow, ...]:
    """The arms in their order, each followed by the baselines that an expectation names.

    ``reported`` are the paper's values by their ids.
    """
    baselines = [ref.partition("/") for ref in _baselines(experiment)]
    rows = []
    for arm in verdict.arms:
        name = arm.arm.name
        changes = tuple((key, as_text(value)) for key, value in experiment.arms[name].items())
        paper = reported.get(experiment.reported.get(name, ""))
        seeds = len(arm.finished)
        rows.append(ArmRow(name, changes, paper, _metrics(arm, "", metrics), seeds, _note(arm)))
        rows += [
            ArmRow(f"{name}/{source}", (), None, _metrics(arm, source, metrics), seeds, "", baseline=True)
            for owner, _, source in baselines
            if owner == name
        ]
    return tuple(rows)


def _baselines(experiment: Experiment) -> tuple[str, ...]:
    """The baselines that expectations name, and the untrained network that tells a collapse."""
    refs = [ref for expectation in experiment.expect for ref in expectation.arms if "/" in ref]
    collapses = [expectation for expectation in experiment.expect if expectation.kind in COLLAPSES]
    refs += [f"{expectation.measured[0]}/untrained" for expectation in collapses]
    return tuple(dict.fromkeys(refs))


def values_of(arm: ArmRuns, source: str, metric: str) -> tuple[float, ...]:
    """The finite values of a metric over the finished seeds: trained (source ``""``), untrained or pixels."""
    values = arm.sample.values(source, metric)
    return tuple(value for value in values if value is not None and math.isfinite(value))


def _metrics(arm: ArmRuns, source: str, metrics: Sequence[str]) -> tuple[ArmMetric, ...]:
    return tuple(ArmMetric(metric, values_of(arm, source, metric)) for metric in metrics)


def paper_value(reported: Reported, metrics: Mapping[str, Word]) -> PaperValue:
    """A reported value in words, with how it was read where that is not sure; ``metrics``: the vocabulary."""
    notes = (reported.setting.note, UNSURE.get(reported.source.mark))
    metric = metrics[reported.metric].name if reported.metric in metrics else reported.metric
    note = ", ".join(note for note in notes if note)
    return PaperValue(reported.text, metric, reported.source.place, note)


def _note(arm: ArmRuns) -> str:
    """The runs that an arm lacks, in words."""
    broken = len(arm.runs) - len(arm.finished)
    parts = [
        f"{plural(broken, 'run')} did not finish" if broken else "",
        f"{plural(len(arm.older), 'run')} from other code" if arm.older else "",
        f"{plural(rest, 'run')} missing" if (rest := len(arm.missing) - len(arm.older)) > 0 else "",
    ]
    return ", ".join(part for part in parts if part)


def record_rows(verdict: Verdict, metrics: Sequence[str]) -> tuple[RecordRow, ...]:
    """Every run by arm and seed, those from other code after the others."""
    return tuple(
        _record(arm.arm.name, run, metrics, stale=stale)
        for arm in verdict.arms
        for runs, stale in ((arm.runs, False), (arm.older, True))
        for run in sorted(runs, key=lambda run: (run.config.seed, run.config.digest))
    )


def _record(arm: str, run: Run, metrics: Sequence[str], *, stale: bool) -> RecordRow:
    values, config = numbers(run) if run.finished else {}, run.config
    name = f"{config.digest[:NAME_DIGITS]}.json"
    return RecordRow(
        arm,
        config.seed,
        tuple(format_metric(metric, values.get(metric)) for metric in metrics),
        run.summary.status,
        run.summary.seconds_total,
        config.digest,
        name if run.folder.suffix == ".json" else "",
        (run.environment.commit or "")[:12],
        stale,
    )
