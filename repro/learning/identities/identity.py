"""What the check of an exact claim is made of: fresh random numbers, and the distance of two results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

# Of the largest number compared. Rounding leaves some 1e-15 in float64, sums over a batch and a backward pass
# a hundred times that; a wrong factor, sign or divisor leaves more than 1e-3.
TOLERANCE = 1e-9
# Where a part of the project computes in float32 whatever it is given.
SINGLE = 2e-6
# Far above the 1e-5 that batch normalisation adds to a variance, so that nothing of it is left to see.
LARGE = 1e6


class Draw:
    """The random numbers of one check: a function of the seed and the claim, in float64."""

    def __init__(self, seed: int, claim: str) -> None:
        self._numbers = np.random.default_rng([seed, *claim.encode()])

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self._numbers.integers(low, high, endpoint=True))

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return float(self._numbers.uniform(low, high))

    def normal(self, *shape: int) -> Array:
        """Independent standard normal numbers."""
        return self._numbers.normal(size=shape)

    def views(self, rows: int, width: int, scale: float = 1.0) -> tuple[Array, Array]:
        """Two views of the same rows: alike, as in training, and off centre. (rows, width) each."""
        base = self.normal(rows, width) + self.normal(width)
        one, other = (scale * (base + 0.5 * self.normal(rows, width)) for _ in range(2))
        return one, other


@dataclass(frozen=True, slots=True)
class Compared:
    """What a check set side by side, and how far apart it was."""

    what: str
    difference: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the two are the same but for rounding; never for what is no number."""
        return self.difference <= self.tolerance


Identity = Callable[[Draw], Compared]


def compare(what: str, *pairs: tuple[Any, Any], tolerance: float = TOLERANCE) -> Compared:
    """Tensors, arrays or numbers found, each beside what is expected; the worst pair counts."""
    return Compared(what, float(np.max([distance(*pair) for pair in pairs])), tolerance)


def distance(found: Any, expected: Any) -> float:
    """Largest difference, as a share of the largest number expected where that is above 1.

    Infinite between results of different shapes, no number if one of them holds none.
    """
    one, other = _array(found), _array(expected)
    if one.shape != other.shape:
        return float("inf")
    return float(np.max(np.abs(one - other)) / max(1.0, float(np.max(np.abs(other)))))


def tensors(*arrays: Array) -> list[Tensor]:
    """The same numbers as tensors of their own, in float64."""
    return [torch.from_numpy(array.copy()) for array in arrays]


def _array(value: Any) -> Array:
    plain = value.detach().numpy() if isinstance(value, Tensor) else value
    return np.asarray(plain, dtype=np.float64)
