"""Drawings of a verdict: every seed of every arm, and differences with their intervals beside the margin.

Each row carries its name and its number above its marks, so that a drawing is narrow enough for a telephone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.report.drawing.svg import drawing, nice_ticks, pad_range, shape, short, text_at, tick_labels

WIDTH, SIDE, PITCH, FOOT = 340, 14, 46, 36
APART = 2.2  # a seed is drawn a little below the one before, so that equal numbers do not hide each other
ROOM = 170  # between two lines, enough for both names
TOP, NAMED_TOP = 6, 22  # the second where limits are named above the rows


@dataclass(frozen=True, slots=True)
class PlotRow:
    """One row of a plot: values as dots, a mean with its interval; ``text`` stands at its right end."""

    name: str
    text: str
    values: tuple[float, ...] = ()
    mean: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def numbers(self) -> list[float]:
        """Every number the drawing must have room for."""
        numbers = [*self.values, self.mean, self.low, self.high]
        return [number for number in numbers if number is not None and math.isfinite(number)]


@dataclass(frozen=True, slots=True)
class Limit:
    """A line through all rows: solid without a name, dashed and named otherwise."""

    value: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale across, and where the rows begin and end."""

    low: float
    high: float
    top: float
    bottom: float

    def at(self, value: float) -> float:
        """The place across of a number."""
        return SIDE + (value - self.low) / (self.high - self.low) * (WIDTH - 2 * SIDE)


def row_plot(
    name: str,
    title: str,
    description: str,
    rows: Sequence[PlotRow],
    *,
    label: str,
    limits: Sequence[Limit] = (),
) -> Markup:
    """Rows over a common axis; ``description`` is the drawing in words, ``label`` names the axis."""
    low, high = pad_range([*(n for row in rows for n in row.numbers), *(limit.value for limit in limits)])
    top = NAMED_TOP if any(limit.name for limit in limits) else TOP
    scale = Scale(low, high, top, top + PITCH * len(rows))
    body = [*_axis(scale, label), *_limits(scale, limits)]
    for index, row in enumerate(rows):
        body += _row(scale, row, top + PITCH * index)
    return drawing(name, title, description, (WIDTH, int(scale.bottom) + FOOT), body)


def _axis(scale: Scale, label: str) -> list[Markup]:
    ticks = nice_ticks(scale.low, scale.high)
    parts = [_vertical("grid", scale, scale.at(tick)) for tick in ticks]
    parts += [
        text_at(scale.at(tick), scale.bottom + 14, text, "tick middle")
        for tick, text in zip(ticks, tick_labels(ticks), strict=True)
    ]
    return [*parts, text_at(WIDTH - SIDE, scale.bottom + 30, label, "tick end")]


def _limits(scale: Scale, limits: Sequence[Limit]) -> list[Markup]:
    """One or two named lines; the names of two stand between them where there is room, else outside."""
    named = sorted((limit for limit in limits if limit.name), key=lambda limit: limit.value)
    parts = [_vertical("rule" if limit.name else "axis", scale, scale.at(limit.value)) for limit in limits]
    places = [scale.at(limit.value) for limit in named]
    for limit, x in zip(named, places, strict=True):
        between = (x == places[-1]) == (places[-1] - places[0] > ROOM)
        left = x > WIDTH / 2 if len(places) == 1 else between
        parts.append(text_at(x - 4 if left else x + 4, scale.top - 8, limit.name, f"note{' end' * left}"))
    return parts


def _vertical(kind: str, scale: Scale, x: float) -> Markup:
    return shape("line", kind, x1=short(x), x2=short(x), y1=short(scale.top - 4), y2=short(scale.bottom))


def _row(scale: Scale, row: PlotRow, top: float) -> list[Markup]:
    y = top + 30
    parts = [
        text_at(SIDE, top + 14, row.name, "label halo"),
        text_at(WIDTH - SIDE, top + 14, row.text, "label end halo strong"),
        *_interval(scale, row, y),
    ]
    middle = (len(row.values) - 1) / 2
    parts += [
        shape(
            "circle", "dot ours seed", cx=short(scale.at(value)), cy=short(y + APART * (at - middle)), r="4"
        )
        for at, value in enumerate(row.values)
        if math.isfinite(value)
    ]
    return parts


def _interval(scale: Scale, row: PlotRow, y: float) -> list[Markup]:
    """The interval as a bar. The mean is a stroke behind dots, and a square where there are none."""
    parts = []
    if row.low is not None and row.high is not None:
        low, high = short(scale.at(row.low)), short(scale.at(row.high))
        parts.append(shape("line", "range", x1=low, x2=high, y1=short(y), y2=short(y)))
    if row.mean is not None:
        x = scale.at(row.mean)
        if row.values:
            parts.append(shape("line", "mean", x1=short(x), x2=short(x), y1=short(y - 9), y2=short(y + 9)))
        else:
            parts.append(shape("rect", "dot ours", x=short(x - 5), y=short(y - 5), width=10, height=10))
    return parts
