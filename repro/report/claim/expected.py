"""Expectations in words: what should be seen, and the decision rule with the numbers it uses."""

from repro.catalog.records.experiment import COLLAPSED_STD, COLLAPSES, Expectation, Experiment
from repro.verdicts.rule import ABOVE_UNTRAINED

METRICS = {
    "linear": "linear-probe accuracy",
    "knn": "nearest-neighbour accuracy",
    "std": "spread of the outputs",
    "effective_rank": "effective rank",
    "loss": "last training loss",
    "m_o": "length of the centre, m_o",
    "m_r": "mean length of the residual, m_r",
}
TESTS = "its 95\u00a0% interval and a permutation test (p at most .05)"
RULES = {
    "greater": (
        f"Supported if {TESTS} both put the difference above the margin; contradicted if they put it as "
        "far on the other side; not supported if they show it to stay below the margin; leaning if only its "
        "mean is above the margin; inconclusive otherwise."
    ),
    "level": (
        "Supported if a drop by the margin or more is ruled out by both the 95\u00a0% interval and a "
        "permutation test (p at most .05); contradicted if such a drop is shown; leaning if only the mean "
        "stays within the margin; inconclusive otherwise."
    ),
    "equal": (
        "Supported if two one-sided tests of 5\u00a0% each rule out a difference as large as the margin in "
        "either direction, so that the 90\u00a0% interval lies inside it; not supported if a larger "
        "difference is shown; leaning if only the mean lies inside; inconclusive otherwise."
    ),
    "trend": (
        f"Supported if {TESTS} both put the rise from arm to arm above the margin; contradicted if they "
        "show as steep a fall; not supported if they show the rise to stay below the margin; leaning if "
        "only the mean rise is above it; inconclusive otherwise."
    ),
    "order": (
        f"Each step from one arm to the next is judged by itself: supported if {TESTS} both put it above "
        "the margin. The least favourable step is the outcome, and what speaks against a step must be the "
        "stronger the more steps there are."
    ),
    "collapse": (
        f"A seed collapsed if the spread of its outputs is below {COLLAPSED_STD:g} of 1 and a linear probe "
        f"reads its features no better than the untrained network's by more than {ABOVE_UNTRAINED:g}. "
        f"Supported if every seed did; contradicted if every seed kept a spread of {COLLAPSED_STD:g} or "
        "more; leaning if more than half did; inconclusive otherwise."
    ),
    "no-collapse": (
        f"Supported if every seed kept a spread of {COLLAPSED_STD:g} of 1 or more; contradicted if every "
        "seed collapsed, which also takes a linear probe no better than the untrained network's by more "
        f"than {ABOVE_UNTRAINED:g}; leaning if more than half kept it; inconclusive otherwise."
    ),
}


def metric_name(metric: str) -> str:
    """A metric in words; what only one method measures is named as it is logged."""
    return METRICS.get(metric, metric.replace("_", " "))


def describe_expectation(expectation: Expectation) -> str:
    """Describe what would be seen if the claim holds; arms stand in backticks."""
    arms = [f"`{arm}`" for arm in expectation.arms]
    metric, margin = metric_name(expectation.metric or ""), f"{expectation.margin or 0:g}"
    more = f"by more than {margin}" if expectation.margin else "by any amount"
    return {
        "greater": f"{arms[0]} above {arms[-1]} in {metric} {more}",
        "level": f"{arms[0]} not below {arms[-1]} in {metric} by {margin} or more",
        "equal": f"{arms[0]} and {arms[-1]} less than {margin} apart in {metric}",
        "collapse": f"the outputs of {arms[0]} become constant",
        "no-collapse": f"the outputs of {arms[0]} stay spread",
        "order": f"{' above '.join(arms)} in {metric}, each {more}",
        "trend": f"{metric} rises from {arms[0]} to {arms[-1]}, from arm to arm {more}",
    }[expectation.kind]


def metrics_of(experiment: Experiment) -> tuple[str, ...]:
    """The metrics that the expectations look at, in their order."""
    metrics = (
        ("std", "linear") if expectation.kind in COLLAPSES else (expectation.metric or "linear",)
        for expectation in experiment.expect
    )
    return tuple(dict.fromkeys(name for names in metrics for name in names))
