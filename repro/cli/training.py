"""`repro run` on the terminal: every seed of a request, or a run that goes on, watched as it trains."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from repro import api
from repro.cli import console
from repro.cli.interrupt import Interruption, interruptible
from repro.cli.options import note
from repro.cli.progress import progress
from repro.errors import PeerError, RunError
from repro.evidence.request import Request, ResolvedRequest, resolve_request, resolve_resume
from repro.evidence.run import Config, Run
from repro.learning.data.count import count_images
from repro.machine import crowding, processes, usable_cores
from repro.report.write import write_comparison

if TYPE_CHECKING:
    from repro.learning.job import Job, Moment


class StoppedError(RunError):
    """Ctrl-C: what there is to keep was saved, and the run can go on."""


def run_seeds(request: Request, seeds: Sequence[int], *, quiet: bool, profile: bool = False) -> list[Run]:
    """Run every seed, one after another. Several seeds get a page together."""
    wanted = resolve_request(request, seeds, count_images)  # what is wrong is said before torch is loaded
    runs: list[Run] = []
    for seed in seeds:
        with _stoppable("nothing was written") as interruption:
            from repro.learning.start import start

            with start(wanted, seed) as job:
                if not (quiet or runs) and (advice := crowding(request.threads or usable_cores())):
                    note(f"note: {advice}")
                if not quiet:
                    _say_beginning(wanted, job, is_first=not runs)
                run = _watch(job, interruption, quiet=quiet, profile=profile)
                runs += [run] if run else []
    if len(runs) > 1:
        console.result(
            f"Report of all seeds: {write_comparison(runs, runs[0].folder.parent / 'report.html')}"
        )
    return runs


def _say_beginning(wanted: ResolvedRequest, job: "Job", *, is_first: bool) -> None:
    """What was chosen for a folder of images, once, and what the encoder begins with, if it is not random."""
    notes = (wanted.note if is_first else "", job.folder.read(Config).begun_from)
    for text in filter(None, notes):
        console.say(text)


def go_on(
    folder: Path,
    paper: str | None,
    device: str,
    threads: int | None = None,
    *,
    quiet: bool,
    profile: bool = False,
) -> list[Run]:
    """Go on with the run in a folder."""
    resolve_resume(folder, paper, device, threads)
    with _stoppable(f"{folder} is as it was") as interruption:
        from repro.learning.start import resume

        with resume(folder, paper, device, threads) as job:
            run = _watch(job, interruption, quiet=quiet, profile=profile)
    return [run] if run else []


def _watch(job: "Job", interruption: Interruption, *, quiet: bool, profile: bool) -> Run | None:
    """Train what is left of a job and show it; an interruption saves it. None in processes that only help."""
    from repro.learning.profile import Profile

    job.stop_when(lambda: interruption.is_asked)
    phases = Profile(job) if profile else None
    if not quiet and (reading := job.folder.read(Config).folder) is not None:
        console.say(f"{job.parts.dataset.label}: {reading.sentence}")
    with progress(job.config.paper, job.seed, quiet=quiet) as display:

        def show(moment: "Moment") -> None:
            display.show(moment)
            if moment.stopped:
                raise _stopped(job, f"after step {moment.step} of {moment.steps}")
            if moment.step == moment.steps:
                interruption.waits = False
                display.note("probing the features")

        interruption.waits = True  # for the step in hand
        try:
            if processes()[0] > 0:
                _help(job, show)
                return None
            run = api.complete(job, show)
        except PeerError as error:
            raise PeerError(f"{error}; go on with `{_again(job)}`") from error
        except KeyboardInterrupt:
            raise _stopped(job, "after training, while the features were probed") from None
        interruption.waits = True  # nothing is left to stop
    console.outcome(run, quiet=quiet)
    if phases is not None:
        console.result(f"{phases.steps} steps, {phases}")
    console.result(f"Report: {run.folder / 'report.html'}")
    return run


def _help(job: "Job", show: "Callable[[Moment], None]") -> None:
    """Make this process's part of the steps; the first process does all that comes after."""
    for moment in job.train():
        show(moment)


def _stopped(job: "Job", when: str) -> StoppedError:
    return StoppedError(f"stopped {when}; everything is kept, go on with `{_again(job)}`")


def _again(job: "Job") -> str:
    return f"repro run {job.config.paper} --resume {quote(str(job.folder.path))}"


@contextmanager
def _stoppable(state: str) -> Iterator[Interruption]:
    """As :func:`interruptible`; what is stopped before a step was made is a sentence too."""
    with interruptible() as interruption:
        try:
            yield interruption
        except KeyboardInterrupt:
            raise StoppedError(f"stopped before training; {state}") from None
