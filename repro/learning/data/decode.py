"""Image files to uint8 pixels. Every file is a stranger's until Pillow has read it to the end.

A photograph becomes RGB as it is meant to be seen: turned as its EXIF data say, transparency laid on white,
of several frames the first. It is scaled so that its short side is S, and its centre S x S is kept. An
image that is S x S already keeps its exact pixels.

Images of more than 8 bits are brought to 8 by the range that all of them together use, grey, colour and
opacity each by their own: the largest value of all files, rounded up to a power of two minus one, becomes
255. So 12-bit data in 16-bit files spread over all of 0..255, files keep their brightness relative to each
other, and 16-bit data that use their range lose their lower byte. Floats up to 1 are taken for 0..1, others
as whole numbers; data with negative values are spread from the smallest to the largest. What is no number
counts as the smallest of its image.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.listing import FORMATS, shown

BLOCK = 16  # files handed to a thread at once; one by one, small images wait for the threads to take turns
LARGEST = 89_478_485  # pixels; where Pillow starts to warn of decompression bombs
TELL_FRAMES = ("WEBP", "PNG", "AVIF")  # formats that say at the beginning of a file how many frames it has
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


class Decoded(NamedTuple):
    """Images uint8 (N, 3, S, S), what is wrong with the broken ones, by row, and notes on the others."""

    images: Tensor
    broken: dict[int, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one file turned out to be, when it was first read."""

    problem: str = ""
    spans: Spans = field(default_factory=dict)  # of more than 8 bits: read again once all spans are known
    has_frames: bool = False


def read_images(paths: Sequence[str], size: int) -> Decoded:
    """All files decoded, in order. Broken ones are told, and their pixels are 0."""
    images = torch.zeros(len(paths), 3, size, size, dtype=torch.uint8)
    pixels = images.numpy()

    def read(index: int) -> _Facts:
        return _first_reading(paths[index], size, pixels[index])

    facts = dict(enumerate(_for_all(read, range(len(paths)))))
    deep = [index for index in facts if facts[index].spans]
    spans = _joined(facts[index].spans for index in deep)

    def read_deep(index: int) -> None:
        pixels[index] = read_image(paths[index], size, spans)

    list(_for_all(read_deep, deep))
    broken = {index: about.problem for index, about in facts.items() if about.problem}
    frames = sum(about.has_frames for about in facts.values())
    return Decoded(images, broken, _notes(spans, len(deep), frames))


def _for_all(work: Callable[[int], Any], indices: Sequence[int]) -> Iterator[Any]:
    """The work on each index, in order, on several threads: Pillow lets others run while it decodes.

    It also warns of files that it mends or doubts: what it mends is used, what is too large is refused.
    """
    blocks = [indices[start : start + BLOCK] for start in range(0, len(indices), BLOCK)]
    with warnings.catch_warnings(), ThreadPoolExecutor(min(16, (os.cpu_count() or 1) + 1)) as pool:
        warnings.simplefilter("ignore")
        for results in pool.map(lambda block: [work(index) for index in block], blocks):
            yield from results


def _notes(spans: Spans, deep: int, frames: int) -> tuple[str, ...]:
    notes = [f"{frames:,} with several frames, of which the first is read"] if frames else []
    if deep:
        ranges = [f"{what} {span.low:g} to {span.high:g}" for what, span in sorted(spans.items())]
        notes.append(f"{deep:,} with more than 8 bits ({', '.join(ranges)})")
    return tuple(notes)


def _first_reading(path: str, size: int, pixels: NDArray[np.uint8]) -> _Facts:
    """Put the image of a file into ``pixels`` (3, size, size), or say what else there is to know of it."""
    try:
        with _opened(path, size) as picture:
            frames = _has_frames(picture, path)
            values = _deep_values(picture, path)
            if values is not None:
                return _Facts(spans=_spans(values), has_frames=frames)
            pixels[:] = _square(_rgb(ImageOps.exif_transpose(picture)), size)
    except DataError as error:
        return _Facts(problem=str(error))
    return _Facts(has_frames=frames)


def read_image(path: str, size: int, spans: Spans | None = None) -> NDArray[np.uint8]:
    """One file: uint8 (3, size, size). DataError naming the file if it is damaged, too large or no image.

    ``spans`` are those of all images it belongs to; without them an image of more than 8 bits has its own.
    """
    with _opened(path, size) as picture:
        values = _deep_values(picture, path)
        if values is None:
            return _square(_rgb(ImageOps.exif_transpose(picture)), size)
        seen = _eight_bits(values, spans or _spans(values))
        seen.getexif().update(picture.getexif())
        return _square(_rgb(ImageOps.exif_transpose(seen)), size)


@contextmanager
def _opened(path: str, size: int) -> Iterator[Image.Image]:
    """A file as Pillow opens it; whatever goes wrong in the block becomes a DataError that names the file."""
    try:
        if not os.path.getsize(path):  # noqa: PTH202 - of thousands of paths that are strings
            raise DataError(f"{shown(path)} is empty")
        with Image.open(path, formats=tuple(FORMATS)) as picture:
            if picture.width * picture.height > LARGEST:
                raise DataError(_too_large(path, f"{picture.width} x {picture.height} pixels"))
            picture.draft("RGB", (2 * size, 2 * size))  # a large JPEG is decoded at a half, quarter or eighth
            yield picture
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(
            f"{shown(path)} is no image of a format that is read ({', '.join(FORMATS)})"
        ) from error
    except Image.DecompressionBombError as error:
        raise DataError(_too_large(path, f"more than {2 * LARGEST // 10**6} million pixels")) from error
    except Exception as error:  # what a damaged file makes Pillow raise is not limited to a few types
        raise DataError(
            f"{shown(path)} cannot be read ({shown(str(error)) or type(error).__name__})"
        ) from error


def _too_large(path: str, size: str) -> str:
    return f"{shown(path)} is {size} large, more than the {LARGEST // 10**6} million that are read"


def _has_frames(picture: Image.Image, path: str) -> bool:
    """True if a file holds several images; where only a look at the next tells, it is opened apart."""
    if picture.format in TELL_FRAMES:
        return bool(getattr(picture, "is_animated", False))
    if picture.format in ("GIF", "TIFF"):
        with suppress(Exception), Image.open(path, formats=(picture.format,)) as again:
            return bool(getattr(again, "is_animated", False))
    return False


def _deep_values(picture: Image.Image, path: str) -> dict[str, Values] | None:
    """The values of an image of more than 8 bits, by what they are; None for any other."""
    if picture.mode == "F":
        return {"float": _finite(np.asarray(picture, dtype=np.float32))}
    if picture.mode.startswith("I"):
        return {"grey": np.asarray(picture).astype(np.int32)}
    tiles = getattr(picture, "tile", ())  # an image from a file has them until it is loaded
    raw = _raw_mode(tiles[0].args) if tiles else ""
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
        changed = ((mode, *tile.args[1:]) if isinstance(tile.args, tuple) else mode for tile in picture.tile)
        picture.tile = [tile._replace(args=args) for tile, args in zip(picture.tile, changed, strict=True)]
        return np.asarray(picture)


def _spans(values: Mapping[str, Values]) -> Spans:
    return {what: Span(float(array.min()), float(array.max())) for what, array in values.items()}


def _joined(many: Iterator[Spans] | Sequence[Spans]) -> Spans:
    spans: dict[str, Span] = {}
    for each in many:
        for what, span in each.items():
            spans[what] = span.joined(spans.get(what, span))
    return spans


def _eight_bits(values: Mapping[str, Values], spans: Spans) -> Image.Image:
    layers = [_bytes(array, spans[what]) for what, array in values.items()]
    return Image.fromarray(layers[0] if len(layers) == 1 else np.concatenate(layers, axis=-1))


def _bytes(values: Values, span: Span) -> NDArray[np.uint8]:
    """Values as 0..255 by the span of all images."""
    if span.low < 0:
        return np.asarray((values - span.low) * (255 / (span.high - span.low or 1))).round().astype(np.uint8)
    if values.dtype.kind == "i":
        return np.asarray(values >> (span.bits - 8)).astype(np.uint8)
    largest = 1 if span.high <= 1 else 2**span.bits - 1
    return np.asarray(values * (255 / largest)).round().clip(0, 255).astype(np.uint8)


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return picture.convert("RGB")


def _square(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    """Short side to ``size``, centre kept. Only the centre is computed; its edges see what lies beyond."""
    short = min(picture.size)
    left, top = (picture.width - short) / 2, (picture.height - short) / 2
    box = (left, top, left + short, top + short)
    square = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
    return np.asarray(square, dtype=np.uint8).transpose(2, 0, 1)
