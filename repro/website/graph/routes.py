"""Orthogonal edge routing: through the channels between columns and rows of boxes, never through a box.

Channel ``c`` lies left of column ``c``, street ``k`` above row ``k``. A line leaves the right side of the box
that is further left, runs up or down in one channel, if it must along one street and through a second
channel, and ends at the left side of the other box. Lines that share their left box, their style and their
direction are one *net*: they leave the box together and part later.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from repro.website.graph.arrows import Arrow
from repro.website.graph.places import Cell, Grid

Net = tuple[str, int, bool]  # the left box, the style, true if the lines point at it

BUSY = 0.04  # rows of detour that a line more in a street is worth


@dataclass(frozen=True)
class Route:
    """The way of one arrow.

    ``first`` and ``last`` are the channels beside the left and the right box; without a ``street`` they are
    the same one, and the line passes straight through a row on one side of it.
    """

    arrow: Arrow
    left: str
    right: str
    first: int
    last: int
    street: int | None

    @property
    def net(self) -> Net:
        """The lines that this one runs together with."""
        return self.left, self.arrow.rank, self.arrow.target == self.left

    def arrival(self, grid: Grid) -> float:
        """The height, in rows, from which the line reaches its right box."""
        return float(grid.cells[self.left][1]) if self.street is None else self.street - 0.5


def route_arrows(grid: Grid, arrows: Sequence[Arrow]) -> list[Route]:
    """A route for every arrow, the shortest lines chosen first; in the order of ``arrows``."""
    boxes = frozenset(grid.cells.values())
    load: Counter[int] = Counter()
    routes: dict[Arrow, Route] = {}
    for arrow in sorted(arrows, key=lambda arrow: (_reach(grid, arrow), arrow.source, arrow.target)):
        route = routes[arrow] = _route(grid, boxes, load, arrow)
        if route.street is not None:
            load[route.street] += 1
    return [routes[arrow] for arrow in arrows]


def _reach(grid: Grid, arrow: Arrow) -> int:
    """Columns and rows between the ends of an arrow."""
    return sum(abs(a - b) for a, b in zip(grid.cells[arrow.source], grid.cells[arrow.target], strict=True))


def _route(grid: Grid, boxes: Collection[Cell], load: Counter[int], arrow: Arrow) -> Route:
    left, right = sorted(arrow.ends, key=lambda paper: (grid.cells[paper], paper))
    (start, up), (end, down) = grid.cells[left], grid.cells[right]

    def is_free(row: int) -> bool:
        """True if no box stands in the row between the two ends."""
        return start < end and all((column, row) not in boxes for column in range(start + 1, end))

    if is_free(down):
        return Route(arrow, left, right, start + 1, start + 1, None)
    if is_free(up):
        return Route(arrow, left, right, end, end, None)
    street = min(
        range(grid.rows + 1),
        key=lambda k: (abs(k - 0.5 - up) + abs(k - 0.5 - down) + BUSY * load[k], k),
    )
    return Route(arrow, left, right, start + 1, end, street)
