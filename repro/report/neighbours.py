"""The page of `repro neighbours`: an image, and those that are most like it."""

from pathlib import Path
from typing import TYPE_CHECKING

from repro.report.drawing.sprites import pack_tiles
from repro.report.page import fill, write_page
from repro.report.run import Tile
from repro.report.words import decimal

if TYPE_CHECKING:
    from repro.learning.use.neighbours import NearestImages


def write_neighbours(path: Path, listed: "NearestImages") -> Path:
    """Write the page to ``path``, with the pictures as the encoder sees them."""
    sheet = pack_tiles("neighbours", listed.pictures)
    first = Tile(sheet, 0, f"the image {listed.image}", name=listed.image)
    tiles = [
        Tile(
            sheet,
            index,
            f"neighbour {index}: {near.name}",
            name=f"{near.name} ({near.class_name})" if near.class_name else near.name,
            similarity=decimal(near.cosine, 3),
        )
        for index, near in enumerate(listed.nearest, 1)
    ]
    return write_page(path, fill("neighbours.html.j2", {"listed": listed, "first": first, "tiles": tiles}))
