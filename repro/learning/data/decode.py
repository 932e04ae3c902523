"""Image files to uint8 pixels. Every file is a stranger's until Pillow has read it to the end.

A photograph becomes RGB as it is meant to be seen: turned as its EXIF data say, transparency laid on white,
16-bit grey brought down to 8. It is scaled so that its short side is S, and its centre S x S is kept. An
image that is S x S already keeps its exact pixels.
"""

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.scan import shown

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
BLOCK = 16  # files handed to a thread at once; one by one, small images wait for the threads to take turns
LARGEST = 89_478_485  # pixels; where Pillow starts to warn of decompression bombs


def read_images(paths: Sequence[str], size: int) -> Tensor:
    """All files decoded, in order: uint8 (N, 3, size, size). DataError naming a file that cannot be read."""
    images = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)
    pixels = images.numpy()

    def read(start: int) -> list[str]:
        problems = []
        for index in range(start, min(start + BLOCK, len(paths))):
            try:
                pixels[index] = read_image(paths[index], size)
            except DataError as error:
                problems.append(str(error))
        return problems

    # Pillow lets other threads run while it decodes. It also warns of files that it mends or doubts: what it
    # mends is used, what is too large is refused by read_image.
    with warnings.catch_warnings(), ThreadPoolExecutor(min(16, (os.cpu_count() or 1) + 1)) as pool:
        warnings.simplefilter("ignore")
        problems = [problem for block in pool.map(read, range(0, len(paths), BLOCK)) for problem in block]
    if problems:
        more = f" (the same goes for {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DataError(f"{problems[0]}; delete or repair it{more}")
    return images


def read_image(path: str, size: int) -> NDArray[np.uint8]:
    """One file: uint8 (3, size, size). DataError naming the file if it is damaged, too large or no image."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST:
                raise DataError(
                    f"{shown(path)} is {picture.width} x {picture.height} pixels large, "
                    f"more than the {LARGEST // 10**6} million that are read"
                )
            picture.draft("RGB", (2 * size, 2 * size))  # a large JPEG is decoded at a half, quarter or eighth
            return _square(_rgb(ImageOps.exif_transpose(picture)), size)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{shown(path)} is not a PNG, JPEG, BMP or WebP image") from error
    except Exception as error:  # what a damaged file makes Pillow raise is not limited to a few types
        raise DataError(f"{shown(path)} cannot be read ({shown(str(error))})") from error


def square(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    """A picture that is open already, as :func:`read_image` gives a file: uint8 (3, size, size)."""
    return _square(_rgb(ImageOps.exif_transpose(picture)), size)


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        grey = np.asarray(picture).astype(np.int64) >> 8
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
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
