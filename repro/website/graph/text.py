"""Text metrics without a browser: the width of words, and long names folded into lines."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, takewhile

# Widths in em of DejaVu Sans, the widest face that a page's `sans-serif` usually comes to; what is not listed
# is as wide as a capital. A page set in anything narrower has room to spare.
CLASSES = {
    0.29: "ijlI'J",
    0.34: " .,·/:;\\|",
    0.41: "frt()[]-!",
    0.53: 's"z?_*–`',
    0.6: "ckvxyFLP",
    0.65: "abdeghnopquES0123456789${}TY",
    0.7: "ABCKRVXZ",
    0.84: "wDGHNOQU&#+<=>^~",
    1.0: "mMW%@…",
}
WIDTHS = {character: width for width, group in CLASSES.items() for character in group}
GRAIN = 4  # pixels by which a line is made narrower until it folds elsewhere
UNLISTED, SQUARE = 0.75, 1.0
BOLDER = 0.08  # what a bold letter is wider, in em


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """The width in pixels of a line set at ``size`` pixels; rather too wide than too narrow."""
    return size * sum(_letter(character) + (BOLDER if bold else 0.0) for character in words)


@cache
def _letter(character: str) -> float:
    base = unicodedata.normalize("NFD", character)[0]
    if unicodedata.east_asian_width(base) in "WF":
        return SQUARE
    return WIDTHS.get(base, UNLISTED)


def fold(
    words: str, room: float, size: float, *, bold: bool = False, most: int = 2, limit: float = 0.0
) -> tuple[str, ...]:
    """As few lines as fit into ``room`` pixels, of about one length, and at most ``most`` of them.

    Where they do not fit they are longer, but no longer than ``limit`` or the room: what remains is cut.
    """
    limit = max(room, limit)
    words = cut(words, most * limit, size, bold=bold)  # what is beyond is not seen, and takes long to fold
    parts = [
        (part, text_width(part, size, bold=bold))
        for part in re.findall(r"\S+?(?:-(?=\w{4})|(?=\s)|$)\s*", words)
    ]
    lines = _fill_lines(parts, room)
    wider = (_fill_lines(parts, room + more) for more in range(GRAIN, int(limit - room) + GRAIN, GRAIN))
    lines = lines if len(lines) <= most else next((wide for wide in wider if len(wide) <= most), lines)
    lines = [*lines[: most - 1], "".join(lines[most - 1 :])]
    for narrow in range(int(room), 0, -GRAIN):
        narrower = _fill_lines(parts, narrow)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return tuple(cut(line.strip(), limit, size, bold=bold) for line in lines)


def _fill_lines(parts: Sequence[tuple[str, float]], room: float) -> list[str]:
    """Lines with as many parts as fit; a part that is wider than the room has a line of its own."""
    lines, left = [""], room
    for part, width in parts:
        if lines[-1] and width > left:
            lines.append("")
            left = room
        lines[-1] += part
        left -= width
    return lines


def cut(line: str, room: float, size: float, *, bold: bool = False) -> str:
    """The line, or as much of its beginning as fits into ``room`` pixels with an ellipsis."""
    if text_width(line, size, bold=bold) <= room:
        return line
    ends = accumulate(text_width(character, size, bold=bold) for character in f"…{line}")
    fitting = sum(1 for _ in takewhile(lambda end: end <= room, ends)) - 1
    return f"{line[: max(fitting, 0)].rstrip()}…"
