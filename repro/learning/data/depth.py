"""Images of more than 8 bits, brought to 8.

They are scaled by the range that all of them together use, grey, colour and opacity each by their own: the
largest value of all files, rounded up to a power of two minus one, becomes 255. So 12-bit data in 16-bit
files spread over all of 0..255, files keep their brightness relative to each other, and 16-bit data that
use their range lose their lower byte. Floats up to 1 are taken for 0..1 (below 2, for 0 to the
largest), others as whole numbers; data with negative values are spread from the smallest to the largest.
What is no number counts as the smallest of its image.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from repro.learning.data.formats import FORMATS

OTHER_ORDER = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}

Values = NDArray[Any]  # (H, W) or (H, W, C), of more than 8 bits


class Span(NamedTuple):
    """The smallest and the largest value of some images."""

    low: float
    high: float

    def joined(self, other: "Span") -> "Span":
        """The span of both."""
        return Span(min(self.low, other.low), max(self.high, other.high))

    @property
    def bits(self) -> int:
        """The bits of the largest value, at least 8."""
        return max(8, int(self.high).bit_length())


Spans = Mapping[str, Span]  # by what the values are: grey, float, colour, opacity


def deep_values(picture: Image.Image, path: str) -> dict[str, Values] | None:
    """The values of an image of more than 8 bits, by what they are; None for any other."""
    if picture.mode == "F":
        return {"float": _finite(np.asarray(picture, dtype=np.float32))}
    if picture.mode.startswith("I"):
        return {"grey": np.asarray(picture).astype(np.int32)}
    tiles = getattr(picture, "tile", ())  # an image from a file has them until it is loaded
    raw = _raw_mode(tiles[0][3]) if tiles else ""
    if raw == "LA;16B":  # four bytes a pixel, read as if each were a band
        pairs = _read_as(path, "RGBA")
        return {
            "colour": _whole(pairs[..., [0, 0, 0]], pairs[..., [1, 1, 1]]),
            "opacity": _whole(pairs[..., 2:3], pairs[..., 3:]),
        }
    bands, _, order = raw.partition(";")
    if bands not in ("RGB", "RGBA") or order not in OTHER_ORDER:
        return None
    # Pillow keeps the upper of two bytes; read in the other order, that is the lower.
    values = _whole(np.asarray(picture), _read_as(path, f"{bands};{OTHER_ORDER[order]}"))
    return {"colour": values[..., :3]} | ({"opacity": values[..., 3:]} if bands == "RGBA" else {})


def _finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """With the smallest and the largest number for what is none."""
    numbers = values[np.isfinite(values)]
    low, high = (numbers.min(), numbers.max()) if numbers.size else (0.0, 0.0)
    return np.nan_to_num(values, nan=low, neginf=low, posinf=high)


def _whole(upper: NDArray[Any], lower: NDArray[Any]) -> NDArray[np.int32]:
    """Values of two bytes."""
    return upper.astype(np.int32) << 8 | lower.astype(np.int32)


def _raw_mode(arguments: Any) -> str:
    """How the pixels lie in the file, in the words of Pillow."""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def _read_as(path: str, mode: str) -> NDArray[np.uint8]:
    """The pixels of a file as if they lay in it in another way: uint8 (H, W, C)."""
    with Image.open(path, formats=tuple(FORMATS)) as picture:
        picture.tile = [_changed(tile, mode) for tile in picture.tile]
        return np.asarray(picture)


def _changed(tile: Any, mode: str) -> Any:
    """A part of a file that is to be read in another mode; a plain tuple before Pillow 11."""
    arguments = (mode, *tile[3][1:]) if isinstance(tile[3], tuple) else mode
    return tile._replace(args=arguments) if hasattr(tile, "_replace") else (*tile[:3], arguments)


def spans_of(values: Mapping[str, Values]) -> Spans:
    """The spans of one image."""
    return {what: Span(float(array.min()), float(array.max())) for what, array in values.items()}


def join_spans(many: Iterable[Spans]) -> Spans:
    """The spans of many images."""
    spans: dict[str, Span] = {}
    for each in many:
        for what, span in each.items():
            spans[what] = span.joined(spans.get(what, span))
    return spans


def eight_bits(values: Mapping[str, Values], spans: Spans) -> Image.Image:
    """An image of 8 bits: grey, colour, or colour with opacity."""
    layers = [_bytes(array, spans[what]) for what, array in values.items()]
    return Image.fromarray(layers[0] if len(layers) == 1 else np.concatenate(layers, axis=-1))


def _bytes(values: Values, span: Span) -> NDArray[np.uint8]:
    """Values as 0..255 by the span of all images."""
    if span.low < 0:
        return np.asarray((values - span.low) * (255 / (span.high - span.low or 1))).round().astype(np.uint8)
    if values.dtype.kind == "i":
        return np.asarray(values >> (span.bits - 8)).astype(np.uint8)
    largest = max(1.0, span.high) if span.high < 2 else 2**span.bits - 1
    return np.asarray(values * (255 / largest)).round().clip(0, 255).astype(np.uint8)
