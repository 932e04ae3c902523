"""Small charts as inline SVG: lines and bars, and the pieces to draw others with.

They are drawn at the size they are shown at, take every colour from CSS variables of the page (so that they
follow its light and dark palette), carry a title and a description, and are the same bytes for the same
numbers. All text is escaped here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from repro.report.drawing._ticks import labels, nice_ticks, padded

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 340, 212
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 12, 38
BAR_LEFT, BAR_LENGTH, BAR_PITCH, BAR_TOP = 92, WIDTH - 92 - 56, 30, 22
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
class Rule:
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
    """Where numbers land on the drawing; ``x`` and ``y`` are the ranges of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM

    def at_x(self, value: float) -> float:
        """From a number to a place across."""
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (self.right - LEFT)

    def at_y(self, value: float) -> float:
        """From a number to a place from the top."""
        return self.bottom - (value - self.y[0]) / (self.y[1] - self.y[0]) * (self.bottom - TOP)


def drawing(name: str, title: str, told: str, size: tuple[int, int], body: Sequence[Markup]) -> Markup:
    """An ``<svg>`` that a screen reader announces by title and description; ``name`` is unique on a page."""
    head = Markup(
        '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-title {n}-desc" class="chart">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>'
    ).format(w=size[0], h=size[1], n=name, title=title, desc=told)
    return one_line(head + Markup("").join(body) + Markup("</svg>"))


def one_line(markup: Markup) -> Markup:
    """The same without line ends: inside a Markdown page, a new line can begin a block of code."""
    return Markup(" ".join(str(markup).split()))  # noqa: S704 - it was markup before


def line_chart(
    name: str,
    title: str,
    told: str,
    lines: Sequence[Line],
    *,
    x_label: str,
    rules: Sequence[Rule] = (),
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
) -> Markup:
    """Curves over a common axis; a value that is not finite breaks its line."""
    frame = Frame(_across(lines, x_range), _upwards(lines, rules, y_range))
    body = [*_axes(frame, x_label, percent), *_rules(frame, rules)]
    body += [part for line in lines for part in _line(frame, line)]
    return drawing(name, title, told, (WIDTH, HEIGHT), body)


def _across(lines: Sequence[Line], wanted: tuple[float, float] | None) -> tuple[float, float]:
    xs = [x for line in lines for x, _ in line.points] + list(wanted or ()) or [0.0]
    first, last = min(xs), max(xs)
    return first, last if last > first else first + 1


def _upwards(
    lines: Sequence[Line], rules: Sequence[Rule], wanted: tuple[float, float] | None
) -> tuple[float, float]:
    """A range that holds every finite point, every rule and the ``wanted`` range, if there is one."""
    ys = [y for line in lines for _, y in line.points] + [rule.value for rule in rules]
    if wanted is None:
        return padded(ys)
    finite = [value for value in ys if math.isfinite(value)]
    low, high = min([wanted[0], *finite]), max([wanted[1], *finite])
    return low, high if high == wanted[1] else high + 0.06 * (high - low)


def _axes(frame: Frame, x_label: str, percent: bool) -> list[Markup]:
    ys = nice_ticks(*frame.y)
    texts = labels(tuple(100 * tick for tick in ys)) if percent else labels(ys)
    parts = []
    for tick, text in zip(ys, texts, strict=True):
        parts.append(_level("grid", frame, frame.at_y(tick)))
        parts.append(written(text + (" %" if percent else ""), LEFT - 6, frame.at_y(tick) + 3.5, "tick end"))
    xs = nice_ticks(*frame.x)
    for tick, text in zip(xs, labels(xs), strict=True):
        parts.append(written(text, frame.at_x(tick), frame.bottom + 15, "tick middle"))
    parts.append(_level("axis", frame, frame.bottom))
    parts.append(written(x_label, frame.right, frame.bottom + 31, "tick end"))
    return parts


def _level(kind: str, frame: Frame, height: float) -> Markup:
    """A line across the whole frame."""
    return shape("line", kind, x1=LEFT, x2=short(frame.right), y1=short(height), y2=short(height))


def _rules(frame: Frame, rules: Sequence[Rule]) -> list[Markup]:
    """Dashed lines; of two that are close, the lower one is labelled underneath."""
    parts, above = [], math.inf
    for rule in sorted(rules, key=lambda rule: -rule.value):
        height = frame.at_y(rule.value)
        under = abs(height - above) < 26 and height + 13 < frame.bottom
        parts.append(_level("rule", frame, height))
        parts.append(written(rule.name, frame.right, height + (12 if under else -4), "note end halo"))
        above = height
    return parts


def _line(frame: Frame, line: Line) -> list[Markup]:
    pieces = _pieces([(frame.at_x(x), frame.at_y(y)) for x, y in thinned(line.points)])
    if not pieces:
        return []
    path = "".join("M" + "L".join(f"{short(x)} {short(y)}" for x, y in piece) for piece in pieces)
    parts = [shape("path", f"line {line.tone}{' faint' if line.faint else ''}", d=path)]
    if not line.faint:
        x, y = pieces[-1][-1]
        parts.append(shape("circle", f"dot {line.tone}", cx=short(x), cy=short(y), r="3"))
        parts += [written(line.mark, x + 5, y + 4, f"mark {line.tone}")] if line.mark else []
    return parts


def _pieces(points: Points) -> list[list[tuple[float, float]]]:
    """The runs of finite points."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def thinned(points: Points, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """About ``most`` points: the lowest and the highest of each stretch, so that no spike is lost."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(2 * len(points) / most)
    kept = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        low, high = min(stretch, key=_height), max(stretch, key=_height)
        kept += [low, high] if low[0] <= high[0] else [high, low]
    return [*kept, points[-1]]


def _height(point: tuple[float, float]) -> float:
    return point[1] if math.isfinite(point[1]) else -math.inf


def smoothed(points: Points, share: float = 0.04) -> list[tuple[float, float]]:
    """A centred moving average over ``share`` of the points; stretches that are not finite stay so."""
    reach = int(len(points) * share / 2)
    result = []
    for index, (x, _) in enumerate(points):
        side = min(reach, index, len(points) - 1 - index)
        window = [y for _, y in points[index - side : index + side + 1]]
        result.append((x, sum(window) / len(window)))
    return result


def bar_chart(
    name: str, title: str, told: str, bars: Sequence[Bar], *, chance: float | None = None
) -> Markup:
    """Bars from 0 to 1 with their names and values written out; a dashed line where guessing would end."""
    body = [part for index, bar in enumerate(bars) for part in _bar(index, bar)]
    bottom = BAR_TOP + BAR_PITCH * len(bars)
    if chance is not None:
        x = BAR_LEFT + BAR_LENGTH * chance
        body.append(shape("line", "rule", x1=short(x), x2=short(x), y1=BAR_TOP - 4, y2=bottom + 2))
        body.append(written(f"chance {100 * chance:.3g} %", x - 3, BAR_TOP - 9, "note"))
    body.append(shape("line", "axis", x1=BAR_LEFT, x2=BAR_LEFT, y1=BAR_TOP, y2=bottom))
    return drawing(name, title, told, (WIDTH, bottom + 8), body)


def _bar(index: int, bar: Bar) -> list[Markup]:
    y, thick = BAR_TOP + BAR_PITCH * index + 5, BAR_PITCH - 10
    size = BAR_LENGTH * min(max(bar.value, 0.0), 1.0)
    strong = " strong" if bar.tone == "ours" else ""
    return [
        written(bar.name, BAR_LEFT - 10, y + 14, f"label end{strong}"),
        shape("rect", "track", x=BAR_LEFT, y=y, width=BAR_LENGTH, height=thick),
        shape("rect", f"bar {bar.tone}", x=BAR_LEFT, y=y, width=short(size), height=thick),
        written(bar.text, BAR_LEFT + size + 7, y + 14, f"label halo{strong}"),
    ]


def shape(tag: str, kind: str, **attributes: str | float) -> Markup:
    """An empty element of a CSS class; the names are this module's own, the values are escaped."""
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f'<{tag} class="{escape(kind)}"{given}/>')  # noqa: S704 - a drawing has hundreds; format is slow


def written(words: str, x: float, y: float, kind: str) -> Markup:
    """Text at a place, escaped."""
    place = f'x="{short(x)}" y="{short(y)}"'
    return Markup(f'<text class="{escape(kind)}" {place}>{escape(words)}</text>')  # noqa: S704 - escaped here


def short(value: float) -> str:
    """A coordinate with at most two decimals, without trailing zeros or a negative zero."""
    return f"{round(value, 2) + 0.0:.8g}"
