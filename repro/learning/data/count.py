"""What of a folder decides the settings for it: how many images, their classes, their size. No torch."""

import warnings
from collections.abc import Sequence

from PIL import Image as Picture

from repro.catalog.settings.own_images import FEWEST_IMAGES, OwnImages
from repro.errors import DataError
from repro.learning.data.formats import FORMATS
from repro.learning.data.scan import ImageFile, read_layout, shown

LOOKED_AT = 50  # images whose size is read, spread over all
UNKNOWN_SIDE = 64  # pixels, where no size can be read


def count_images(path: str, share: float) -> OwnImages:
    """The images that training on a folder gets, how many classes, and how large most are.

    UsageError for no path at all; DataError if the folder cannot be used, or leaves too few images.
    """
    folder, layout = read_layout(path, share)
    count = len(layout.train)
    if count < FEWEST_IMAGES:
        raise DataError(
            f"{shown(folder)} leaves {count} images to train on, and training needs {FEWEST_IMAGES}; "
            "add images"
        )
    return OwnImages(count, len(layout.classes), _usual_side(layout.train))


def _usual_side(files: Sequence[ImageFile]) -> int:
    """The median of the shorter sides of some images; what cannot be read is told when all are."""
    sides = sorted(side for file in files[:: max(1, len(files) // LOOKED_AT)] if (side := _side(file)))
    return sides[len(sides) // 2] if sides else UNKNOWN_SIDE


def _side(file: ImageFile) -> int:
    """The shorter side in pixels by the head of a file; 0 if it has none."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Picture.open(file.path, formats=tuple(FORMATS)) as picture,
        ):
            return min(picture.size)
    except Exception:  # a file from anywhere can make its readers raise anything
        return 0
