"""Pages of our own runs: every seed, its curve, and the machine it ran on."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from repro.evidence.run import Run
from repro.report.drawing.chart import Line, line_chart, smooth
from repro.report.drawing.svg import tone
from repro.website.book import Book, Page
from repro.website.pages.data import record_path
from repro.website.pages.scores import Score, dot_plot, score_runs

CURVES = (
    ("loss", "Training loss", "The method's own objective; only its course compares, not its level."),
    ("std", "Spread of the projections", "1 is evenly spread on the sphere, 0 is one point for everything."),
    ("knn", "kNN while training", "Measured on part of the data; the table uses all."),
)


def pages(book: Book) -> Iterator[Page]:
    """All runs by benchmark, then a page for each paper and benchmark with runs."""
    by_benchmark = [
        (book.catalog.benchmark(name), scores)
        for name in book.catalog.benchmark_ids
        if (scores := scores_on(book, name))
    ]
    plots = {
        benchmark.id: dot_plot(f"plot-{benchmark.id}", f"Linear probe on {benchmark.name}", scores)
        for benchmark, scores in by_benchmark
    }
    yield Page("runs/index.md", "runs.md.j2", {"by_benchmark": by_benchmark, "plots": plots})
    for benchmark, scores in by_benchmark:
        for score in scores:
            runs = sorted(
                book.runs_of(score.paper, benchmark.id), key=lambda run: (run.config.seed, run.config.digest)
            )
            values = {
                "score": score,
                "runs": runs,
                "benchmark": benchmark,
                "charts": _charts(runs),
                "records": [record_path(run) for run in runs],
            }
            yield Page(f"runs/{score.paper}/{benchmark.id}/index.md", "run.md.j2", values)


def scores_on(book: Book, benchmark: str) -> tuple[Score, ...]:
    """Scores of the papers with runs on a benchmark, in the order of the papers."""
    return tuple(
        score_runs(paper.name, runs) for paper in book.papers if (runs := book.runs_of(paper.id, benchmark))
    )


def _charts(runs: Sequence[Run]) -> list[tuple[str, str, Markup]]:
    charts = []
    for name, title, caption in CURVES:
        lines = [
            Line(f"seed {run.config.seed}", smooth(run.curve(name)), tone(index))
            for index, run in enumerate(runs)
            if run.curve(name)
        ]
        if lines:
            description = f"{title} over the steps of training, one line for each of {len(runs)} seeds"
            chart = line_chart(name, title, description, lines, x_label="steps", percent=name == "knn")
            charts.append((title, caption, chart))
    return charts
