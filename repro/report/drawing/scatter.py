"""The map of the features: points in the unit square, each written as the mark of its class."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from markupsafe import Markup

from repro.report.drawing.svg import Points, drawing, written

SIDE, ROOM = 1000, 28  # of the drawing, in its own units; whole numbers keep hundreds of points small
GAP = 54.0  # between the names of two classes
LONGEST_NAME = 12


@dataclass(frozen=True)
class Glyphs:
    """The points of one class on the map, drawn as the letters ``mark``, or as dots if it is empty."""

    name: str
    mark: str
    tone: str
    points: Points


def scatter(name: str, title: str, told: str, groups: Sequence[Glyphs], *, named: bool = True) -> Markup:
    """Points in [0, 1] x [0, 1], y upwards; with ``named``, the name of each class stands at its middle."""
    body = [_group(index, group) for index, group in enumerate(groups)]
    if named:
        places = _apart([_placed(*_middle(group.points)) for group in groups])
        for index, (group, (x, y)) in enumerate(zip(groups, places, strict=True)):
            label = group.name if len(group.name) <= LONGEST_NAME else group.mark
            body.append(written(label, x, y + 15, f"place {group.tone} k{index}"))
    return drawing(name, title, told, (SIDE, SIDE), body)


def _placed(x: float, y: float) -> tuple[float, float]:
    span = SIDE - 2 * ROOM
    return ROOM + span * x, ROOM + span * (1 - y)


def _group(index: int, group: Glyphs) -> Markup:
    spots = [_spot(group.mark, *_placed(*point)) for point in group.points]
    head = Markup('<g class="glyphs {} k{}"><title>{}</title>').format(group.tone, index, group.name)
    return head + Markup("").join(spots) + Markup("</g>")


def _spot(mark: str, x: float, y: float) -> Markup:
    if not mark:
        return Markup('<circle cx="{}" cy="{}" r="4"/>').format(round(x), round(y))
    return Markup('<text x="{}" y="{}">{}</text>').format(round(x), round(y) + 6, mark)


def _middle(points: Points) -> tuple[float, float]:
    """The point nearest to the median of both coordinates: always a place where the class really is."""
    xs, ys = (sorted(axis) for axis in zip(*points, strict=True))
    x, y = xs[len(xs) // 2], ys[len(ys) // 2]
    return min(points, key=lambda point: (math.hypot(point[0] - x, point[1] - y), point))


def _apart(places: list[tuple[float, float]], rounds: int = 60) -> list[tuple[float, float]]:
    """Push names away from each other until they can be read; the same input always gives the same places."""
    for _ in range(rounds):
        pairs = combinations(range(len(places)), 2)
        close = [(i, j) for i, j in pairs if math.dist(places[i], places[j]) < GAP]
        if not close:
            break
        for i, j in close:
            dx, dy = _push(places[i], places[j], i)
            places[i] = _inside(places[i][0] + dx, places[i][1] + dy)
            places[j] = _inside(places[j][0] - dx, places[j][1] - dy)
    return places


def _push(here: tuple[float, float], there: tuple[float, float], index: int) -> tuple[float, float]:
    dx, dy = here[0] - there[0], here[1] - there[1]
    distance = math.hypot(dx, dy)
    if distance < 1e-6:  # names on one spot leave in different directions: multiples of the golden angle
        dx, dy, distance = math.cos(2.4 * index), math.sin(2.4 * index), 1.0
    share = (0.5 * max(GAP - distance, 0.0) + 1.0) / distance
    return share * dx, share * dy


def _inside(x: float, y: float) -> tuple[float, float]:
    return min(max(x, 30.0), SIDE - 30.0), min(max(y, 30.0), SIDE - 40.0)
