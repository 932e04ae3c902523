"""Random parameters of the views, one for each sample, from the generator handed over and on its device."""

import math

import torch
from torch import Generator, Tensor

from repro.learning.views.colour import Jitter, Step

TRIES = 10


def uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    """Uniform float32 numbers in [low, high)."""
    return torch.rand(shape, generator=generator, device=generator.device).mul_(high - low).add_(low)


def chance(count: int, probability: float, generator: Generator) -> Tensor:
    """True with the probability given: (count,) bool."""
    return torch.rand(count, generator=generator, device=generator.device) < probability


def random_boxes(
    count: int, height: int, width: int, scale: list[float], ratio: list[float], generator: Generator
) -> Tensor:
    """Boxes of the random resized crop, (count, 4) int64: top, left, height, width.

    torchvision's law: a share of the area uniform in ``scale``, width over height log-uniform in ``ratio``,
    ten tries to fit into the image, else :func:`central_box`. The tries of all samples are drawn at once.
    """
    area = uniform((count, TRIES), scale[0], scale[1], generator).mul_(height * width)
    aspect = uniform((count, TRIES), math.log(ratio[0]), math.log(ratio[1]), generator).exp_()
    down, across = (area / aspect).sqrt_().round_().long(), (area * aspect).sqrt_().round_().long()
    fits = (down > 0) & (down <= height) & (across > 0) & (across <= width)
    first = fits.byte().argmax(1, keepdim=True)  # the first maximum; 0 where none fits
    down, across = down.gather(1, first).squeeze(1), across.gather(1, first).squeeze(1)
    top, left = corner(height - down, generator), corner(width - across, generator)
    drawn, spare = (top, left, down, across), central_box(height, width, ratio)
    found = fits.any(1)
    return torch.stack([torch.where(found, a, b) for a, b in zip(drawn, spare, strict=True)], 1)


def corner(room: Tensor, generator: Generator) -> Tensor:
    """Uniform integers from 0 to ``room`` (count,), both included."""
    return (uniform(tuple(room.shape), 0, 1, generator) * (room + 1)).long().minimum(room)


def central_box(height: int, width: int, ratio: list[float]) -> tuple[int, int, int, int]:
    """Top, left, height, width of the largest central box whose width over height is within ``ratio``."""
    down = max(1, min(height, round(width / ratio[0])))
    across = max(1, min(width, round(height * ratio[1])))
    return (height - down) // 2, (width - across) // 2, down, across


def random_jitter(
    count: int, strengths: dict[Step, float], probability: float, generator: Generator
) -> Jitter:
    """Factors and orders of the colour jitter; steps of strength 0 are left out.

    ``strengths`` names hue last. Factors are uniform in [max(0, 1 - s), 1 + s], hue shifts in [-s, s]; a
    sample is jittered at all with the probability given.
    """
    steps = tuple(step for step, strength in strengths.items() if strength > 0)
    hit = chance(count, probability, generator)
    columns = []
    for step in steps:
        middle, floor = (0.0, -0.5) if step == "hue" else (1.0, 0.0)
        low, high = max(floor, middle - strengths[step]), middle + strengths[step]
        columns.append(torch.where(hit, uniform((count,), low, high, generator), middle))
    # The order of independent uniform numbers is a uniformly drawn permutation.
    ranks = uniform((count, len(steps)), 0, 1, generator).argsort(1)
    return Jitter(steps, torch.stack(columns, 1), ranks)
