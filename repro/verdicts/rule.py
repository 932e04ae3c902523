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

from repro.catalog.records.experiment import COLLAPSED_STD, Expectation, Kind
from repro.verdicts import wording
from repro.verdicts.contrast import DIFFERENCE, TAIL, Array, P, Weights, estimate, is_above, rise_weights
from repro.verdicts.sample import PlannedValues, Sample
from repro.verdicts.statistics import (
    Difference,
    Slope,
    as_arms,
    difference,
    seeds_for,
    seeds_for_equal,
    slope,
)

RULE = "v1"
ABOVE_UNTRAINED = 0.05  # linear accuracy by which a network must beat its untrained self to have learnt

Outcome = Literal["contradicted", "not supported", "inconclusive", "leaning", "supported"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)  # the least favourable first
EARLY: dict[Outcome, Outcome] = {
    "supported": "leaning",
    "not supported": "inconclusive",
    "contradicted": "inconclusive",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one expectation: its outcome, and what was seen.

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
    parts: tuple["Judgement", ...] = ()


def judge(expectation: Expectation, samples: Mapping[str, Sample], planned: int) -> Judgement:
    """Judge one expectation, from a sample for each arm it measures and the seeds planned for each.

    Values beyond the planned seeds are left out: how many count was fixed beforehand. UsageError if the
    expectation lacks its metric or margin, which `repro check` reports with its line.
    """
    values = PlannedValues(expectation, samples, planned)
    if gap := values.gap_sentence():
        return Judgement(expectation, "inconclusive", gap)
    judgement = KINDS[expectation.kind](expectation, values)
    seeds = values.fewest_seeds()
    if seeds >= planned:
        return judgement
    sentence = f"{judgement.sentence} {wording.missing_seeds(seeds, planned)}"
    return replace(judgement, outcome=downgrade(judgement.outcome), sentence=sentence)


def downgrade(outcome: Outcome) -> Outcome:
    """The outcome while planned seeds are missing: supported becomes leaning, refutations inconclusive."""
    return EARLY.get(outcome, outcome)


def is_supported(kind: Kind, arms: Sequence[Array], margin: float) -> NDArray[np.bool_]:
    """True if a comparison of arms (..., n) is supported, (...): the whole rule but for what is missing.

    Every kind but the two of collapse.
    """
    if kind == "trend":
        return is_above(arms, rise_weights(len(arms)), margin)
    if kind == "level":
        return is_above(arms, DIFFERENCE, -margin)
    if kind == "equal":  # two one-sided tests, each at 5 %: together the 90 % interval inside the margin
        tests = [is_above(way, DIFFERENCE, -margin, tail=2 * TAIL) for way in (arms, arms[::-1])]
    else:
        tests = [is_above(pair, DIFFERENCE, margin) for pair in pairwise(arms)]
    together: NDArray[np.bool_] = np.all(tests, axis=0)
    return together


def _judge_greater(expectation: Expectation, values: PlannedValues, steps: int = 1) -> Judgement:
    """``steps``: of how many comparisons this is one, any of which could speak against the claim."""
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    supported = is_supported("greater", arms, margin)
    outcome = "supported" if supported else _outcome_against(arms, DIFFERENCE, margin, steps)
    contrast = difference(left, right, margin)
    sentence, seeds = wording.greater(expectation, contrast), seeds_for(arms, DIFFERENCE, margin)
    return Judgement(expectation, outcome, sentence, contrast, seeds_needed=seeds)


def _outcome_against(arms: Sequence[Array], weights: Weights, margin: float, steps: int = 1) -> Outcome:
    """The outcome where "the contrast is above the margin" is not shown."""
    opposite = tuple(-weight for weight in weights)
    tail, p = TAIL / steps, P / steps
    if is_above(arms, opposite, margin, tail=tail, p=p):
        return "contradicted"
    if is_above(arms, opposite, -margin, tail=tail, p=p):
        return "not supported"
    return "leaning" if estimate(arms, weights).mean > margin else "inconclusive"


def _judge_level(expectation: Expectation, values: PlannedValues) -> Judgement:
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    contrast = difference(left, right, -margin)
    outcome: Outcome = "leaning" if contrast.mean > -margin else "inconclusive"
    if is_supported("level", arms, margin):
        outcome = "supported"
    elif is_above(arms[::-1], DIFFERENCE, margin):
        outcome = "contradicted"
    sentence, seeds = wording.level(expectation, contrast), seeds_for(arms, DIFFERENCE, -margin)
    return Judgement(expectation, outcome, sentence, contrast, seeds_needed=seeds)


def _judge_equal(expectation: Expectation, values: PlannedValues) -> Judgement:
    left, right = values.arms()
    arms, margin = as_arms(left, right), values.margin
    contrast = difference(left, right, -margin)
    contrast = replace(contrast, p=max(contrast.p, difference(right, left, -margin).p))
    outcome: Outcome = "leaning" if abs(contrast.mean) < margin else "inconclusive"
    if is_supported("equal", arms, margin):
        outcome = "supported"
    elif any(is_above(way, DIFFERENCE, margin) for way in (arms, arms[::-1])):
        outcome = "not supported"
    sentence, seeds = wording.equal(expectation, contrast), seeds_for_equal(arms, margin)
    return Judgement(expectation, outcome, sentence, contrast, seeds_needed=seeds)


def _judge_trend(expectation: Expectation, values: PlannedValues) -> Judgement:
    arms, margin = as_arms(*values.arms()), values.margin
    weights = rise_weights(len(arms))
    supported = is_supported("trend", arms, margin)
    outcome = "supported" if supported else _outcome_against(arms, weights, margin)
    contrast = slope(values.arms(), margin)
    sentence, seeds = wording.trend(expectation, contrast), seeds_for(arms, weights, margin)
    return Judgement(expectation, outcome, sentence, slope=contrast, seeds_needed=seeds)


def _judge_order(expectation: Expectation, values: PlannedValues) -> Judgement:
    pairs = list(pairwise(expectation.arms))
    steps = [expectation.model_copy(update={"kind": "greater", "arms": pair}) for pair in pairs]
    parts = tuple(_judge_greater(step, replace(values, expectation=step), len(steps)) for step in steps)
    weakest = min(parts, key=lambda part: OUTCOMES.index(part.outcome))
    seeds = [part.seeds_needed for part in parts if part.seeds_needed is not None]
    supported = sum(part.outcome == "supported" for part in parts)
    if values.fewest_seeds() < values.planned:  # then no step is settled either
        supported, parts = 0, tuple(replace(part, outcome=downgrade(part.outcome)) for part in parts)
    return replace(
        weakest,
        expectation=expectation,
        sentence=wording.order(expectation, weakest.sentence, supported),
        seeds_needed=max(seeds) if len(seeds) == len(parts) else None,
        parts=parts,
    )


def _judge_collapse(expectation: Expectation, values: PlannedValues) -> Judgement:
    """Both witnesses must speak of a collapse; a seed on which they disagree counts for neither side."""
    stds, linear, untrained = values.arms()
    seeds = list(zip(stds, linear, untrained, strict=True))
    spread = sum(std >= COLLAPSED_STD for std, _, _ in seeds)
    constant = sum(std < COLLAPSED_STD and after <= before + ABOVE_UNTRAINED for std, after, before in seeds)
    support, refutation = (constant, spread) if expectation.kind == "collapse" else (spread, constant)
    outcome: Outcome = "leaning" if 2 * support > len(seeds) else "inconclusive"
    if support == len(seeds):
        outcome = "supported"
    elif refutation == len(seeds):
        outcome = "contradicted"
    (arm,) = expectation.measured
    before = values.finite_values(f"{arm}/untrained", "std")
    sentence = wording.collapse(expectation, stds, before, constant, spread)
    return Judgement(expectation, outcome, sentence, count=f"{support} of {len(seeds)}")


KINDS: dict[str, Callable[[Expectation, PlannedValues], Judgement]] = {
    "greater": _judge_greater,
    "level": _judge_level,
    "equal": _judge_equal,
    "collapse": _judge_collapse,
    "no-collapse": _judge_collapse,
    "order": _judge_order,
    "trend": _judge_trend,
}
