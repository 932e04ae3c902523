"""Track assignment: lines that would cover each other in a channel or street get parallel tracks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from repro.website.graph.places import Grid
from repro.website.graph.ports import Ports
from repro.website.graph.routes import Net, Route

PASSES = 12
ROW_GAP = 0.2  # rows; two lines that end in one row do not share a track
SLOT = 0.001  # rows a pixel of a port stands for while heights are not yet known

Tracks = dict[int, dict[Net, int]]  # by channel or street: the track of each net in it


@dataclass
class Bundle:
    """The entries of one net into a channel: ``near`` from the left or above, ``far`` from the other side."""

    near: list[float] = field(default_factory=list)
    far: list[float] = field(default_factory=list)

    @property
    def low(self) -> float:
        """The start of its span."""
        return min(self.near + self.far)

    @property
    def high(self) -> float:
        """The end of its span."""
        return max(self.near + self.far)


def channel_tracks(grid: Grid, routes: Sequence[Route], ports: Ports) -> Tracks:
    """The tracks of all channels."""
    channels: dict[int, dict[Net, Bundle]] = {}
    for route in routes:
        leaves = grid.cells[route.left][1] + SLOT * ports.right[route.net]
        arrives = grid.cells[route.right][1] + SLOT * ports.left[route.arrow]
        first = channels.setdefault(route.first, {}).setdefault(route.net, Bundle())
        last = channels.setdefault(route.last, {}).setdefault(route.net, Bundle())
        first.near.append(leaves)
        last.far.append(arrives)
        if route.street is not None:
            onward = route.last > route.first
            (first.far if onward else first.near).append(route.street - 0.5)
            (last.near if onward else last.far).append(route.street - 0.5)
    return {channel: _tracks(bundles, ROW_GAP) for channel, bundles in channels.items()}


def street_tracks(
    grid: Grid, routes: Sequence[Route], across: Callable[[int, Net], float], gap: float
) -> Tracks:
    """The tracks of all streets; ``across`` places a net in a channel, ``gap`` keeps corners apart."""
    streets: dict[int, dict[Net, Bundle]] = {}
    for route in routes:
        if route.street is not None:
            bundle = streets.setdefault(route.street, {}).setdefault(route.net, Bundle())
            for paper, channel in ((route.left, route.first), (route.right, route.last)):
                above = grid.cells[paper][1] < route.street
                (bundle.near if above else bundle.far).append(across(channel, route.net))
    return {street: _tracks(bundles, gap) for street, bundles in streets.items()}


def _tracks(bundles: Mapping[Net, Bundle], gap: float) -> dict[Net, int]:
    """Tracks counted from the near side; neighbours change places for as long as that saves crossings."""
    order = sorted(bundles, key=lambda net: (bundles[net].low + bundles[net].high, net))
    for _ in range(PASSES):
        before = list(order)
        for place in range(len(order) - 1):
            near, far = order[place], order[place + 1]
            if _crossings(bundles[far], bundles[near]) < _crossings(bundles[near], bundles[far]):
                order[place : place + 2] = far, near
        if order == before:
            break
    return _pack(order, bundles, gap)


def _crossings(inner: Bundle, outer: Bundle) -> int:
    """The count of crossings of two nets if ``inner`` has the track nearer to the near side."""
    out = sum(outer.low < place < outer.high for place in inner.far)
    return out + sum(inner.low < place < inner.high for place in outer.near)


def _pack(order: Sequence[Net], bundles: Mapping[Net, Bundle], gap: float) -> dict[Net, int]:
    """In this order, each net on the first track that no net before it needs beside it."""
    tracks: dict[Net, int] = {}
    for net in order:
        bundle = bundles[net]
        beside = [
            track
            for neighbour, track in tracks.items()
            if bundles[neighbour].low < bundle.high + gap and bundle.low < bundles[neighbour].high + gap
        ]
        tracks[net] = 1 + max(beside, default=-1)
    return tracks
