"""`repro run` on the terminal: every seed of a request, or a run that goes on, watched as it trains."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from types import FrameType
from typing import TYPE_CHECKING

from repro import api
from repro.cli import console
from repro.cli.options import note
from repro.cli.progress import progress
from repro.errors import RunError
from repro.evidence.request import Request, resolve_request
from repro.evidence.run import Run
from repro.evidence.track import Follower
from repro.report.write import write_comparison

if TYPE_CHECKING:
    from repro.learning.job import Job, Moment


class StoppedError(RunError):
    """Ctrl-C: the run was saved and can go on."""


def run_seeds(
    request: Request, seeds: Sequence[int], tracker: str | None = None, *, quiet: bool
) -> list[Run]:
    """Run every seed, one after another, shown in a tracker if one is named. Several get a page together."""
    wanted = resolve_request(request, seeds)  # what is wrong with a command is said before torch is loaded
    from repro.learning.start import start

    runs = []
    for seed in seeds:
        with start(wanted, seed) as job:
            follower = _follow(job, tracker)
            runs.append(_watch(job, quiet=quiet))
        _conclude(follower)
    if len(runs) > 1:
        console.say(f"Report of all seeds: {write_comparison(runs, wanted.top / 'report.html')}")
    return runs


def go_on(folder: Path, paper: str | None, device: str, tracker: str | None = None, *, quiet: bool) -> Run:
    """Go on with the run in a folder."""
    from repro.learning.start import resume

    with resume(folder, paper, device) as job:
        follower = _follow(job, tracker)
        run = _watch(job, quiet=quiet)
    _conclude(follower)
    return run


def _follow(job: "Job", tracker: str | None) -> Follower | None:
    """Start the process that shows a job in a tracker; a note if that fails, for the training does not."""
    if tracker is None:
        return None
    try:
        return Follower(job.folder.path, tracker, job.step)
    except OSError as error:
        note(f"{tracker} does not see this run ({error.strerror or error})")
        return None


def _conclude(follower: Follower | None) -> None:
    """Wait until a tracker has the whole run, and note what went wrong."""
    if follower is not None and (fault := follower.conclude()):
        note(fault)


def _watch(job: "Job", *, quiet: bool) -> Run:
    """Train what is left of a job and show it; Ctrl-C saves it."""
    with _gentle_stop() as stop, progress(job.config.paper, job.seed, quiet=quiet) as display:

        def show(moment: "Moment") -> None:
            display.show(moment)
            if stop:
                job.pause()
                raise StoppedError(
                    f"stopped after step {moment.step} of {moment.steps}; everything is kept, go on with "
                    f"`repro run {job.config.paper} --resume {quote(str(job.folder.path))}`"
                )
            if moment.step == moment.steps:
                display.note("probing the features")

        run = api.complete(job, show)
    console.outcome(run, quiet=quiet)
    console.say(f"Report: {run.folder / 'report.html'}")
    return run


@contextmanager
def _gentle_stop() -> Iterator[list[int]]:
    """Turn the first Ctrl-C (or SIGTERM) into a note that the step in hand is the last; a second kills."""
    signals: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
