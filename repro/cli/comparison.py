"""`repro compare` on the terminal: what tells runs apart wraps, numbers never do."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from repro.cli import console
from repro.report.compare import HEADS, ComparisonRow, baseline_rows

LABEL = 12  # the least width of the column that tells runs apart
GAP = 2
NUMBERS = HEADS[3:]
# Where one table is too wide: what came out, and how it was made.
PARTS = (("seed", "knn", "linear", "std", "rank"), ("seed", "epochs", "seconds", "status"))
TELLING = ("paper", "benchmark", "changed")


def print_comparison(rows: Sequence[ComparisonRow], as_json: bool) -> None:
    """The table of runs, in two parts where the terminal is narrow, and a small one of their baselines."""
    if as_json:
        console.dump([asdict(row) for row in rows])
        return
    cells = [dict(zip(HEADS, row.cells(), strict=True)) for row in rows]
    constant = [head for head in TELLING if len({row[head] for row in cells}) == 1]
    if shared := ", ".join(f"{head}: {cells[0][head]}" for head in constant if cells[0][head]):
        console.say(shared)
    telling = [head for head in TELLING if head not in constant]
    labels = [", ".join(row[head] for head in telling if row[head]) or "as the recipe says" for row in cells]
    title = ", ".join(telling)
    is_narrow = _width(NUMBERS, cells) + (LABEL + GAP if telling else 0) > console.out.width
    for heads in PARTS if is_narrow else (NUMBERS,):
        _print(title, labels if telling else [], heads, cells)
    if baselines := baseline_rows(rows):
        console.say("\nBaselines, by the same probes")
        console.grid(("", "knn", "linear"), baselines, right=("knn", "linear"))


def _width(heads: Sequence[str], cells: Sequence[dict[str, str]]) -> int:
    """How wide these columns are side by side."""
    widths = [max(cell_len(text) for text in (head, *(row[head] for row in cells))) for head in heads]
    return sum(widths) + GAP * (len(heads) - 1)


def _print(title: str, labels: Sequence[str], heads: Sequence[str], cells: Sequence[dict[str, str]]) -> None:
    """One table; ``labels`` is empty if there is nothing that tells the runs apart."""
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    if labels:
        table.add_column(title, overflow="fold", min_width=LABEL)
    for head in heads:
        table.add_column(head, justify="left" if head == "status" else "right", no_wrap=True)
    for index, row in enumerate(cells):
        texts = [*labels[index : index + 1], *(row[head] for head in heads)]
        table.add_row(*map(Text, texts))
    console.out.print(table)
