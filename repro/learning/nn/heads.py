"""Heads: the small networks between an encoder and a loss."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def mlp(
    widths: Sequence[int],
    *,
    hidden_norm: bool = True,
    hidden_bias: bool = False,
    output_bias: bool = False,
) -> nn.Sequential:
    """Linear layers from ``widths[0]`` to ``widths[-1]`` with BN and ReLU between them, none after the last.

    A hidden layer without normalisation always keeps its bias: nothing else could shift it.
    (B, widths[0]) -> (B, widths[-1]).
    """
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(widths[:-1]):
        layers.append(nn.Linear(wide, narrow, bias=hidden_bias or not hidden_norm))
        if hidden_norm:
            layers.append(nn.BatchNorm1d(narrow))
        layers.append(nn.ReLU(inplace=True))
    layers.append(nn.Linear(widths[-2], widths[-1], bias=output_bias))
    return nn.Sequential(*layers)


def scale_only_norm(width: int) -> nn.BatchNorm1d:
    """Batch normalisation with a learnt scale and an offset held at zero. (B, width) -> (B, width)."""
    norm = nn.BatchNorm1d(width)
    norm.bias.requires_grad_(False)
    return norm
