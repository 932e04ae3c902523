"""Statistics of few seeds, against scipy, brute force and arithmetic of their own."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from repro.errors import UsageError
from repro.verdicts.contrast import (
    DIFFERENCE,
    Array,
    estimate,
    is_above,
    permutation_p,
    rise_weights,
    welch_p,
)
from repro.verdicts.statistics import MOST_SEEDS, as_arms, difference, seeds_for, slope

RNG = np.random.default_rng(7)
PAIRS = [
    (RNG.normal(1, 1, 5), RNG.normal(0, 3, 5)),
    (RNG.normal(1, 0.1, 3), RNG.normal(0, 1, 8)),
    (RNG.integers(0, 4, 6) / 4, RNG.integers(0, 3, 4) / 4),  # many ties
    (np.array([0.5, 0.5, 0.5]), RNG.normal(0, 1, 5)),  # one arm constant
]
CONSTANT = pytest.mark.filterwarnings("ignore:Precision loss")  # scipy on a constant arm
values = st.lists(st.integers(-1000, 1000).map(lambda n: n / 1000), min_size=2, max_size=5)


@CONSTANT
@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.parametrize("margin", [0.0, 0.3, -0.3])
def test_a_difference_agrees_with_scipy(left: Array, right: Array, margin: float) -> None:
    found = difference(left.tolist(), right.tolist(), margin)
    welch = stats.ttest_ind(left, right, equal_var=False)
    test = stats.permutation_test(
        (left - margin, right),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert found.mean == pytest.approx(left.mean() - right.mean())
    assert (found.low, found.high) == pytest.approx(tuple(welch.confidence_interval(0.95)))
    assert (found.low90, found.high90) == pytest.approx(tuple(welch.confidence_interval(0.90)))
    assert found.p == pytest.approx(test.pvalue)
    assert (found.exact, found.n_left, found.n_right) == (True, len(left), len(right))
    assert found.superiority == pytest.approx(
        stats.mannwhitneyu(left, right).statistic / (len(left) * len(right))
    )


@CONSTANT
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_welch_p_is_that_of_scipy(left: Array, right: Array) -> None:
    test = stats.ttest_ind(left - 0.2, right, equal_var=False, alternative="greater")
    assert float(welch_p([left, right], DIFFERENCE, 0.2)) == pytest.approx(test.pvalue)


def test_five_against_five_reach_one_in_252_and_three_against_three_one_in_20() -> None:
    assert difference([2, 3, 4, 5, 6], [0, 1, 0, 1, 0]).p == 1 / 252
    assert difference([2, 3, 4], [0, 1, 0]).p == 1 / 20
    assert difference([2, 3], [0, 1]).p == 1 / 6


def test_ties_count_against_the_claim() -> None:
    assert difference([1, 1, 1], [1, 1, 1]).p == 1
    # Of 20 splits just those four put three of the four ones to the left.
    assert difference([1, 1, 1], [1, 0, 0]).p == 4 / 20
    # A difference of just the margin is no evidence for more than it, whatever rounding makes of .8 - .7.
    assert difference([0.8, 0.8, 0.8], [0.7, 0.7, 0.7], 0.1).p == 1
    assert not is_above([np.full(5, 0.8), np.full(5, 0.7)], DIFFERENCE, 0.1)
    assert is_above([np.full(5, 0.8), np.full(5, 0.7)], DIFFERENCE, 0.09)


def test_constant_arms_have_a_point_for_an_interval() -> None:
    found = difference([0.3] * 5, [0.1] * 5)
    assert (found.low, found.high, found.low90, found.high90) == (found.mean,) * 4
    assert found.mean == pytest.approx(0.2)
    assert (found.effect, found.superiority, found.p) == (None, 1.0, 1 / 252)


def test_hedges_g() -> None:
    # Pooled standard deviation 1, difference 2, correction 1 - 3 / (4 * 4 - 1).
    assert difference([3, 4, 5], [1, 2, 3]).effect == pytest.approx(2 * 0.8)


def test_many_seeds_are_tested_on_drawn_splits_always_the_same() -> None:
    left, right = RNG.normal(0.8, 1, 14).tolist(), RNG.normal(0, 1, 14).tolist()
    found = difference(left, right)
    assert not found.exact
    assert found == difference(left, right)
    t = stats.ttest_ind(left, right, alternative="greater").pvalue
    assert found.p == pytest.approx(t, abs=0.02)
    assert difference([9.0] * 20, [0.0] * 20).p == 1 / 20_001  # what was seen is one of the splits
    assert difference([1.0, 2] * 5, [0.0] * 10).exact


@pytest.mark.parametrize("bad", [[], [1.0], [1.0, math.nan], [1.0, math.inf]])
def test_too_few_values_or_no_numbers_are_refused(bad: list[float]) -> None:
    for arms in ((bad, [1.0, 2.0]), ([1.0, 2.0], bad)):
        with pytest.raises(UsageError, match="two or more finite values"):
            difference(*arms)
    with pytest.raises(UsageError, match="three or more arms"):
        slope([[1.0, 2.0], [2.0, 3.0]])


@settings(max_examples=60, deadline=None)
@given(left=values, right=values, shift=st.integers(-3, 3), margin=st.sampled_from([0.0, 0.05, 0.25]))
def test_a_difference_moves_turns_and_narrows_as_it_must(
    left: list[float], right: list[float], shift: int, margin: float
) -> None:
    found = difference(left, right, margin)
    moved = difference([v + shift for v in left], [v + shift for v in right], margin)
    turned = difference(right, left, margin)
    assert (found.mean, found.low, found.high) == pytest.approx((moved.mean, moved.low, moved.high), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
    assert found.p == pytest.approx(moved.p)
    assert found.low <= found.low90 <= found.mean <= found.high90 <= found.high
    assert found.p <= difference(left, right, margin + 0.1).p + 1e-12
    assert found.superiority + turned.superiority == pytest.approx(1)


# Rises


def test_a_slope_is_the_line_through_all_values() -> None:
    arms = [RNG.normal(0.3 * i, 1, 5) for i in range(4)]
    found = slope([arm.tolist() for arm in arms])
    line = stats.linregress(np.repeat(np.arange(4), 5), np.concatenate(arms))
    assert found.rise == pytest.approx(line.slope)
    assert found.seeds == (5, 5, 5, 5)
    assert not found.exact


def test_a_slope_over_three_arms_has_the_interval_of_its_ends() -> None:
    first, last = RNG.normal(0, 1, 5), RNG.normal(2, 2, 5)
    found = slope([first.tolist(), RNG.normal(50, 9, 5).tolist(), last.tolist()])
    ends = stats.ttest_ind(last, first, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low / 2, ends.high / 2))


def test_a_slope_over_four_arms_has_the_welch_satterthwaite_interval() -> None:
    arms = [RNG.normal(i, 1 + i, 3 + i) for i in range(4)]
    weights = np.array([-3, -1, 1, 3]) / 10
    parts = [w**2 * np.var(arm, ddof=1) / len(arm) for w, arm in zip(weights, arms, strict=True)]
    freedom = sum(parts) ** 2 / sum(p**2 / (len(arm) - 1) for p, arm in zip(parts, arms, strict=True))
    half = stats.t.ppf(0.975, freedom) * math.sqrt(sum(parts))
    rise = sum(w * arm.mean() for w, arm in zip(weights, arms, strict=True))
    found = slope([arm.tolist() for arm in arms])
    assert (found.rise, found.low, found.high) == pytest.approx((rise, rise - half, rise + half))


def test_the_p_of_a_slope_is_that_of_all_arrangements() -> None:
    arms = [[0.1, 0.4], [0.3, 0.2], [0.5, 0.4]]
    moved = [value - 0.05 * i for i, arm in enumerate(arms) for value in arm]
    rises = [(e + f - a - b) / 4 for a, b, c, d, e, f in permutations(moved)]
    observed = (moved[4] + moved[5] - moved[0] - moved[1]) / 4
    found = slope(arms, 0.05)
    assert found.exact
    assert found.p == pytest.approx(np.mean([rise >= observed - 1e-9 for rise in rises]))


def test_drawn_arrangements_come_close_to_all_of_them() -> None:
    arms = [RNG.normal(0.4 * i, 1, 4) for i in range(3)]  # 34,650 arrangements: exact
    again = [np.tile(arm, (1, 1)) for arm in arms]
    assert permutation_p(again, rise_weights(3), 0.0) == slope([arm.tolist() for arm in arms]).p
    more = [RNG.normal(0.3 * i, 1, 5) for i in range(3)]  # 756,756: drawn
    test = stats.pearsonr(np.repeat(np.arange(3), 5), np.concatenate(more), alternative="greater")
    assert slope([arm.tolist() for arm in more]).p == pytest.approx(test.pvalue, abs=0.03)


# Many experiments at once


def test_experiments_side_by_side_are_the_experiments_one_by_one() -> None:
    arms = [RNG.normal(i, 1 + i, (4, 3, 5)) for i in range(3)]
    for used, weights in ((arms[1::-1], DIFFERENCE), (arms, rise_weights(3))):
        together = is_above(used, weights, 0.5), permutation_p(used, weights, 0.5), estimate(used, weights)
        assert together[0].shape == together[1].shape == (4, 3)
        for index in np.ndindex(4, 3):
            one = [arm[index] for arm in used]
            assert together[0][index] == is_above(one, weights, 0.5)
            assert together[1][index] == permutation_p(one, weights, 0.5)
            assert [part[index] for part in together[2]] == [float(part) for part in estimate(one, weights)]


# Seeds needed


@pytest.mark.parametrize(("gap", "spread"), [(2.0, (1, 1)), (1.0, (1, 1)), (1.5, (1, 3)), (4.0, (1, 1))])
def test_the_seeds_needed_give_four_in_five(gap: float, spread: tuple[float, float]) -> None:
    pattern = np.array([-1.5, -0.5, 0, 0.5, 1.5]) / math.sqrt(1.25)  # standard deviation 1
    left, right = (pattern * spread[0] + 0.2 + gap).tolist(), (pattern * spread[1]).tolist()
    needed = seeds_for(as_arms(left, right), DIFFERENCE, 0.2)
    assert needed is not None
    rng = np.random.default_rng(1)

    def power(n: int) -> float:
        arms = [rng.normal(gap, spread[0], (4000, n)), rng.normal(0, spread[1], (4000, n))]
        return float(np.mean(welch_p(arms, DIFFERENCE, 0) <= 0.025))

    assert power(needed) > 0.77
    assert needed == 3 or power(needed - 1) < 0.82


def test_seeds_needed_at_the_ends() -> None:
    def seeds(left: list[float], right: list[float], margin: float) -> int | None:
        return seeds_for(as_arms(left, right), DIFFERENCE, margin)

    assert seeds([0.2, 0.3], [0.1, 0.4], 0.0) is None  # no difference at all
    assert seeds([0.5, 0.6], [0.1, 0.2], 0.4) is None  # just the margin
    assert seeds([1, 2, 3], [0.99, 1.99, 2.99], 0.0) == MOST_SEEDS
    assert seeds([0.5, 0.5], [0.1, 0.1], 0.3) == 3
    assert seeds([0.5, 0.5001], [0.1, 0.1], 0.3) == 3
