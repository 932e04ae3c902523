"""From runs to a verdict: what counts as supported, and what as the opposite. Pure functions, no torch.

The rule was fixed before the runs it judges; `site/verdicts.md` says it in words and why. A changed rule gets
another name, so that no old verdict changes its meaning.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from repro.catalog.records.experiment import Expectation, Kind
from repro.verdicts import wording
from repro.verdicts.contrast import DIFFERENCE, TAIL, Array, P, Weights, estimate, exceeds, rise_weights
from repro.verdicts.sample import Sample, Values
from repro.verdicts.statistics import (
    Difference,
    Slope,
    as_arms,
    difference,
    seeds_for,
    seeds_for_equal,
    seeds_needed,
    slope,
)

RULE = "v1"
COLLAPSED_STD = 0.3  # of a full spread of 1; below it outputs are called constant
ABOVE_UNTRAINED = 0.05  # linear accuracy by which a network must beat its untrained self to have learnt

Outcome = Literal["contradicted", "not supported", "inconclusive", "leaning", "supported"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)  # the least favourable first
EARLY: dict[Outcome, Outcome] = {
    "supported": "leaning",
    "not supported": "inconclusive",
    "contradicted": "inconclusive",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one expectation came out, and what was seen.

    ``count`` is such as "5 of 5" seeds, for a collapse. ``parts`` are the steps of an order, whose
    ``difference`` is that of the least favourable one. ``seeds_needed`` estimates the seeds an arm for a
    power of 80 %, None where what was seen does not reach the margin or no estimate is made.
    """

    expectation: Expectation
    outcome: Outcome
    sentence: str
    difference: Difference | None = None
    slope: Slope | None = None
    count: str | None = None
    seeds_needed: int | None = None
    parts: tuple["Finding", ...] = ()


def judge(expectation: Expectation, samples: Mapping[str, Sample], planned: int) -> Finding:
    """The finding on one expectation, from a sample for each arm it measures and the seeds planned for each.

    Values beyond the planned seeds are left out: how many count was fixed beforehand. UsageError if the
    expectation lacks its metric or margin, which `repro check` reports with its line.
    """
    values = Values(expectation, samples, planned)
    lacking = values.lacking()
    if lacking:
        return Finding(expectation, "inconclusive", lacking)
    finding = KINDS[expectation.kind](expectation, values)
    fewest = values.fewest()
    return finding if fewest >= planned else _too_few(finding, fewest, planned)


def early(outcome: Outcome) -> Outcome:
    """What is said in place of an outcome before the planned seeds are there."""
    return EARLY.get(outcome, outcome)


def shown(kind: Kind, arms: Sequence[Array], margin: float) -> NDArray[np.bool_]:
    """Whether a comparison of arms (..., n) is supported, (...): the whole rule but for what is missing.

    Every kind but the two of collapse.
    """
    if kind == "trend":
        return exceeds(arms, rise_weights(len(arms)), margin)
    if kind == "level":
        return exceeds(arms, DIFFERENCE, -margin)
    if kind == "equal":  # two one-sided tests, each at 5 %: together the 90 % interval inside the margin
        each = [exceeds(way, DIFFERENCE, -margin, tail=2 * TAIL) for way in (arms, arms[::-1])]
    else:
        each = [exceeds(pair, DIFFERENCE, margin) for pair in pairwise(arms)]
    together: NDArray[np.bool_] = np.all(each, axis=0)
    return together


def _greater(expectation: Expectation, values: Values, steps: int = 1) -> Finding:
    """``steps``: of how many comparisons this is one, any of which could speak against the claim."""
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    outcome = "supported" if shown("greater", arms, margin) else _against(arms, DIFFERENCE, margin, steps)
    seen = difference(left, right, margin)
    needed = seeds_needed(left, right, margin)
    return Finding(expectation, outcome, wording.greater(expectation, seen), seen, seeds_needed=needed)


def _against(arms: Sequence[Array], weights: Weights, margin: float, steps: int = 1) -> Outcome:
    """What is to be said where "the contrast is above the margin" is not shown."""
    opposite = tuple(-weight for weight in weights)
    tail, p = TAIL / steps, P / steps
    if exceeds(arms, opposite, margin, tail=tail, p=p):
        return "contradicted"
    if exceeds(arms, opposite, -margin, tail=tail, p=p):
        return "not supported"
    return "leaning" if estimate(arms, weights).mean > margin else "inconclusive"


def _level(expectation: Expectation, values: Values) -> Finding:
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    seen, needed = difference(left, right, -margin), seeds_needed(left, right, -margin)
    outcome: Outcome = "leaning" if seen.mean > -margin else "inconclusive"
    if shown("level", arms, margin):
        outcome = "supported"
    elif exceeds(arms[::-1], DIFFERENCE, margin):
        outcome = "contradicted"
    return Finding(expectation, outcome, wording.level(expectation, seen), seen, seeds_needed=needed)


def _equal(expectation: Expectation, values: Values) -> Finding:
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    seen = difference(left, right, -margin)
    seen = replace(seen, p=max(seen.p, difference(right, left, -margin).p))
    outcome: Outcome = "leaning" if abs(seen.mean) < margin else "inconclusive"
    if shown("equal", arms, margin):
        outcome = "supported"
    elif any(exceeds(way, DIFFERENCE, margin) for way in (arms, arms[::-1])):
        outcome = "not supported"
    needed = seeds_for_equal(arms, margin)
    return Finding(expectation, outcome, wording.equal(expectation, seen), seen, seeds_needed=needed)


def _trend(expectation: Expectation, values: Values) -> Finding:
    arms, margin = as_arms(*values.arms()), values.margin
    weights = rise_weights(len(arms))
    outcome = "supported" if shown("trend", arms, margin) else _against(arms, weights, margin)
    seen = slope(values.arms(), margin)
    needed = seeds_for(arms, weights, margin)
    return Finding(expectation, outcome, wording.trend(expectation, seen), slope=seen, seeds_needed=needed)


def _order(expectation: Expectation, values: Values) -> Finding:
    pairs = list(pairwise(expectation.arms))
    steps = [expectation.model_copy(update={"kind": "greater", "arms": pair}) for pair in pairs]
    parts = tuple(_greater(step, replace(values, expectation=step), len(steps)) for step in steps)
    weakest = min(parts, key=lambda part: OUTCOMES.index(part.outcome))
    needed = [part.seeds_needed for part in parts if part.seeds_needed is not None]
    supported = sum(part.outcome == "supported" for part in parts)
    if values.fewest() < values.planned:  # then no step is settled either
        supported, parts = 0, tuple(replace(part, outcome=early(part.outcome)) for part in parts)
    return replace(
        weakest,
        expectation=expectation,
        sentence=wording.order(expectation, weakest.sentence, supported),
        seeds_needed=max(needed) if len(needed) == len(parts) else None,
        parts=parts,
    )


def _collapse(expectation: Expectation, values: Values) -> Finding:
    """Both witnesses must speak of a collapse; a seed on which they disagree counts for neither side."""
    stds, linear, untrained = values.arms()
    seeds = list(zip(stds, linear, untrained, strict=True))
    spread = sum(std >= COLLAPSED_STD for std, _, _ in seeds)
    gone = sum(std < COLLAPSED_STD and after <= before + ABOVE_UNTRAINED for std, after, before in seeds)
    wanted, unwanted = (gone, spread) if expectation.kind == "collapse" else (spread, gone)
    outcome: Outcome = "leaning" if 2 * wanted > len(seeds) else "inconclusive"
    if wanted == len(seeds):
        outcome = "supported"
    elif unwanted == len(seeds):
        outcome = "contradicted"
    (arm,) = expectation.measured
    before = values.of(f"{arm}/untrained", "std")
    told = wording.collapse(expectation, stds, before, gone, spread)
    return Finding(expectation, outcome, told, count=f"{wanted} of {len(seeds)}")


def _too_few(finding: Finding, there: int, planned: int) -> Finding:
    """Nothing is settled before the planned seeds are there, in neither direction."""
    outcome = early(finding.outcome)
    return replace(finding, outcome=outcome, sentence=f"{finding.sentence} {wording.early(there, planned)}")


KINDS: dict[str, Callable[[Expectation, Values], Finding]] = {
    "greater": _greater,
    "level": _level,
    "equal": _equal,
    "collapse": _collapse,
    "no-collapse": _collapse,
    "order": _order,
    "trend": _trend,
}
