"""The display of a training: a live bar on a terminal, plain lines elsewhere, nothing when quiet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from repro.cli import console

if TYPE_CHECKING:
    from repro.learning.job import Moment

PLAIN_LINES = 20  # lines a training prints when nobody watches it live


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
    elif console.out.is_terminal:
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
            console.say(f"{self.title}: {moment}")

    def note(self, text: str) -> None:
        console.say(f"{self.title}: {text}")


class _Live:
    """One bar that moves, with the latest numbers beside it."""

    def __init__(self, title: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[status]}"),
            console=console.out,
        )
        self.task = self.bar.add_task(title, total=None, status="starting")

    def __enter__(self) -> "_Live":
        self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()

    def show(self, moment: "Moment") -> None:
        self.bar.update(self.task, total=moment.steps, completed=moment.step, status=str(moment))

    def note(self, text: str) -> None:
        self.bar.update(self.task, status=text)
