"""Which charts a run has, each with its caption and its numbers as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.evidence.run import RunView, Scores
from repro.report.drawing.svg import Bar, Line, Points, Rule, bar_chart, line_chart, smoothed
from repro.report.words import percent, significant

ACCURACY = ("kNN accuracy", "Probed on a part of the images as training ran; the result above uses all.")
SPREAD = ("Spread of the projections", "1 is evenly spread on the sphere, 0 is one point.")
RANK = ("Effective rank", "How many directions the projections use.")
KNOWN = ("epoch", "loss", "lr", "std", "effective_rank", "knn")
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
    """A drawing with what is said about it."""

    name: str
    title: str
    caption: str
    svg: Markup
    table: Table


def bars(run: RunView) -> tuple[Chart, ...]:
    """One chart a probe: trained, raw pixels, untrained, and the line of chance."""
    probes = (
        ("linear", "Linear probe", "A linear classifier on the frozen features."),
        ("knn", "Nearest neighbours", "The most similar training images vote."),
    )
    charts = (_bars(run, *probe) for probe in probes)
    return tuple(chart for chart in charts if chart)


def _bars(run: RunView, name: str, title: str, caption: str) -> Chart | None:
    base, classes = run.summary.baselines, len(run.summary.classes)
    found = [
        ("trained", _value(run.summary.metrics, name), "ours"),
        ("raw pixels", _value(base.pixels, name), "pixels"),
        ("untrained", _value(base.untrained, name), "untrained"),
    ]
    if found[0][1] is None:
        return None
    drawn = [Bar(who, value, percent(value, 1), tone) for who, value, tone in found if value is not None]
    chance = 1 / classes if classes else None
    rows = [(bar.name, bar.text) for bar in drawn]
    rows += [("chance", percent(chance, 1))] if chance else []
    told = ", ".join(f"{who} {text}" for who, text in rows)
    svg = bar_chart(f"bars-{name}", f"{title}: test accuracy", f"{told}.", drawn, chance=chance)
    return Chart(f"bars-{name}", title, caption, svg, Table(("features", "test accuracy"), tuple(rows)))


def _value(scores: Scores, name: str) -> float | None:
    value = scores.get(name)
    return value if value is not None and math.isfinite(value) else None


def curves(run: RunView) -> tuple[Chart, ...]:
    """Loss, accuracy, spread and rank over the steps, then what the method itself watches."""
    classes = len(run.summary.classes)
    chance = (Rule("chance", 1 / classes),) if classes else ()
    charts = [
        _curve(run, "loss", "Loss", "What training minimises."),
        _curve(run, "knn", *ACCURACY, chance, (0, 1)),
        _curve(run, "std", *SPREAD, (), (0, 1)),
        _curve(run, "effective_rank", *RANK, (), (0, 1)),
    ]
    charts += [_curve(run, name, *watched(name)) for name in own_names([run])[:MOST_DIAGNOSTICS]]
    return tuple(chart for chart in charts if chart)


def own_names(runs: Sequence[RunView]) -> list[str]:
    """What only the methods of these runs log, in order of first appearance."""
    return [name for name in dict.fromkeys(name for run in runs for name in run.names) if name not in KNOWN]


def watched(name: str) -> tuple[str, str]:
    """Title and caption of a diagnostic of the method."""
    return name.replace("_", " ").capitalize(), "Watched by the method itself."


def _curve(
    run: RunView,
    name: str,
    title: str,
    caption: str,
    rules: tuple[Rule, ...] = (),
    y_range: tuple[float, float] | None = None,
) -> Chart | None:
    points = run.curve(name)
    if not any(math.isfinite(value) for _, value in points):
        return None
    share = name == "knn"
    table = _curve_table(points, title, share)
    lines = [Line(title, points)]
    if len(points) > 60:
        lines = [Line(title, points, faint=True), Line(title, smoothed(points))]
        caption = f"{caption} Thin: as logged; thick: moving average."
    svg = line_chart(
        f"curve-{name}",
        f"{title} over training",
        _told(points, share),
        lines,
        x_label="training step",
        rules=rules,
        x_range=(0, max(tick.step for tick in run.ticks)),
        y_range=y_range,
        percent=share,
    )
    return Chart(f"curve-{name}", title, caption, svg, table)


def _told(points: Points, share: bool) -> str:
    finite = [value for _, value in points if math.isfinite(value)]
    ends = f"From {_cell(finite[0], share)} to {_cell(finite[-1], share)} in {points[-1][0]:.0f} steps"
    return f"{ends}; lowest {_cell(min(finite), share)}, highest {_cell(max(finite), share)}."


def _cell(value: float, share: bool) -> str:
    return percent(value, 1) if share else significant(value)


def _curve_table(points: Points, title: str, share: bool) -> Table:
    every = math.ceil(len(points) / MOST_ROWS)
    kept = [*points[:-1:every], points[-1]]
    note = f"One in {every} of {len(points):,} values; metrics.jsonl has them all." if every > 1 else ""
    return Table(("step", title), tuple((f"{x:.0f}", _cell(y, share)) for x, y in kept), note)
