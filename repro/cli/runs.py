"""The verbs on run folders and caches: runs and clean. Imports stand in the verbs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import AsJson, note
from repro.errors import UsageError

if TYPE_CHECKING:
    from repro.evidence.clean import Removable
    from repro.evidence.listing import ListedGroup

HEADS = ("folder", "paper", "benchmark", "seeds", "state", "linear", "kNN", "date", "changed")
WIDE = 100  # columns from which runs stand in a table
# What of the table gives way, and how far, where the terminal is narrow; a folder is there to be copied.
SHRINK = (("changed", 16), ("benchmark", 8), ("paper", 8), ("state", 8), ("folder", 24), ("changed", 1))


def list_runs(
    folder: Annotated[Path, typer.Argument(help="Where to look.", show_default=False)] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the runs that lie under runs/, or another folder, the best first."""
    from repro.cli import console
    from repro.cli.tables import indented, is_piped, print_rows
    from repro.evidence.listing import list_runs as find

    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder} here; `repro run simsiam` makes runs/ and a run in it."
        )
    groups = find(folder)
    if as_json:
        console.dump([{**vars(group), "runs": list(map(str, group.runs))} for group in groups])
        return
    rows = [_row(group) for group in groups]
    if console.out.width < WIDE and not is_piped():
        for row in rows:
            console.say(row[0])
            indented(
                ", ".join(f"{head} {cell}" for head, cell in zip(HEADS[1:], row[1:], strict=True) if cell), 2
            )
    else:
        print_rows(HEADS, rows, SHRINK)
    for group in groups:
        if group.fault:
            note(f"damaged: {group.fault}")
    if not groups:
        note(f"No run lies under {folder}.")


def _row(group: "ListedGroup") -> tuple[str, ...]:
    linear, knn = (
        f"{100 * value:.1f} %" if value is not None else "-" for value in (group.linear, group.knn)
    )
    seeds = ",".join(map(str, group.seeds)) if len(group.seeds) < 4 else f"{len(group.seeds)} runs"
    changed = ", ".join(group.changed)
    return (
        *(str(group.folder), group.paper or "-", group.benchmark or "-", seeds or "-", group.state),
        *(linear, knn, group.date or "-", changed),
    )


def clean(
    cache: Annotated[bool, typer.Option("--cache", help="Only downloads, packs and answers.")] = False,
    runs: Annotated[bool, typer.Option("--runs", help="Only run folders under runs/.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove caches and run folders, after showing them and asking; what repro did not write stays."""
    from repro.cli import console
    from repro.cli.tables import print_rows
    from repro.evidence.clean import removable_cache, removable_runs
    from repro.files import cache_root

    both = not (cache or runs)
    here, root = Path("runs"), cache_root()
    items = [(item, root) for item in removable_cache(root)] if cache or both else []
    if runs or both:
        listed, kept = removable_runs(here) if here.is_dir() else ([], [])
        items += [(item, here) for item in listed]
        for folder in kept:
            note(f"left alone: {folder.folder}: {folder.why}")
    if not items:
        console.say("There is nothing to remove.")
        return
    rows = [(item.what, str(len(item.files)), _size(item.size), str(item.folder)) for item, _ in items]
    print_rows(("what", "files", "size", "folder"), rows, (("what", 12), ("folder", 12)))
    total = _size(sum(item.size for item, _ in items))
    if not yes and not _is_confirmed(f"Remove all of this, {total}?"):
        note("Nothing was removed.")
        raise typer.Exit(1)
    _remove(items)
    console.say(f"Removed: {total}.")


def _is_confirmed(question: str) -> bool:
    """True if a person says yes; no answer is no."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        note("")
        return False


def _remove(items: "list[tuple[Removable, Path]]") -> None:
    from repro.evidence.clean import remove

    for item, stop in items:
        if left := remove(item, stop):
            note(f"kept, since repro did not write it: {', '.join(map(str, left))}")


def _size(size: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"
