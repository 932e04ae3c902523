"""Tables that fit the terminal, a row a line: cut with an ellipsis for people, whole for a pipe."""

import sys
from collections.abc import Sequence
from textwrap import wrap

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from repro.cli import console

ELLIPSIS = "…"
GAP = 2


def is_piped() -> bool:
    """True if standard output goes to a program or a file, which wants whole lines."""
    return not sys.stdout.isatty()


Elastic = Sequence[tuple[str, int]]  # heads of columns that give way, and down to what width


def print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]], elastic: Elastic) -> None:
    """A row a line. To a pipe whole, apart by tabs and without heads; else cut to the width of the terminal.

    ``elastic``: what gives way when the terminal is too narrow, the first first; a column may come twice.
    """
    if is_piped():
        for row in rows:
            sys.stdout.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
        return
    widths = fit(heads, rows, elastic, console.out.width)
    console.out.print(Text(line(heads, widths), style="bold"), no_wrap=True, overflow="crop")
    for row in rows:
        console.out.print(Text(line(row, widths)), no_wrap=True, overflow="crop")


def fit(heads: Sequence[str], rows: Sequence[Sequence[str]], elastic: Elastic, width: int) -> list[int]:
    """The width of each column, so that all fit if ``elastic`` ones can give way so far."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    for head, least in elastic:
        excess = sum(widths) + GAP * (len(widths) - 1) - width
        at = heads.index(head)
        if excess > 0:
            widths[at] = max(min(widths[at], least), widths[at] - excess)
    return widths


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells set side by side, each cut to its width."""
    return (" " * GAP).join(map(cut, cells, widths)).rstrip()


def cut(text: str, width: int) -> str:
    """A text of exactly this width: filled with blanks, or cut with an ellipsis."""
    text = " ".join(text.split())
    return (
        set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + ELLIPSIS
    )


def indented(text: str, depth: int) -> None:
    """Prose, wrapped between words, indented."""
    width = max(20, console.out.width)
    for part in wrap(text, width, initial_indent=" " * depth, subsequent_indent=" " * depth):
        console.out.print(Text(part), overflow="fold")
