"""Views of images: the augmentations of SimCLR, BYOL, Barlow Twins and SimSiam, a draw for every sample.

One call makes all views of a batch on the device of the batch. The steps, in their order: random resized
crop, horizontal flip, colour jitter, grayscale, Gaussian blur, solarisation, noise, normalisation. A step of
probability or strength 0 is not made and draws nothing.

Where the defaults come from, and what the papers change:

    argument            default       source                            others
    crop_scale          0.08, 1       SimCLR App. A; BYOL Table 6       0.2, 1: SimSiam (official code)
    crop_ratio          3/4, 4/3      SimCLR App. A; BYOL Table 6
    interpolation       bilinear      SimSiam (official code)           bicubic: BYOL Table 6
    flip_p              0.5           all four
    jitter_p            0.8           all four
    brightness          0.8           SimCLR App. A, strength 1         0.4: BYOL Table 6, SimSiam (code)
    contrast            0.8           SimCLR App. A, strength 1         0.4: BYOL Table 6, SimSiam (code)
    saturation          0.8           SimCLR App. A, strength 1         0.2: BYOL Table 6; 0.4: SimSiam (code)
    hue                 0.2           SimCLR App. A, strength 1         0.1: BYOL Table 6, SimSiam (code)
    gray_p              0.2           all four
    blur_p              0.5           SimCLR App. A; SimSiam (code)     1 and 0.1: BYOL Table 6; 0 on CIFAR-10
    blur_sigma          0.1, 2        SimCLR App. A; BYOL Table 6
    solarize_p          0             SimCLR, SimSiam: not used         0 and 0.2: BYOL Table 6, Barlow Twins
    solarize_threshold  0.5           BYOL Table 6
    noise               0             no paper: for drawn digits
    mean, std           none          SimCLR (official code): [0, 1]    channel statistics: SimSiam (code)
    views               2             all four

Barlow Twins (Sec. 2.2) takes BYOL's table. SimCLR on CIFAR-10 (App. B.9) halves
the jitter and has no blur.
"""

# ruff: noqa: B006 - default lists are read, never changed, and show their values to the catalog

from typing import Literal, NamedTuple

import torch
from torch import Generator, Tensor

from repro.catalog.records.bounds import (
    AboveZero,
    Fraction,
    HalfTurn,
    NotNegative,
    Positive,
    PositiveInterval,
    ShareInterval,
)
from repro.learning.examples import Image
from repro.learning.parallel import Rows
from repro.learning.settings import bounded
from repro.learning.views import colour, draws, geometry

CACHED = 400_000  # numbers of a batch that a processor works on at a time


def rows_at_once(batch: Tensor, total: int) -> int:
    """How many of ``total`` rows to take through all steps together: on a CPU as many as stay in its cache.

    It halves the time of a large batch there: no step waits for memory or for the system to hand out more.
    """
    if batch.device.type != "cpu":
        return max(1, total)
    return max(16, CACHED // max(1, batch[:1].numel()))


class Parameters(NamedTuple):
    """All that is random about one view of B images, a row for each; None where a step is not made."""

    boxes: Tensor | None  # (B, 4) int64: top, left, height, width
    flips: Tensor | None  # (B,) bool
    jitter: colour.Jitter | None
    gray: Tensor | None  # (B,) bool
    sigmas: Tensor | None  # (B,) pixels; 0 does not blur
    inverted: Tensor | None  # (B,) bool
    noise: Tensor | None  # (B, C, size, size), standard normal

    def of(self, rows: slice) -> "Parameters":
        """Those of some rows."""
        drawn = None if self.jitter is None else self.jitter.of(rows)
        tensors = {name: value[rows] for name, value in self._asdict().items() if isinstance(value, Tensor)}
        return self._replace(jitter=drawn, **tensors)


class ImageViews:
    """Makes the views of a batch: (B, C, H, W) float32 in [0, 1] to ``views`` of (B, C, size, size) float32.

    Views are in [0, 1] unless ``mean`` and ``std`` are given. The generator must be on the batch's device;
    the batch itself is not changed.
    """

    @bounded("views")
    def __init__(
        self,
        example: Image,
        *,
        crop_scale: ShareInterval = [0.08, 1.0],  # share of the area a crop keeps, from and to
        crop_ratio: PositiveInterval = [0.75, 1.3333333333333333],  # width over height of a crop, from and to
        interpolation: Literal["bilinear", "bicubic"] = "bilinear",  # filter of the resize, antialiased
        flip_p: Fraction = 0.5,  # probability of mirroring left and right
        jitter_p: Fraction = 0.8,  # probability of the colour jitter, which is the next four
        brightness: NotNegative = 0.8,  # factor uniform in [max(0, 1 - brightness), 1 + brightness]
        contrast: NotNegative = 0.8,  # factor alike, away from the mean gray of the image
        saturation: NotNegative = 0.8,  # factor alike, away from the gray image
        hue: HalfTurn = 0.2,  # turn of the colour circle uniform in [-hue, hue]
        gray_p: Fraction = 0.2,  # probability of grayscale
        blur_p: Fraction | list[Fraction] = 0.5,  # probability of Gaussian blur, or one for each view
        blur_sigma: PositiveInterval = [0.1, 2.0],  # standard deviation of the blur in pixels, from and to
        solarize_p: Fraction | list[Fraction] = 0.0,  # probability of inverting bright pixels, or one a view
        solarize_threshold: Fraction = 0.5,  # pixels from here on are inverted
        noise: NotNegative = 0.0,  # standard deviation of added Gaussian noise
        mean: list[Fraction] = [],  # of each channel, for the normalisation; empty for none
        std: list[AboveZero] = [],  # of each channel, for the normalisation; empty for none
        views: Positive = 2,  # how many
    ) -> None:
        self.channels, self.size = example
        self.views = views
        self.crop_scale = crop_scale
        self.crop_ratio = crop_ratio
        self.interpolation: Literal["bilinear", "bicubic"] = interpolation
        self.flip_p = flip_p
        self.jitter_p = jitter_p
        self.strengths: dict[colour.Step, float] = {
            "brightness": brightness,
            "contrast": contrast,
            "saturation": saturation,
            "hue": hue,
        }
        self.gray_p = gray_p
        self.blur_p = blur_p if isinstance(blur_p, list) else [blur_p] * views
        self.blur_sigma = blur_sigma
        self.solarize_p = solarize_p if isinstance(solarize_p, list) else [solarize_p] * views
        self.solarize_threshold = solarize_threshold
        self.noise = noise
        self.mean = mean
        self.std = std

    @property
    def count(self) -> int:
        """How many views there are of each image."""
        return self.views

    @torch.no_grad()
    def __call__(self, batch: Tensor, generator: Generator, rows: Rows | None = None) -> list[Tensor]:
        """The views of one batch, rows in the order of the batch.

        With ``rows`` the batch holds only these rows of a larger one. All that is random is drawn for the
        larger batch, so a row's views do not depend on who makes them.
        """
        if batch.dtype != torch.float32 or batch.ndim != 4 or batch.shape[1] != self.channels:
            raise TypeError(
                f"A batch of images must be float32 (B, {self.channels}, H, W) in [0, 1]; "
                f"this one is {batch.dtype} {tuple(batch.shape)}."
            )
        rows = rows or Rows.whole(len(batch))
        # Half precision would round the weights of the crop, and half an image has half its grays.
        with torch.autocast(batch.device.type, enabled=False):
            return [self._view(batch, view, generator, rows) for view in range(self.views)]

    def plain(self, batch: Tensor) -> Tensor:
        """Images as the network expects them, not augmented: normalised if views are."""
        return colour.normalise(batch, self.mean, self.std) if self.std else batch

    def restore(self, view: Tensor) -> Tensor:
        """Undo the normalisation of a view, so that it can be looked at: (B, C, H, W) in about [0, 1]."""
        if not self.std:
            return view
        mean, std = (view.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return view * std + mean

    def _view(self, batch: Tensor, view: int, generator: Generator, rows: Rows) -> Tensor:
        """One view of every row, made in parts that stay in a processor's cache."""
        height, width = batch.shape[2:]
        made = []
        for count, within, own in rows.parts(rows_at_once(batch, rows.total)):
            parameters = self.draw(count, height, width, view, generator)
            if own.start < own.stop:
                made.append(self.apply(batch[own], parameters.of(within)))
        return torch.cat(made)

    def draw(self, count: int, height: int, width: int, view: int, generator: Generator) -> Parameters:
        """Everything random about one view of ``count`` images, in the order of the steps."""
        boxes = flips = drawn = gray = sigmas = inverted = noise = None
        if self.crop_scale[0] < 1 or not height == width == self.size:
            boxes = draws.random_boxes(count, height, width, self.crop_scale, self.crop_ratio, generator)
        if self.flip_p:
            flips = draws.chance(count, self.flip_p, generator)
        if self.jitter_p and any(self.strengths.values()):
            drawn = draws.random_jitter(count, self.strengths, self.jitter_p, generator)
        if self.gray_p:
            gray = draws.chance(count, self.gray_p, generator)
        if self.blur_p[view]:
            sigmas = draws.uniform((count,), self.blur_sigma[0], self.blur_sigma[1], generator)
            sigmas *= draws.chance(count, self.blur_p[view], generator)
        if self.solarize_p[view]:
            inverted = draws.chance(count, self.solarize_p[view], generator)
        if self.noise:
            shape = (count, self.channels, self.size, self.size)
            noise = torch.randn(shape, generator=generator, device=generator.device)
        return Parameters(boxes, flips, drawn, gray, sigmas, inverted, noise)

    def apply(self, images: Tensor, parameters: Parameters) -> Tensor:
        """One view of images (B, C, H, W), its parameters given; draws nothing. (B, C, size, size)."""
        boxes, flips, drawn, gray, sigmas, inverted, noise = parameters
        if boxes is not None:
            images = geometry.crop(images, boxes, self.size, self.interpolation)
        if flips is not None:
            images = geometry.flip(images, flips)
        if drawn is not None:
            images = colour.jitter(images, drawn)
        if gray is not None:
            images = colour.grayscale(images, gray)
        if sigmas is not None:
            images = geometry.blur(images, sigmas, geometry.blur_kernel(self.size))
        if inverted is not None:
            images = colour.solarize(images, inverted, self.solarize_threshold)
        if noise is not None:
            images = colour.add_noise(images, noise, self.noise)
        return colour.normalise(images, self.mean, self.std) if self.std else images
