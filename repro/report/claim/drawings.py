"""Each expectation of a test: what was expected, what was seen, and the two drawings that show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.catalog.records.experiment import COLLAPSED_STD, COLLAPSES, Expectation
from repro.report.claim.arms import ArmMetric, format_metric, values_of
from repro.report.claim.expected import RULES, describe_expectation, metric_name
from repro.report.drawing.forest import Limit, PlotRow, row_plot
from repro.report.words import MINUS
from repro.verdicts.rule import Judgement
from repro.verdicts.verdict import Verdict

CAPTION = "A dot is a seed; the stroke is their mean, the bar its 95\u00a0% interval."
COLLAPSE_CAPTION = "A dot is a seed. 1 is fully spread, 0 is one point."
COLLAPSE_LIMITS = (Limit(0.0), Limit(COLLAPSED_STD, f"constant below {COLLAPSED_STD:g}"), Limit(1.0))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with its caption."""

    title: str
    caption: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class ShownJudgement:
    """One expectation in words; arms stand in backticks. Without an outcome while runs are missing."""

    expected: str
    rule: str
    outcome: str
    sentence: str
    count: str
    needed: int | None
    drawings: tuple[Drawing, ...]


def show_judgements(verdict: Verdict, expectations: Sequence[Expectation]) -> tuple[ShownJudgement, ...]:
    """Every expectation of a verdict's test in its order."""
    judgements = verdict.judgements or (None,) * len(expectations)
    name = verdict.name.replace("/", "-")
    return tuple(
        _show(verdict, expectation, judgement, f"{name}-{index}")
        for index, (expectation, judgement) in enumerate(zip(expectations, judgements, strict=True))
    )


def _show(
    verdict: Verdict, expectation: Expectation, judgement: Judgement | None, name: str
) -> ShownJudgement:
    seeds = _seed_plot(verdict, expectation, f"{name}-seeds")
    forest = _forest_plot(judgement, f"{name}-forest") if judgement else None
    return ShownJudgement(
        describe_expectation(expectation),
        RULES[expectation.kind],
        judgement.outcome if judgement else "",
        judgement.sentence if judgement else "",
        (judgement.count or "") if judgement else "",
        judgement.seeds_needed if judgement else None,
        tuple(drawing for drawing in (seeds, forest) if drawing),
    )


def _seed_plot(verdict: Verdict, expectation: Expectation, name: str) -> Drawing | None:
    """A dot for every seed, with the mean and its interval; for a collapse the spread and its limit."""
    collapse = expectation.kind in COLLAPSES
    metric = "std" if collapse else expectation.metric or "linear"
    arms = {arm.arm.name: arm for arm in verdict.arms}
    refs = [(ref, *ref.partition("/")[::2]) for ref in expectation.arms]
    metrics = [(ref, ArmMetric(metric, values_of(arms[arm], source, metric))) for ref, arm, source in refs]
    rows = [_seed_row(ref, values, collapse=collapse) for ref, values in metrics if values.values]
    if not rows:
        return None
    words = metric_name(metric)
    title = f"{words[0].upper()}{words[1:]}, seed by seed"
    description = "; ".join(
        f"{row.name}: {', '.join(format_metric(metric, value) for value in row.values)}" for row in rows
    )
    limits = COLLAPSE_LIMITS if collapse else ()
    svg = row_plot(name, title, description, rows, label=words, limits=limits)
    return Drawing(title, COLLAPSE_CAPTION if collapse else CAPTION, svg)


def _seed_row(ref: str, metric: ArmMetric, *, collapse: bool) -> PlotRow:
    """Around a collapse the seeds are counted and no mean is taken."""
    if collapse:
        ends = (format_metric(metric.metric, end) for end in (min(metric.values), max(metric.values)))
        return PlotRow(ref, " to ".join(ends), metric.values)
    return PlotRow(ref, metric.mean_text, metric.values, metric.mean, *(metric.interval or (None, None)))


def _forest_plot(judgement: Judgement, name: str) -> Drawing | None:
    """Differences, or the rise from arm to arm, with their 95 % intervals, zero and the margin."""
    rows = _effects(judgement)
    if not rows:
        return None
    kind, margin = judgement.expectation.kind, judgement.expectation.margin or 0.0
    words = metric_name(judgement.expectation.metric or "")
    title = "Rise from arm to arm" if kind == "trend" else "Difference" if len(rows) == 1 else "Differences"
    ends = [(_format_signed(row.low or 0.0), _format_signed(row.high or 0.0)) for row in rows]
    description = "; ".join(
        f"{row.name}: {row.text}, 95 % interval {low} to {high}"
        for row, (low, high) in zip(rows, ends, strict=True)
    )
    label, limits = f"difference in {words}", _margin_limits(kind, margin)
    svg = row_plot(name, f"{title} in {words}", description, rows, label=label, limits=limits)
    return Drawing(title, "The square is the mean, the bar its 95\u00a0% interval.", svg)


def _effects(judgement: Judgement) -> list[PlotRow]:
    """The effect sizes of a judgement; of an order, one for each step."""
    if judgement.parts:
        return [row for part in judgement.parts for row in _effects(part)]
    arms = judgement.expectation.arms
    if slope := judgement.slope:
        name = f"{arms[0]} → {arms[-1]}"
        return [PlotRow(name, _format_signed(slope.rise), (), slope.rise, slope.low, slope.high)]
    if difference := judgement.difference:
        name = f"{arms[0]} − {arms[1]}"
        return [
            PlotRow(
                name, _format_signed(difference.mean), (), difference.mean, difference.low, difference.high
            )
        ]
    return []


def _margin_limits(kind: str, margin: float) -> tuple[Limit, ...]:
    if not margin:
        return (Limit(0.0),)
    upper, lower = Limit(margin, f"margin {margin:g}"), Limit(-margin, f"margin −{margin:g}")
    return {"level": (Limit(0.0), lower), "equal": (Limit(0.0), lower, upper)}.get(kind, (Limit(0.0), upper))


def _format_signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", MINUS)
