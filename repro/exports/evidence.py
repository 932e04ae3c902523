"""Our own runs: a CSV of their records, and the verdicts on them as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports.table import csv_text
from repro.exports.text import json_text
from repro.verdicts.verdict import numbers, verdicts

if TYPE_CHECKING:
    from repro.evidence.run import Run

FORMAT = 1
DIGITS = 6  # of a measured number; seeds differ in the second
RUN = ("paper", "benchmark", "overrides", "seed", "status", "method", "epochs", "batch", "steps")
PROBES = ("knn", "linear", "std", "effective_rank", "loss")  # what every run has; others follow by name
MACHINE = ("seconds", "seconds_total", "threads", "cpu", "gpu", "precision", "torch", "started", "commit")


def runs_table(papers: Sequence[Paper], runs: Sequence["Run"]) -> str:
    """A row for each record of these papers, stale ones and those that stopped among them.

    Accuracies are fractions; ``untrained.`` and ``pixels.`` stand before those of the baselines. Seconds are
    as measured, on a machine that may have had other work.
    """
    ids = {paper.id for paper in papers}
    rows = [_run(run) for run in runs if run.config.paper in ids]
    diagnostics = {name for row in rows for name in row} - {*RUN, *MACHINE, *PROBES, "digest"}
    return csv_text(rows, (*RUN, *PROBES, *sorted(diagnostics), *MACHINE, "digest"))


def verdicts_json(catalog: Catalog, papers: Sequence[Paper], runs: Sequence["Run"]) -> str:
    """The verdict on every trained claim of these papers that has a test."""
    ids = {paper.id for paper in papers}
    tested = [verdict for verdict in verdicts(catalog, runs) if verdict.arms and verdict.paper in ids]
    return json_text({"format": FORMAT, "verdicts": [verdict.plain() for verdict in tested]})


def _run(run: "Run") -> dict[str, Any]:
    config, summary = run.config, run.summary
    about = {**asdict(run.environment), "overrides": "; ".join(config.overrides)}
    about |= {name: getattr(config, name) for name in ("paper", "benchmark", "seed", "digest")}
    about |= {name: getattr(summary, name) for name in ("status", "method", "epochs", "batch", "steps")}
    about |= {name: getattr(summary, name) for name in ("seconds", "seconds_total")}
    row = {name: about[name] for name in (*RUN, *MACHINE, "digest")}
    if not run.finished:
        return row
    baselines = {
        f"{name}.{metric}": value
        for name, probe in asdict(summary.baselines).items()
        for metric, value in probe.items()
        if value is not None
    }
    metrics = {**numbers(run), **baselines}
    return row | {name: float(f"{value:.{DIGITS}g}") for name, value in metrics.items()}
