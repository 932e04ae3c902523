"""Judgements in sentences: arms by name, numbers with as many decimals as they can bear. No torch."""

import math
from collections.abc import Sequence

from repro.catalog.records.experiment import Expectation
from repro.verdicts.statistics import Difference, Slope


def no_run(arm: str) -> str:
    """Nothing there yet."""
    return f"No run of `{arm}` is there yet."


def unfinished_runs(arm: str, runs: int, planned: int) -> str:
    """Runs that broke off; without them the others would be a choice."""
    return f"{runs} of {planned} runs of `{arm}` did not finish, so nothing is concluded from the others."


def missing_values(ref: str, metric: str, there: int, planned: int) -> str:
    """Too few values, or holes among them."""
    return f"{metric} of `{ref}` is known in {there} of {planned} seeds, too few for a conclusion."


def missing_seeds(there: int, planned: int) -> str:
    """Fewer seeds than planned."""
    return f"Only {there} of {planned} planned seeds are there, so this is not settled."


def greater(expectation: Expectation, contrast: Difference) -> str:
    """For instance: `with` is above `without` by .31 in linear (95 % interval .27 to .35; ...)."""
    digits = _digits(contrast.margin, contrast.high - contrast.low)
    target = f"more than {_number(contrast.margin, digits)}" if contrast.margin else "above by any amount"
    return f"{_comparison(expectation, contrast, digits)}; {target} was expected, {_p(contrast.p)}."


def level(expectation: Expectation, contrast: Difference) -> str:
    """As :func:`greater`; the margin is how much lower it may be."""
    digits = _digits(contrast.margin, contrast.high - contrast.low)
    allowed = f"at most {_number(abs(contrast.margin), digits)} below" if contrast.margin else "not below"
    return f"{_comparison(expectation, contrast, digits)}; {allowed} was expected, {_p(contrast.p)}."


def equal(expectation: Expectation, contrast: Difference) -> str:
    """As :func:`greater`, with the 90 % interval, which two one-sided tests of 5 % make."""
    digits = _digits(contrast.margin, contrast.high - contrast.low)
    within = f"less than {_number(abs(contrast.margin), digits)} either way was expected"
    return f"{_comparison(expectation, contrast, digits, level=90)}; {within}, {_p(contrast.p)}."


def trend(expectation: Expectation, contrast: Slope) -> str:
    """The rise from arm to arm."""
    digits = _digits(contrast.margin, contrast.high - contrast.low)
    rise = f"{'rises' if contrast.rise >= 0 else 'falls'} by {_number(abs(contrast.rise), digits)}"
    interval = _interval(contrast.low, contrast.high, digits)
    target = f"a rise of more than {_number(contrast.margin, digits)}" if contrast.margin else "a rise"
    ends = f"From `{expectation.arms[0]}` to `{expectation.arms[-1]}`"
    return (
        f"{ends} {expectation.metric} {rise} from arm to arm "
        f"(95 % interval {interval}; {_seeds(contrast.seeds)}); {target} was expected, {_p(contrast.p)}."
    )


def order(expectation: Expectation, weakest: str, supported: int) -> str:
    """The count of steps of an order that are there, and the least favourable one."""
    steps = len(expectation.arms) - 1
    return f"{supported} of {steps} steps of the order are supported. The weakest: {weakest}"


def collapse(
    expectation: Expectation, stds: Sequence[float], before: Sequence[float], constant: int, spread: int
) -> str:
    """For instance: In 5 of 5 seeds the outputs of `a` ended constant (spread 0.01 to 0.02 of 1; ...).

    What was expected comes first, if any seed shows it. ``before`` is the spread of the untrained network,
    which is narrow too: where the outputs ended says little without where they began.
    """
    ends = [(constant, "constant"), (spread, "spread out")]
    ends = ends if expectation.kind == "collapse" else ends[::-1]
    ends.append((len(stds) - constant - spread, "narrow and yet read by a linear probe"))
    (count, end), *rest = [(seeds, way) for seeds, way in ends if seeds]
    sentence = f"In {count} of {len(stds)} seeds the outputs of `{expectation.arms[0]}` ended {end}"
    sentence += "".join(f", in {seeds} {way}" for seeds, way in rest)
    began = f"; untrained {_range(before)}" if before else ""
    return f"{sentence} (spread {_range(stds)} of 1{began})."


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _comparison(expectation: Expectation, contrast: Difference, digits: int, level: int = 95) -> str:
    left, right = expectation.arms
    by = _number(abs(contrast.mean), digits)
    side = "above" if contrast.mean >= 0 else "below"
    relation = f"is {side} `{right}` by {by}" if float(by) else f"is level with `{right}`"
    low, high = (contrast.low, contrast.high) if level == 95 else (contrast.low90, contrast.high90)
    return (
        f"`{left}` {relation} in {expectation.metric} "
        f"({level} % interval {_interval(low, high, digits)}; {_seeds((contrast.n_left, contrast.n_right))})"
    )


def _seeds(counts: Sequence[int]) -> str:
    if len(set(counts)) == 1:
        return f"{counts[0]} seeds each"
    return f"{', '.join(map(str, counts[:-1]))} and {counts[-1]} seeds"


def _interval(low: float, high: float, digits: int) -> str:
    return f"{_number(low, digits)} to {_number(high, digits)}"


def _digits(margin: float, width: float) -> int:
    """Decimals that show two digits of the margin and of half the interval, between 1 and 8."""
    smallest = min([size for size in (abs(margin), width / 2) if size > 0], default=0.1)
    return min(max(1 - math.floor(math.log10(smallest)), 1), 8)


def _number(value: float, digits: int) -> str:
    """Without the zero before the point, and with a true minus sign."""
    text = f"{abs(value):.{digits}f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text.removeprefix("0") if text.startswith("0.") else text)


def _p(p: float) -> str:
    return f"p = {_number(p, 3)}" if p >= 0.001 else "p < .001"
