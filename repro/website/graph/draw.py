"""A laid-out graph as inline SVG: lanes, years, lines with their words, boxes that are links; and its legend.

All colours are CSS variables of the page, by way of ``site/assets/css/graph.css``; all text is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.report.drawing.svg import one_line, shape, short, text_at
from repro.website.graph.arrows import STYLES, Arrow
from repro.website.graph.plan import HEAD, LEFT, LINE, NAME, TOP, WORD, Box, Plan, Point, Wire
from repro.website.graph.text import fold, text_width

BEND = 7.0  # radius of a corner
WORDS_GAP = 12  # between a box and the words on its lines
TRIM = (HEAD - 2.0, 1.0, HEAD - 2.0, 7.0)  # where a line of each style stops short of its tip
INDENT, SAMPLE, GAP, PITCH = 10, 38, 26, 22  # of the legend
BOX, NOTHING = -1, -2  # samples in the legend that are no line
WIDEST = 1000  # a legend is read without scrolling where that is possible


@dataclass(frozen=True)
class Face:
    """The face of a paper: where its box leads, its full title, its colour, and true if it stands out."""

    href: str
    title: str
    tone: str
    strong: bool


@dataclass(frozen=True)
class GraphLabels:
    """The texts, links and colours of a drawing.

    ``key`` begins the ids of its elements, ``lanes`` has the name of each family, ``sentences`` one for each
    arrow, ``captions`` for each paper what its neighbours do to it, shown while it is pointed at.
    """

    key: str
    faces: Mapping[str, Face]
    lanes: Mapping[str, str]
    sentences: Mapping[Arrow, str]
    captions: Mapping[str, Mapping[str, Sequence[str]]]


def frame(label: str, size: Point, parts: Sequence[Markup]) -> Markup:
    """An ``<svg>`` of fixed size with a name; a group, not an image, because it holds links."""
    svg = Markup(
        '<svg class="graph" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="group" aria-label="{label}">'
        "{parts}</svg>"
    ).format(w=short(size[0]), h=short(size[1]), label=label, parts=Markup("").join(parts))
    return one_line(svg)


def body(plan: Plan, labels: GraphLabels) -> list[Markup]:
    """The parts of the drawing from back to front."""
    wires = [_wire(labels, index, wire) for index, wire in enumerate(plan.wires)]
    order = sorted(plan.boxes, key=lambda paper: (plan.boxes[paper].x, plan.boxes[paper].y))
    nodes = [_node(plan, labels, paper) for paper in order]
    return [*_lanes(plan, labels), *_years(plan), _group("wires", wires), _group("nodes", nodes)]


def _group(kind: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<g class="{}">{}</g>').format(kind, Markup("").join(parts))


def _lanes(plan: Plan, labels: GraphLabels) -> list[Markup]:
    parts = []
    for family, top, bottom in plan.lanes:
        wide, high = short(plan.width), short(bottom - top)
        parts.append(shape("rect", "lane", x=0, width=wide, y=short(top), height=high, rx=8))
        lines = fold(labels.lanes[family], LEFT - 16, NAME, bold=True)
        middle = (top + bottom) / 2 - LINE * (len(lines) - 1) / 2 + 4
        parts += [text_at(10, middle + LINE * index, line, "family") for index, line in enumerate(lines)]
    return parts


def _years(plan: Plan) -> list[Markup]:
    parts = []
    for year, left, right in plan.years:
        parts.append(text_at((left + right) / 2, TOP - 22, str(year), "year"))
        parts.append(shape("line", "span", x1=short(left), x2=short(right), y1=TOP - 14, y2=TOP - 14))
    return parts


def _wire(labels: GraphLabels, index: int, wire: Wire) -> Markup:
    arrow = wire.route.arrow
    backwards = arrow.target == wire.route.left
    tip = wire.points[0] if backwards else wire.points[-1]
    parts = [
        shape("path", "rail", d=_path(_trim(wire.points, arrow.rank, backwards))),
        head(arrow.rank, *tip, -1 if backwards else 1),
        *_words(wire),
    ]
    return Markup('<g class="wire {} {}" id="{}w{}"><title>{}</title>{}</g>').format(
        STYLES[arrow.rank].name,
        labels.faces[wire.route.left].tone,
        labels.key,
        index,
        labels.sentences[arrow],
        Markup("").join(parts),
    )


def _words(wire: Wire) -> list[Markup]:
    """The first words stand above the line, the others below it."""
    x, y = wire.points[-1]
    heights = zip(wire.words, (y - 4, y + 12), strict=False)
    return [text_at(x - WORDS_GAP, height, words, "word") for words, height in heights]


def _trim(points: Sequence[Point], rank: int, backwards: bool) -> list[Point]:
    (x, y), cut = points[0 if backwards else -1], TRIM[rank]
    if backwards:
        return [(x + cut, y), *points[1:]]
    return [*points[:-1], (x - cut, y)]


def _path(points: Sequence[Point]) -> str:
    """Through the points with rounded corners; every part is level or upright."""
    corners = [point for point, before in zip(points, (None, *points), strict=False) if point != before]
    parts = [f"M{_pair(corners[0])}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(BEND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join([*parts, f"L{_pair(corners[-1])}"])


def _length(start: Point, end: Point) -> float:
    return abs(start[0] - end[0]) + abs(start[1] - end[1])


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


def _node(plan: Plan, labels: GraphLabels, paper: str) -> Markup:
    face, box = labels.faces[paper], plan.boxes[paper]
    return Markup(
        '<g class="node {}{}"><a href="{}"><title>{}</title><g id="{}n-{}" class="{}{}">{}</g></a>{}</g>'
    ).format(
        face.tone,
        " strong" if face.strong else "",
        face.href,
        face.title,
        labels.key,
        paper,
        face.tone,
        " strong" if face.strong else "",
        Markup("").join(_box(box)),
        _near(plan, labels, paper),
    )


def _box(box: Box) -> list[Markup]:
    size = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    middle = box.y + box.height / 2 - LINE * (len(box.name) - 1) / 2 + 4
    names = [
        text_at(box.x + box.width / 2, middle + LINE * index, line, "name")
        for index, line in enumerate(box.name)
    ]
    return [shape("rect", "box", **{key: short(value) for key, value in size.items()}, rx=6), *names]


def _near(plan: Plan, labels: GraphLabels, paper: str) -> Markup:
    """The paper's lines and neighbours once more, with what they do to it; hidden until it is pointed at."""
    wires = [(index, wire) for index, wire in enumerate(plan.wires) if paper in wire.route.arrow.ends]
    neighbours = sorted({end for _, wire in wires for end in wire.route.arrow.ends} - {paper})
    uses = [f"w{index}" for index, _ in wires] + [f"n-{neighbour}" for neighbour in neighbours]
    copies = [Markup('<use href="#{}{}"/>').format(labels.key, name) for name in uses]
    captions = [
        part
        for neighbour in neighbours
        for part in _caption(plan.boxes[neighbour], labels.captions[paper].get(neighbour, ()))
    ]
    return Markup('<g class="near" display="none" aria-hidden="true">{}</g>').format(
        Markup("").join([*copies, *captions])
    )


def _caption(box: Box, lines: Sequence[str]) -> list[Markup]:
    heights = zip(lines, (box.y - 4, box.y + box.height + 12), strict=False)
    return [text_at(box.x + box.width / 2, height, line, "said") for line, height in heights]


def legend(
    entries: Sequence[tuple[int, str]], notes: tuple[str, str], top: float, width: float
) -> tuple[list[Markup], float, float]:
    """The legend of lines and boxes: its parts, how far right they reach, and where they end below.

    Args:
        entries: line styles by index, with their explanation.
        notes: what a filled box means, and a sentence about lines, for a drawing that has some.
        top: where to begin.
        width: how wide the drawing above is.
    """
    parts: list[Markup] = []
    x, y, reach = float(INDENT), top, 0.0
    for rank, text in [*entries, (BOX, notes[0]), *([(NOTHING, notes[1])] if entries else [])]:
        indent = SAMPLE + 8 if rank != NOTHING else 0
        length = indent + text_width(text, WORD)
        if x > INDENT and x + length > min(width, WIDEST):
            x, y = float(INDENT), y + PITCH
        parts += [*_sample(rank, x, y), text_at(x + indent, y + 4, text, "key")]
        reach, x = max(reach, x + length), x + length + GAP
    return parts, reach, y + PITCH


def _sample(rank: int, x: float, y: float) -> list[Markup]:
    if rank == NOTHING:
        return []
    if rank == BOX:
        box = shape("rect", "box", x=short(x + 8), y=short(y - 7), width=SAMPLE - 8, height=14, rx=4)
        return [Markup('<g class="strong c7">{}</g>').format(box)]
    rail = shape("path", "rail", d=f"M{short(x)} {short(y)}H{short(x + SAMPLE - 7)}")
    tip = head(rank, x + SAMPLE, y, 1)
    return [Markup('<g class="wire {} c7">{}{}</g>').format(STYLES[rank].name, rail, tip)]
