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
from repro.cli.progress import progress
from repro.errors import RunError
from repro.evidence.request import Request, resolve_request
from repro.evidence.run import Run
from repro.report.write import write_comparison

if TYPE_CHECKING:
    from repro.learning.job import Job, Moment


class StoppedError(RunError):
    """Ctrl-C: the run was saved and can go on."""


def run_seeds(request: Request, seeds: Sequence[int], *, quiet: bool) -> list[Run]:
    """Run every seed, one after another. Several seeds get a page together."""
    wanted = resolve_request(request, seeds)  # what is wrong with a command is said before torch is loaded
    from repro.learning.start import start

    runs = []
    for seed in seeds:
        with start(wanted, seed) as job:
            runs.append(_watch(job, quiet=quiet))
    if len(runs) > 1:
        console.say(f"Report of all seeds: {write_comparison(runs, wanted.top / 'report.html')}")
    return runs


def go_on(folder: Path, paper: str | None, device: str, *, quiet: bool) -> Run:
    """Go on with the run in a folder."""
    from repro.learning.start import resume

    with resume(folder, paper, device) as job:
        return _watch(job, quiet=quiet)


def _watch(job: "Job", *, quiet: bool) -> Run:
    """Train what is left of a job and show it; Ctrl-C saves it."""
    with _gentle_stop(job), progress(job.config.paper, job.seed, quiet=quiet) as display:

        def show(moment: "Moment") -> None:
            display.show(moment)
            if moment.stopped:
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
def _gentle_stop(job: "Job") -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) make the step in hand the last; a second kills."""

    def stop(number: int, frame: FrameType | None) -> None:
        job.stop()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
