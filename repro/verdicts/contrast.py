"""Contrasts of arm means for a handful of seeds: Welch's t interval beside an exact permutation test.

A contrast is a weighted sum of arm means: weights (1, -1) give the difference of two arms, those of
:func:`rise_weights` the rise from arm to arm. An arm is an array (..., n) of n seeds; what stands before the
last axis are experiments, computed side by side. No torch.

The interval allows each arm its own spread but takes the values for roughly normal. The permutation test does
not ask for normal values but for arms that spread alike. What counts as shown passes both: :func:`is_above`.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Array = NDArray[np.float64]
Weights = tuple[float, ...]

DIFFERENCE: Weights = (1.0, -1.0)
TAIL = 0.025  # on either side of a 95 % interval
P = 0.05
MOST_DEALS = 200_000  # all splits of 10 and 10 seeds are 184,756
DRAWN_DEALS = 20_000
DEALS_SEED = 20_200
ROUNDING = 1e-9  # of the largest value: closer numbers are the same number
CELLS = 4_000_000  # of the product of experiments and deals held at once


class Estimate(NamedTuple):
    """A contrast of arm means, its standard error and Welch-Satterthwaite degrees of freedom, (...) each.

    An error of 0 stands for arms that are constant up to rounding.
    """

    mean: Array
    error: Array
    freedom: Array

    def interval(self, level: float) -> tuple[Array, Array]:
        """Both ends of the t interval; the point itself where the error is 0."""
        half = stdtrit(self.freedom, (1 + level) / 2) * self.error
        return self.mean - half, self.mean + half


def rise_weights(arms: int) -> Weights:
    """Weights of the arm means whose sum is the slope of the least-squares line over 0, 1, 2 ..."""
    centred = np.arange(arms) - (arms - 1) / 2
    return tuple(float(weight) for weight in centred / (centred @ centred))


def estimate(arms: Sequence[Array], weights: Weights) -> Estimate:
    """The contrast with Welch's error: every arm (..., n) has its own variance."""
    mean = sum((weight * arm.mean(-1) for arm, weight in zip(arms, weights, strict=True)), np.float64(0))
    parts = [w * w * arm.var(-1, ddof=1) / arm.shape[-1] for arm, w in zip(arms, weights, strict=True)]
    square = np.sum(parts, axis=0)
    square = np.where(square > tolerance(arms) ** 2, square, 0.0)
    below = np.sum([part**2 / (arm.shape[-1] - 1) for arm, part in zip(arms, parts, strict=True)], axis=0)
    freedom = np.divide(square**2, below, out=np.ones_like(square), where=square > 0)
    return Estimate(np.asarray(mean), np.sqrt(square), freedom)


def welch_p(arms: Sequence[Array], weights: Weights, bound: float) -> Array:
    """One-sided p of "the contrast is above the bound", (...): at most .025 where a 95 % interval is."""
    mean, error, freedom = estimate(arms, weights)
    above = mean - bound
    t = np.divide(above, error, out=np.where(above > tolerance(arms), np.inf, -np.inf), where=error > 0)
    return np.asarray(stdtr(freedom, -t))


def permutation_p(arms: Sequence[Array], weights: Weights, bound: float) -> Array:
    """One-sided permutation p of "the contrast is above the bound", (...); ties count against it.

    The arms are moved so that a contrast of just the bound becomes none, then values change places.
    """
    step = bound / sum(weight**2 for weight in weights)
    values = np.concatenate([arm - step * w for arm, w in zip(arms, weights, strict=True)], axis=-1)
    sizes = tuple(arm.shape[-1] for arm in arms)
    share = np.repeat(np.divide(weights, sizes), sizes)
    least = values @ share - tolerance(arms)
    counts = np.concatenate(list(_counts(values, least, _shares(sizes, weights))))
    total = len(_shares(sizes, weights))
    extra = 0 if is_exact(arms) else 1  # the deal that was observed stands beside those that are drawn
    return np.asarray((counts + extra) / (total + extra)).reshape(least.shape)


def is_above(
    arms: Sequence[Array], weights: Weights, bound: float, *, tail: float = TAIL, p: float = P
) -> NDArray[np.bool_]:
    """True if the t interval and the permutation test both show a contrast above the bound, (...)."""
    answers: NDArray[np.bool_] = np.array(welch_p(arms, weights, bound) <= tail)
    if answers.any():
        answers[answers] = permutation_p([arm[answers] for arm in arms], weights, bound) <= p
    return answers


def is_exact(arms: Sequence[Array]) -> bool:
    """True if the permutation test goes through every arrangement instead of 20,000 drawn ones."""
    return _deal_count(tuple(arm.shape[-1] for arm in arms)) <= MOST_DEALS


def tolerance(arms: Sequence[Array]) -> Array:
    """The difference that counts as none among numbers of this size, (...)."""
    largest = np.max([np.abs(arm).max(-1) for arm in arms], axis=0)
    return np.asarray(ROUNDING * largest)


def _counts(values: Array, least: Array, shares: Array) -> Iterator[NDArray[np.int64]]:
    """For each experiment the deals that reach its observed contrast, a block of experiments at a time."""
    rows, limits = values.reshape(-1, values.shape[-1]), least.reshape(-1, 1)
    block = max(1, CELLS // len(shares))
    for start in range(0, len(rows), block):
        part = slice(start, start + block)
        yield np.count_nonzero(rows[part] @ shares.T >= limits[part], axis=1)


@lru_cache(maxsize=4)
def _shares(sizes: tuple[int, ...], weights: Weights) -> Array:
    """A row for each deal of the values to the arms, with what each value then adds to the contrast."""
    deals = _all_deals(sizes) if _deal_count(sizes) <= MOST_DEALS else _random_deals(sizes)
    return np.asarray(np.divide(weights, sizes)[deals])


def _deal_count(sizes: tuple[int, ...]) -> int:
    return math.prod(math.comb(sum(sizes[: i + 1]), size) for i, size in enumerate(sizes))


def _all_deals(sizes: tuple[int, ...]) -> NDArray[np.int8]:
    """Each way of dealing sum(sizes) values to arms of these sizes: (ways, values), the arm's index."""
    total, first = sum(sizes), sizes[0]
    if len(sizes) == 1:
        return np.zeros((1, total), dtype=np.int8)
    rest = _all_deals(sizes[1:]) + np.int8(1)
    hands = np.array(list(combinations(range(total), first)))
    free = np.ones((len(hands), total), dtype=bool)
    np.put_along_axis(free, hands, False, axis=1)
    deals = np.zeros((len(hands), len(rest), total), dtype=np.int8)
    deals[np.broadcast_to(free[:, None], deals.shape)] = np.broadcast_to(
        rest, (len(hands), *rest.shape)
    ).ravel()
    return deals.reshape(-1, total)


def _random_deals(sizes: tuple[int, ...]) -> NDArray[np.int8]:
    """Deals drawn at random, always the same ones, so that the same values give the same p."""
    deal = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    return np.random.default_rng(DEALS_SEED).permuted(np.tile(deal, (DRAWN_DEALS, 1)), axis=1)
