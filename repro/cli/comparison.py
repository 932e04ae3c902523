"""`repro compare` on the terminal: what tells runs apart wraps, numbers never do."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from repro.cli import console, tables
from repro.report.compare import HEADS, ComparisonRow, baseline_rows

LABEL = 12  # the least width of the column that tells runs apart
GAP = 2
TELLING = ("paper", "benchmark", "changed")
FOLDABLE = ("epochs", "status")  # numbers that stand above the table if they are the same for all
NEXT = re.compile(r", (?=[a-z_]+\.[a-z_.]+=)")  # between two settings

NOTHING, NOTHING_MORE = "nothing", "nothing more"

Cells = Sequence[dict[str, str]]


def print_comparison(rows: Sequence[ComparisonRow], as_json: bool) -> None:
    """The table of runs, in parts where the terminal is narrow, and a small one of their baselines."""
    if as_json:
        console.dump([asdict(row) for row in rows])
        return
    cells = [dict(zip(HEADS, row.cells(), strict=True)) for row in rows]
    shared = _shared(cells)
    if said := ", ".join(f"{head}: {text}" for head, text in shared.items() if text):
        tables.indented(said, 0)
    labels = [", ".join(row[head] for head in TELLING if row[head]) for row in cells]
    labels = (
        [label or (NOTHING_MORE if shared.get("changed") else NOTHING) for label in labels]
        if any(labels)
        else []
    )
    title = ", ".join(head for head in TELLING if head not in shared or head == "changed")
    numbers = [head for head in HEADS if head not in TELLING and head not in shared]
    room = console.out.width - (LABEL + GAP if labels else 0)
    for heads in _parts(numbers, cells, room):
        _print(title, labels, heads, cells)
    if baselines := baseline_rows(rows):
        console.say("\nBaselines, by the same probes")
        console.grid(("", "knn", "linear"), baselines, right=("knn", "linear"))


def _shared(cells: Cells) -> dict[str, str]:
    """What is the same for all runs, by head; it is taken out of the cells, settings one by one."""
    heads = [head for head in (*TELLING[:2], *FOLDABLE) if len({row[head] for row in cells}) == 1]
    shared = {head: cells[0][head] for head in heads}
    settings = [NEXT.split(row["changed"]) for row in cells]
    common = [text for text in settings[0] if text and all(text in others for others in settings)]
    for row, own in zip(cells, settings, strict=True):
        row.update(
            dict.fromkeys(TELLING[:2], "") | {head: row[head] for head in TELLING[:2] if head not in heads}
        )
        row["changed"] = ", ".join(text for text in own if text not in common)
    return {**shared, "changed": ", ".join(common)} if common else shared


def _parts(heads: Sequence[str], cells: Cells, room: int) -> Iterator[list[str]]:
    """The numbers in as many tables as are needed for each to fit; the seed stands in all of them."""
    part = ["seed"]
    for head in heads:
        if head == "seed":
            continue
        if len(part) > 1 and _width([*part, head], cells) > room:
            yield part
            part = ["seed"]
        part.append(head)
    yield part


def _width(heads: Sequence[str], cells: Cells) -> int:
    """How wide these columns are side by side."""
    widths = [max(cell_len(text) for text in (head, *(row[head] for row in cells))) for head in heads]
    return sum(widths) + GAP * (len(heads) - 1)


def _wrapped(label: str, width: int) -> str:
    """A label in lines of this width: a setting a line, broken at a dot or equals sign if too long."""
    if cell_len(label) <= width:
        return label
    lines = []
    for setting in NEXT.sub(",\n", label).split("\n"):
        lines.append("")
        for piece in re.split(r"(?<=[a-z]\.)|(?<=[=\s])", setting):
            if lines[-1] and cell_len(lines[-1] + piece) > width:
                lines.append("")
            lines[-1] += piece
    return "\n".join(lines)


def _print(title: str, labels: Sequence[str], heads: Sequence[str], cells: Cells) -> None:
    """One table; ``labels`` is empty if there is nothing that tells the runs apart."""
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    if labels:
        room = max(LABEL, console.out.width - _width(heads, cells) - GAP)
        table.add_column(title, overflow="fold", min_width=LABEL, max_width=room)
        labels = [_wrapped(label, room) for label in labels]
    for head in heads:
        table.add_column(head, justify="left" if head == "status" else "right", no_wrap=True)
    for index, row in enumerate(cells):
        texts = [*labels[index : index + 1], *(row[head] for head in heads)]
        table.add_row(*map(Text, texts))
    console.out.print(table)
