"""What of a folder decides the settings for it: how many images, their classes, their size. No torch."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image as Picture

from repro.catalog.settings.own_images import FEWEST_IMAGES, OwnImages
from repro.errors import DataError, UsageError
from repro.learning.data.scan import ImageFile, arrange, find_images, shown

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
LOOKED_AT = 50  # images whose size is read, spread over all
UNKNOWN_SIDE = 64  # pixels, where no size can be read


def count_images(path: str, share: float) -> OwnImages:
    """The images that training on a folder gets, how many classes, and how large most are.

    UsageError for no path at all; DataError if the folder cannot be used, or leaves too few images.
    """
    folder = existing_folder(path)
    layout = arrange(find_images(folder), share, folder)
    count = len(layout.train)
    if count < FEWEST_IMAGES:
        raise DataError(
            f"{shown(folder)} leaves {count} images to train on, and training needs {FEWEST_IMAGES}; "
            "add images"
        )
    return OwnImages(count, len(layout.classes), _usual_side(layout.train))


def existing_folder(path: str) -> Path:
    """The folder that ``path`` names. UsageError if it names none, DataError if there is none."""
    if not path:
        raise UsageError("no folder of images is named; give one with `--data PATH`")
    try:
        folder = Path(path).expanduser().resolve()
        if folder.is_dir():
            return folder
        found = folder.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"the folder {shown(path)} cannot be reached ({error})") from error
    what = "is a file, not a folder" if found else "does not exist"
    raise DataError(f"{shown(folder)} {what}; `--data PATH` takes a folder of images")


def _usual_side(files: Sequence[ImageFile]) -> int:
    """The median of the shorter sides of some images; what cannot be read is told when all are."""
    sides = sorted(side for file in files[:: max(1, len(files) // LOOKED_AT)] if (side := _side(file)))
    return sides[len(sides) // 2] if sides else UNKNOWN_SIDE


def _side(file: ImageFile) -> int:
    """The shorter side in pixels by the head of a file; 0 if it has none."""
    try:
        with warnings.catch_warnings(action="ignore"), Picture.open(file.path, formats=FORMATS) as picture:
            return min(picture.size)
    except Exception:  # a file from anywhere can make its readers raise anything
        return 0
