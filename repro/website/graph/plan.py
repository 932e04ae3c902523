"""The layout to scale, in pixels: boxes, lines, the words on them, lanes and years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from repro.website.graph.arrows import Arrow
from repro.website.graph.places import Grid
from repro.website.graph.ports import LineWords, Ports
from repro.website.graph.routes import Net, Route, route_arrows
from repro.website.graph.text import fold, text_width
from repro.website.graph.tracks import channel_tracks, street_tracks

NAME, WORD = 12, 11  # sizes of text, as in graph.css
ROOM, WIDEST = 92, 130  # where a name is folded, and where a line of it is cut
PAD, LINE = 9, 14  # the space beside a name, the height of a line of it
HEAD, ENTRY = 9, 18  # length of an arrow head; room for it right of a box
TOP, LEFT, END = 40, 144, 14  # of the drawing: years, names of lanes, nothing
SLIT, CAPTIONS = 14, 29  # the least height of a street, without and with room for two captions
GATE = 6  # what a street between two lanes has on top of that
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

    ``words`` has at most two lines of words for every arrow. Where there are none at all, there is room above
    and below each box for what is shown while a paper is pointed at.
    """

    def __init__(
        self, grid: Grid, arrows: Sequence[Arrow], names: Mapping[str, str], words: LineWords, pitch: int
    ) -> None:
        self.grid, self.words, self.pitch = grid, words, pitch
        self.slit = SLIT if any(words.values()) else CAPTIONS
        self.routes = route_arrows(grid, arrows)
        self.ports = Ports(grid, self.routes, words)
        self.names = {
            paper: fold(names[paper], ROOM, NAME, bold=True, most=4, limit=WIDEST) for paper in grid.cells
        }
        self.channels = channel_tracks(grid, self.routes, self.ports)

    def plan(self) -> Plan:
        """The whole drawing."""
        boxes = {paper: self._box(paper) for paper in self.grid.cells}
        wires = tuple(
            Wire(route, self._points(route, boxes), self.words[route.arrow]) for route in self.routes
        )
        width = self._columns[-1][0] + self._right_margin + END
        return Plan(width, self._rows[-1][1], boxes, wires, self._lanes(), self._years())

    @cached_property
    def _columns(self) -> list[tuple[float, float]]:
        """The left edge of each channel and of the column right of it; the last channel has no column."""
        rooms = [0.0] * len(self._widths)
        for route in self.routes:
            column = self.grid.cells[route.right][0]
            widths = (text_width(line, WORD) for line in self.words[route.arrow])
            rooms[column] = max(rooms[column], HEAD + 7, *(width + HEAD + 7 for width in widths))
        gaps = [self._channel_width(channel) + room for channel, room in enumerate(rooms)]
        return _space_out(LEFT, gaps, self._widths)

    def _channel_width(self, channel: int) -> float:
        """The width of a channel without the words on its lines."""
        tracks = self.pitch * _count(self.channels.get(channel, {}))
        return (ENTRY if channel else 0) + tracks

    @cached_property
    def _widths(self) -> list[float]:
        """The width of the boxes of each column."""
        widths = [float(NARROW)] * len(self.grid.years)
        for paper, (column, _) in self.grid.cells.items():
            name = max(text_width(line, NAME, bold=True) for line in self.names[paper])
            widths[column] = max(widths[column], 2 * PAD + name)
        return widths

    @cached_property
    def _right_margin(self) -> float:
        """The space that lines need right of the last column."""
        last = len(self.grid.years)
        return self._channel_width(last) if last in self.channels else 0.0

    def _x(self, channel: int, net: Net) -> float:
        """The middle of a net's track in a channel."""
        first = self._columns[channel][0] + (ENTRY if channel else 0)
        return first + self.pitch * (self.channels[channel][net] + 0.5)

    @cached_property
    def _streets(self) -> dict[int, dict[Net, int]]:
        return street_tracks(self.grid, self.routes, self._x, CORNER)

    @cached_property
    def _rows(self) -> list[tuple[float, float]]:
        """The top of each street and of the row below it; the last street has no row."""
        gaps = [
            self._street_base(street) + self.pitch * _count(self._streets.get(street, {}))
            for street in range(self.grid.rows + 1)
        ]
        return _space_out(TOP, gaps, [2 * half for half in self._halves])

    def _street_base(self, street: int) -> float:
        """The height of a street beside its lines: more between two lanes."""
        border = street in {lane.first for lane in self.grid.lanes} or street == self.grid.rows
        return self.slit + (GATE if border else 0)

    @cached_property
    def _halves(self) -> list[float]:
        """Half the height of each row."""
        halves = [0.0] * self.grid.rows
        for paper, (_, row) in self.grid.cells.items():
            halves[row] = max(halves[row], self._height(paper) / 2)
        return halves

    def _height(self, paper: str) -> float:
        return max(2 * self.ports.half(paper), LINE * len(self.names[paper]) + 12)

    def _middle(self, row: int) -> float:
        return self._rows[row][1] + self._halves[row]

    def _y(self, street: int, net: Net) -> float:
        """The middle of a net's track in a street."""
        return (
            self._rows[street][0]
            + self._street_base(street) / 2
            + self.pitch * (self._streets[street][net] + 0.5)
        )

    def _box(self, paper: str) -> Box:
        column, row = self.grid.cells[paper]
        height = self._height(paper)
        top = self._middle(row) - height / 2
        return Box(self._columns[column][1], top, self._widths[column], height, self.names[paper])

    def _points(self, route: Route, boxes: Mapping[str, Box]) -> tuple[Point, ...]:
        start = self._middle(self.grid.cells[route.left][1]) + self.ports.right[route.net]
        end = self._middle(self.grid.cells[route.right][1]) + self.ports.left[route.arrow]
        first, last = self._x(route.first, route.net), self._x(route.last, route.net)
        turns = [(first, start)]
        if route.street is not None:
            along = self._y(route.street, route.net)
            turns += [(first, along), (last, along)]
        turns.append((last, end))
        left = boxes[route.left]
        return (left.x + left.width, start), *turns, (boxes[route.right].x, end)

    def _lanes(self) -> tuple[tuple[str, float, float], ...]:
        ends = [(lane.family, lane.first, lane.first + lane.rows - 1) for lane in self.grid.lanes]
        rim = self.slit / 2
        return tuple(
            (family, self._rows[first][1] - rim, self._middle(last) + self._halves[last] + rim)
            for family, first, last in ends
        )

    def _years(self) -> tuple[tuple[int, float, float], ...]:
        """The span of each year, from its first box to its last."""
        years: dict[int, tuple[float, float]] = {}
        for year, (_, left), width in zip(self.grid.years, self._columns, self._widths, strict=False):
            years[year] = (years.get(year, (left, left))[0], left + width)
        return tuple((year, *ends) for year, ends in years.items())


def _space_out(start: float, gaps: Sequence[float], cells: Sequence[float]) -> list[tuple[float, float]]:
    """Place each gap and the cell after it; then the end of the last cell, and of a gap after it."""
    places, at = [], float(start)
    for gap, cell in zip(gaps, cells, strict=False):
        places.append((at, at + gap))
        at += gap + cell
    return [*places, (at, at + sum(gaps[len(cells) :]))]


def _count(tracks: Mapping[Net, int]) -> int:
    return 1 + max(tracks.values(), default=-1)
