"""How often the decision rule errs and how often it answers: ``python speed/verdict_power.py [--check]``.

10,000 simulated experiments for each number, seeded, put through the rule itself. Prints two Markdown tables
and writes them into site/verdicts.md; ``--check`` writes nothing and exits with 1 if the page says anything
else. Some minutes, nearly all of them for the 184,756 splits of ten and ten seeds.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from repro.catalog.records.experiment import Kind
from repro.verdicts.contrast import Array
from repro.verdicts.rule import is_supported

PAGE = Path(__file__).resolve().parents[1] / "site" / "verdicts.md"
START, END = (
    "<!-- tables: speed/verdict_power.py writes what stands between these marks -->",
    "<!-- end of tables -->",
)
EXPERIMENTS = 10_000
SEEDS = (3, 5, 10)
DISTANCES = (0, 1, 2, 3)  # standard deviations beyond what was asked for; 0 is where the claim ceases to hold
MARGIN = 1.0  # the rule looks at what lies beyond it, so its size does not matter
FAR = 9.0  # a step of an order that nobody can miss
CAPTION = (
    "Share of 10,000 simulated experiments called *supported*. *False support*: the truth lies just where",
    "the expectation ceases to hold. Then: the truth lies 1, 2 or 3 standard deviations of single runs",
    "beyond it; for `equal`, there is no difference, and the margin is that wide. Normal values, all arms",
    "spread alike.",
)

Size = tuple[int, int]
Draw = Callable[[np.random.Generator, Size], Array]


def normal(spread: float) -> Draw:
    return lambda rng, size: rng.normal(0, spread, size)


def exponential(rng: np.random.Generator, size: Size) -> Array:
    return rng.exponential(1, size) - 1


def skewed_down(rng: np.random.Generator, size: Size) -> Array:
    return 1 - rng.exponential(1, size)


def log_normal(rng: np.random.Generator, size: Size) -> Array:
    return rng.lognormal(0, 1, size) - float(np.exp(0.5))


def accuracies(rng: np.random.Generator, size: Size) -> Array:
    """Fractions around .91, moved to mean 0."""
    return rng.beta(20, 2, size) - 20 / 22


def sometimes_failing(rng: np.random.Generator, size: Size) -> Array:
    """One run in ten loses .6, the others scatter by .01."""
    return np.where(rng.random(size) < 0.1, -0.6, 0.0) + 0.06 + rng.normal(0, 0.01, size)


SHAPES: dict[str, tuple[Draw, Draw]] = {
    "normal, the same spread": (normal(1), normal(1)),
    "normal, the first arm spread 3 times as wide": (normal(3), normal(1)),
    "normal, the second arm spread 10 times as wide": (normal(1), normal(10)),
    "both skewed upwards (exponential)": (exponential, exponential),
    "both heavily skewed upwards (log-normal)": (log_normal, log_normal),
    "both fractions near 1 (beta 20, 2)": (accuracies, accuracies),
    "first arm skewed downwards, second normal with the same spread": (skewed_down, normal(1)),
    "first arm skewed downwards, second normal, 3 times as steady": (skewed_down, normal(1 / 3)),
    "first arm fails in one run of ten, second never": (sometimes_failing, normal(0.01)),
}
KINDS: dict[str, Kind] = {
    "greater, level": "greater",
    "equal": "equal",
    "order of three arms": "order",
    "trend over three arms": "trend",
}


def truth(kind: Kind, distance: float) -> tuple[Sequence[float], float]:
    """Means of the arms, in standard deviations, and the margin asked for."""
    beyond = MARGIN + distance
    if kind == "greater":
        return (beyond, 0), MARGIN
    if kind == "equal":  # no difference at all in a margin of that size; the edge of a wide margin
        return ((0, 0), distance) if distance else ((3, 0), 3)
    if kind == "order":
        return ((2 * beyond, beyond, 0) if distance else (FAR + MARGIN, MARGIN, 0)), MARGIN
    return (0, beyond, 2 * beyond), MARGIN


def supported(kind: Kind, draws: Sequence[Draw], distance: float, seeds: int) -> float:
    """The share of experiments that the rule calls supported."""
    means, margin = truth(kind, distance)
    rng = np.random.default_rng([seeds, round(10 * distance), *kind.encode()])
    size = (EXPERIMENTS, seeds)
    arms = [draw(rng, size) + mean for draw, mean in zip(draws, means, strict=True)]
    return float(np.mean(is_supported(kind, arms, margin)))


def power_rows(seeds: int) -> Iterator[str]:
    for name, kind in KINDS.items():
        draws = [normal(1)] * len(truth(kind, 0)[0])
        cells = [percent(supported(kind, draws, distance, seeds)) for distance in DISTANCES]
        yield line(str(seeds), name, *cells)


def shape_rows() -> Iterator[str]:
    for name, draws in SHAPES.items():
        yield line(name, *(percent(supported("greater", draws, 0, seeds)) for seeds in SEEDS))


def tables() -> str:
    power = [
        line("seeds an arm", "expectation", "false support", "1 SD", "2 SD", "3 SD"),
        line("---:", "---", *["---:"] * len(DISTANCES)),
        *(row for seeds in SEEDS for row in power_rows(seeds)),
    ]
    shapes = [
        line("values of the arms", *(f"{seeds} seeds" for seeds in SEEDS)),
        line("---", *["---:"] * len(SEEDS)),
        *shape_rows(),
    ]
    other = "False support of `greater` for other values:"
    return "\n".join([*CAPTION, "", *power, "", other, "", *shapes, "", *bootstrap()])


def bootstrap(seeds: int = 5) -> Iterator[str]:
    """How often the percentile bootstrap keeps its word; every resample there is, not some of them."""
    picks = np.array(list(product(range(seeds), repeat=seeds)))
    values = np.random.default_rng(seeds).normal(size=(EXPERIMENTS, seeds))
    held = [np.percentile(one[picks].mean(axis=1), (2.5, 97.5)) for one in values]
    share = np.mean([low <= 0 <= high for low, high in held])
    yield f"For comparison: the 95 % interval of a percentile bootstrap of the mean of {seeds} normal values"
    yield f"held the truth in {percent(float(share))} of as many experiments."


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def filled(text: str, block: str) -> str:
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{block}\n\n{END}{after}"


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    block = tables()
    new = filled(text, block)
    if "--check" in sys.argv[1:]:
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    print(block)
    return 0


if __name__ == "__main__":
    sys.exit(main())
