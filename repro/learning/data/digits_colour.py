"""Placed digits in colour: a flat background of one random colour, and a digit of another, in each image.

Two crops of one image share its colours and hardly any other image's, so a network told only that crops of
one image belong together can tell images apart without ever looking at the digit (SimCLR, Sec. 3.1 and
Fig. 6). Views that change colours take this way out away. Nothing is downloaded.

The background is always the darker of the two, so a digit can be read in every image and in its gray copy.
Originals, splits and geometry are those of ``data/digits.py``, and so is the promise that every machine
makes the same bytes.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from repro.catalog.records.bounds import NotNegative, Positive, Seed, Share
from repro.learning.data.digits import CANVAS, Bytes, Floats, _originals, _place, _split
from repro.learning.data.images import PackedImages
from repro.learning.examples import Image
from repro.learning.settings import bounded

DARK = (0.0, 0.4)  # range of each channel of a background
BRIGHT = (0.6, 1.0)  # range of each channel of a digit


class DigitsColour(PackedImages):
    """Placed digits in random colours, 3 x 24 x 24, ten classes."""

    channels = 3

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Image:
        """The placed digit in colour, whatever the settings."""
        return Image(cls.channels, CANVAS)

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        placements: Positive = 6,  # canvases made from each original digit
        min_scale: Share = 0.5,  # smallest side of a placed digit, as a share of the canvas
        max_scale: Share = 0.9,  # largest side
        angle: NotNegative = 20.0,  # largest rotation to either side, in degrees
        noise: NotNegative = 0.08,  # standard deviation of the pixel noise; the range of a pixel is 0 to 1
        seed: Seed = 0,  # of the rendering, not of the training
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        digits, labels = _originals()
        train, test = _split(evaluate)
        random = np.random.RandomState(seed)

        def paint(chosen: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
            repeated = np.repeat(chosen, placements)
            images = render(digits[repeated], random, (min_scale, max_scale), angle, noise)
            return torch.from_numpy(images), torch.from_numpy(labels[repeated])

        # Train is always drawn before test, so both depend on the seed alone.
        train_images, train_labels = paint(train)
        test_images, test_labels = paint(test)
        label = "placed digits in colour"
        self.label = label if evaluate == "test" else f"{label} (validation split)"
        classes = tuple(str(digit) for digit in range(10))
        super().__init__(train_images, train_labels, test_images, test_labels, classes, device)


def render(
    digits: Floats, random: np.random.RandomState, scale: tuple[float, float], angle: float, noise: float
) -> Bytes:
    """Paint each digit once: (N, 8, 8) ink in [0, 1] -> (N, 3, 24, 24) values 0-255."""
    n = len(digits)
    side = random.uniform(*scale, n) * CANVAS
    turn = np.deg2rad(random.uniform(-angle, angle, n))
    centre = CANVAS / 2 + random.uniform(-1, 1, (2, n)) * (CANVAS - side) / 2
    ground, ink = (random.uniform(*extent, (n, 3, 1, 1)) for extent in (DARK, BRIGHT))
    canvas = ground + (ink - ground) * _place(digits, side, turn, centre)[:, None]
    canvas += noise * random.standard_normal(canvas.shape)
    painted: Bytes = np.rint(canvas.clip(0, 1) * 255).astype(np.uint8)
    return painted
