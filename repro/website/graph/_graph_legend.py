"""What the lines and boxes of a relation drawing mean, written under it."""

from collections.abc import Sequence

from markupsafe import Markup

from repro.report.drawing.svg import shape, short, written
from repro.website.graph.arrows import STYLES
from repro.website.graph.draw import head
from repro.website.graph.plan import WORD
from repro.website.graph.text import text_width

INDENT, SAMPLE, GAP, PITCH = 10, 38, 26, 22
BOX, NOTHING = -1, -2  # samples that are no line
WIDEST = 1000  # a legend is read without scrolling where that is possible


def legend(
    entries: Sequence[tuple[int, str]], notes: tuple[str, str], top: float, width: float
) -> tuple[list[Markup], float, float]:
    """The parts, how far right they reach, and where they end below.

    Args:
        entries: line styles by index, with their explanation.
        notes: what a filled box means, and a sentence about lines, for a drawing that has some.
        top: where to begin.
        width: how wide the drawing above is.
    """
    parts: list[Markup] = []
    x, y, reach = float(INDENT), top, 0.0
    for rank, says in [*entries, (BOX, notes[0]), *([(NOTHING, notes[1])] if entries else [])]:
        indent = SAMPLE + 8 if rank != NOTHING else 0
        long = indent + text_width(says, WORD)
        if x > INDENT and x + long > min(width, WIDEST):
            x, y = float(INDENT), y + PITCH
        parts += [*_sample(rank, x, y), written(says, x + indent, y + 4, "key")]
        reach, x = max(reach, x + long), x + long + GAP
    return parts, reach, y + PITCH


def _sample(rank: int, x: float, y: float) -> list[Markup]:
    if rank == NOTHING:
        return []
    if rank == BOX:
        box = shape("rect", "box", x=short(x + 8), y=short(y - 7), width=SAMPLE - 8, height=14, rx=4)
        return [Markup('<g class="strong c7">{}</g>').format(box)]
    rail = shape("path", "rail", d=f"M{short(x)} {short(y)}H{short(x + SAMPLE - 7)}")
    return [
        Markup('<g class="wire {} c7">{}{}</g>').format(STYLES[rank].name, rail, head(rank, x + SAMPLE, y, 1))
    ]
