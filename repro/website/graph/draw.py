"""A plan as inline SVG: lanes, years, lines with their words, boxes that are links.

All colours are CSS variables of the page, by way of ``site/assets/css/graph.css``; all text is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.report.drawing.svg import one_line, shape, short, written
from repro.website.graph.arrows import STYLES, Arrow
from repro.website.graph.plan import HEAD, LEFT, LINE, NAME, TOP, Box, Plan, Point, Wire
from repro.website.graph.text import folded

BEND = 7.0  # radius of a corner
WORDS_GAP = 12  # between a box and the words on its lines
TRIM = (HEAD - 2.0, 1.0, HEAD - 2.0, 7.0)  # where a line of each style stops short of its tip


@dataclass(frozen=True)
class Face:
    """How a paper shows itself: where its box leads, its full title, its colour, whether it stands out."""

    href: str
    title: str
    tone: str
    strong: bool


@dataclass(frozen=True)
class Sheet:
    """What is written on a drawing beside its plan.

    ``key`` begins the ids of its elements, ``lanes`` gives the name of each family, ``told`` a sentence for
    each arrow, ``captions`` for each paper what its neighbours do to it, shown while it is pointed at.
    """

    key: str
    faces: Mapping[str, Face]
    lanes: Mapping[str, str]
    told: Mapping[Arrow, str]
    captions: Mapping[str, Mapping[str, Sequence[str]]]


def framed(label: str, size: Point, parts: Sequence[Markup]) -> Markup:
    """An ``<svg>`` of fixed size with a name; a group, not an image, because it holds links."""
    drawn = Markup(
        '<svg class="graph" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="group" aria-label="{label}">'
        "{parts}</svg>"
    ).format(w=short(size[0]), h=short(size[1]), label=label, parts=Markup("").join(parts))
    return one_line(drawn)


def body(plan: Plan, sheet: Sheet) -> list[Markup]:
    """The parts of the drawing from back to front."""
    wires = [_wire(sheet, index, wire) for index, wire in enumerate(plan.wires)]
    order = sorted(plan.boxes, key=lambda paper: (plan.boxes[paper].x, plan.boxes[paper].y))
    nodes = [_node(plan, sheet, paper) for paper in order]
    return [*_lanes(plan, sheet), *_years(plan), _group("wires", wires), _group("nodes", nodes)]


def _group(kind: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<g class="{}">{}</g>').format(kind, Markup("").join(parts))


def _lanes(plan: Plan, sheet: Sheet) -> list[Markup]:
    parts = []
    for family, top, bottom in plan.lanes:
        wide, high = short(plan.width), short(bottom - top)
        parts.append(shape("rect", "lane", x=0, width=wide, y=short(top), height=high, rx=8))
        lines = folded(sheet.lanes[family], LEFT - 16, NAME, bold=True)
        middle = (top + bottom) / 2 - LINE * (len(lines) - 1) / 2 + 4
        parts += [written(line, 10, middle + LINE * index, "family") for index, line in enumerate(lines)]
    return parts


def _years(plan: Plan) -> list[Markup]:
    parts = []
    for year, left, right in plan.years:
        parts.append(written(str(year), (left + right) / 2, TOP - 22, "year"))
        parts.append(shape("line", "span", x1=short(left), x2=short(right), y1=TOP - 14, y2=TOP - 14))
    return parts


def _wire(sheet: Sheet, index: int, wire: Wire) -> Markup:
    arrow = wire.route.arrow
    backwards = arrow.target == wire.route.left
    tip = wire.points[0] if backwards else wire.points[-1]
    parts = [
        shape("path", "rail", d=_path(_trimmed(wire.points, arrow.rank, backwards))),
        head(arrow.rank, *tip, -1 if backwards else 1),
        *_words(wire),
    ]
    return Markup('<g class="wire {} {}" id="{}w{}"><title>{}</title>{}</g>').format(
        STYLES[arrow.rank].name,
        sheet.faces[wire.route.left].tone,
        sheet.key,
        index,
        sheet.told[arrow],
        Markup("").join(parts),
    )


def _words(wire: Wire) -> list[Markup]:
    """The first words stand above the line, the others below it."""
    x, y = wire.points[-1]
    heights = zip(wire.words, (y - 4, y + 12), strict=False)
    return [written(words, x - WORDS_GAP, height, "word") for words, height in heights]


def _trimmed(points: Sequence[Point], rank: int, backwards: bool) -> list[Point]:
    (x, y), cut = points[0 if backwards else -1], TRIM[rank]
    if backwards:
        return [(x + cut, y), *points[1:]]
    return [*points[:-1], (x - cut, y)]


def _path(points: Sequence[Point]) -> str:
    """Through the points with rounded corners; every part is level or upright."""
    kept = [point for point, before in zip(points, (None, *points), strict=False) if point != before]
    parts = [f"M{_pair(kept[0])}"]
    for before, corner, after in zip(kept, kept[1:], kept[2:], strict=False):
        radius = min(BEND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join([*parts, f"L{_pair(kept[-1])}"])


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, goal: Point, far: float) -> Point:
    share = far / (_length(start, goal) or 1.0)
    return start[0] + share * (goal[0] - start[0]), start[1] + share * (goal[1] - start[1])


def _pair(point: Point) -> str:
    return f"{short(point[0])} {short(point[1])}"


def head(rank: int, x: float, y: float, way: int) -> Markup:
    """The end of a line of a style with its tip at a place; ``way``: 1 if it points to the right, else -1."""
    back = x - way * HEAD
    if rank == 0:
        return shape("path", "head", d=f"M{_pair((x, y))}L{_pair((back, y - 4.5))}V{short(y + 4.5)}Z")
    if rank == 1:
        return shape("path", "open", d=f"M{_pair((back, y - 4.5))}L{_pair((x, y))}L{_pair((back, y + 4.5))}")
    if rank == 2:
        middle = (x + back) / 2
        corners = ((x, y), (middle, y - 4), (back, y), (middle, y + 4))
        return shape("path", "head", d="M" + "L".join(map(_pair, corners)) + "Z")
    return shape("circle", "open", cx=short(x - way * 4), cy=short(y), r=3)


def _node(plan: Plan, sheet: Sheet, paper: str) -> Markup:
    face, box = sheet.faces[paper], plan.boxes[paper]
    return Markup(
        '<g class="node {}{}"><a href="{}"><title>{}</title><g id="{}n-{}" class="{}{}">{}</g></a>{}</g>'
    ).format(
        face.tone,
        " strong" if face.strong else "",
        face.href,
        face.title,
        sheet.key,
        paper,
        face.tone,
        " strong" if face.strong else "",
        Markup("").join(_box(box)),
        _near(plan, sheet, paper),
    )


def _box(box: Box) -> list[Markup]:
    size = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    middle = box.y + box.height / 2 - LINE * (len(box.name) - 1) / 2 + 4
    names = [
        written(line, box.x + box.width / 2, middle + LINE * index, "name")
        for index, line in enumerate(box.name)
    ]
    return [shape("rect", "box", **{key: short(value) for key, value in size.items()}, rx=6), *names]


def _near(plan: Plan, sheet: Sheet, paper: str) -> Markup:
    """The paper's lines and neighbours once more, with what they do to it; hidden until it is pointed at."""
    mine = [(index, wire) for index, wire in enumerate(plan.wires) if paper in wire.route.arrow.ends]
    others = sorted({end for _, wire in mine for end in wire.route.arrow.ends} - {paper})
    uses = [f"w{index}" for index, _ in mine] + [f"n-{other}" for other in others]
    copies = [Markup('<use href="#{}{}"/>').format(sheet.key, name) for name in uses]
    said = [
        part for other in others for part in _caption(plan.boxes[other], sheet.captions[paper].get(other, ()))
    ]
    return Markup('<g class="near" display="none" aria-hidden="true">{}</g>').format(
        Markup("").join([*copies, *said])
    )


def _caption(box: Box, lines: Sequence[str]) -> list[Markup]:
    heights = zip(lines, (box.y - 4, box.y + box.height + 12), strict=False)
    return [written(line, box.x + box.width / 2, height, "said") for line, height in heights]
