"""What the terminal shows: tables, outcomes, and the live display of a training. No torch.

Text from the catalog is printed as it is: rich's markup is switched off throughout.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from repro.catalog.catalog import Catalog
    from repro.catalog.reading.fault import Fault
    from repro.catalog.settings.resolve import Setting
    from repro.catalog.show import ListRow, PaperView
    from repro.learning.data.cache import Stored
    from repro.learning.doctor import Examination
    from repro.learning.job import Moment
    from repro.report.compare import ComparisonRow

out = Console(markup=False, highlight=False, soft_wrap=False)
FOLDABLE = ("paper", "benchmark", "changed", "status")
PLAIN_LINES = 20  # lines a training prints when nobody watches it live


def say(text: str) -> None:
    """One line, never wrapped, so that a path in it can be copied and parsed."""
    out.print(text, soft_wrap=True)


def dump(value: Any) -> None:
    """JSON for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))  # noqa: T201 - this is the output


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


def papers(rows: Sequence["ListRow"], as_json: bool) -> None:
    """``repro list``."""
    if as_json:
        dump([asdict(row) for row in rows])
        return
    grid(
        ("id", "name", "year", "venue", "runs on", "idea"),
        (
            (r.id, r.name, r.year, r.venue, ", ".join(r.benchmarks), r.idea)
            for r in sorted(rows, key=lambda row: not row.benchmarks)  # what runs comes first
        ),
    )
    if rows:
        first = next((row for row in rows if row.benchmarks), rows[0])
        say(f"\nMore: `repro show {first.id}`. Run one: `repro run {first.id}`.")


def paper(view: "PaperView", as_json: bool) -> None:
    """``repro show PAPER``."""
    if as_json:
        dump(_plain(view))
        return
    out.print(Text(view.title, style="bold"))
    grid(("", ""), view.facts)
    out.print(Text(f"\n{view.idea}\n", style="italic"))
    out.print(view.abstract.strip())
    _section("Tags", ((facet, ", ".join(values)) for facet, values in view.tags))
    _section("Links", ((link.role, link.url) for link in view.links))
    _section("Related", ((r.type, r.name, r.note) for r in view.relations))
    _section("Claims", ((c.id, c.kind, c.statement) for c in view.claims))
    _section(
        "Reported results",
        (
            (r.id, r.dataset, r.metric, r.value, r.unit, r.source.place, r.source.mark)
            for r in view.reported[:12]
        ),
    )
    if len(view.reported) > 12:
        say(f"  … and {len(view.reported) - 12} more: `repro show {view.id} --json`")
    _section("Run it", ((benchmark, command) for benchmark, command in view.recipes))


def _section(title: str, rows: Iterable[Sequence[object]]) -> None:
    listed = list(rows)
    if listed:
        out.print(Text(f"\n{title}", style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        for index in range(1 + len(listed[0])):
            table.add_column(overflow="fold", no_wrap=index == 1)
        for row in listed:
            table.add_row("", *(Text(str(cell)) for cell in row))
        out.print(table)


def _plain(view: "PaperView") -> dict[str, Any]:
    """A view as JSON values; records of the catalog inside it know how to dump themselves."""
    return {name: _dumped(getattr(view, name)) for name in view.__dataclass_fields__}


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_dumped(item) for item in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


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
    say(f"{size}: {_counted(errors, 'error')}, {_counted(len(listed) - errors, 'warning')}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def comparison(rows: Sequence["ComparisonRow"], as_json: bool) -> None:
    """``repro compare``."""
    from repro.report.compare import HEADS

    if as_json:
        dump([asdict(row) for row in rows])
        return
    cells = [row.cells() for row in rows]
    # A column that says the same everywhere, or nothing, is named once above the table instead.
    constant = [i for i, head in enumerate(HEADS) if head in FOLDABLE and len({row[i] for row in cells}) == 1]
    said = ", ".join(f"{HEADS[i]}: {cells[0][i]}" for i in constant if cells and cells[0][i])
    if said:
        say(said)
    kept = [i for i in range(len(HEADS)) if i not in constant]
    grid([HEADS[i] for i in kept], ([row[i] for i in kept] for row in cells), right=HEADS[3:-1])


def data_sets(rows: Sequence["Stored"], as_json: bool) -> None:
    """``repro data list``."""
    if as_json:
        dump([row._asdict() for row in rows])
        return
    heads = ("data set", "images", "MB", "here", "where", "licence", "source")
    grid(heads, (_stored(row) for row in rows), right=("images", "MB"))


def _stored(row: "Stored") -> tuple[object, ...]:
    where = row.where or ("inside the package" if row.present else "to be downloaded")
    return row.name, row.images, round(row.bytes / 1e6), _yes(row.present), where, row.licence, row.source


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


def outcome(summary: dict[str, Any], *, quiet: bool) -> None:
    """The accuracies of a finished run beside its baselines, as a small table and a sentence."""
    if quiet:
        return
    metrics, base = summary["metrics"], summary["baselines"]
    if metrics["linear"] is not None:
        columns = {"trained": metrics, "untrained": base["untrained"], "raw pixels": base["pixels"]}
        rows = [
            (probe, *(f"{100 * scores[probe]:.1f} %" for scores in columns.values()))
            for probe in ("linear", "knn")
        ]
        grid(("", *columns), rows, right=list(columns))
    say(
        f"{summary['epochs']} epochs in {summary['seconds']:.0f} s of training "
        f"({summary['images_per_second']:.0f} images/s). {summary['diagnosis']['sentence']}"
    )


class Display(Protocol):
    """Shows the moments of a training as they come."""

    def show(self, moment: "Moment") -> None:
        """A step was made."""

    def note(self, text: str) -> None:
        """Something else is going on now."""


@contextmanager
def progress(paper_id: str, seed: int, *, quiet: bool) -> Iterator[Display]:
    """A live bar on a terminal, plain lines elsewhere, nothing when quiet."""
    title = f"{paper_id}, seed {seed}"
    if quiet:
        yield _Silent()
    elif out.is_terminal:
        with _Live(title) as live:
            yield live
    else:
        yield _Lines(title)


class _Silent:
    def show(self, moment: "Moment") -> None: ...

    def note(self, text: str) -> None: ...


class _Lines:
    """About PLAIN_LINES lines in all, for logs."""

    def __init__(self, title: str) -> None:
        self.title = title

    def show(self, moment: "Moment") -> None:
        every = max(1, moment.steps // PLAIN_LINES)
        if moment.step % every == 0 or moment.step == moment.steps:
            say(f"{self.title}: {status(moment)}")

    def note(self, text: str) -> None:
        say(f"{self.title}: {text}")


class _Live:
    """One bar that moves, with the latest numbers beside it."""

    def __init__(self, title: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[status]}"),
            console=out,
        )
        self.task = self.bar.add_task(title, total=None, status="starting")

    def __enter__(self) -> "_Live":
        self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()

    def show(self, moment: "Moment") -> None:
        self.bar.update(self.task, total=moment.steps, completed=moment.step, status=status(moment))

    def note(self, text: str) -> None:
        self.bar.update(self.task, status=text)


def status(moment: "Moment") -> str:
    """Epoch, loss, rate, time left, spread and the latest kNN of a training, in one line."""
    rate = moment.step / moment.seconds if moment.seconds else 0.0
    left = (moment.steps - moment.step) / rate if rate else 0.0
    parts = [f"epoch {moment.epoch + 1}/{moment.epochs}", f"{rate:.1f} steps/s", f"{left:.0f} s left"]
    named = {"loss": "loss", "std": "spread", "knn": "kNN"}
    parts += [f"{word} {moment.values[key]:.3f}" for key, word in named.items() if key in moment.values]
    return " · ".join(parts)
