"""Small pictures of what a loss compares, each inside a square of :data:`SIDE` pixels."""

from collections.abc import Callable, Iterable

from markupsafe import Markup

from repro.report.drawing.svg import shape, short

SIDE = 44
GAP = 1.6  # between cells of a matrix


def glyph(kind: str, x: float, y: float) -> Markup:
    """The picture of a kind of comparison with its upper left corner at (x, y)."""
    body = Markup("").join(GLYPHS[kind]())
    return Markup('<g class="glyph {}" transform="translate({} {})">{}</g>').format(
        kind, short(x), short(y), body
    )


def _cells(rows: int, columns: int, kind: Callable[[int, int], str]) -> Iterable[Markup]:
    """A matrix that fills the square; ``kind`` names the class of a cell."""
    width, height = (SIDE + GAP) / columns, (SIDE + GAP) / rows
    for row in range(rows):
        for column in range(columns):
            box = {"x": column * width, "y": row * height, "width": width - GAP, "height": height - GAP}
            yield shape(
                "rect", kind(row, column), **{name: short(value) for name, value in box.items()}, rx="1"
            )


def _batch() -> Iterable[Markup]:
    """2N views by 2N views: none with itself, each with its partner."""
    return _cells(6, 6, lambda row, column: "self" if row == column else _on(abs(row - column) == 3))


def _queue() -> Iterable[Markup]:
    """A query in each row, its own key first, then the queue."""
    return _cells(4, 7, lambda row, column: _on(column == 0))


def _correlation() -> Iterable[Markup]:
    """Features by features: ones on the diagonal, zeros off it."""
    return _cells(5, 5, lambda row, column: _on(row == column))


def _anticorrelation() -> Iterable[Markup]:
    """The same, with minus ones off the diagonal."""
    side = (SIDE + GAP) / 5
    yield from _correlation()
    for row in range(5):
        for column in range(5):
            if row != column:
                x, y = column * side + side / 2 - GAP / 2, row * side + side / 2 - GAP / 2
                yield shape("path", "minus", d=f"M{short(x - 2)} {short(y)}h4")


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _pair() -> Iterable[Markup]:
    """Two points that move towards each other."""
    yield shape("circle", "point", cx=5, cy=22, r=4.5)
    yield shape("circle", "point", cx=39, cy=22, r=4.5)
    yield shape("path", "move", d="M11 22h7m-4 -4l4 4l-4 4M33 22h-7m4 -4l-4 4l4 4")


def _away() -> Iterable[Markup]:
    """Two points that move apart."""
    yield shape("circle", "point", cx=17, cy=22, r=4.5)
    yield shape("circle", "point", cx=27, cy=22, r=4.5)
    yield shape("path", "move", d="M11 22h-9m4 -4l-4 4l4 4M33 22h9m-4 -4l4 4l-4 4")


def _centre() -> Iterable[Markup]:
    """A vector as the sum of the centre, which all share, and the rest."""
    yield shape("path", "shared", d="M4 40L30 30m-6 -1l6 1l-4 5")
    yield shape("path", "rest", d="M30 30L38 6m-5 4l5 -4l3 6")
    yield shape("path", "whole", d="M4 40L36 8")


def _input() -> Iterable[Markup]:
    """A thing and its likeness."""
    yield shape("rect", "off", x=2, y=2, width=28, height=28, rx=3)
    yield shape("rect", "on", x=14, y=14, width=28, height=28, rx=3)


GLYPHS: dict[str, Callable[[], Iterable[Markup]]] = {
    "pair": _pair,
    "away": _away,
    "batch": _batch,
    "queue": _queue,
    "correlation": _correlation,
    "anticorrelation": _anticorrelation,
    "centre": _centre,
    "input": _input,
}
