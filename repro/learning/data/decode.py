"""Image files to uint8 pixels. Every file is a stranger's until Pillow has read it to the end.

A photograph becomes RGB as it is meant to be seen: turned as its EXIF data say, transparency laid on white,
of several frames the first. It is scaled so that its short side is S, and its centre S x S is kept. An
image that is S x S already keeps its exact pixels.

Images of more than 8 bits are brought to 8 by the range that all of them together use: ``depth.py``.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
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
from repro.learning.data.depth import Spans, deep_values, eight_bits, join_spans, spans_of
from repro.learning.data.formats import FORMATS
from repro.learning.data.listing import shown

BLOCK = 16  # files handed to a thread at once; one by one, small images wait for the threads to take turns
LARGEST = 89_478_485  # pixels; where Pillow starts to warn of decompression bombs
TELL_FRAMES = ("WEBP", "PNG", "AVIF")  # formats that say at the beginning of a file how many frames it has


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

    def read_deep(index: int) -> None:
        pixels[index] = read_image(paths[index], size, spans)

    with _silent_libtiff(paths):
        facts = dict(enumerate(_for_all(read, range(len(paths)))))
        deep = [index for index in facts if facts[index].spans]
        spans = join_spans(facts[index].spans for index in deep)
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


@contextmanager
def _silent_libtiff(paths: Sequence[str]) -> Iterator[None]:
    """Where there are TIFF files, lose what is written to standard error: libtiff does so at each damage.

    What is wrong with a file is told by an exception as well.
    """
    try:
        before = os.dup(2) if any(path.lower().endswith(FORMATS["TIFF"]) for path in paths) else None
    except OSError:  # standard error is closed
        before = None
    if before is None:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


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
            values = deep_values(picture, path)
            if values is not None:
                return _Facts(spans=spans_of(values), has_frames=frames)
            pixels[:] = _square(_rgb(ImageOps.exif_transpose(picture)), size)
    except DataError as error:
        return _Facts(problem=str(error))
    return _Facts(has_frames=frames)


def read_image(path: str, size: int, spans: Spans | None = None) -> NDArray[np.uint8]:
    """One file: uint8 (3, size, size). DataError naming the file if it is damaged, too large or no image.

    ``spans`` are those of all images it belongs to; without them an image of more than 8 bits has its own.
    """
    with _opened(path, size) as picture:
        values = deep_values(picture, path)
        if values is None:
            return _square(_rgb(ImageOps.exif_transpose(picture)), size)
        seen = eight_bits(values, spans or spans_of(values))
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


def square(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    """A picture that is open already, as :func:`read_image` gives a file: uint8 (3, size, size)."""
    return _square(_rgb(ImageOps.exif_transpose(picture)), size)


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
