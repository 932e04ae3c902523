"""Pictures like photographs in three classes, drawn from a seed: what a person's own folder may hold.

An object of random shape, place and size lies on a cloudy, lit background. Its class is its pattern alone:
waves, spots or rings. Colours, contrast, angle and scale are drawn alike for every class, so that raw pixels
tell little. No torch here.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.float64]  # (H, W)
CLASSES = ("rings", "spots", "waves")
SHORT, LONG = 96, 128  # pixels of the sides
TINT = 0.1  # how far a channel is from grey
QUALITY = 90  # of the JPEG files


def write_photos(folder: Path, count: int, *, classes: bool = True, seed: int = 0) -> Path:
    """Write ``count`` JPEG files below ``folder``, in class folders or all in one; returns the folder."""
    for index in range(count):
        kind = CLASSES[index % len(CLASSES)]
        place = folder / kind if classes else folder
        place.mkdir(parents=True, exist_ok=True)
        photo(kind, np.random.default_rng([seed, index])).save(
            place / f"img{index:05d}.jpg", quality=QUALITY, subsampling=0
        )
    return folder


def photo(kind: str, random: np.random.Generator) -> Image.Image:
    """One picture of a class, LONG x SHORT pixels or upright."""
    shape = (SHORT, LONG) if random.random() < 0.5 else (LONG, SHORT)
    back = _coloured(_clouds(shape, random), random)
    pattern = _turned(shape, random, PATTERNS[kind])
    body = _coloured(np.clip(pattern + 0.25 * _clouds(shape, random), -1, 1), random)
    mask = _object(shape, random)[..., None]
    light = 1 + 0.35 * _slope(shape, random)[..., None]
    pixels = (mask * body + (1 - mask) * back) * light + random.normal(0, 0.03, (*shape, 3))
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8))


def _waves(x: Plane, y: Plane) -> Plane:
    return np.sin(x + 0.8 * np.sin(y / 2))


def _spots(x: Plane, y: Plane) -> Plane:
    return np.sin(x) * np.sin(y) * 1.4


def _rings(x: Plane, y: Plane) -> Plane:
    """Circles about the points of a coarse grid."""
    period = 5 * np.pi
    near = [(part + period / 2) % period - period / 2 for part in (x, y)]
    return np.sin(np.hypot(*near))


PATTERNS: dict[str, Callable[[Plane, Plane], Plane]] = {"rings": _rings, "spots": _spots, "waves": _waves}


def _turned(
    shape: tuple[int, int], random: np.random.Generator, pattern: Callable[[Plane, Plane], Plane]
) -> Plane:
    """A pattern at a random angle, scale, place and contrast: about -1 to 1."""
    y, x = np.mgrid[: shape[0], : shape[1]] * 2 * np.pi / random.uniform(9, 16)
    angle = random.uniform(0, 2 * np.pi)
    right, down = random.uniform(0, 100, 2)
    turned = pattern(
        x * np.cos(angle) - y * np.sin(angle) + right, x * np.sin(angle) + y * np.cos(angle) + down
    )
    return np.asarray(np.clip(turned * random.uniform(0.7, 1.2), -1, 1))


def _clouds(shape: tuple[int, int], random: np.random.Generator) -> Plane:
    """Noise whose power falls with the frequency, as in photographs: mean 0, deviation about 0.4."""
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    spectrum = np.fft.rfft2(random.normal(size=shape)) / np.maximum(frequency, 1 / max(shape)) ** 1.3
    plane = np.fft.irfft2(spectrum, s=shape)
    return np.asarray(0.4 * (plane - plane.mean()) / plane.std())


def _coloured(plane: Plane, random: np.random.Generator) -> NDArray[np.float64]:
    """From -1 to 1 between two random colours, muted as most in photographs are: (H, W, 3)."""
    dark, bright = random.uniform(0.1, 0.35), random.uniform(0.6, 0.9)
    dark, bright = (level + random.uniform(-TINT, TINT, 3) for level in (dark, bright))
    pair = (dark, bright) if random.random() < 0.5 else (bright, dark)
    share = (np.clip(plane, -1, 1)[..., None] + 1) / 2
    return np.asarray(pair[0] * (1 - share) + pair[1] * share)


def _object(shape: tuple[int, int], random: np.random.Generator) -> Plane:
    """Where the object is, 1 inside and 0 outside: an ellipse with a rough edge."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    height, width = random.uniform(0.32, 0.5, 2) * shape
    top, left = random.uniform(0.35, 0.65, 2) * shape
    distance = np.hypot((y - top) / height, (x - left) / width) + 0.2 * _clouds(shape, random)
    return np.asarray(1 / (1 + np.exp((distance - 1) * 25)))


def _slope(shape: tuple[int, int], random: np.random.Generator) -> Plane:
    """Light from one side: a plane from -1 to 1."""
    y, x = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None]
    angle = random.uniform(0, 2 * np.pi)
    return np.asarray((x * np.cos(angle) + y * np.sin(angle)) / 1.42)
