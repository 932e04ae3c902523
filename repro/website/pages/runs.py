"""Our own runs, kept as evidence: every seed, its curve, and the machine it ran on."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from repro.evidence.run import RunView
from repro.report.drawing.svg import Line, line_chart, smoothed
from repro.website.book import Book, Page
from repro.website.pages.data import record_path
from repro.website.pages.scores import Score, dot_plot, score

CURVES = (
    ("loss", "Training loss", "The method's own objective; only its course compares, not its level."),
    ("std", "Spread of the projections", "1 is evenly spread on the sphere, 0 is one point for all images."),
    ("knn", "kNN while training", "Measured on part of the images; the table uses all."),
)
TONES = 10  # colours --c0 to --c9


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
        for found in scores:
            runs = by_seed(book.runs_of(found.paper, benchmark.id))
            values = {"found": found, "runs": runs, "benchmark": benchmark}
            values |= {"charts": _charts(runs), "records": [record_path(run) for run in runs]}
            yield Page(f"runs/{found.paper}/{benchmark.id}/index.md", "run.md.j2", values)


def scores_on(book: Book, benchmark: str) -> tuple[Score, ...]:
    """What the papers with runs on a benchmark reached, in the order of the papers."""
    return tuple(
        score(paper.name, runs) for paper in book.papers if (runs := book.runs_of(paper.id, benchmark))
    )


def by_seed(runs: Sequence[RunView]) -> tuple[RunView, ...]:
    """Runs in the order of their seeds."""
    return tuple(sorted(runs, key=lambda run: (run.config.seed, run.config.digest)))


def _charts(runs: Sequence[RunView]) -> list[tuple[str, str, Markup]]:
    found = []
    for name, title, caption in CURVES:
        lines = [
            Line(f"seed {run.config.seed}", smoothed(run.curve(name)), f"c{index % TONES}", mark="")
            for index, run in enumerate(runs)
            if run.curve(name)
        ]
        if lines:
            chart = line_chart(name, title, _told(title, runs), lines, x_label="steps", percent=name == "knn")
            found.append((title, caption, chart))
    return found


def _told(title: str, runs: Sequence[RunView]) -> str:
    return f"{title} over the steps of training, one line for each of {len(runs)} seeds"
