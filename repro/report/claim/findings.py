"""Each expectation of a test: what was expected, what was seen, and the two drawings that show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.catalog.records.experiment import COLLAPSES, Expectation
from repro.report.claim.arms import Measured, shown, values_of
from repro.report.claim.expected import expected, metric_name, rule
from repro.report.drawing.forest import Limit, Row, row_plot
from repro.verdicts import rule as rules
from repro.verdicts.rule import COLLAPSED_STD
from repro.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with its caption."""

    title: str
    caption: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation in words; arms stand in backticks. Without an outcome while runs are missing."""

    expected: str
    rule: str
    outcome: str
    sentence: str
    count: str
    needed: int | None
    drawings: tuple[Drawing, ...]


def told(verdict: Verdict, expectations: Sequence[Expectation]) -> tuple[Finding, ...]:
    """Every expectation of a verdict's test in its order."""
    found = verdict.findings or (None,) * len(expectations)
    name = verdict.name.replace("/", "-")
    return tuple(
        _told(verdict, expectation, finding, f"{name}-{index}")
        for index, (expectation, finding) in enumerate(zip(expectations, found, strict=True))
    )


def _told(verdict: Verdict, expectation: Expectation, finding: rules.Finding | None, name: str) -> Finding:
    drawings = (_seeds(verdict, expectation, f"{name}-seeds"), _forest(finding, f"{name}-forest"))
    return Finding(
        expected(expectation),
        rule(expectation),
        finding.outcome if finding else "",
        finding.sentence if finding else "",
        (finding.count or "") if finding else "",
        finding.seeds_needed if finding else None,
        tuple(drawing for drawing in drawings if drawing),
    )


def _seeds(verdict: Verdict, expectation: Expectation, name: str) -> Drawing | None:
    """A dot for every seed, with the mean and its interval; for a collapse the spread and its limit."""
    collapse = expectation.kind in COLLAPSES
    metric = "std" if collapse else expectation.metric or "linear"
    arms = {arm.arm.name: arm for arm in verdict.arms}
    refs = [(ref, *ref.partition("/")[::2]) for ref in expectation.arms]
    found = [(ref, Measured(metric, values_of(arms[arm], source, metric))) for ref, arm, source in refs]
    rows = [_row(ref, one, counts=collapse) for ref, one in found if one.values]
    if not rows:
        return None
    limits = (
        (Limit(0.0), Limit(COLLAPSED_STD, f"constant below {COLLAPSED_STD:g}"), Limit(1.0))
        if collapse
        else ()
    )
    words = metric_name(metric)
    title = f"{words[0].upper()}{words[1:]}, seed by seed"
    told = "; ".join(f"{row.name}: {', '.join(shown(metric, value) for value in row.values)}" for row in rows)
    caption = "A dot is a seed. 1 is fully spread, 0 is one point." if collapse else CAPTION
    return Drawing(title, caption, row_plot(name, title, told, rows, label=words, limits=limits))


CAPTION = "A dot is a seed; the stroke is their mean, the bar its 95\u00a0% interval."


def _row(ref: str, found: Measured, *, counts: bool) -> Row:
    """Around a collapse the seeds are counted and no mean is taken."""
    if counts:
        ends = (shown(found.metric, end) for end in (min(found.values), max(found.values)))
        return Row(ref, " to ".join(ends), found.values)
    return Row(ref, found.mean_text, found.values, found.mean, *(found.interval or (None, None)))


def _forest(finding: rules.Finding | None, name: str) -> Drawing | None:
    """Differences, or the rise from arm to arm, with their 95 % intervals, zero and the margin."""
    rows = _effects(finding) if finding else []
    if not finding or not rows:
        return None
    kind, margin = finding.expectation.kind, finding.expectation.margin or 0.0
    words = metric_name(finding.expectation.metric or "")
    title = "Rise from arm to arm" if kind == "trend" else "Difference" if len(rows) == 1 else "Differences"
    told = "; ".join(f"{row.name}: {row.text}, 95 % interval {_ends(row)}" for row in rows)
    drawn = row_plot(
        name, f"{title} in {words}", told, rows, label=f"difference in {words}", limits=_limits(kind, margin)
    )
    return Drawing(title, "The square is the mean, the bar its 95\u00a0% interval.", drawn)


def _effects(finding: rules.Finding) -> list[Row]:
    if finding.parts:
        return [row for part in finding.parts for row in _effects(part)]
    if finding.slope:
        seen, ends = finding.slope, (finding.expectation.arms[0], finding.expectation.arms[-1])
        return [Row(f"{ends[0]} → {ends[1]}", _signed(seen.rise), (), seen.rise, seen.low, seen.high)]
    if finding.difference:
        one, other = finding.expectation.arms
        diff = finding.difference
        return [Row(f"{one} − {other}", _signed(diff.mean), (), diff.mean, diff.low, diff.high)]
    return []


def _limits(kind: str, margin: float) -> tuple[Limit, ...]:
    if not margin:
        return (Limit(0.0),)
    upper, lower = Limit(margin, f"margin {margin:g}"), Limit(-margin, f"margin −{margin:g}")
    return {"level": (Limit(0.0), lower), "equal": (Limit(0.0), lower, upper)}.get(kind, (Limit(0.0), upper))


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _ends(row: Row) -> str:
    return f"{_signed(row.low or 0.0)} to {_signed(row.high or 0.0)}"
