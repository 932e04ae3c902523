"""The map of the features of a run, with the key of its classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from repro.evidence.pictures import FeatureMap
from repro.report.drawing.scatter import Glyphs, scatter

TONES = 10  # colours of classes on the page
MOST_NAMED = 30  # classes whose names still fit on the map
MOST_POINTS = 4000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class MapChart:
    """The map of the features and its key: (mark, class, count) in the order of the drawing."""

    svg: Markup
    key: tuple[tuple[str, str, int], ...]
    shown: int


def class_name(classes: Sequence[str], label: int) -> str:
    """The name of a class, or its number when the run does not name it."""
    return classes[label] if 0 <= label < len(classes) else f"class {label}"


def feature_map(found: FeatureMap, classes: Sequence[str], name: str = "map") -> MapChart:
    """The images in the plane, at most about 4,000 of them, centred; without labels, plain dots."""
    step = math.ceil(len(found.points) / MOST_POINTS)
    room = (1 - np.ptp(found.points, axis=0)) / 2 - found.points.min(axis=0)
    points = [(float(x), float(y)) for x, y in (found.points + room)[::step]]
    if found.labels is None:
        told = f"{len(points)} images as dots; the data has no labels."
        svg = scatter(name, "Map of the features", told, [Glyphs("", "", "ours", points)], named=False)
        return MapChart(svg, (), len(points))
    groups = _groups(points, [int(label) for label in found.labels[::step]], classes)
    told = f"{len(points)} test images of {len(groups)} classes, each drawn as the mark of its class."
    svg = scatter(name, "Map of the features", told, groups, named=len(groups) <= MOST_NAMED)
    return MapChart(svg, tuple((group.mark, group.name, len(group.points)) for group in groups), len(points))


def _groups(points: list[tuple[float, float]], labels: list[int], classes: Sequence[str]) -> list[Glyphs]:
    members: dict[int, list[tuple[float, float]]] = {label: [] for label in sorted(set(labels))}
    for point, label in zip(points, labels, strict=True):
        members[label].append(point)
    names = [class_name(classes, label) for label in members]
    return [
        Glyphs(name, mark, f"c{index % TONES}", own)
        for index, (name, mark, own) in enumerate(zip(names, _marks(names), members.values(), strict=True))
    ]


def _marks(names: Sequence[str]) -> list[str]:
    """What stands for each class: its name if all are short, else a letter, else a number."""
    if all(len(name) <= 2 for name in names):
        return list(names)
    return list(LETTERS[: len(names)]) if len(names) <= len(LETTERS) else [str(i) for i in range(len(names))]
