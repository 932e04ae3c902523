"""Losses that two or more papers share; a loss of one paper stands in that paper's file.

Shapes: B rows, D columns.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def in_float32(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Run ``loss`` outside autocast, its half-precision tensors widened to float32.

    Sums over a batch or over D x D correlations lose too much in bfloat16. float64 stays float64, so exact
    claims can be checked in it.
    """

    def widen(value: Any) -> Any:
        half = isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)
        return value.float() if half else value

    @wraps(loss)
    def wrapped(first: Tensor, *others: Any, **named: Any) -> Tensor:
        with torch.autocast(first.device.type, enabled=False):
            return loss(widen(first), *map(widen, others), **named)

    return wrapped


@in_float32
def negative_cosine(p: Tensor, z: Tensor) -> Tensor:
    """Minus the cosine of each pair of rows, averaged: (B, D) x2 -> scalar in [-1, 1].

    SimSiam Eq. 1. BYOL's normalised squared error (Eq. 2) is ``2 + 2 * negative_cosine``.
    """
    return -F.cosine_similarity(p, z, dim=1).mean()
