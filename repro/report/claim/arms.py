"""The arms of a tested claim as rows: what each changes, the paper's number, ours, and every record."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from repro.catalog.prose import plural
from repro.catalog.records.experiment import COLLAPSES, Experiment
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import UNSURE, Reported
from repro.catalog.records.vocabulary import Word
from repro.evidence.plan import NAME_DIGITS
from repro.evidence.run import RunView
from repro.report.claim.expected import measured
from repro.report.words import decimal, significant
from repro.verdicts.contrast import estimate
from repro.verdicts.verdict import ArmRuns, Verdict, numbers

FIXED = ("knn", "linear", "std")  # metrics between 0 and 1: three decimals


@dataclass(frozen=True, slots=True)
class Measured:
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
        return shown(self.metric, self.mean)

    @property
    def interval_text(self) -> str:
        """``0.812 to 0.866``; a dash with fewer than two values."""
        found = self.interval
        return " to ".join(shown(self.metric, end) for end in found) if found else "–"


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
    measured: tuple[Measured, ...]
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


def shown(metric: str, value: float | None) -> str:
    """A value of a metric, in its own unit."""
    return decimal(value, 3) if metric in FIXED else significant(value)


def metrics_of(experiment: Experiment) -> tuple[str, ...]:
    """Every metric that the expectations look at, in their order."""
    return tuple(dict.fromkeys(name for found in experiment.expect for name in measured(found)))


def arm_rows(
    verdict: Verdict, experiment: Experiment, reported: Mapping[str, PaperValue]
) -> tuple[ArmRow, ...]:
    """The arms in their order, each followed by the baselines that an expectation names.

    ``reported`` are the paper's values by their ids.
    """
    metrics = metrics_of(experiment)
    named = _baselines(experiment)
    rows = []
    for arm in verdict.arms:
        rows.append(_arm(arm, experiment, reported, metrics))
        rows += [_baseline(arm, ref, metrics) for ref in named if ref.startswith(f"{arm.arm.name}/")]
    return tuple(rows)


def _baselines(experiment: Experiment) -> tuple[str, ...]:
    """Those that expectations name, and the untrained network that tells a collapse."""
    refs = [ref for found in experiment.expect for ref in found.arms if "/" in ref]
    collapses = [found for found in experiment.expect if found.kind in COLLAPSES]
    refs += [f"{found.measured[0]}/untrained" for found in collapses]
    return tuple(dict.fromkeys(refs))


def values_of(arm: ArmRuns, source: str, metric: str) -> tuple[float, ...]:
    """The finite values of a metric over the finished seeds: trained (source ``""``), untrained or pixels."""
    found = arm.sample.values(source, metric)
    return tuple(value for value in found if value is not None and math.isfinite(value))


def _arm(
    arm: ArmRuns, experiment: Experiment, reported: Mapping[str, PaperValue], metrics: Sequence[str]
) -> ArmRow:
    name = arm.arm.name
    changes = tuple((key, as_text(value)) for key, value in experiment.arms[name].items())
    found = tuple(Measured(metric, values_of(arm, "", metric)) for metric in metrics)
    paper = reported.get(experiment.reported.get(name, ""))
    return ArmRow(name, changes, paper, found, len(arm.finished), _note(arm))


def _baseline(arm: ArmRuns, ref: str, metrics: Sequence[str]) -> ArmRow:
    source = ref.partition("/")[2]
    found = tuple(Measured(metric, values_of(arm, source, metric)) for metric in metrics)
    return ArmRow(ref, (), None, found, len(arm.finished), "", baseline=True)


def paper_value(found: Reported, metrics: Mapping[str, Word]) -> PaperValue:
    """A reported value in words, with how it was read where that is not sure; ``metrics``: the vocabulary."""
    notes = (found.setting.note, UNSURE.get(found.source.mark))
    metric = metrics[found.metric].name if found.metric in metrics else found.metric
    note = ", ".join(note for note in notes if note)
    return PaperValue(found.text, metric, found.source.place, note)


def _note(arm: ArmRuns) -> str:
    """What keeps an arm from being whole."""
    broken = len(arm.runs) - len(arm.finished)
    parts = [
        f"{plural(broken, 'run')} did not finish" if broken else "",
        f"{plural(len(arm.older), 'run')} from other code" if arm.older else "",
        f"{plural(rest, 'run')} missing" if (rest := len(arm.missing) - len(arm.older)) > 0 else "",
    ]
    return ", ".join(part for part in parts if part)


def record_rows(verdict: Verdict, metrics: Sequence[str]) -> tuple[RecordRow, ...]:
    """Every run by arm and seed, those from other code after the others."""
    return tuple(row for arm in verdict.arms for row in _records(arm, metrics))


def _records(arm: ArmRuns, metrics: Sequence[str]) -> Iterator[RecordRow]:
    for runs, stale in ((arm.runs, False), (arm.older, True)):
        for run in sorted(runs, key=lambda run: (run.config.seed, run.config.digest)):
            yield _record(arm.arm.name, run, metrics, stale=stale)


def _record(arm: str, run: RunView, metrics: Sequence[str], *, stale: bool) -> RecordRow:
    found, config = numbers(run) if run.finished else {}, run.config
    name = f"{config.digest[:NAME_DIGITS]}.json"
    return RecordRow(
        arm,
        config.seed,
        tuple(shown(metric, found.get(metric)) for metric in metrics),
        run.summary.status,
        run.summary.seconds_total,
        config.digest,
        name if run.folder.suffix == ".json" else "",
        (run.environment.commit or "")[:12],
        stale,
    )
