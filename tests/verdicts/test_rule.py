"""The decision rule: every outcome by hand, what is missing, and 10,000 experiments whose truth is known."""

import importlib.util
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from repro.catalog.records.experiment import ARMS, COLLAPSES, Expectation, Kind
from repro.errors import UsageError
from repro.files import PACKAGE
from repro.verdicts.contrast import Array
from repro.verdicts.rule import KINDS, OUTCOMES, Judgement, Outcome, is_supported, judge
from repro.verdicts.sample import Sample

ROOT = PACKAGE.parent
# Scatter of five seeds: standard deviation .0158, so half a 95 % interval of a difference is .0231.
SCATTER = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])
NAMES = ("one", "two", "three", "four", "five")


def around(middle: float, seeds: int = 5) -> list[float]:
    return [float(value) for value in middle + SCATTER[:seeds]]


def expect(
    kind: Kind, arms: int = 2, margin: float | None = 0.1, metric: str | None = "linear"
) -> Expectation:
    return Expectation(kind=kind, arms=NAMES[:arms], metric=metric, margin=margin)


def compare(kind: Kind, *middles: float, margin: float = 0.1) -> Judgement:
    samples = {name: Sample({"linear": around(m)}) for name, m in zip(NAMES, middles, strict=False)}
    return judge(expect(kind, len(middles), margin), samples, 5)


# Every outcome of every kind


@pytest.mark.parametrize(
    ("kind", "above", "outcome"),
    [
        ("greater", 0.20, "supported"),
        ("greater", 0.11, "leaning"),
        ("greater", 0.09, "inconclusive"),
        ("greater", 0.05, "not supported"),
        ("greater", -0.09, "not supported"),
        ("greater", -0.20, "contradicted"),
        ("level", 0.30, "supported"),
        ("level", 0.00, "supported"),
        ("level", -0.09, "leaning"),
        ("level", -0.11, "inconclusive"),
        ("level", -0.20, "contradicted"),
        ("equal", 0.00, "supported"),
        ("equal", 0.077, "supported"),  # inside by the 90 % interval, not by that of 95 %
        ("equal", -0.077, "supported"),
        ("equal", 0.09, "leaning"),
        ("equal", -0.09, "leaning"),
        ("equal", 0.11, "inconclusive"),
        ("equal", 0.20, "not supported"),
        ("equal", -0.20, "not supported"),
    ],
)
def test_two_arms(kind: Kind, above: float, outcome: Outcome) -> None:
    found = compare(kind, 0.5 + above, 0.5)
    assert found.outcome == outcome
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(above)
    assert found.slope is None


@pytest.mark.parametrize(
    ("middles", "outcome", "weakest"),
    [
        ((0.9, 0.7, 0.5), "supported", 0.2),
        ((0.9, 0.7, 0.64), "leaning", 0.06),
        ((0.9, 0.7, 0.66), "inconclusive", 0.04),
        ((0.7, 0.7, 0.5), "not supported", 0.0),
        ((0.9, 0.5, 0.7), "contradicted", -0.2),
        ((0.7, 0.7, 0.5, 0.9), "contradicted", -0.4),
    ],
)
def test_an_order_is_as_good_as_its_weakest_step(
    middles: Sequence[float], outcome: Outcome, weakest: float
) -> None:
    found = compare("order", *middles, margin=0.05)
    assert found.outcome == outcome
    assert found.outcome == min((part.outcome for part in found.parts), key=OUTCOMES.index)
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(weakest)
    steps = list(pairwise(NAMES[: len(middles)]))
    assert [part.expectation.arms for part in found.parts] == steps
    assert found.expectation.kind == "order"


def test_one_step_of_many_needs_more_to_speak_against_an_order() -> None:
    """The more steps, the likelier that chance turns one of them round."""
    low = [0.0] * 5
    high = [value + 0.026 for value in around(0.0)]
    alone = judge(expect("greater", margin=0.0), _samples(low, high), 5)
    twelve = [low, high, *([-float(i)] * 5 for i in range(1, 4))]
    among = judge(expect("order", 5, margin=0.0), _samples(*twelve), 5)
    assert alone.outcome == "contradicted"
    assert [part.outcome for part in among.parts] == ["inconclusive", *["supported"] * 3]


@pytest.mark.parametrize(
    ("rise", "outcome"),
    [
        (0.200, "supported"),
        (0.055, "leaning"),
        (0.045, "inconclusive"),
        (0.000, "not supported"),
        (-0.20, "contradicted"),
    ],
)
def test_a_trend(rise: float, outcome: Outcome) -> None:
    found = compare("trend", 0.5, 0.5 + rise, 0.5 + 2 * rise, margin=0.05)
    assert found.outcome == outcome
    assert found.slope is not None
    assert found.slope.rise == pytest.approx(rise)
    assert found.difference is None


GONE, DOUBT, SPREAD = (0.02, 0.22), (0.10, 0.60), (0.95, 0.80)  # spread, linear accuracy; untrained .20


@pytest.mark.parametrize(
    ("seeds", "collapse", "none"),
    [
        ([GONE] * 5, "supported", "contradicted"),
        ([GONE] * 4 + [SPREAD], "leaning", "inconclusive"),
        ([GONE] * 3 + [DOUBT] * 2, "leaning", "inconclusive"),
        ([GONE] * 2 + [DOUBT] * 1 + [SPREAD] * 2, "inconclusive", "inconclusive"),
        ([GONE] * 1 + [SPREAD] * 4, "inconclusive", "leaning"),
        ([DOUBT] * 5, "inconclusive", "inconclusive"),
        ([SPREAD] * 5, "contradicted", "supported"),
        ([(0.299, 0.25)] * 5, "supported", "contradicted"),  # the last that counts as collapsed
        ([(0.300, 0.25)] * 5, "contradicted", "supported"),
        ([(0.299, 0.26)] * 5, "inconclusive", "inconclusive"),
        ([(0.95, 0.10)] * 5, "contradicted", "supported"),  # useless, but no constant
    ],
)
def test_a_collapse_has_two_witnesses(
    seeds: list[tuple[float, float]], collapse: Outcome, none: Outcome
) -> None:
    stds, linear = zip(*seeds, strict=True)
    samples = {"one": Sample({"std": stds, "linear": linear}, untrained={"linear": [0.2] * 5})}
    found = {kind: judge(expect(kind, 1, None, None), samples, 5) for kind in ("collapse", "no-collapse")}
    assert (found["collapse"].outcome, found["no-collapse"].outcome) == (collapse, none)
    gone = sum(seed in (GONE, (0.299, 0.25)) for seed in seeds)
    assert found["collapse"].count == f"{gone} of 5"
    assert found["no-collapse"].count == f"{sum(std >= 0.3 for std in stds)} of 5"


def test_a_collapse_in_words() -> None:
    samples = {
        "one": Sample(
            {"std": [0.01, 0.02, 0.01, 0.1, 0.9], "linear": [0.2, 0.2, 0.2, 0.6, 0.8]},
            untrained={"linear": [0.2] * 5, "std": [0.02, 0.03, 0.02, 0.02, 0.04]},
        )
    }
    none = {"one": Sample({"std": [0.9] * 5, "linear": [0.8] * 5}, untrained={"linear": [0.2] * 5})}
    assert judge(expect("collapse", 1, None, None), none, 5).sentence == (
        "In 5 of 5 seeds the outputs of `one` ended spread out (spread 0.90 to 0.90 of 1)."
    )
    rest = "in 1 narrow and yet read by a linear probe (spread 0.01 to 0.90 of 1; untrained 0.02 to 0.04)."
    told = {kind: judge(expect(kind, 1, None, None), samples, 5).sentence for kind in COLLAPSES}
    assert told == {
        "collapse": f"In 3 of 5 seeds the outputs of `one` ended constant, in 1 spread out, {rest}",
        "no-collapse": f"In 1 of 5 seeds the outputs of `one` ended spread out, in 3 constant, {rest}",
    }


def test_every_kind_is_judged_and_the_outcomes_are_ordered() -> None:
    assert set(KINDS) == set(ARMS)
    assert OUTCOMES == ("contradicted", "not supported", "inconclusive", "leaning", "supported")


def test_three_seeds_suffice_for_a_large_difference() -> None:
    samples = {"one": Sample({"linear": around(0.9, 3)}), "two": Sample({"linear": around(0.5, 3)})}
    found = judge(expect("greater"), samples, 3)
    assert found.outcome == "supported"
    assert found.difference is not None
    assert found.difference.p == 1 / 20


# In words


def test_small_differences_in_words() -> None:
    small = {"one": Sample({"alignment": [2e-5, 2.1e-5, 1.9e-5, 2e-5, 2.2e-5]})}
    samples = small | {"two": Sample({"alignment": [2e-9] * 5})}
    found = judge(expect("greater", 2, 0.0, "alignment"), samples, 5)
    assert found.outcome == "supported"
    assert found.sentence.startswith("`one` is above `two` by .0000204 in alignment (95 % interval .0000190")


def test_differences_in_words() -> None:
    assert compare("greater", 0.81, 0.5).sentence == (
        "`one` is above `two` by .310 in linear (95 % interval .287 to .333; 5 seeds each); "
        "more than .100 was expected, p = .004."
    )
    assert compare("greater", 0.45, 0.5, margin=0).sentence == (
        "`one` is below `two` by .050 in linear (95 % interval −.073 to −.027; 5 seeds each); "
        "above by any amount was expected, p = 1.000."
    )
    assert compare("level", 0.5, 0.5).sentence == (
        "`one` is level with `two` in linear (95 % interval −.023 to .023; 5 seeds each); "
        "at most .100 below was expected, p = .004."
    )
    assert compare("equal", 0.5, 0.52).sentence == (
        "`one` is below `two` by .020 in linear (90 % interval −.039 to −.001; 5 seeds each); "
        "less than .100 either way was expected, p = .004."
    )
    assert compare("trend", 0.1, 0.3, 0.5, margin=0.05).sentence == (
        "From `one` to `three` linear rises by .200 from arm to arm "
        "(95 % interval .188 to .212; 5 seeds each); a rise of more than .050 was expected, p < .001."
    )
    assert compare("order", 0.9, 0.7, 0.64, margin=0.05).sentence.startswith(
        "1 of 2 steps of the order are supported. The weakest: `two` is above `three` by .060 in linear"
    )


def test_no_sentence_is_about_the_paper() -> None:
    for kind in ("greater", "level", "equal"):
        for above in (0.3, 0.11, 0.09, 0.0, -0.3):
            assert "paper" not in compare(kind, 0.5 + above, 0.5).sentence


def test_seeds_of_different_number_are_told() -> None:
    samples = _samples(around(0.9), around(0.5, 4))
    assert "5 and 4 seeds" in judge(expect("greater"), samples, 5).sentence


# Baselines, and what is missing


def test_baselines_are_compared_too() -> None:
    run = Sample({"linear": around(0.9)}, {"linear": around(0.2)}, {"linear": around(0.85)})
    found: dict[str, Judgement] = {}
    for baseline in ("untrained", "pixels"):
        wanted = Expectation(kind="greater", arms=("one", f"one/{baseline}"), metric="linear", margin=0.1)
        found[baseline] = judge(wanted, {"one": run}, 5)
    assert found["untrained"].outcome == "supported"
    assert found["pixels"].outcome == "not supported"


def _samples(*arms: Sequence[float | None], **more: Any) -> dict[str, Sample]:
    return {name: Sample({"linear": arm}, **more) for name, arm in zip(NAMES, arms, strict=False)}


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ({"one": Sample({"linear": around(0.9)})}, "No run of `two` is there yet."),
        (
            {"one": Sample({"linear": around(0.9)}), "two": Sample({"linear": around(0.2, 4)}, unfinished=1)},
            "1 of 5 runs of `two` did not finish",
        ),
        (_samples(around(0.9), [0.5, None, 0.5, 0.5, 0.5]), "linear of `two` is known in 4 of 5 seeds"),
        (_samples(around(0.9), [0.5, math.nan, 0.5, 0.5, 0.5]), "linear of `two` is known in 4 of 5 seeds"),
        (_samples([math.inf] * 5, around(0.5)), "linear of `one` is known in 0 of 5 seeds"),
        (_samples(around(0.9), [0.5]), "linear of `two` is known in 1 of 5 seeds"),
        ({"one": Sample({"knn": around(0.9)}), "two": Sample({})}, "linear of `one` is known in 0 of 5"),
    ],
)
def test_what_is_missing_is_said_and_nothing_concluded(samples: Mapping[str, Sample], told: str) -> None:
    found = judge(expect("greater"), samples, 5)
    assert found.outcome == "inconclusive"
    assert told in found.sentence
    assert found.difference is None


def test_a_collapse_needs_all_witnesses_in_every_seed() -> None:
    wanted = expect("collapse", 1, None, None)
    for metrics, untrained in (
        ({"std": [0.01] * 5}, {"linear": [0.2] * 5}),
        ({"std": [0.01] * 5, "linear": [0.2] * 5}, {}),
        ({"std": [0.01] * 5, "linear": [0.2] * 4}, {"linear": [0.2] * 5}),
        ({"std": [0.01] * 4 + [math.nan], "linear": [0.2] * 5}, {"linear": [0.2] * 5}),
    ):
        found = judge(wanted, {"one": Sample(metrics, untrained)}, 5)
        assert (found.outcome, found.count) == ("inconclusive", None)
        assert "is known in" in found.sentence


@pytest.mark.parametrize(
    ("above", "outcome"),
    [(0.3, "leaning"), (0.11, "leaning"), (0.05, "inconclusive"), (-0.3, "inconclusive")],
)
def test_fewer_seeds_than_planned_settle_nothing(above: float, outcome: Outcome) -> None:
    samples = _samples(around(0.5 + above), around(0.5, 4))
    found = judge(expect("greater"), samples, 5)
    assert found.outcome == outcome
    assert found.sentence.endswith("Only 4 of 5 planned seeds are there, so this is not settled.")


def test_no_step_of_an_order_is_settled_early() -> None:
    samples = _samples(around(0.9, 4), around(0.5), around(0.1))
    found = judge(expect("order", 3), samples, 5)
    assert (found.outcome, [part.outcome for part in found.parts]) == ("leaning", ["leaning", "leaning"])
    assert found.sentence.startswith("0 of 2 steps of the order are supported.")


def test_seeds_beyond_the_planned_ones_do_not_count() -> None:
    more = _samples([*around(0.9), 0.0, 0.0, 0.0], [*around(0.5), 1.0, 1.0])
    found = judge(expect("greater"), more, 5)
    assert found == judge(expect("greater"), _samples(around(0.9), around(0.5)), 5)


@pytest.mark.parametrize(("metric", "margin"), [(None, 0.1), ("linear", None)])
def test_a_comparison_without_metric_or_margin_is_refused(metric: str | None, margin: float | None) -> None:
    with pytest.raises(UsageError, match="needs a metric and a margin"):
        judge(expect("greater", 2, margin, metric), _samples(around(0.9), around(0.5)), 5)


def test_seeds_needed_come_with_every_comparison() -> None:
    assert compare("greater", 0.7, 0.5).seeds_needed == 3
    assert (compare("greater", 0.12, 0.0).seeds_needed or 0) > 5
    assert compare("greater", 0.55, 0.5).seeds_needed is None
    assert compare("level", 0.5, 0.5).seeds_needed == 3
    assert compare("equal", 0.5, 0.5).seeds_needed == 3
    assert (compare("equal", 0.59, 0.5).seeds_needed or 0) > 5
    assert compare("equal", 0.61, 0.5).seeds_needed is None
    assert compare("trend", 0.1, 0.3, 0.5).seeds_needed == 3
    needed = compare("order", 0.9, 0.7, 0.64, margin=0.05)
    assert needed.seeds_needed == needed.parts[1].seeds_needed
    assert compare("order", 0.9, 0.7, 0.66, margin=0.05).seeds_needed is None


# 10,000 experiments at five seeds whose truth lies just where the expectation ceases to hold

N, SEEDS, MARGIN = 10_000, 5, 0.1
Draw = Callable[[np.random.Generator], Array]


def normal(spread: float) -> Draw:
    return lambda rng: rng.normal(0, spread, (N, SEEDS))


def exponential(rng: np.random.Generator) -> Array:
    return rng.exponential(0.1, (N, SEEDS)) - 0.1


def log_normal(rng: np.random.Generator) -> Array:
    return 0.1 * (rng.lognormal(0, 1, (N, SEEDS)) - math.exp(0.5))


def beta(a: float, b: float) -> Draw:
    """Fractions in [0, 1], moved to mean 0."""
    return lambda rng: rng.beta(a, b, (N, SEEDS)) - a / (a + b)


SHAPES: dict[str, tuple[Draw, Draw]] = {
    "normal": (normal(0.1), normal(0.1)),
    "normal, spread 3 : 1": (normal(0.3), normal(0.1)),
    "normal, spread 1 : 10": (normal(0.1), normal(1.0)),
    "normal against a constant": (normal(0.1), normal(0.0)),
    "exponential": (exponential, exponential),
    "log-normal": (log_normal, log_normal),
    "fractions near 0": (beta(2, 8), beta(2, 8)),
    "fractions near 1": (beta(20, 2), beta(20, 2)),
    "fractions at both ends": (beta(0.5, 0.5), beta(0.5, 0.5)),
    "fractions near 1 against near 0": (beta(8, 2), beta(2, 8)),
}


def rate(kind: Kind, draws: Sequence[Draw], means: Iterable[float], seed: int = 0) -> float:
    rng = np.random.default_rng([seed, *kind.encode()])
    arms = [draw(rng) + mean for draw, mean in zip(draws, means, strict=True)]
    return float(np.mean(is_supported(kind, arms, MARGIN)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "gap"), [("greater", MARGIN), ("level", -MARGIN), ("equal", MARGIN)])
def test_false_support_of_two_arms_is_rare(kind: Kind, gap: float, shape: str) -> None:
    assert rate(kind, SHAPES[shape], (gap, 0.0)) <= 0.05


@pytest.mark.parametrize("shape", SHAPES)
def test_false_support_of_an_order_is_rare(shape: str) -> None:
    """The first step is as good as certain, the second just at the margin."""
    one, other = SHAPES[shape]
    assert rate("order", (normal(0.0), one, other), (9.0, MARGIN, 0.0)) <= 0.05


@pytest.mark.parametrize("bend", [0.0, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_false_support_of_a_trend_is_rare(shape: str, bend: float) -> None:
    """Three arms and four; on a straight line, and on a bent one whose slope is just the margin."""
    one, other = SHAPES[shape]
    three = MARGIN * np.arange(3) + bend * np.array([0, 1, 0])
    four = MARGIN * np.arange(4) + bend * np.array([1, -1, -1, 1])
    assert rate("trend", (one, other, one), three) <= 0.05
    assert rate("trend", (one, other, other, one), four) <= 0.05


@pytest.mark.parametrize("kind", ["greater", "level", "equal", "order", "trend"])
def test_experiments_judged_at_once_are_judged_as_one_by_one(kind: Kind) -> None:
    rng = np.random.default_rng(3)
    count = ARMS[kind][0]
    means = {"order": (0.6, 0.3, 0.0), "trend": (0.0, 0.2, 0.4)}.get(kind, (0.24, 0.0))
    if kind in ("level", "equal"):
        means = (0.0, 0.0)
    arms = [rng.normal(mean, 0.07, (60, SEEDS)) for mean in means]
    together = is_supported(kind, arms, MARGIN)
    assert 0 < together.sum() < 60
    for index in range(60):
        samples = _samples(*(arm[index].tolist() for arm in arms))
        assert (judge(expect(kind, count), samples, SEEDS).outcome == "supported") == together[index]


def test_the_page_shows_what_the_simulation_gives() -> None:
    """All rows at three seeds and the first at five; the script's own --check takes minutes."""
    spec = importlib.util.spec_from_file_location("verdict_power", ROOT / "speed" / "verdict_power.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text(encoding="utf-8")
    shown_rows = page.partition(script.START)[2].partition(script.END)[0].splitlines()
    rows = [*script.CAPTION, *script.power_rows(3), next(script.power_rows(5))]
    assert [row for row in rows if row not in shown_rows] == []
    names = [*script.SHAPES, *script.KINDS]
    assert all(any(f"| {name} |" in row for row in shown_rows) for name in names)
