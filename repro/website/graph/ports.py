"""Ports: where lines meet boxes, in pixels below the middle of the row.

On its left side a box has a port for every line, far enough apart for the words that stand on the lines:
multiples of six pixels. On its right side it has a port for every net, halfway between such multiples, so
that lines of two boxes that face each other never lie on one height, unless they are the same line.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from repro.website.graph.arrows import Arrow
from repro.website.graph.places import Grid
from repro.website.graph.routes import Net, Route

STEP, HALF = 6, 3  # pixels between ports on the left; what those on the right are off
FAN = 12  # pixels between ports on the right, where arrow heads stand
RISE, DROP = 12, 24  # room for a line of words above a line, and below it
EDGE = 4  # between a port and a corner of its box

Key = TypeVar("Key")
LineWords = Mapping[Arrow, tuple[str, ...]]


class Ports:
    """The ports of every box of a grid."""

    def __init__(self, grid: Grid, routes: Sequence[Route], words: LineWords) -> None:
        self.left: dict[Arrow, int] = {}
        self.right: dict[Net, int] = {}
        self._half: dict[str, int] = {}
        for paper, arriving in _group_routes(routes, lambda route: route.right).items():
            arriving.sort(key=lambda route: (route.arrival(grid), grid.cells[route.left], route.net))
            self._stack(paper, [route.arrow for route in arriving], words)
        for paper, leaving in _group_routes(routes, lambda route: route.left).items():
            self._fan(grid, paper, leaving)

    def half(self, paper: str) -> int:
        """Half the height that the lines and words of a box need."""
        return self._half.get(paper, 0)

    def _stack(self, paper: str, arrows: Sequence[Arrow], words: LineWords) -> None:
        """One port under the other, around the middle."""
        ports: list[int] = []
        port, room = 0, 0
        for arrow in arrows:
            lines = len(words[arrow])
            port += room + (RISE if lines else 0) if ports else 0
            room = DROP if lines > 1 else STEP
            ports.append(port)
        shift = STEP * round(port / 2 / STEP)
        self.left.update((arrow, at - shift) for arrow, at in zip(arrows, ports, strict=True))
        upper = shift + (RISE if words[arrows[0]] else EDGE)
        self._need(paper, max(upper, port - shift + room))

    def _fan(self, grid: Grid, paper: str, routes: Sequence[Route]) -> None:
        """One port for every net; a net with a neighbour straight across takes that line's height."""
        nets = _group_routes(routes, lambda route: route.net)
        order = sorted(nets, key=lambda net: (sum(map(_departure(grid), nets[net])) / len(nets[net]), net))
        level = {route.net: self.left[route.arrow] for route in routes if _is_level(grid, route)}
        self.right.update(level)
        first = next((place for place, net in enumerate(order) if net in level), 0)
        above, below = order[:first][::-1], [net for net in order[first:] if net not in level]
        high, low = min(level.values(), default=0), max(level.values(), default=0)
        under = low + FAN + HALF if level else HALF - FAN * (len(below) - 1) // 2
        self.right.update((net, high - FAN - HALF - FAN * place) for place, net in enumerate(above))
        self.right.update((net, under + FAN * place) for place, net in enumerate(below))
        self._need(paper, max(abs(self.right[net]) for net in order) + EDGE)

    def _need(self, paper: str, half: int) -> None:
        self._half[paper] = max(half, self.half(paper))


def _group_routes(routes: Sequence[Route], key: Callable[[Route], Key]) -> dict[Key, list[Route]]:
    groups: dict[Key, list[Route]] = {}
    for route in routes:
        groups.setdefault(key(route), []).append(route)
    return groups


def _is_level(grid: Grid, route: Route) -> bool:
    """True if a line runs straight from box to box."""
    return route.street is None and grid.cells[route.left][1] == grid.cells[route.right][1]


def _departure(grid: Grid) -> Callable[[Route], float]:
    """The height, in rows, at which a line goes on from its left box."""
    return lambda route: grid.cells[route.right][1] if route.street is None else route.street - 0.5
