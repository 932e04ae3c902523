"""Numbers as people read them, and the result of a run in one or two sentences."""

import math
from collections.abc import Mapping

from repro.catalog.prose import NBSP, duration, plural
from repro.evidence.run import Environment, Run, Scores

MINUS = "\u2212"


def percent(value: float | None, digits: int = 0) -> str:
    """0.8425 -> ``84 %``; a dash where there is no value."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:.{digits}f}{NBSP}%"


def decimal(value: float | None, digits: int = 2) -> str:
    """A number with a fixed count of decimals and a true minus sign; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", MINUS)


def significant(value: float | None) -> str:
    """Three significant digits: 0.0812, 3.2, 1240."""
    if value is None or not math.isfinite(value):
        return "–"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(digits, 0), 6)}f}".replace("-", MINUS)


def count(value: float | None) -> str:
    """12345 -> ``12,345``."""
    return "–" if value is None or not math.isfinite(value) else f"{value:,.0f}"


def memory(size: float | None) -> str:
    """Bytes in the largest unit that leaves at least one: ``412 MiB``."""
    if size is None or not math.isfinite(size):
        return "–"
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= scale:
            return f"{significant(size / scale)}{NBSP}{unit}"
    return f"{size:.0f}{NBSP}B"


def plain(value: object) -> str:
    """A setting as text: lists in brackets, booleans as yes and no, a dash for nothing stated."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(plain(item) for item in value)}]"
    return str(value)


def machine(environment: Environment) -> str:
    """``2 CPU threads``, or the name of the accelerator."""
    if environment.gpu:
        return environment.gpu
    if environment.device.startswith("cpu") and environment.threads:
        return plural(environment.threads, "CPU thread")
    return environment.device or "an unnamed device"


def result_sentence(run: Run) -> str:
    """The result of the run as a reader would say it; never a judgement the numbers do not carry."""
    metrics, base = run.summary.metrics, run.summary.baselines
    for name, probe in (("linear", "linear probe"), ("knn", "nearest-neighbour probe")):
        if (ours := metrics.get(name)) is not None:
            others = {
                "the same network untrained": base.untrained.get(name),
                run.summary.data.raw: base.pixels.get(name),
                "features averaged over neighbours, nothing learnt,": base.propagated.get(name),
            }
            return _probe_sentence(probe, run, ours, others)
    if run.summary.classes or metrics.get("std") is None:
        return f"{_training(run)} nothing was measured."
    return f"{_training(run)} {_spread_clause(metrics)}"


def _probe_sentence(probe: str, run: Run, ours: float, baselines: Mapping[str, float | None]) -> str:
    unit = run.summary.data.unit
    result = f"a {probe} on the frozen features reads {percent(ours)} of the test {unit}s right"
    rest = ", ".join(f"{name} {percent(value)}" for name, value in baselines.items() if value is not None)
    return f"{_training(run)} {result}{f'; {rest}' if rest else ''}."


def _training(run: Run) -> str:
    summary = run.summary
    cost = f"({duration(summary.seconds)} on {machine(run.environment)})"
    if run.finished:
        return f"After {plural(summary.epochs, 'epoch')} {cost},"
    return f"Training ended early, after {plural(summary.steps, 'step')} {cost}; at that point"


def _spread_clause(metrics: Scores) -> str:
    spread = f"a spread of {decimal(metrics.get('std'))} (1 is fully spread, 0 is collapsed)"
    if (rank := metrics.get("effective_rank")) is not None:
        spread = f"{spread} and an effective rank of {significant(rank)}"
    return f"the projections keep {spread}; the data has no labels, so nothing was probed."


def warnings(run: Run) -> tuple[tuple[str, str], ...]:
    """Warnings to read before trusting the numbers, as (word, sentence): a collapse, an early end."""
    summary, pairs = run.summary, []
    if summary.diagnosis.collapsed:
        spread = decimal(run.metrics.get("std"))
        own = f"All {summary.data.unit}s get nearly the same features: their spread is {spread} of 1."
        pairs.append(("Collapsed", _sentence(summary.diagnosis.sentence.removeprefix("Collapsed:")) or own))
    if not run.finished:
        pairs.append(("Not finished", _sentence(summary.status) or "The run does not say why."))
    return tuple(pairs)


def _sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
