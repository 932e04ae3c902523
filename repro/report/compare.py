"""Several runs side by side: a table of means over seeds, their curves in one frame, their maps in a row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repro.catalog.prose import duration, plural
from repro.evidence.run import Run
from repro.report.drawing.chart import Line, line_chart, smooth
from repro.report.drawing.scatter import MapChart, feature_map
from repro.report.groups import RunGroup, group_runs, sort_key
from repro.report.page import fill
from repro.report.run import PaperFacts
from repro.report.run_charts import (
    ACCURACY,
    RANK,
    SPREAD,
    Chart,
    Table,
    diagnostic_caption,
    diagnostic_names,
    format_logged,
)
from repro.report.words import decimal, percent, plain, significant, warnings

MOST_MAPS = 12
HEADS = (
    *("paper", "benchmark", "changed", "seed", "epochs", "seconds"),
    *("knn", "linear", "std", "rank", "status"),
)


@dataclass(frozen=True)
class ComparisonRow:
    """One run in one row; accuracies are fractions, None where nothing was measured."""

    paper: str
    benchmark: str
    changed: str
    seed: int
    epochs: float
    seconds: float | None
    knn: float | None
    linear: float | None
    std: float | None
    rank: float | None
    status: str
    untrained_knn: float | None = None
    untrained_linear: float | None = None
    pixels_knn: float | None = None
    pixels_linear: float | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of :data:`HEADS`."""
        return (
            self.paper,
            self.benchmark,
            self.changed,
            str(self.seed),
            plain(self.epochs),
            duration(self.seconds),
            percent(self.knn, 1),
            percent(self.linear, 1),
            decimal(self.std),
            significant(self.rank),
            self.status,
        )


@dataclass(frozen=True)
class RunMap:
    """One map of the small multiples."""

    title: str
    chart: MapChart


def comparison_rows(runs: Sequence[Run]) -> list[ComparisonRow]:
    """One row a run, ordered by paper, benchmark, overrides and seed; for a table in a terminal."""
    return [_row(run) for run in sorted(runs, key=sort_key)]


def baseline_rows(rows: Sequence[ComparisonRow]) -> list[tuple[str, str, str]]:
    """(whose, kNN, linear) of raw pixels and of untrained networks, for each benchmark of these runs."""
    benchmarks = list(dict.fromkeys(row.benchmark for row in rows))
    baselines = []
    for benchmark in benchmarks:
        own = [row for row in rows if row.benchmark == benchmark]
        on = f" on {benchmark}" if len(benchmarks) > 1 else ""
        pixels = [row.pixels_knn for row in own], [row.pixels_linear for row in own]
        untrained = [row.untrained_knn for row in own], [row.untrained_linear for row in own]
        for name, (knn, linear) in (("untrained networks", untrained), ("raw pixels", pixels)):
            if any(value is not None for value in (*knn, *linear)):
                baselines.append((f"{name}{on}", _span(knn), _span(linear)))
    return baselines


def _span(values: Sequence[float | None]) -> str:
    """A percentage, or the least and the greatest where they differ; a dash for none."""
    known = sorted(value for value in values if value is not None and math.isfinite(value))
    ends = list(dict.fromkeys(percent(value, 1) for value in (known[0], known[-1]))) if known else ["–"]
    return " to ".join(ends)


def render_comparison(runs: Sequence[Run], *, papers: Mapping[str, PaperFacts] | None = None) -> str:
    """The page as one HTML text; ``papers`` gives the proper names of paper ids, where they are known."""
    ordered = sorted(runs, key=sort_key)
    groups = group_runs(ordered, papers or {})
    left_out = len(ordered) - sum(len(group.finished_runs) for group in groups)
    values = {
        "groups": groups,
        "heads": HEADS,
        "rows": [(_row(run).cells(), warnings(run)) for run in ordered],
        "charts": _charts(groups, ordered),
        "maps": _maps(groups),
        "count": plural(len(ordered), "run"),
        "left_out": f"{plural(left_out, 'run')} that did not finish or appear twice" if left_out else "",
        "version": ordered[0].environment.repro if ordered else "",
        "one_loss": _is_one_method(ordered),
    }
    return fill("compare.html.j2", values)


def markdown_table(runs: Sequence[Run]) -> str:
    """Means ± standard deviations over seeds as a Markdown table, a row for each set of runs.

    Both baselines stand beside each accuracy, by the same probe.
    """
    probes = [f"{probe}{of}" for probe in ("linear", "kNN") for of in ("", ", untrained", ", raw pixels")]
    heads = ("paper", "benchmark", "changed", "seeds", *probes, "std", "training")
    rows = [
        (
            group.paper,
            group.benchmark,
            ", ".join(group.overrides),
            str(len(group.finished_runs)),
            *group.accuracies("linear"),
            *group.accuracies("knn"),
            group.mean("std"),
            group.training(),
        )
        for group in group_runs(sorted(runs, key=sort_key), {})
    ]
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_escape_cell(cell) for cell in line)} |" for line in lines)


def _escape_cell(text: str) -> str:
    """Text that cannot leave its cell of a Markdown table."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def _is_one_method(runs: Sequence[Run]) -> bool:
    """True if all runs come from one method, so that their losses are on one scale."""
    return len({run.summary.method for run in runs}) == 1


def _row(run: Run) -> ComparisonRow:
    config, summary = run.config, run.summary
    return ComparisonRow(
        paper=config.paper,
        benchmark=config.benchmark,
        changed=", ".join(config.overrides),
        seed=config.seed,
        epochs=summary.epochs,
        seconds=summary.seconds,
        knn=run.metrics.get("knn"),
        linear=run.metrics.get("linear"),
        std=run.metrics.get("std"),
        rank=run.metrics.get("effective_rank"),
        status="collapsed" if summary.diagnosis.collapsed and run.finished else summary.status,
        untrained_knn=summary.baselines.untrained.get("knn"),
        untrained_linear=summary.baselines.untrained.get("linear"),
        pixels_knn=summary.baselines.pixels.get("knn"),
        pixels_linear=summary.baselines.pixels.get("linear"),
    )


def _charts(groups: Sequence[RunGroup], runs: Sequence[Run]) -> list[Chart]:
    """One chart a quantity; losses and diagnostics only if all runs come from one method."""
    charts = [
        _overlay(groups, "knn", *ACCURACY, (0, 1)),
        _overlay(groups, "std", *SPREAD, (0, 1)),
        _overlay(groups, "effective_rank", *RANK, (0, 1)),
    ]
    if _is_one_method(runs):
        charts.append(_overlay(groups, "loss", "Loss", "What training minimises, as a moving average.", None))
        charts += [_overlay(groups, name, *diagnostic_caption(name), None) for name in diagnostic_names(runs)]
    return [chart for chart in charts if chart]


def _overlay(
    groups: Sequence[RunGroup], name: str, title: str, caption: str, y_range: tuple[float, float] | None
) -> Chart | None:
    """The curves of one quantity in one frame; None if no run logged it."""
    lines, rows = [], []
    for group in groups:
        curves = [(run, [(x, y) for x, y in run.curve(name) if math.isfinite(y)]) for run in group.runs]
        curves = [(run, points) for run, points in curves if points]
        for index, (run, points) in enumerate(curves, 1):
            curve = smooth(points) if len(points) > 60 else points
            lines.append(Line(group.name, curve, group.tone, mark=group.mark if index == len(curves) else ""))
            ends = (format_logged(name, points[0][1]), format_logged(name, points[-1][1]))
            rows.append((f"{group.mark} {group.name}", str(run.config.seed), *ends))
    if not lines:
        return None
    svg = line_chart(
        f"curve-{name}",
        f"{title} over training",
        f"{plural(len(lines), 'curve')} of {plural(len(groups), 'group')}; the table has their ends.",
        lines,
        x_label="training step",
        x_range=(0, 1),
        y_range=y_range,
        percent=name == "knn",
    )
    return Chart(f"curve-{name}", title, caption, svg, Table(("runs", "seed", "first", "last"), tuple(rows)))


def _maps(groups: Sequence[RunGroup]) -> list[RunMap]:
    maps: list[RunMap] = []
    for group in groups:
        for run in group.runs:
            if run.pictures.map and len(maps) < MOST_MAPS:
                chart = feature_map(
                    run.pictures.map, run.summary.classes, f"map-{len(maps)}", unit=run.summary.data.unit
                )
                maps.append(RunMap(f"{group.name}, seed {run.config.seed}", chart))
    return maps
