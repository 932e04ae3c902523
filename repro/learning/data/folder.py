"""A person's own folder of images as a data set. ``data/scan.py`` lists the layouts it may have."""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL
import torch
from torch import Tensor

from repro.catalog.records.bounds import Pixels, ProperShare
from repro.errors import DataError
from repro.learning.data.count import existing_folder
from repro.learning.data.decode import read_images
from repro.learning.data.images import PackedImages
from repro.learning.data.pack import Pack, cached
from repro.learning.data.scan import ImageFile, Layout, arrange, find_images, shown
from repro.learning.examples import Image
from repro.learning.settings import bounded

LIMIT = 4 * 10**9  # bytes of packed pixels
SMALLEST = 8  # pixels of a side


class ImageFolder(PackedImages):
    """The images in a folder, scaled and cropped to 3 x size x size."""

    channels = 3

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Image:
        """An image scaled and cropped to the size that is set."""
        return Image(cls.channels, int(params["size"]))

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        path: str = "",  # the folder
        size: Pixels = 32,  # pixels a side
        evaluate_share: ProperShare = 0.2,  # held out for evaluation if there is no test folder
    ) -> None:
        self.label = f"folder {Path(path).name}"
        super().__init__(*read_folder(path, size, evaluate_share), device)


def read_folder(path: str, size: int, share: float) -> Pack:
    """The images below ``path``, from the cache if neither they nor the settings changed.

    UsageError for no path at all, DataError for a folder that cannot be used.
    """
    folder = existing_folder(path)
    found = find_images(folder)
    layout = arrange(found, share, folder)
    _check_memory(len(layout.train) + len(layout.test), size, folder)
    place = _digest([str(folder), size, share])
    return cached(f"folder-{place}", _content(found), shown(folder), lambda: _read(layout, size))


def _check_memory(images: int, size: int, folder: Path) -> None:
    packed = images * 3 * size * size
    if packed <= LIMIT:
        return
    fits = math.isqrt(LIMIT // (3 * images))
    smaller = f"use a smaller size, for example `--set data.size={fits}`"
    advice = smaller if fits >= SMALLEST else "use fewer images"
    raise DataError(
        f"{shown(folder)} holds {images} images, which take {packed / 1e9:.1f} GB at {size} x {size} pixels, "
        f"more than the {LIMIT / 1e9:.0f} GB that are kept in memory; {advice}"
    )


def _content(found: list[ImageFile]) -> str:
    """Changes with any file's name, length or date, and with the library that decodes them."""
    files = [("/".join(image.name), image.bytes, image.modified) for image in found]
    return _digest([PIL.__version__, files])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _read(layout: Layout, size: int) -> Pack:
    return Pack(
        read_images([image.path for image in layout.train], size),
        _labels(layout.train_labels),
        read_images([image.path for image in layout.test], size),
        _labels(layout.test_labels),
        tuple(shown(name) for name in layout.classes),
    )


def _labels(labels: list[int]) -> Tensor | None:
    return torch.tensor(labels, dtype=torch.int64) if labels else None
