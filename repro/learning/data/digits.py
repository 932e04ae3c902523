"""The embedded benchmark: scikit-learn's 1,797 real handwritten digits, placed on larger noisy canvases.

Each 8x8 digit is drawn several times at a random position, size, angle and contrast on a noisy background.
Pixels and untrained networks cannot see through these nuisances; views that move and rescale the image teach
a network to. Nothing is downloaded.

The level of the background is the same everywhere: where it differs from image to image it gives two views
away, and methods without negatives learn the background before the digit.

The two splits share no original digit. Rendering is float64 NumPy from the legacy Mersenne Twister, whose
stream NumPy guarantees, so every machine makes the same bytes; ``checksum`` proves it.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from repro.catalog.records.bounds import NotNegative, Positive, Seed, Share
from repro.learning.data.images import PackedImages
from repro.learning.examples import Image
from repro.learning.settings import bounded

CANVAS = 24  # pixels a side
GROUND = 0.1  # grey level of the background, before the noise
TEST_DIGITS = 397  # original digits kept for the test split, of 1,797
VALIDATION_DIGITS = 280  # of the other 1,400, held out when settings are being chosen
SPLIT_SEED = 20  # which digits; never changes, whatever the rendering

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class Digits(PackedImages):
    """Placed digits, 1 x 24 x 24, ten classes."""

    channels = 1

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Image:
        """The placed digit, whatever the settings."""
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

        def place(chosen: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
            repeated = np.repeat(chosen, placements)
            images = render(digits[repeated], random, (min_scale, max_scale), angle, noise)
            return torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels[repeated])

        # Train is always drawn before test, so both depend on the seed alone.
        train_images, train_labels = place(train)
        test_images, test_labels = place(test)
        self.label = "placed digits" if evaluate == "test" else "placed digits (validation split)"
        classes = tuple(str(digit) for digit in range(10))
        super().__init__(train_images, train_labels, test_images, test_labels, classes, device)


def _originals() -> tuple[Floats, NDArray[np.int64]]:
    """The 8x8 digits with ink in [0, 1], (1797, 8, 8), and their labels (1797,)."""
    data = load_digits()
    return data.images / 16.0, data.target.astype(np.int64)


def _split(evaluate: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the original digits of the training and of the evaluation split."""
    order = np.random.RandomState(SPLIT_SEED).permutation(1797)
    test, train = order[:TEST_DIGITS], order[TEST_DIGITS:]
    if evaluate == "validation":
        return train[VALIDATION_DIGITS:], train[:VALIDATION_DIGITS]
    return train, test


def render(
    digits: Floats, random: np.random.RandomState, scale: tuple[float, float], angle: float, noise: float
) -> Bytes:
    """Draw each digit once: (N, 8, 8) ink in [0, 1] -> (N, 24, 24) grey levels 0-255."""
    n = len(digits)
    side = random.uniform(*scale, n) * CANVAS
    turn = np.deg2rad(random.uniform(-angle, angle, n))
    slack = (CANVAS - side) / 2
    centre = CANVAS / 2 + random.uniform(-1, 1, (2, n)) * slack
    ink = random.uniform(0.45, 1.0, n)
    canvas = GROUND + ink[:, None, None] * _place(digits, side, turn, centre)
    canvas += noise * random.standard_normal(canvas.shape)
    grey: Bytes = np.rint(canvas.clip(0, 1) * 255).astype(np.uint8)
    return grey


def _place(digits: Floats, side: Floats, turn: Floats, centre: Floats) -> Floats:
    """Rotate, scale and move: every canvas pixel is looked up, bilinearly, in the 8x8 digit."""
    grid = np.arange(CANVAS) + 0.5
    dy = grid[None, :, None] - centre[0][:, None, None]
    dx = grid[None, None, :] - centre[1][:, None, None]
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    unit = (8 / side)[:, None, None]  # digit pixels a canvas pixel
    row = (cos * dy - sin * dx) * unit + 4 + 0.5  # + 0.5: pixel centres, in the digit padded by one
    column = (sin * dy + cos * dx) * unit + 4 + 0.5
    return _bilinear(np.pad(digits, ((0, 0), (1, 1), (1, 1))), row, column)


def _bilinear(images: Floats, row: Floats, column: Floats) -> Floats:
    """Values of (N, S, S) images at fractional positions (N, H, W); zero outside."""
    last = images.shape[1] - 1
    row, column = row.clip(0, last), column.clip(0, last)
    top, left = np.minimum(row.astype(np.int64), last - 1), np.minimum(column.astype(np.int64), last - 1)
    down, right = row - top, column - left
    index = np.arange(len(images))[:, None, None]
    upper = images[index, top, left] * (1 - right) + images[index, top, left + 1] * right
    lower = images[index, top + 1, left] * (1 - right) + images[index, top + 1, left + 1] * right
    value: Floats = upper * (1 - down) + lower * down
    return value
