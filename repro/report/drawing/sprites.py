"""Sprite sheets: many small images in one PNG, shown one at a time as the background of an element.

Hundreds of small PNGs cost more in headers than in pixels. On the sheet each tile has a border of one pixel
repeated from its edge, so that a neighbour never bleeds into it when a browser scales it.
"""

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BUDGET = 400_000  # bytes of pixels on one sheet before compression


@dataclass(frozen=True)
class SpriteSheet:
    """A data URI and where each tile lies on it."""

    name: str
    uri: str
    columns: int
    rows: int
    width: int
    height: int
    smooth: bool  # photographs are scaled smoothly, small images are shown pixel by pixel

    @property
    def size(self) -> str:
        """CSS ``background-size``: the sheet in units of one tile."""
        across = _share(self.columns * (self.width + 2), self.width)
        return f"{across} {_share(self.rows * (self.height + 2), self.height)}"

    def position(self, index: int) -> str:
        """CSS ``background-position`` of one tile."""
        row, column = divmod(index, self.columns)
        return f"{_offset(column, self.columns, self.width)} {_offset(row, self.rows, self.height)}"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.4f}".rstrip("0").rstrip(".") + "%"


def _offset(index: int, count: int, side: int) -> str:
    """A percentage aligns that point of the picture with that point of the box (CSS Backgrounds 3, 2.6)."""
    return _share(index * (side + 2) + 1, count * (side + 2) - side)


def pack_tiles(name: str, tiles: NDArray[np.uint8]) -> SpriteSheet:
    """Pack (n, C, H, W) uint8 tiles, C = 1 or 3, made smaller where they would exceed the budget."""
    count, channels, height, width = tiles.shape
    lossless = tiles.size <= BUDGET
    scale = 1.0 if lossless else math.sqrt(BUDGET / (count * height * width))
    pixels = [_picture(tile, scale) for tile in tiles]
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    height, width = pixels[0].shape[:2]
    canvas = np.zeros((rows * (height + 2), columns * (width + 2), channels), np.uint8)
    for index, picture in enumerate(pixels):
        top, left = index // columns * (height + 2), index % columns * (width + 2)
        bordered = np.pad(picture, ((1, 1), (1, 1), (0, 0)), "edge")
        canvas[top : top + height + 2, left : left + width + 2] = bordered
    return SpriteSheet(
        name, _uri(canvas, lossless), columns, rows, width, height, smooth=min(height, width) > 64
    )


def _picture(tile: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """(C, H, W) to (H', W', C), never enlarged."""
    pixels = np.moveaxis(tile, 0, -1)
    if scale >= 1:
        return pixels
    height, width = (max(1, int(side * scale)) for side in pixels.shape[:2])
    image = _image(pixels).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8).reshape(height, width, pixels.shape[2])


def _image(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))


def _uri(canvas: NDArray[np.uint8], lossless: bool) -> str:
    image = _image(canvas)
    if not lossless and image.mode == "RGB":
        image = image.quantize(256)
    with io.BytesIO() as stream:
        image.save(stream, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
