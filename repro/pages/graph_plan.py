"""The places of everything in a drawing, in pixels: boxes, lines, the words on them, lanes and years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from repro.pages.graph_arrows import Arrow
from repro.pages.graph_places import Grid
from repro.pages.graph_ports import Ports, Words
from repro.pages.graph_routes import Net, Route, routed
from repro.pages.graph_text import folded, text_width
from repro.pages.graph_tracks import channel_tracks, street_tracks

NAME, WORD = 12, 11  # sizes of text, as in graph.css
ROOM, PAD, LINE = 104, 9, 14  # the widest name, the space beside it, the height of a line of it
HEAD, ENTRY = 9, 18  # length of an arrow head; room for it right of a box
TOP, LEFT, END = 40, 144, 14  # of the drawing: years, names of lanes, nothing
SLIT, GATE = 12, 22  # the least height of a street inside a lane, and between two
NARROW = 76  # the least width of a box
CORNER = 14  # two lines that turn within these pixels do not share a street's track

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A paper: left, top, width, height and the lines of its name."""

    x: float
    y: float
    width: float
    height: float
    name: tuple[str, ...]


@dataclass(frozen=True)
class Wire:
    """A line from its left box to its right one, and the words above and below its right end."""

    route: Route
    points: tuple[Point, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything placed; ``lanes`` are (family, top, bottom), ``years`` (year, left, right)."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    wires: tuple[Wire, ...]
    lanes: tuple[tuple[str, float, float], ...]
    years: tuple[tuple[int, float, float], ...]


class Planner:
    """Puts a grid to scale; ``pitch`` is the distance of parallel lines.

    ``words`` has at most two lines of words for every arrow; with none, boxes stand closer together.
    """

    def __init__(
        self, grid: Grid, arrows: Sequence[Arrow], names: Mapping[str, str], words: Words, pitch: int
    ) -> None:
        self.grid, self.words, self.pitch = grid, words, pitch
        self.routes = routed(grid, arrows)
        self.ports = Ports(grid, self.routes, words)
        self.names = {paper: folded(names[paper], ROOM, NAME, bold=True, most=3) for paper in grid.cells}
        self.channels = channel_tracks(grid, self.routes, self.ports)

    def plan(self) -> Plan:
        """The whole drawing."""
        boxes = {paper: self._box(paper) for paper in self.grid.cells}
        wires = tuple(Wire(route, self._points(route), self.words[route.arrow]) for route in self.routes)
        width = self._across[-1][0] + self._channel_width(len(self.grid.years)) + END
        return Plan(width, self._down[-1][1], boxes, wires, self._lanes(), self._years())

    @cached_property
    def _across(self) -> list[tuple[float, float]]:
        """Left of each channel and of the column right of it; the last channel has no column."""
        places, x = [], float(LEFT)
        for column in range(len(self.grid.years)):
            places.append((x, x + self._channel_width(column)))
            x = places[-1][1] + self._box_width(column)
        return [*places, (x, x)]

    def _channel_width(self, channel: int) -> float:
        tracks = 1 + max(self.channels.get(channel, {}).values(), default=-1)
        entry = ENTRY if channel else 0
        said = [
            line
            for route in self.routes
            if self._column(route.right) == channel
            for line in self._said(route)
        ]
        room = max((text_width(line, WORD) for line in said), default=0.0)
        return entry + tracks * self.pitch + room + (HEAD + 7 if tracks else 0)

    def _said(self, route: Route) -> tuple[str, ...]:
        return self.words[route.arrow]

    def _box_width(self, column: int) -> float:
        here = [name for paper, name in self.names.items() if self._column(paper) == column]
        return max(NARROW, 2 * PAD + max(text_width(line, NAME, bold=True) for name in here for line in name))

    def _column(self, paper: str) -> int:
        return self.grid.cells[paper][0]

    def _x(self, channel: int, net: Net) -> float:
        """The middle of a net's track in a channel."""
        return (
            self._across[channel][0]
            + (ENTRY if channel else 0)
            + self.pitch * (self.channels[channel][net] + 0.5)
        )

    @cached_property
    def _streets(self) -> dict[int, dict[Net, int]]:
        return street_tracks(self.grid, self.routes, self._x, CORNER)

    @cached_property
    def _down(self) -> list[tuple[float, float]]:
        """Top of each street and of the row below it; the last street has no row."""
        places, y = [], float(TOP)
        for row in range(self.grid.rows + 1):
            places.append((y, y + self._street_height(row)))
            y = places[-1][1] + 2 * self._half(row)
        return places

    def _street_height(self, street: int) -> float:
        tracks = 1 + max(self._streets.get(street, {}).values(), default=-1)
        border = street in {lane.first for lane in self.grid.lanes} or street == self.grid.rows
        return (GATE if border else SLIT) + tracks * self.pitch

    def _half(self, row: int) -> float:
        here = [paper for paper, (_, mine) in self.grid.cells.items() if mine == row]
        return max((self._box_height(paper) / 2 for paper in here), default=0)

    def _box_height(self, paper: str) -> float:
        return max(2 * self.ports.half(paper), LINE * len(self.names[paper]) + 12)

    def _middle(self, row: int) -> float:
        return self._down[row][1] + self._half(row)

    def _y(self, street: int, net: Net) -> float:
        """The middle of a net's track in a street."""
        spare = self._street_height(street) - self.pitch * (1 + max(self._streets[street].values()))
        return self._down[street][0] + spare / 2 + self.pitch * (self._streets[street][net] + 0.5)

    def _box(self, paper: str) -> Box:
        column, row = self.grid.cells[paper]
        height = self._box_height(paper)
        top = self._middle(row) - height / 2
        return Box(self._across[column][1], top, self._box_width(column), height, self.names[paper])

    def _points(self, route: Route) -> tuple[Point, ...]:
        left, right = self._box(route.left), self._box(route.right)
        leaves = self._middle(self.grid.cells[route.left][1]) + self.ports.right[route.net]
        arrives = self._middle(self.grid.cells[route.right][1]) + self.ports.left[route.arrow]
        first, last = self._x(route.first, route.net), self._x(route.last, route.net)
        turns = [(first, leaves)]
        if route.street is not None:
            along = self._y(route.street, route.net)
            turns += [(first, along), (last, along)]
        turns.append((last, arrives))
        return (left.x + left.width, leaves), *turns, (right.x, arrives)

    def _lanes(self) -> tuple[tuple[str, float, float], ...]:
        ends = [(lane.family, lane.first, lane.first + lane.rows - 1) for lane in self.grid.lanes]
        return tuple(
            (family, self._down[first][1] - SLIT / 2, self._middle(last) + self._half(last) + SLIT / 2)
            for family, first, last in ends
        )

    def _years(self) -> tuple[tuple[int, float, float], ...]:
        """From the first box of a year to its last."""
        found: dict[int, tuple[float, float]] = {}
        for column, year in enumerate(self.grid.years):
            left = self._across[column][1]
            found[year] = (found.get(year, (left, left))[0], left + self._box_width(column))
        return tuple((year, *ends) for year, ends in found.items())
