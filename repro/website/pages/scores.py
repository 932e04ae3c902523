"""Scores: means and ranges over the seeds of a paper's recorded runs, never a rank."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.evidence.run import Run
from repro.report.drawing.svg import drawing, shape, short, text_at
from repro.report.words import percent

LEFT, WIDTH, PITCH, TOP = 108, 560, 34, 34
SCALE = WIDTH - LEFT - 66


@dataclass(frozen=True)
class Mean:
    """The mean of a quantity over seeds, its lowest and highest value; fractions for accuracies."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """``86.1 % (85.9-86.4)`` for several seeds, ``86.1 %`` for one."""
        mean = percent(self.value, 1)
        return mean if self.low == self.high else f"{mean} ({100 * self.low:.1f}–{100 * self.high:.1f})"


@dataclass(frozen=True)
class Score:
    """All runs of one paper on one benchmark with its recipe as it is."""

    paper: str
    name: str
    benchmark: str
    label: str  # of the data, as the runs name it
    seeds: int
    linear: Mean | None
    knn: Mean | None
    untrained: Mean | None  # linear probe
    pixels: Mean | None  # linear probe
    propagated: Mean | None  # linear probe; on graphs alone
    raw: str  # what the data as they are are called
    std: Mean | None
    seconds: Mean | None
    device: str


def score_runs(name: str, runs: Sequence[Run]) -> Score:
    """The runs of one paper on one benchmark, at least one, taken together."""
    first = runs[0]

    def mean(value: Callable[[Run], float | None]) -> Mean | None:
        values = [number for run in runs if (number := value(run)) is not None]
        return Mean(statistics.fmean(values), min(values), max(values)) if values else None

    return Score(
        first.config.paper,
        name,
        first.config.benchmark,
        first.summary.data.label,
        len({run.config.seed for run in runs}),
        mean(lambda run: run.metrics.get("linear")),
        mean(lambda run: run.metrics.get("knn")),
        mean(lambda run: run.summary.baselines.untrained.get("linear")),
        mean(lambda run: run.summary.baselines.pixels.get("linear")),
        mean(lambda run: run.summary.baselines.propagated.get("linear")),
        first.summary.data.raw,
        mean(lambda run: run.metrics.get("std")),
        mean(lambda run: run.summary.seconds),
        first.environment.gpu or f"{first.environment.threads} CPU threads",
    )


def dot_plot(name: str, title: str, scores: Sequence[Score]) -> Markup:
    """Linear accuracy of each paper: a dot for the mean, a bar for the range, ticks for the baselines."""
    bottom = TOP + PITCH * len(scores)
    body = [part for tick in range(0, 101, 20) for part in _grid(tick, bottom)]
    for row, score in enumerate(scores):
        body += _row(score, TOP + PITCH * (row + 0.5), first=row == 0)
    description = "; ".join(f"{score.name} {score.linear.text}" for score in scores if score.linear)
    return drawing(name, title, description, (WIDTH, bottom + 8), body)


def _grid(tick: int, bottom: float) -> list[Markup]:
    x = _x(tick / 100)
    line = shape("line", "grid", x1=short(x), x2=short(x), y1=TOP - 6, y2=short(bottom))
    return [line, text_at(x, TOP - 12, f"{tick} %", "tick middle")]


def _x(value: float) -> float:
    return LEFT + SCALE * value


def _row(score: Score, y: float, *, first: bool) -> list[Markup]:
    parts = [text_at(LEFT - 12, y + 4, score.name, "label end"), *_baselines(score, y, named=first)]
    if score.linear:
        low, high = _x(score.linear.low), _x(score.linear.high)
        parts.append(shape("line", "range ours", x1=short(low), x2=short(high), y1=short(y), y2=short(y)))
        parts.append(shape("circle", "dot ours", cx=short(_x(score.linear.value)), cy=short(y), r="5"))
        parts.append(text_at(high + 11, y + 4, percent(score.linear.value, 1), "label strong"))
    return parts


def _baselines(score: Score, y: float, *, named: bool) -> list[Markup]:
    """A tick for each baseline; the names stand on the outer sides, since two are often close."""
    raw = score.raw.removeprefix("raw ")
    baselines = (
        (score.pixels, "pixels", raw),
        (score.untrained, "untrained", "untrained"),
        (score.propagated, "pixels", "propagated"),
    )
    values = sorted((mean.value, kind, name) for mean, kind, name in baselines if mean)
    parts = []
    for place, (value, kind, name) in enumerate(values):
        x = _x(value)
        parts.append(shape("line", f"base {kind}", x1=short(x), x2=short(x), y1=y - 8, y2=y + 8))
        if named and place == 0:
            parts.append(text_at(x - 6, y + 4, name, "note end halo"))
        elif named:
            inner = place < len(values) - 1  # between two others there is room below alone
            parts.append(text_at(x + (0 if inner else 6), y + (20 if inner else 4), name, "note halo"))
    return parts
