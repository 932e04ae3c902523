"""The map of the features of a run: test images in the plane, each written as the mark of its class."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from markupsafe import Markup

from repro.evidence.pictures import FeatureMap
from repro.report.drawing.svg import Points, drawing, text_at, tone

SIDE, ROOM = 1000, 28  # of the drawing, in its own units; whole numbers keep hundreds of points small
GAP = 54.0  # between the names of two classes
LONGEST_NAME = 12
MOST_NAMED = 30  # classes whose names still fit on the map
MOST_POINTS = 4000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Glyphs:
    """The points of one class on the map, drawn as the letters ``mark``, or as dots if it is empty."""

    name: str
    mark: str
    tone: str
    points: Points


@dataclass(frozen=True)
class MapChart:
    """The map of the features and its key: (mark, class, count) in the order of the drawing."""

    svg: Markup
    key: tuple[tuple[str, str, int], ...]
    images: int


def class_name(classes: Sequence[str], label: int) -> str:
    """The name of a class, or its number when the run does not name it."""
    return classes[label] if 0 <= label < len(classes) else f"class {label}"


def feature_map(
    features: FeatureMap, classes: Sequence[str], name: str = "map", *, unit: str = "image"
) -> MapChart:
    """The examples in the plane, at most about 4,000 of them, centred; without labels, plain dots."""
    step = math.ceil(len(features.points) / MOST_POINTS)
    room = (1 - np.ptp(features.points, axis=0)) / 2 - features.points.min(axis=0)
    points = [(float(x), float(y)) for x, y in (features.points + room)[::step]]
    if features.labels is None:
        groups, key = [Glyphs("", "", "ours", points)], []
        description = f"{len(points)} {unit}s as dots; the data has no labels."
    else:
        groups = _by_class(points, [int(label) for label in features.labels[::step]], classes)
        key = [(group.mark, group.name, len(group.points)) for group in groups]
        description = (
            f"{len(points)} test {unit}s of {len(groups)} classes, each drawn as the mark of its class."
        )
    svg = scatter(
        name, "Map of the features", description, groups, named=bool(key) and len(key) <= MOST_NAMED
    )
    return MapChart(svg, tuple(key), len(points))


def _by_class(points: Points, labels: Sequence[int], classes: Sequence[str]) -> list[Glyphs]:
    members: dict[int, list[tuple[float, float]]] = {label: [] for label in sorted(set(labels))}
    for point, label in zip(points, labels, strict=True):
        members[label].append(point)
    names = [class_name(classes, label) for label in members]
    return [
        Glyphs(name, mark, tone(index), own)
        for index, (name, mark, own) in enumerate(zip(names, _marks(names), members.values(), strict=True))
    ]


def _marks(names: Sequence[str]) -> list[str]:
    """The mark of each class: its name if all are short, else a letter, else a number."""
    if all(len(name) <= 2 for name in names):
        return list(names)
    return list(LETTERS[: len(names)]) if len(names) <= len(LETTERS) else [str(i) for i in range(len(names))]


def scatter(
    name: str, title: str, description: str, groups: Sequence[Glyphs], *, named: bool = True
) -> Markup:
    """Points in [0, 1] x [0, 1], y upwards; with ``named``, the name of each class stands at its middle."""
    body = [_group(index, group) for index, group in enumerate(groups)]
    if named:
        places = _separate([_to_pixels(*_middle(group.points)) for group in groups])
        for index, (group, (x, y)) in enumerate(zip(groups, places, strict=True)):
            label = group.name if len(group.name) <= LONGEST_NAME else group.mark
            body.append(text_at(x, y + 15, label, f"place {group.tone} k{index}"))
    return drawing(name, title, description, (SIDE, SIDE), body)


def _to_pixels(x: float, y: float) -> tuple[float, float]:
    span = SIDE - 2 * ROOM
    return ROOM + span * x, ROOM + span * (1 - y)


def _group(index: int, group: Glyphs) -> Markup:
    glyphs = [_glyph(group.mark, *_to_pixels(*point)) for point in group.points]
    head = Markup('<g class="glyphs {} k{}"><title>{}</title>').format(group.tone, index, group.name)
    return head + Markup("").join(glyphs) + Markup("</g>")


def _glyph(mark: str, x: float, y: float) -> Markup:
    if not mark:
        return Markup('<circle cx="{}" cy="{}" r="4"/>').format(round(x), round(y))
    return Markup('<text x="{}" y="{}">{}</text>').format(round(x), round(y) + 6, mark)


def _middle(points: Points) -> tuple[float, float]:
    """The point nearest to the median of both coordinates: always a place where the class really is."""
    xs, ys = (sorted(axis) for axis in zip(*points, strict=True))
    x, y = xs[len(xs) // 2], ys[len(ys) // 2]
    return min(points, key=lambda point: (math.hypot(point[0] - x, point[1] - y), point))


def _separate(places: list[tuple[float, float]], rounds: int = 60) -> list[tuple[float, float]]:
    """Push names away from each other until they can be read; the same input always gives the same places."""
    for _ in range(rounds):
        pairs = combinations(range(len(places)), 2)
        close = [(i, j) for i, j in pairs if math.dist(places[i], places[j]) < GAP]
        if not close:
            break
        for i, j in close:
            dx, dy = _push(places[i], places[j], i)
            places[i] = _clamp(places[i][0] + dx, places[i][1] + dy)
            places[j] = _clamp(places[j][0] - dx, places[j][1] - dy)
    return places


def _push(here: tuple[float, float], there: tuple[float, float], index: int) -> tuple[float, float]:
    dx, dy = here[0] - there[0], here[1] - there[1]
    distance = math.hypot(dx, dy)
    if distance < 1e-6:  # names on one spot leave in different directions: multiples of the golden angle
        dx, dy, distance = math.cos(2.4 * index), math.sin(2.4 * index), 1.0
    share = (0.5 * max(GAP - distance, 0.0) + 1.0) / distance
    return share * dx, share * dy


def _clamp(x: float, y: float) -> tuple[float, float]:
    return min(max(x, 30.0), SIDE - 30.0), min(max(y, 30.0), SIDE - 40.0)
