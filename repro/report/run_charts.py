"""The charts of a run, each with its caption and its numbers as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.evidence.run import Run
from repro.report.drawing.chart import Bar, Line, ReferenceLine, bar_chart, line_chart, smooth
from repro.report.drawing.svg import Points
from repro.report.words import percent, significant

ACCURACY = ("kNN accuracy", "Probed on a part of the data as training ran; the result above uses all.")
SPREAD = ("Spread of the projections", "1 is evenly spread on the sphere, 0 is one point.")
RANK = ("Effective rank", "How many directions the projections use.")
COMMON = ("epoch", "loss", "lr", "std", "effective_rank", "knn")  # what every method logs
MOST_DIAGNOSTICS = 6
MOST_ROWS = 24  # of the table below a chart; metrics.jsonl has the rest


@dataclass(frozen=True)
class Table:
    """The numbers of a chart: column heads and rows of text."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing with its title, caption and numbers."""

    name: str
    title: str
    caption: str
    svg: Markup
    table: Table


def bars(run: Run) -> tuple[Chart, ...]:
    """One chart a probe: trained, the data as they are, untrained, and the line of chance."""
    probes = (
        ("linear", "Linear probe", "A linear classifier on the frozen features."),
        ("knn", "Nearest neighbours", f"The most similar training {run.summary.data.unit}s vote."),
    )
    charts = (_bars(run, *probe) for probe in probes)
    return tuple(chart for chart in charts if chart)


def _bars(run: Run, name: str, title: str, caption: str) -> Chart | None:
    """The chart of a probe; None if the trained network was not probed."""
    summary, classes = run.summary, len(run.summary.classes)
    probes = (
        ("trained", summary.metrics, "ours"),
        (summary.data.raw, summary.baselines.pixels, "pixels"),
        ("untrained", summary.baselines.untrained, "untrained"),
        ("propagated", summary.baselines.propagated, "pixels"),
    )
    values = [(features, probe.get(name), tone) for features, probe, tone in probes]
    finite = [
        Bar(features, value, percent(value, 1), tone)
        for features, value, tone in values
        if value is not None and math.isfinite(value)
    ]
    if not finite or finite[0].name != "trained":
        return None
    chance = 1 / classes if classes else None
    rows = [(bar.name, bar.text) for bar in finite]
    rows += [("chance", percent(chance, 1))] if chance else []
    description = ", ".join(f"{features} {text}" for features, text in rows)
    svg = bar_chart(f"bars-{name}", f"{title}: test accuracy", f"{description}.", finite, chance=chance)
    return Chart(f"bars-{name}", title, caption, svg, Table(("features", "test accuracy"), tuple(rows)))


def curves(run: Run) -> tuple[Chart, ...]:
    """Loss, accuracy, spread and rank over the steps, then the method's own diagnostics."""
    classes = len(run.summary.classes)
    chance = (ReferenceLine("chance", 1 / classes),) if classes else ()
    charts = [
        _curve(run, "loss", "Loss", "What training minimises."),
        _curve(run, "knn", *ACCURACY, chance, (0, 1)),
        _curve(run, "std", *SPREAD, (), (0, 1)),
        _curve(run, "effective_rank", *RANK, (), (0, 1)),
    ]
    names = diagnostic_names([run])[:MOST_DIAGNOSTICS]
    charts += [_curve(run, name, *diagnostic_caption(name)) for name in names]
    return tuple(chart for chart in charts if chart)


def diagnostic_names(runs: Sequence[Run]) -> list[str]:
    """Diagnostics: what only the methods of these runs log, in order of first appearance."""
    return [name for name in dict.fromkeys(name for run in runs for name in run.names) if name not in COMMON]


def diagnostic_caption(name: str) -> tuple[str, str]:
    """Title and caption of a diagnostic of the method."""
    return name.replace("_", " ").capitalize(), "Watched by the method itself."


def _curve(
    run: Run,
    name: str,
    title: str,
    caption: str,
    references: tuple[ReferenceLine, ...] = (),
    y_range: tuple[float, float] | None = None,
) -> Chart | None:
    """The chart of a quantity; None if it was not logged."""
    points = run.curve(name)
    if not any(math.isfinite(value) for _, value in points):
        return None
    table = _table(points, name, title)
    lines = [Line(title, points)]
    if len(points) > 60:
        lines = [Line(title, points, faint=True), Line(title, smooth(points))]
        caption = f"{caption} Thin: as logged; thick: moving average."
    svg = line_chart(
        f"curve-{name}",
        f"{title} over training",
        _description(points, name),
        lines,
        x_label="training step",
        references=references,
        x_range=(0, max(tick.step for tick in run.ticks)),
        y_range=y_range,
        percent=name == "knn",
    )
    return Chart(f"curve-{name}", title, caption, svg, table)


def _description(points: Points, name: str) -> str:
    finite = [value for _, value in points if math.isfinite(value)]
    first, last, low, high = (
        format_logged(name, value) for value in (finite[0], finite[-1], min(finite), max(finite))
    )
    return f"From {first} to {last} in {points[-1][0]:.0f} steps; lowest {low}, highest {high}."


def _table(points: Points, name: str, title: str) -> Table:
    every = math.ceil(len(points) / MOST_ROWS)
    rows = tuple((f"{x:.0f}", format_logged(name, y)) for x, y in [*points[:-1:every], points[-1]])
    note = f"One in {every} of {len(points):,} values; metrics.jsonl has them all." if every > 1 else ""
    return Table(("step", title), rows, note)


def format_logged(name: str, value: float) -> str:
    """A value that was logged in training: accuracies in per cent, all else in three digits."""
    return percent(value, 1) if name == "knn" else significant(value)
