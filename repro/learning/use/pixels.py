"""Images as people have them, to what a trained encoder was evaluated on: float32 (B, C, S, S) in [0, 1].

An image that has to be resized goes the way of the files of a data set (``data/decode.py``): turned as its
EXIF data say, transparency laid on white, the short side to S, the centre kept. One that is S x S already
keeps its exact pixels.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile
from torch import Tensor

from repro.errors import DataError, UsageError
from repro.learning.data.decode import read_images, square
from repro.learning.data.listing import shown
from repro.learning.examples import Image

CHANNELS = (1, 3, 4)  # of an array: gray, RGB, RGB with transparency
TAKES = (
    "give PIL images, paths, uint8 arrays (H, W), (H, W, C), (C, H, W) or a batch of them with a first axis, "
    "or a list of these"
)


def as_batch(images: Any, example: Image) -> Tensor:
    """Images in any of the forms people have them as a float32 batch (B, C, S, S) in [0, 1], on the CPU.

    Arrays that are no uint8 must be floats in [0, 1] of just that size; they are not resized.

    Raises:
        UsageError: it is no image, or a float array of another size or range.
        DataError: a file or a picture cannot be read.
    """
    if isinstance(images, str | Path | Pillow.Image):
        images = [images]
    if isinstance(images, Tensor | np.ndarray):
        return _from_array(torch.as_tensor(images).detach().cpu(), example)
    if not isinstance(images, Sequence):
        raise UsageError(f"{type(images).__name__} is no image; {TAKES}")
    if images and all(isinstance(image, str | Path) for image in images):
        return _unit(
            _in_channels(_from_files([str(image) for image in images], example.size), example.channels)
        )
    parts = [_one(image, example) for image in images]
    return torch.cat(parts) if parts else torch.empty(0, example.channels, example.size, example.size)


def _from_files(paths: list[str], size: int) -> Tensor:
    """Files as uint8 (N, 3, size, size). DataError naming the first that cannot be read."""
    decoded = read_images(paths, size)
    if decoded.broken:
        more = f", and {len(decoded.broken) - 1} more cannot" if len(decoded.broken) > 1 else ""
        raise DataError(f"{next(iter(decoded.broken.values()))}{more}; delete or repair what is named")
    return decoded.images


def _one(image: Any, example: Image) -> Tensor:
    """One member of a list."""
    if not isinstance(image, Pillow.Image):
        return as_batch(image, example)
    return _unit(_in_channels(_squared(image, example.size), example.channels))


def _squared(picture: Pillow.Image, size: int) -> Tensor:
    """A picture as uint8 (1, 3, size, size). DataError if Pillow cannot decode it."""
    try:
        return torch.from_numpy(square(_as_file(picture, size), size).copy()).unsqueeze(0)
    except Exception as error:  # what a damaged file makes Pillow raise is not limited to a few types
        name = shown(getattr(picture, "filename", "") or "a picture")
        raise DataError(f"{name} cannot be read ({shown(str(error))})") from error


def _as_file(picture: Pillow.Image, size: int) -> Pillow.Image:
    """A JPEG that is open but not decoded yet, decoded as a data set's files are; others as they are.

    A large JPEG is decoded at a half, quarter or eighth there. The caller's picture stays as it is.
    """
    if not (isinstance(picture, ImageFile) and picture.format == "JPEG" and picture.tile and picture.fp):
        return picture
    place = picture.fp.tell()
    picture.fp.seek(0)
    copy = Pillow.open(io.BytesIO(picture.fp.read()), formats=("JPEG",))
    picture.fp.seek(place)
    copy.draft("RGB", (2 * size, 2 * size))
    return copy


def _from_array(array: Tensor, example: Image) -> Tensor:
    """A uint8 or float array, one image or a batch, as a batch."""
    batch = _channels_first(array, example.channels)
    if array.is_floating_point():
        return _require_unit(batch.float(), example)
    if array.dtype != torch.uint8:
        raise UsageError(f"an array of {str(array.dtype).removeprefix('torch.')} is no image; {TAKES}")
    if batch.shape[2:] == (example.size, example.size) and batch.shape[1] != 4:
        return _unit(_in_channels(batch, example.channels))
    pictures = [Pillow.fromarray(_for_pillow(image)) for image in batch]
    return _from_pictures(pictures, example)


def _from_pictures(pictures: list[Pillow.Image], example: Image) -> Tensor:
    return as_batch(pictures, example)


def _channels_first(array: Tensor, own: int) -> Tensor:
    """(H, W), (C, H, W), (H, W, C) or a batch of the last two as (B, C, H, W)."""
    batch = array[None, None] if array.ndim == 2 else array[None] if array.ndim == 3 else array
    if batch.ndim == 4:
        first, last = batch.shape[1], batch.shape[3]
        if first == own or (first in CHANNELS and last not in CHANNELS):
            return batch
        if last == own or last in CHANNELS:
            return batch.permute(0, 3, 1, 2)
    raise UsageError(f"an array of shape {tuple(array.shape)} is no image; {TAKES}")


def _for_pillow(image: Tensor) -> NDArray[np.uint8]:
    """(C, H, W) as Pillow takes it: (H, W) for one channel, else (H, W, C)."""
    pixels: NDArray[np.uint8] = image.permute(1, 2, 0).contiguous().numpy()
    return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels


def _in_channels(pixels: Tensor, channels: int) -> Tensor:
    """uint8 (B, 1 or 3, H, W) with as many channels as the encoder takes: gray repeated, colours grayed."""
    if pixels.shape[1] == channels:
        return pixels
    if (pixels.shape[1], channels) == (1, 3):
        return pixels.expand(-1, 3, -1, -1)
    if (pixels.shape[1], channels) == (3, 1):
        grays = [np.asarray(Pillow.fromarray(_for_pillow(image)).convert("L")) for image in pixels]
        return torch.from_numpy(np.stack(grays)).unsqueeze(1)
    raise UsageError(f"images of {pixels.shape[1]} channels were given, and this encoder takes {channels}")


def _require_unit(batch: Tensor, example: Image) -> Tensor:
    """UsageError unless a float batch has the encoder's own size and lies in [0, 1]."""
    if tuple(batch.shape[1:]) != (example.channels, example.size, example.size):
        raise UsageError(
            f"float images must have the encoder's own shape ({example.channels}, {example.size}, "
            f"{example.size}); these are {tuple(batch.shape[1:])}; uint8 and PIL images are resized"
        )
    if len(batch) and not (batch.min() >= 0 and batch.max() <= 1):
        raise UsageError(
            f"float images must lie in [0, 1], not normalised, which the encoder does; these reach from "
            f"{batch.min():.3g} to {batch.max():.3g}; normalised batches go to `encoder.network`"
        )
    return batch


def _unit(pixels: Tensor) -> Tensor:
    """uint8 0..255 to float32 [0, 1]."""
    return pixels.float().div_(255)
