"""A method as SVG: views above, networks below them on one grid for all methods, the loss at the foot.

The rows are the same for every method, so that pictures side by side differ only where methods do. What is
common is drawn in the colour of text; what keeps the outputs from becoming all the same is coloured.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from repro.catalog.records.diagram import Branch, Diagram, LossTerm
from repro.report.drawing.svg import one_line, shape, short, text_at
from repro.website.diagram.glyphs import SIDE, glyph
from repro.website.diagram.words import sentences
from repro.website.graph.text import fold, text_width

PITCH, BOX, EDGE = 138, 94, 16  # from arm to arm, width of a network, margin
INPUT, VIEW = 14, 58  # the middle of the input and of the views
ROWS = {"encoder": (90, 132), "projector": (150, 178), "decoder": (150, 178), "predictor": (196, 224)}
STOP_FREE, STOP_BELOW = (196, 224), (232, 256)  # where a stop-gradient stands without and with a predictor
TERM, HIGH, FOOT = 284, 66, 370  # top and height of the loss, baseline of what is done once more
FORK = TERM - 24  # where the line of an arm turns to its terms
HEIGHT = 380
SLANT = 12  # by which an encoder is narrower at its foot, on each side
NAME, SMALL = 12.0, 11.0  # sizes of text
NARROW = 120  # a term of the loss that is narrower has no glyph


def diagram_svg(name: str, title: str, diagram: Diagram, code: str = "") -> Markup:
    """The picture, which a screen reader announces by title and description; ``name`` is unique on a page.

    ``code`` says where the loss is computed; who points at the loss reads it there.
    """
    head = Markup(
        '<svg class="method" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>'
    ).format(w=_width(diagram), h=HEIGHT, n=name, title=title, desc=sentences(diagram))
    return one_line(head + Markup("").join(_body(diagram, code)) + Markup("</svg>"))


def thumbnail(diagram: Diagram) -> Markup:
    """The shapes alone, for a card whose words say what it is of."""
    head = Markup('<svg class="method thumbnail" viewBox="0 0 {} {}" aria-hidden="true">').format(
        _width(diagram), TERM + HIGH + 4
    )
    return one_line(head + Markup("").join(_body(diagram)) + Markup("</svg>"))


def _width(diagram: Diagram) -> int:
    return 2 * EDGE + BOX + PITCH * (len(diagram.arms) - 1)


def _middle(index: int) -> float:
    """Where an arm stands."""
    return EDGE + BOX / 2 + PITCH * index


def _body(diagram: Diagram, code: str = "") -> Iterator[Markup]:
    """Lines first, so that every box covers their ends."""
    spans = _spans(diagram)
    for index, arm in enumerate(diagram.arms):
        yield _entry(_width(diagram) / 2, _middle(index))
        yield shape("path", "way", d=f"M{short(_middle(index))} {VIEW}V{FORK}")
        for target in _targets(arm, _middle(index), diagram.loss, spans):
            yield _branch(_middle(index), target)
    for index, (left, right) in enumerate(pairwise(diagram.arms)):
        yield from _ties(left, right, _middle(index))
    room = max(64.0, text_width(diagram.input, SMALL) + 18)
    yield _named("rect", "input", diagram.input, (_width(diagram) / 2, INPUT), (room, 24), rx=6)
    for index, arm in enumerate(diagram.arms):
        yield from _stations(arm, _middle(index))
    for term, span in zip(diagram.loss, spans, strict=True):
        yield _group(
            "loss", _tip(f"{term.name}: {term.formula}. {code}") + Markup("").join(_term(term, *span))
        )
    if diagram.swapped:
        yield text_at(_width(diagram) / 2, FOOT, f"and {diagram.swapped}", "middle soft")


def _entry(start: float, end: float) -> Markup:
    """From the input to a view."""
    return shape(
        "path", "way", d=f"M{short(start)} {INPUT}C{short(start)} 44 {short(end)} 28 {short(end)} {VIEW}"
    )


def _branch(x: float, target: float) -> Markup:
    """The end of an arm's line, bent where the term stands to the side, and its tip."""
    line = shape("path", "way", d=f"M{short(x)} {FORK}L{short(target)} {TERM - 12}V{TERM - 4}")
    return line + shape("path", "tip", d=f"M{short(target)} {TERM}l-4.5 -8h9z")


def _stations(arm: Branch, x: float) -> Iterator[Markup]:
    """The view, the networks, the stop-gradient and the symbol of what comes out."""
    yield _named("rect", "view", f"view {arm.view}", (x, VIEW), (58, 22), rx=11)
    for part in arm.parts:
        top, foot = ROWS[part]
        middle = (x, (top + foot) / 2)
        weights = "" if part == "predictor" else f" {arm.weights}"
        if part == "encoder":
            half = BOX / 2
            corners = f"M{short(x - half)} {top}h{BOX}l-{SLANT} {foot - top}h{2 * SLANT - BOX}z"
            box = shape("path", "box", d=corners)
            yield _group(f"part encoder{weights}", box + _label(part, middle))
        else:
            yield _named("rect", f"part {part}{weights}", part, middle, (BOX, foot - top), rx=4)
    if arm.stop_gradient:
        top, foot = STOP_BELOW if "predictor" in arm.parts else STOP_FREE
        yield _named("rect", "stop", "stop-gradient", (x, (top + foot) / 2), (BOX, 20), rx=10)
    yield text_at(x + 8, TERM - 34, arm.output, "symbol")


def _named(
    tag: str, kind: str, name: str, middle: tuple[float, float], size: tuple[float, float], rx: float
) -> Markup:
    """A box with its name in the middle."""
    (x, y), (width, height) = middle, size
    box = shape(
        tag,
        "box",
        x=short(x - width / 2),
        y=short(y - height / 2),
        width=short(width),
        height=short(height),
        rx=short(rx),
    )
    return _group(kind, box + _label(name, middle))


def _tip(words: str) -> Markup:
    """What is shown to who points at a part."""
    return Markup("<title>{}</title>").format(words.strip())


def _label(name: str, middle: tuple[float, float]) -> Markup:
    return text_at(middle[0], middle[1] + 4, name, "middle")


def _group(kind: str, body: Markup) -> Markup:
    return Markup('<g class="{}">{}</g>').format(kind, body)


def _ties(left: Branch, right: Branch, x: float) -> Iterator[Markup]:
    """What two arms side by side have in common: the same weights, or one follows the other."""
    if "separate" in (left.weights, right.weights):
        return
    start, end = x + BOX / 2, x + PITCH - BOX / 2
    for part in (part for part in left.parts if part in right.parts and part in ROWS):
        inset = SLANT / 2 if part == "encoder" else 0
        y = sum(ROWS[part]) / 2
        if left.weights == right.weights:
            yield _shared(start - inset, end + inset, y, part)
        else:
            ends = (start - inset, end + inset)
            yield _follows(*(ends if left.weights == "trained" else ends[::-1]), y, part)


def _shared(start: float, end: float, y: float, part: str) -> Markup:
    """Two lines, as a sign of equality."""
    lines = shape(
        "path",
        "same",
        d=f"M{short(start)} {short(y - 2)}H{short(end)}M{short(start)} {short(y + 2)}H{short(end)}",
    )
    return lines + (
        text_at((start + end) / 2, y - 7, "shared", "middle tie") if part == "encoder" else Markup("")
    )


def _follows(start: float, end: float, y: float, part: str) -> Markup:
    """A broken line with a tip at the network that follows."""
    turn = 1 if end > start else -1
    line = shape("path", "follows", d=f"M{short(start)} {short(y)}H{short(end - 7 * turn)}")
    tip = shape("path", "follower", d=f"M{short(end)} {short(y)}l{-8 * turn} -4.5v9z")
    if part != "encoder":
        return line + tip
    middle = (start + end) / 2
    return (
        line
        + tip
        + text_at(middle, y - 7, "moving", "middle tie slow")
        + text_at(middle, y + 15, "average", "middle tie slow")
    )


def _spans(diagram: Diagram) -> list[tuple[float, float]]:
    """The left and right end of every term: over its arms, shared with a neighbour at an arm of both."""
    places = {arm.output: _middle(index) for index, arm in enumerate(diagram.arms)}
    ends = [sorted(places[name] for name in term.between) for term in diagram.loss]
    spans = []
    for index, (first, *_, last) in enumerate([*end, end[-1]] for end in ends):
        before = index and ends[index - 1][-1] >= first
        after = index + 1 < len(ends) and ends[index + 1][0] <= last
        spans.append((first + 4 if before else first - BOX / 2, last - 4 if after else last + BOX / 2))
    return spans


def _targets(
    arm: Branch, x: float, terms: Sequence[LossTerm], spans: Sequence[tuple[float, float]]
) -> Iterator[float]:
    """Where the line of an arm enters each term that it belongs to."""
    for term, (left, right) in zip(terms, spans, strict=True):
        if arm.output in term.between:
            yield min(max(x, left + 18), right - 18)


def _term(term: LossTerm, left: float, right: float) -> Iterator[Markup]:
    """A term of the loss: what it compares as a picture, what it asks, its formula."""
    yield shape(
        "rect",
        f"term {escape(term.kind)}",
        x=short(left),
        y=TERM,
        width=short(right - left),
        height=HIGH,
        rx=6,
    )
    has_glyph = right - left >= NARROW
    if has_glyph:
        yield glyph(term.kind, left + 11, TERM + (HIGH - SIDE) / 2)
    start = left + (SIDE + 21 if has_glyph else 8)
    room = right - start - 6
    lines = [(line, "asks") for line in fold(term.name, room, NAME, bold=True)]
    lines += [(line, "formula") for line in fold(term.formula, room, SMALL)]
    first = TERM + HIGH / 2 - 7.5 * (len(lines) - 1) + 4
    for index, (line, kind) in enumerate(lines):
        yield text_at(start, first + 15 * index, line, kind)
