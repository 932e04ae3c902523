"""How papers are shown: the list of them, what a search found, and one paper with its outcomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from repro.catalog.matrix import Matrix
from repro.catalog.prose import plural
from repro.catalog.records.paper import Reported
from repro.catalog.search import Hit
from repro.catalog.show import MARKS, ListRow, PaperDetails
from repro.cli import console, tables

LABEL = 48  # columns that the name of a row takes before it is wrapped
FEW_HITS, FEW_NUMBERS = 8, 12  # shown of a kind unless all are asked for
# What of the list gives way, and how far: its id names a paper, so it goes last.
SHRINK = (("idea", 40), ("runs on", 15), ("idea", 16), ("runs on", 6), ("idea", 1), ("id", 8))
WIDE = 70  # columns from which numbers stand in a table
KINDS = {
    "paper": "Papers",
    "method": "Methods and other components",
    "claim": "Claims",
    "number": "Reported numbers",
    "setting": "Settings",
    "word": "Vocabulary",
}


def print_list(rows: Sequence[ListRow], as_json: bool) -> None:
    """``repro list``."""
    if as_json:
        console.dump([asdict(row) for row in rows])
        return
    ordered = sorted(rows, key=lambda row: not row.benchmarks)  # what runs comes first
    cells: list[tuple[str, ...]] = [
        (row.id, str(row.year), ", ".join(row.benchmarks) or "-", _tally(row), row.name, row.idea)
        for row in ordered
    ]
    heads: tuple[str, ...] = ("id", "year", "runs on", "claims", "name", "idea")
    if not tables.is_piped():  # the name is mostly the id in other letters, and the idea needs its place
        heads, cells = (*heads[:4], "idea"), [(*row[:4], row[5]) for row in cells]
    tables.print_rows(heads, cells, SHRINK)
    if rows and not tables.is_piped():
        run = sum(bool(row.benchmarks) for row in rows)
        more = f"claims: tested of all. `repro show {ordered[0].id}` tells more."
        console.say(f"\n{len(rows)} papers, {run} of them run; {more}")


def _tally(row: ListRow) -> str:
    """Tested claims of all: ``7/9``."""
    return f"{row.tested}/{row.claims}" if row.claims else "-"


def print_hits(hits: Sequence[Hit], as_json: bool, *, everything: bool) -> None:
    """``repro search``."""
    if as_json:
        console.dump([asdict(hit) for hit in hits])
    elif tables.is_piped():
        tables.print_rows(("kind", "place", "name", "context"), [_cells(hit) for hit in hits], ())
    else:
        for kind, group in groupby(hits, key=lambda hit: hit.kind):
            _print_kind(KINDS[kind], list(group), everything)


def _print_kind(title: str, hits: Sequence[Hit], everything: bool) -> None:
    console.out.print(Text(f"{title} ({len(hits)})", style="bold"))
    shown = hits if everything else hits[:FEW_HITS]
    for hit in shown:
        name = "" if hit.place.endswith(hit.name) else f"  {hit.name}"
        console.out.print(Text(f"  {hit.place}{name}"), overflow="fold")
        tables.indented(hit.context, 4)
    if len(shown) < len(hits):
        console.say(f"  and {len(hits) - len(shown)} more: --all")


def _cells(hit: Hit) -> tuple[str, str, str, str]:
    return hit.kind, hit.place, hit.name, hit.context


def print_paper(
    view: PaperDetails, outcomes: Mapping[str, str], as_json: bool, *, everything: bool = False
) -> None:
    """``repro show PAPER``; ``outcomes`` by claim."""
    if as_json:
        console.dump({**_plain(view), "outcomes": dict(outcomes)})
        return
    console.out.print(Text(view.title, style="bold"))
    for label, text in view.facts:
        _entry(f"{label}:", text, depth=0)
    console.out.print(Text(f"\n{view.idea}\n", style="italic"))
    tables.indented(view.abstract.strip(), 0)
    _section("Tags", ((f"{facet}:", ", ".join(values)) for facet, values in view.tags))
    _section("Links", ((f"{link.role}:", link.url) for link in view.links))
    _section("Related", ((f"{r.type} {r.name}:", r.note) for r in view.relations))
    claims = ((f"{c.id} ({c.kind}): {outcomes.get(c.id, 'not judged')}", c.statement) for c in view.claims)
    _section("Claims, and what our own runs and checks make of them", claims, apart=True)
    if view.claims:
        console.say(
            f"  Why: `repro judge {view.id} CLAIM`; identities anew: `repro verify {view.id} --exact`."
        )
    _numbers(view, everything)
    _section("Run it", ((f"{benchmark}:", command) for benchmark, command in view.recipes))


def _section(title: str, rows: Iterable[tuple[str, str]], *, apart: bool = False) -> None:
    listed = list(rows)
    if listed:
        console.out.print(Text(f"\n{title}", style="bold"))
    for label, text in listed:
        _entry(label, text, depth=2, apart=apart)


def _entry(label: str, text: str, *, depth: int, apart: bool = False) -> None:
    """A label and what it says: on one line if both fit and need not be ``apart``, else the text below it."""
    one = f"{' ' * depth}{label} {text}"
    if not apart and len(one) <= console.out.width:
        console.out.print(Text(one))
        return
    tables.indented(label, depth)
    tables.indented(text, depth + 2)


def _numbers(view: PaperDetails, everything: bool) -> None:
    """What the paper reports, with heads, where there is room for a table."""
    shown = view.reported if everything else view.reported[:FEW_NUMBERS]
    if not shown:
        return
    console.out.print(Text("\nReported by the paper", style="bold"))
    if everything:
        _places(view.tables)
    elif console.out.width >= WIDE:
        _table(shown)
    else:
        for row in shown:
            text = f"{_setting(row)}; {row.source.place}, read from {row.source.mark}; {row.id}"
            _entry(f"{row.text} {row.metric} on {row.dataset}:", text.removeprefix("; "), depth=2, apart=True)
    marks = dict.fromkeys(row.source.mark for row in shown)
    tables.indented(f"read from: {'; '.join(f'{mark} is {MARKS[mark]}' for mark in marks)}.", 2)
    if left := len(view.reported) - len(shown):
        console.say(f"  and {plural(left, 'more row')}: `repro show {view.id} --all`".replace("\u00a0", " "))


def _places(places: Sequence[Matrix]) -> None:
    """Every number, place by place, as the table that it is in the paper."""
    for place in places:
        tables.indented(f"{place.place}: {place.shared}", 2)
        shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        shown.add_column("", max_width=LABEL)
        for head in place.columns if len(place.columns) > 1 else ("",):
            shown.add_column(Text(head), justify="right")
        for row in place.rows:
            shown.add_row(Text(row.label), *map(Text, map(_cell, row.cells)))
        console.out.print(Padding(shown, (0, 0, 1, 4)))


def _cell(value: Reported | None) -> str:
    """A number; a question mark stands behind a reading that is not sure."""
    return "" if value is None else value.text if value.is_sure else f"{value.text} ?"


def _table(shown: Sequence[Reported]) -> None:
    """Numbers under heads, the circumstances of each below it."""
    heads = ("value", "metric", "data set", "where", "read from", "id")
    rows = [(r.text, r.metric, r.dataset, r.source.place, r.source.mark, r.id) for r in shown]
    widths = tables.fit(
        heads, rows, (("where", 12), ("id", 12), ("value", 12), ("where", 6)), console.out.width - 2
    )
    console.out.print(Text(f"  {tables.line(heads, widths)}", style="bold"))
    for row, cells in zip(shown, rows, strict=True):
        console.out.print(Text(f"  {tables.line(cells, widths)}"), no_wrap=True, overflow="crop")
        tables.indented(_setting(row), 4)


def _setting(row: Reported) -> str:
    """The circumstances of a number in a few words."""
    setting = row.setting
    epochs = f"{setting.epochs} epochs" if setting.epochs else None
    batch = f"batch {setting.batch}" if setting.batch else None
    of = f"of {row.of}" if row.of else None
    return ", ".join(filter(None, (of, setting.backbone, epochs, batch, setting.note)))


def _plain(view: PaperDetails) -> dict[str, Any]:
    """A view as JSON values; records of the catalog inside it know how to dump themselves."""
    names = [name for name in view.__dataclass_fields__ if name != "tables"]  # these say the numbers again
    return {name: _dumped(getattr(view, name)) for name in names}


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_dumped(item) for item in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
