"""What a picture of a method shows, in words: for those who do not see it, and beside it."""

from collections.abc import Sequence

from repro.catalog.records.diagram import Branch, Diagram

KINDS = {
    "pair": "two outputs of one {input}",
    "away": "two outputs of one {input}, pushed apart",
    "batch": "every output with all of the batch",
    "queue": "every output with a queue of earlier ones",
    "correlation": "feature with feature, over the batch",
    "anticorrelation": "feature with feature, over the batch",
    "centre": "two outputs of one {input}, split into what all share and the rest",
    "input": "an output with the {input} itself",
}
WEIGHTS = {"average": "a moving average of the trained weights", "separate": "weights of its own"}


def sentences(diagram: Diagram) -> str:
    """The picture from top to bottom: every arm, whose weights it has, and what is compared."""
    arms = [
        f"View {arm.view} passes {_ways(arm)}, which gives {arm.output}{_manner(arm)}."
        for arm in diagram.arms
    ]
    shared = sum(arm.weights == "trained" for arm in diagram.arms) > 1
    weights = ["The trained networks share their weights."] if shared else []
    terms = [f"{term.name}: {' and '.join(term.between)}, {term.formula}." for term in diagram.loss]
    swapped = [f"Then {diagram.swapped}."] if diagram.swapped else []
    return " ".join([*arms, *weights, *terms, *swapped])


def _ways(arm: Branch) -> str:
    return joined([_article(part) for part in arm.parts])


def _article(part: str) -> str:
    return f"{'an' if part[0] in 'aeiou' else 'a'} {part}"


def _manner(arm: Branch) -> str:
    """How an arm differs from a plain one."""
    weights = f", with {WEIGHTS[arm.weights]}" if arm.weights in WEIGHTS else ""
    return weights + (", held constant by stop-gradient" if arm.stop_gradient else "")


def joined(names: Sequence[str]) -> str:
    """Names as a sentence lists them: ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def facts(diagram: Diagram) -> dict[str, str]:
    """What tells methods apart, in words; an empty one says that the method has no such part."""
    arms = diagram.arms
    kinds = dict.fromkeys(KINDS[term.kind].format(input=diagram.input) for term in diagram.loss)
    others = dict.fromkeys(WEIGHTS[arm.weights] for arm in arms if arm.weights in WEIGHTS)
    predicted = sum("predictor" in arm.parts for arm in arms)
    return {
        "What is compared": "; ".join(kinds),
        "Loss": "; ".join(term.formula for term in diagram.loss),
        "Weights of the other arm": joined(list(others)) if others else "shared",
        "Predictor": "" if not predicted else "on one arm" if predicted == 1 else f"on {predicted} arms",
        "Stop-gradient": joined([f"on {arm.output}" for arm in arms if arm.stop_gradient] or [""]),
        "Besides": diagram.swapped or "",
    }
