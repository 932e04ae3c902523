"""What the terminal shows: tables and outcomes. No torch.

Text from the catalog is printed as it is: rich's markup is switched off throughout.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from repro.catalog.prose import NBSP, plural
from repro.cli import streams

if TYPE_CHECKING:
    from repro.catalog.catalog import Catalog
    from repro.catalog.reading.fault import Fault
    from repro.catalog.settings.resolve import Setting
    from repro.evidence.run import Run, Scores
    from repro.learning.data.cache import Stored
    from repro.learning.doctor import Examination
    from repro.learning.use.neighbours import NearestImages
    from repro.learning.use.transfer import Transfer

# NO_COLOR means no escapes at all: without colours rich would still print bold and italic.
PLAIN = bool(os.environ.get("NO_COLOR"))
out = Console(markup=False, highlight=False, soft_wrap=False, color_system=None if PLAIN else "auto")


def say(text: str) -> None:
    """One line, never wrapped, so that a path in it can be copied and parsed."""
    out.print(text, soft_wrap=True)


def result(text: str) -> None:
    """A line with what a long command came to: on standard error where nobody gets standard output."""
    say(text)
    if streams.current.is_lost and not out.stderr:
        sys.stderr.write(f"{text}\n")
        streams.current.is_told_elsewhere = True


def dump(value: Any) -> None:
    """JSON for programs, readable in every encoding."""
    is_ascii = not streams.is_unicode()
    print(json.dumps(value, indent=2, ensure_ascii=is_ascii, default=str))  # noqa: T201 - this is the output


def pour(text: str) -> None:
    """The content of a file, for programs: the same bytes on standard output as in the file."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        binary.write(text.encode())
        binary.flush()


def grid(heads: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A table without lines: heads, then rows; the columns in ``right`` are set flush right.

    What stands first names the row, so it is never broken, that it can be copied and searched for.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    cells = [[str(cell) for cell in row] for row in rows]
    whole = not any("\n" in row[0] for row in cells)
    for index, head in enumerate(heads):
        justify: Literal["left", "right"] = "right" if head in right else "left"
        table.add_column(head, justify=justify, overflow="fold", no_wrap=whole and index == 0)
    for row in cells:
        table.add_row(*map(Text, row))
    out.print(table)


def paragraph(text: str) -> None:
    """Prose, wrapped between words."""
    out.print(Text(text))


def pairs(rows: Iterable[tuple[str, str]]) -> None:
    """What something is, and beside it, wrapped in a column of its own, a sentence about it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=16)
    for name, text in rows:
        table.add_row(Text(name), Text(text))
    out.print(table)


def settings(rows: Sequence["Setting"], as_json: bool) -> None:
    """``repro show PAPER --config``: every key that ``--set`` takes."""
    if as_json:
        dump([asdict(row) for row in rows])
        return
    grid(
        ("key", "value", "type", "from", "what it is"),
        ((r.key, json.dumps(r.value, ensure_ascii=False), r.kind, r.origin, r.help) for r in rows),
    )


def faults(listed: Sequence["Fault"], catalog: "Catalog", as_json: bool) -> None:
    """``repro check``."""
    if as_json:
        dump([fault.as_json() for fault in listed])
        return
    for fault in listed:
        say(fault.report)
    errors = sum(fault.severity == "error" for fault in listed)
    recipes = sum(len(catalog.benchmarks_of(paper)) for paper in catalog.paper_ids)
    size = f"{len(catalog.paper_ids)} papers, {len(catalog.benchmark_ids)} benchmarks, {recipes} recipes"
    warnings = plural(len(listed) - errors, "warning")
    say(f"{size}: {plural(errors, 'error')}, {warnings}".replace(NBSP, " "))


def neighbours(listed: "NearestImages", as_json: bool) -> None:
    """``repro neighbours``."""
    if as_json:
        dump([asdict(row) for row in listed.nearest])
        return
    has_classes = any(row.class_name for row in listed.nearest)
    heads = ("", "image", *(("class",) if has_classes else ()), "cosine")
    rows = enumerate(listed.nearest, 1)
    grid(
        heads,
        ((n, r.name, *((r.class_name,) if has_classes else ()), f"{r.cosine:.3f}") for n, r in rows),
        right=("cosine",),
    )
    say(
        f"\nOf {listed.count} images of {listed.among}. The cosine is taken about the mean of their features."
    )


def transfer(read: "Transfer", as_json: bool) -> None:
    """``repro probe``."""
    if as_json:
        dump(asdict(read))
        return
    _probed(read.trained, read.untrained, read.pixels)
    sizes = f"{len(read.classes)} classes, {read.train} images to fit, {read.test} to test"
    say(f"{read.encoder} on {read.data}: {sizes}; {', '.join(read.protocols)}")


def _probed(
    trained: "Scores",
    untrained: "Scores",
    pixels: "Scores",
    raw: str = "raw pixels",
    propagated: "Scores | None" = None,
) -> None:
    """The accuracies of features beside the baselines; ``raw`` is what the data as they are are called."""
    columns = {"trained": trained, "untrained": untrained, raw: pixels}
    columns |= {"propagated": propagated} if propagated else {}
    rows = [
        (name, *(f"{100 * (scores.get(name) or 0.0):.1f} %" for scores in columns.values()))
        for name in ("linear", "knn")
    ]
    grid(("", *columns), rows, right=list(columns))


def data_sets(rows: Sequence["Stored"], as_json: bool) -> None:
    """``repro data list``."""
    if as_json:
        dump([row._asdict() for row in rows])
        return
    heads = ("data set", "examples", "MB", "here", "where", "licence", "source")
    grid(heads, (_stored(row) for row in rows), right=("examples", "MB"))


def _stored(row: "Stored") -> tuple[object, ...]:
    where = row.where or ("inside the package" if row.present else "to be downloaded")
    return row.name, row.images, f"{row.bytes / 1e6:.1f}", _yes(row.present), where, row.licence, row.source


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def doctor(found: "Examination", as_json: bool) -> None:
    """``repro doctor``."""
    if as_json:
        dump(asdict(found))
        return
    for check in found.checks:
        mark = Text("ok  ", style="green") if check.ok else Text("no  ", style="red bold")
        out.print(mark + Text(f"{check.name}: {check.found}"))
    heads = ("paper", "benchmark", "a run here, about", "data")
    if found.recipes:
        grid(("", *heads), (("", r.paper, r.benchmark, r.time, r.data) for r in found.recipes))
    say(f"\n{found.note}")


def outcome(run: "Run", *, quiet: bool) -> None:
    """The accuracies of a finished run beside its baselines, as a small table and a sentence."""
    if quiet:
        return
    summary, base = run.summary, run.summary.baselines
    if run.metrics.get("linear") is not None:
        _probed(run.metrics, base.untrained, base.pixels, summary.data.raw, base.propagated)
    say(
        f"{summary.epochs:g} epochs in {summary.seconds or 0:.0f} s of training "
        f"({summary.images_per_second or 0:.0f} {summary.data.unit}s/s). {summary.diagnosis.sentence}"
    )
