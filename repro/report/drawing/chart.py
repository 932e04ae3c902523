"""Line charts and bar charts, and the curves of a line chart made smooth or thin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.report.drawing.svg import (
    Points,
    drawing,
    nice_ticks,
    pad_range,
    shape,
    short,
    text_at,
    tick_labels,
)

WIDTH, HEIGHT = 340, 212
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 12, 38
BAR_LEFT, BAR_LENGTH, BAR_PITCH, BAR_TOP = 118, WIDTH - 118 - 56, 30, 22
MOST_POINTS = 300  # of one line; a screen shows no more


@dataclass(frozen=True)
class Line:
    """One curve; ``tone`` is the CSS class that colours it, ``mark`` a letter at its end.

    ``faint`` draws it thin and without anything at its end.
    """

    name: str
    points: Points
    tone: str = "ours"
    faint: bool = False
    mark: str = ""


@dataclass(frozen=True)
class ReferenceLine:
    """A horizontal line to compare with."""

    name: str
    value: float


@dataclass(frozen=True)
class Bar:
    """One bar of a length in [0, 1]; ``text`` is what is written at its end."""

    name: str
    value: float
    text: str
    tone: str = "ours"


@dataclass(frozen=True)
class Frame:
    """The scales of a line chart: ``x`` and ``y`` are the ranges of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM

    def at_x(self, value: float) -> float:
        """The place across of a number."""
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (self.right - LEFT)

    def at_y(self, value: float) -> float:
        """The place from the top of a number."""
        return self.bottom - (value - self.y[0]) / (self.y[1] - self.y[0]) * (self.bottom - TOP)


def line_chart(
    name: str,
    title: str,
    description: str,
    lines: Sequence[Line],
    *,
    x_label: str,
    references: Sequence[ReferenceLine] = (),
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
) -> Markup:
    """Curves over a common axis; a value that is not finite breaks its line."""
    frame = Frame(_x_range(lines, x_range), _y_range(lines, references, y_range))
    body = [*_axes(frame, x_label, percent), *_references(frame, references)]
    body += [part for line in lines for part in _line(frame, line)]
    return drawing(name, title, description, (WIDTH, HEIGHT), body)


def _x_range(lines: Sequence[Line], least: tuple[float, float] | None) -> tuple[float, float]:
    xs = [x for line in lines for x, _ in line.points] + list(least or ()) or [0.0]
    first, last = min(xs), max(xs)
    return first, last if last > first else first + 1


def _y_range(
    lines: Sequence[Line], references: Sequence[ReferenceLine], least: tuple[float, float] | None
) -> tuple[float, float]:
    """A range that holds every finite point, every reference line and the ``least`` range, if any."""
    ys = [y for line in lines for _, y in line.points] + [reference.value for reference in references]
    if least is None:
        return pad_range(ys)
    finite = [value for value in ys if math.isfinite(value)]
    low, high = min([least[0], *finite]), max([least[1], *finite])
    return low, high if high == least[1] else high + 0.06 * (high - low)


def _axes(frame: Frame, x_label: str, percent: bool) -> list[Markup]:
    ys = nice_ticks(*frame.y)
    texts = tick_labels(tuple(100 * tick for tick in ys)) if percent else tick_labels(ys)
    parts = []
    for tick, text in zip(ys, texts, strict=True):
        parts.append(_level("grid", frame, frame.at_y(tick)))
        parts.append(text_at(LEFT - 6, frame.at_y(tick) + 3.5, text + (" %" if percent else ""), "tick end"))
    xs = nice_ticks(*frame.x)
    for tick, text in zip(xs, tick_labels(xs), strict=True):
        parts.append(text_at(frame.at_x(tick), frame.bottom + 15, text, "tick middle"))
    parts.append(_level("axis", frame, frame.bottom))
    parts.append(text_at(frame.right, frame.bottom + 31, x_label, "tick end"))
    return parts


def _level(kind: str, frame: Frame, height: float) -> Markup:
    """A line across the whole frame."""
    return shape("line", kind, x1=LEFT, x2=short(frame.right), y1=short(height), y2=short(height))


def _references(frame: Frame, references: Sequence[ReferenceLine]) -> list[Markup]:
    """Dashed lines; of two that are close, the lower one is labelled underneath."""
    parts, above = [], math.inf
    for reference in sorted(references, key=lambda reference: -reference.value):
        height = frame.at_y(reference.value)
        under = abs(height - above) < 26 and height + 13 < frame.bottom
        parts.append(_level("rule", frame, height))
        parts.append(text_at(frame.right, height + (12 if under else -4), reference.name, "note end halo"))
        above = height
    return parts


def _line(frame: Frame, line: Line) -> list[Markup]:
    pieces = _finite_pieces([(frame.at_x(x), frame.at_y(y)) for x, y in thin(line.points)])
    if not pieces:
        return []
    path = "".join("M" + "L".join(f"{short(x)} {short(y)}" for x, y in piece) for piece in pieces)
    parts = [shape("path", f"line {line.tone}{' faint' if line.faint else ''}", d=path)]
    if not line.faint:
        x, y = pieces[-1][-1]
        parts.append(shape("circle", f"dot {line.tone}", cx=short(x), cy=short(y), r="3"))
        parts += [text_at(x + 5, y + 4, line.mark, f"mark {line.tone}")] if line.mark else []
    return parts


def _finite_pieces(points: Points) -> list[list[tuple[float, float]]]:
    """The points cut where one is not finite."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def thin(points: Points, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """About ``most`` points: the lowest and the highest of each stretch, so that no spike is lost."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(2 * len(points) / most)
    result = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        low, high = min(stretch, key=_height), max(stretch, key=_height)
        result += [low, high] if low[0] <= high[0] else [high, low]
    return [*result, points[-1]]


def _height(point: tuple[float, float]) -> float:
    return point[1] if math.isfinite(point[1]) else -math.inf


def smooth(points: Points, share: float = 0.04) -> list[tuple[float, float]]:
    """A centred moving average over ``share`` of the points; stretches that are not finite stay so."""
    reach = int(len(points) * share / 2)
    result = []
    for index, (x, _) in enumerate(points):
        side = min(reach, index, len(points) - 1 - index)
        window = [y for _, y in points[index - side : index + side + 1]]
        result.append((x, sum(window) / len(window)))
    return result


def bar_chart(
    name: str, title: str, description: str, bars: Sequence[Bar], *, chance: float | None = None
) -> Markup:
    """Bars from 0 to 1 with their names and values written out; a dashed line where guessing would end."""
    body = [part for index, bar in enumerate(bars) for part in _bar(index, bar)]
    bottom = BAR_TOP + BAR_PITCH * len(bars)
    if chance is not None:
        x = BAR_LEFT + BAR_LENGTH * chance
        body.append(shape("line", "rule", x1=short(x), x2=short(x), y1=BAR_TOP - 4, y2=bottom + 2))
        body.append(text_at(x - 3, BAR_TOP - 9, f"chance {100 * chance:.3g} %", "note"))
    body.append(shape("line", "axis", x1=BAR_LEFT, x2=BAR_LEFT, y1=BAR_TOP, y2=bottom))
    return drawing(name, title, description, (WIDTH, bottom + 8), body)


def _bar(index: int, bar: Bar) -> list[Markup]:
    y, thick = BAR_TOP + BAR_PITCH * index + 5, BAR_PITCH - 10
    size = BAR_LENGTH * min(max(bar.value, 0.0), 1.0)
    strong = " strong" if bar.tone == "ours" else ""
    return [
        text_at(BAR_LEFT - 10, y + 14, bar.name, f"label end{strong}"),
        shape("rect", "track", x=BAR_LEFT, y=y, width=BAR_LENGTH, height=thick),
        shape("rect", f"bar {bar.tone}", x=BAR_LEFT, y=y, width=short(size), height=thick),
        text_at(BAR_LEFT + size + 7, y + 14, bar.text, f"label halo{strong}"),
    ]
