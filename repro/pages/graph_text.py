"""How wide words will be before any browser has set them, and the lines that a long name is folded into."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, combinations, pairwise, takewhile

# Widths in em of DejaVu Sans, the widest face that a page's `sans-serif` usually comes to; what is not listed
# is as wide as a capital. A page set in anything narrower has room to spare.
_CLASSES = {
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
_WIDTHS = {character: width for width, group in _CLASSES.items() for character in group}
_OTHER, _SQUARE = 0.75, 1.0
_BOLDER = 0.08  # what a bold letter is wider, in em


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """The width in pixels of a line set at ``size`` pixels; rather too wide than too narrow."""
    return size * sum(_letter(character) + (_BOLDER if bold else 0.0) for character in words)


@cache
def _letter(character: str) -> float:
    base = unicodedata.normalize("NFD", character)[0]
    if unicodedata.east_asian_width(base) in "WF":
        return _SQUARE
    return _WIDTHS.get(base, _OTHER)


def folded(words: str, room: float, size: float, *, bold: bool = False, most: int = 2) -> tuple[str, ...]:
    """As few lines as fit into ``room`` pixels, of about one length; at most ``most``, then each is cut."""

    def widest(lines: tuple[str, ...]) -> float:
        return max(text_width(line, size, bold=bold) for line in lines)

    words = cut(words, 2 * most * room, size, bold=bold)  # what is beyond is not seen, and takes long to fold
    parts = tuple(re.findall(r"\S+?(?:-(?=\w{4})|(?=\s)|$)\s*", words))
    for count in range(1, most + 1):
        lines = min(_breaks(parts, count), key=widest, default=(words,))
        if widest(lines) <= room:
            return lines
    return tuple(cut(line, room, size, bold=bold) for line in lines)


def _breaks(parts: tuple[str, ...], count: int) -> Iterator[tuple[str, ...]]:
    """Every way to set the parts in ``count`` lines."""
    for inner in combinations(range(1, len(parts)), count - 1):
        yield tuple("".join(parts[start:end]).strip() for start, end in pairwise((0, *inner, len(parts))))


def cut(line: str, room: float, size: float, *, bold: bool = False) -> str:
    """The line, or as much of its beginning as fits into ``room`` pixels with an ellipsis."""
    if text_width(line, size, bold=bold) <= room:
        return line
    ends = accumulate(text_width(character, size, bold=bold) for character in f"…{line}")
    fitting = sum(1 for _ in takewhile(lambda end: end <= room, ends)) - 1
    return f"{line[: max(fitting, 0)].rstrip()}…"
