"""Statistics of a few seeds an arm: a difference, a rise, and how many seeds an answer would take.

Pure functions of the values; the mathematics is in :mod:`repro.verdicts.contrast`. No torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtr, stdtrit

from repro.errors import UsageError
from repro.verdicts.contrast import (
    DIFFERENCE,
    TAIL,
    Array,
    Weights,
    estimate,
    is_exact,
    permutation_p,
    rise_weights,
    tolerance,
)

MOST_SEEDS = 999


@dataclass(frozen=True, slots=True)
class Difference:
    """Two arms compared in one metric, left minus right, in the metric's unit.

    ``low`` to ``high`` is the 95 % interval, ``low90`` to ``high90`` that of 90 %. ``p`` is the one-sided
    permutation test of left - right > ``margin``; it ran over every split if ``exact``, else over 20,000.
    ``effect`` is Hedges' g, None between constant arms. ``superiority`` is the share of pairs of seeds in
    which left is above right, ties half.
    """

    n_left: int
    n_right: int
    mean: float
    low: float
    high: float
    low90: float
    high90: float
    margin: float
    p: float
    exact: bool
    effect: float | None
    superiority: float


@dataclass(frozen=True, slots=True)
class Slope:
    """The rise of a metric from one arm to the next, on average over all arms in their order.

    ``low`` to ``high`` is the 95 % interval. ``p`` is the one-sided permutation test of rise > ``margin``; it
    ran over every arrangement if ``exact``, else over 20,000.
    """

    seeds: tuple[int, ...]
    rise: float
    low: float
    high: float
    margin: float
    p: float
    exact: bool


def difference(left: Sequence[float], right: Sequence[float], margin: float = 0.0) -> Difference:
    """Compare two arms of at least two values each; UsageError for fewer, or for what is no number."""
    arms = as_arms(left, right)
    contrast = estimate(arms, DIFFERENCE)
    low, high = contrast.interval(0.95)
    low90, high90 = contrast.interval(0.90)
    return Difference(
        n_left=len(left),
        n_right=len(right),
        mean=float(contrast.mean),
        low=float(low),
        high=float(high),
        low90=float(low90),
        high90=float(high90),
        margin=margin,
        p=float(permutation_p(arms, DIFFERENCE, margin)),
        exact=is_exact(arms),
        effect=_hedges(*arms),
        superiority=_superiority(*arms),
    )


def slope(arms: Sequence[Sequence[float]], margin: float = 0.0) -> Slope:
    """The rise over three or more arms in order, at least two values each; UsageError for fewer.

    With as many seeds in every arm this is the least-squares line through all values. Its error comes from
    the scatter inside the arms, each with its own, so that neither a bend of the true line nor one restless
    arm feigns certainty; and an arm with fewer seeds counts as much as the others.
    """
    if len(arms) < 3:
        raise UsageError(
            f"A trend needs three or more arms; found {len(arms)}. Use `greater` to compare two."
        )
    values, weights = as_arms(*arms), rise_weights(len(arms))
    contrast = estimate(values, weights)
    low, high = contrast.interval(0.95)
    return Slope(
        seeds=tuple(len(arm) for arm in arms),
        rise=float(contrast.mean),
        low=float(low),
        high=float(high),
        margin=margin,
        p=float(permutation_p(values, weights, margin)),
        exact=is_exact(values),
    )


def seeds_for(arms: Sequence[Array], weights: Weights, margin: float, power: float = 0.8) -> int | None:
    """Seeds an arm so that a contrast of arms (n,) above the margin is shown with this power.

    Means and spreads are taken to be as observed. None if the observed contrast does not exceed the margin;
    999 stands for 999 or more.
    """
    return _seeds(arms, weights, (float(estimate(arms, weights).mean) - margin,), TAIL, power)


def seeds_for_equal(arms: Sequence[Array], margin: float, power: float = 0.8) -> int | None:
    """As :func:`seeds_for`, for two arms to be shown within the margin of each other."""
    mean = float(estimate(arms, DIFFERENCE).mean)
    return _seeds(arms, DIFFERENCE, (margin - mean, margin + mean), 2 * TAIL, power)


def as_arms(*values: Sequence[float]) -> list[Array]:
    """Arms as arrays; UsageError if one has fewer than two values or one that is no number."""
    arms = [np.asarray(arm, dtype=np.float64) for arm in values]
    for arm in arms:
        if arm.ndim != 1 or len(arm) < 2 or not np.isfinite(arm).all():
            raise UsageError(f"An arm needs two or more finite values; found {arm.tolist()}.")
    return arms


def _seeds(
    arms: Sequence[Array], weights: Weights, distances: tuple[float, ...], tail: float, power: float
) -> int | None:
    """Fewest seeds an arm at which every distance is above 0 with this power in all; noncentral t."""
    if min(distances) <= tolerance(arms):
        return None
    n = np.arange(3, MOST_SEEDS + 1)  # with two seeds an arm no permutation test reaches .05
    parts = np.array([w * w * arm.var(ddof=1) for arm, w in zip(arms, weights, strict=True)])
    if parts.sum() <= tolerance(arms) ** 2:
        return int(n[0])
    freedom = (n - 1) * parts.sum() ** 2 / (parts**2).sum()
    critical = stdtrit(freedom, 1 - tail)
    # Beyond 30 standard errors a miss is out of the question, and the function loses its digits.
    reach = [np.minimum(distance * np.sqrt(n / parts.sum()), 30) for distance in distances]
    misses = sum((nctdtr(freedom, distance, critical) for distance in reach), np.zeros(len(n)))
    enough = np.flatnonzero(1 - misses >= power)
    return int(n[enough[0]]) if len(enough) else MOST_SEEDS


def _hedges(left: Array, right: Array) -> float | None:
    """Difference in pooled standard deviations, freed of the bias few values bring."""
    freedom = len(left) + len(right) - 2
    inside = (len(left) - 1) * left.var(ddof=1) + (len(right) - 1) * right.var(ddof=1)
    pooled = math.sqrt(inside / freedom)
    if pooled <= tolerance((left, right)):
        return None
    return float((left.mean() - right.mean()) / pooled * (1 - 3 / (4 * freedom - 1)))


def _superiority(left: Array, right: Array) -> float:
    above = np.sign(left[:, None] - right[None, :])
    return float((above.mean() + 1) / 2)
