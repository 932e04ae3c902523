"""Several runs side by side: a table of means over seeds, their curves in one frame, their maps in a row."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repro.catalog.prose import NBSP, duration, plural
from repro.evidence.run import RunView
from repro.report._paper import PaperView
from repro.report.charts import ACCURACY, RANK, SPREAD, Chart, Table, own_names, watched
from repro.report.drawing._maps import LETTERS, TONES, MapChart, feature_map
from repro.report.drawing.svg import Line, Points, line_chart, smoothed
from repro.report.page import fill
from repro.report.words import decimal, percent, plain, significant, warnings

MOST_MAPS = 12
HEADS = (
    *("paper", "benchmark", "changed", "seed", "epochs", "seconds"),
    *("knn", "linear", "std", "rank", "status"),
)
Range = tuple[float, float] | None


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

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of :data:`HEADS`."""
        what = (self.paper, self.benchmark, self.changed, str(self.seed), plain(self.epochs))
        accuracy = (percent(self.knn, 1), percent(self.linear, 1))
        return (
            *what,
            duration(self.seconds),
            *accuracy,
            decimal(self.std),
            significant(self.rank),
            self.status,
        )


@dataclass(frozen=True)
class Group:
    """The runs that differ in nothing but their seed, and how they are drawn."""

    paper: str
    benchmark: str
    overrides: tuple[str, ...]
    runs: tuple[RunView, ...]
    tone: str
    mark: str

    @property
    def name(self) -> str:
        """Paper, benchmark and what was changed."""
        return ", ".join((f"{self.paper} on {self.benchmark}", *self.overrides))

    @property
    def counted(self) -> tuple[RunView, ...]:
        """The runs that enter a mean: finished, and each digest once."""
        return tuple({run.config.digest: run for run in self.runs if run.finished}.values())

    def means(self) -> tuple[str, str, str, str]:
        """Linear, kNN, spread and effective rank."""
        return self.mean("linear"), self.mean("knn"), self.mean("std"), self.mean("effective_rank")

    def mean(self, metric: str) -> str:
        """Mean ± standard deviation over the counted runs; a single run has no deviation."""
        return self._spread(metric, [run.metrics.get(metric) for run in self.counted])

    def baselines(self) -> tuple[str, str]:
        """Linear accuracy of the untrained encoder and of raw pixels."""
        found = [run.summary.baselines for run in self.counted]
        untrained = self._spread("linear", [base.untrained.get("linear") for base in found])
        return untrained, self._spread("linear", [base.pixels.get("linear") for base in found])

    def training(self) -> str:
        """Mean training time."""
        times = [run.summary.seconds for run in self.counted if run.summary.seconds is not None]
        return duration(statistics.fmean(times)) if times else "–"

    @staticmethod
    def _spread(metric: str, found: Sequence[float | None]) -> str:
        values = [value for value in found if value is not None and math.isfinite(value)]
        if len(values) < 2:
            return _shown(metric, values[0]) if values else "–"
        middle, spread = statistics.fmean(values), statistics.stdev(values)
        return f"{_shown(metric, middle).removesuffix(NBSP + '%')}{NBSP}±{NBSP}{_shown(metric, spread)}"


@dataclass(frozen=True)
class RunMap:
    """One map of the small multiples."""

    title: str
    chart: MapChart


def comparison_rows(runs: Sequence[RunView]) -> list[ComparisonRow]:
    """One row a run, ordered by paper, benchmark, overrides and seed; for a table in a terminal."""
    return [_row(run) for run in sorted(runs, key=_order)]


def render_comparison(runs: Sequence[RunView], *, papers: Mapping[str, PaperView] | None = None) -> str:
    """The page as one HTML text; ``papers`` gives the proper names of paper ids, where they are known."""
    ordered = sorted(runs, key=_order)
    groups = _groups(ordered, papers or {})
    left_out = len(ordered) - sum(len(group.counted) for group in groups)
    values = {
        "groups": groups,
        "heads": HEADS,
        "rows": [(_row(run).cells(), warnings(run)) for run in ordered],
        "charts": _charts(groups, ordered),
        "maps": _maps(groups),
        "count": plural(len(ordered), "run"),
        "left_out": f"{plural(left_out, 'run')} that did not finish or appear twice" if left_out else "",
        "version": ordered[0].environment.repro if ordered else "",
        "one_loss": _one_method(ordered),
    }
    return fill("compare.html.j2", values)


def markdown_table(runs: Sequence[RunView]) -> str:
    """Means ± standard deviations over seeds as a Markdown table, a row for each set of runs.

    ``untrained`` and ``raw pixels`` are linear accuracies.
    """
    heads = (
        "paper",
        "benchmark",
        "changed",
        "seeds",
        "linear",
        "kNN",
        "untrained",
        "raw pixels",
        "std",
        "training",
    )
    rows = [
        (
            group.paper,
            group.benchmark,
            ", ".join(group.overrides),
            str(len(group.counted)),
            *group.means()[:2],
            *group.baselines(),
            group.mean("std"),
            group.training(),
        )
        for group in _groups(sorted(runs, key=_order), {})
    ]
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text that cannot leave its cell."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def _shown(metric: str, value: float) -> str:
    if metric in ("knn", "linear"):
        return percent(value, 1)
    return decimal(value, 1 if metric == "effective_rank" else 2)


def _order(run: RunView) -> tuple[str, str, tuple[str, ...], int, str]:
    config = run.config
    return (config.paper, config.benchmark, tuple(sorted(config.overrides)), config.seed, config.digest)


def _one_method(runs: Sequence[RunView]) -> bool:
    return len({run.summary.method for run in runs}) == 1


def _row(run: RunView) -> ComparisonRow:
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
    )


def _groups(ordered: Sequence[RunView], papers: Mapping[str, PaperView]) -> list[Group]:
    members: dict[tuple[object, ...], list[RunView]] = {}
    for run in ordered:
        members.setdefault(_order(run)[:3], []).append(run)
    return [_group(index, tuple(runs), papers) for index, runs in enumerate(members.values())]


def _group(index: int, runs: tuple[RunView, ...], papers: Mapping[str, PaperView]) -> Group:
    config, label = runs[0].config, runs[0].summary.data.label
    known = papers.get(config.paper)
    mark = LETTERS[index] if index < len(LETTERS) else str(index + 1)
    name, changed = known.name if known else config.paper, tuple(sorted(config.overrides))
    return Group(name, label or config.benchmark, changed, runs, f"c{index % TONES}", mark)


def _charts(groups: Sequence[Group], runs: Sequence[RunView]) -> list[Chart]:
    """What may share a frame; losses and diagnostics only if all runs come from one method."""
    charts = [
        _overlay(groups, "knn", *ACCURACY, (0, 1)),
        _overlay(groups, "std", *SPREAD, (0, 1)),
        _overlay(groups, "effective_rank", *RANK, (0, 1)),
    ]
    if _one_method(runs):
        charts.append(_overlay(groups, "loss", "Loss", "What training minimises, as a moving average.", None))
        charts += [_overlay(groups, name, *watched(name), None) for name in own_names(runs)]
    return [chart for chart in charts if chart]


def _overlay(groups: Sequence[Group], name: str, title: str, caption: str, y_range: Range) -> Chart | None:
    lines, rows = [], []
    for group in groups:
        drawn = [(run, points) for run in group.runs if (points := _finite(run.curve(name)))]
        for index, (run, points) in enumerate(drawn, 1):
            curve = smoothed(points) if len(points) > 60 else points
            lines.append(Line(group.name, curve, group.tone, mark=group.mark if index == len(drawn) else ""))
            ends = (_end(name, points[0][1]), _end(name, points[-1][1]))
            rows.append((f"{group.mark} {group.name}", str(run.config.seed), *ends))
    if not lines:
        return None
    told = f"{plural(len(lines), 'curve')} of {plural(len(groups), 'group')}; the table has their ends."
    svg = line_chart(
        f"curve-{name}",
        f"{title} over training",
        told,
        lines,
        x_label="training step",
        x_range=(0, 1),
        y_range=y_range,
        percent=name == "knn",
    )
    return Chart(f"curve-{name}", title, caption, svg, Table(("runs", "seed", "first", "last"), tuple(rows)))


def _finite(points: Points) -> Points:
    return [point for point in points if math.isfinite(point[1])]


def _end(name: str, value: float) -> str:
    return percent(value, 1) if name == "knn" else significant(value)


def _maps(groups: Sequence[Group]) -> list[RunMap]:
    maps: list[RunMap] = []
    for group in groups:
        for run in group.runs:
            if run.pictures.map and len(maps) < MOST_MAPS:
                chart = feature_map(run.pictures.map, run.summary.classes, f"map-{len(maps)}")
                maps.append(RunMap(f"{group.name}, seed {run.config.seed}", chart))
    return maps
