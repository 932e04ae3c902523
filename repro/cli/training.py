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
from repro.evidence.request import Request, resolve_request, resolve_resume
from repro.evidence.run import Config, Run
from repro.evidence.track import Follower
from repro.learning.data.count import count_images
from repro.machine import crowding, processes, usable_cores
from repro.report.write import write_comparison

if TYPE_CHECKING:
    from repro.learning.job import Job, Moment


class StoppedError(RunError):
    """Ctrl-C: what there is to keep was saved, and the run can go on."""


def run_seeds(
    request: Request,
    seeds: Sequence[int],
    tracker: str | None = None,
    *,
    quiet: bool,
    profile: bool = False,
) -> list[Run]:
    """Run every seed, one after another, shown in a tracker if one is named. Several get a page together."""
    wanted = resolve_request(request, seeds, count_images)  # what is wrong is said before torch is loaded
    runs: list[Run] = []
    for seed in seeds:
        with _stoppable("nothing was written") as interruption:
            from repro.learning.start import start

            with start(wanted, seed) as job:
                follower = _follow(job, tracker)
                if not (quiet or runs) and (advice := crowding(request.threads or usable_cores())):
                    note(f"note: {advice}")
                choices = "" if runs else wanted.choices(len(job.parts.dataset))
                runs += _watch(job, interruption, choices, quiet=quiet, profile=profile)
        _conclude(follower)
    if len(runs) > 1:
        console.result(
            f"Report of all seeds: {write_comparison(runs, runs[0].folder.parent / 'report.html')}"
        )
    return runs


def go_on(
    folder: Path,
    paper: str | None,
    device: str,
    threads: int | None = None,
    tracker: str | None = None,
    *,
    quiet: bool,
    profile: bool = False,
) -> list[Run]:
    """Go on with the run in a folder."""
    resolve_resume(folder, paper, device, threads)
    with _stoppable(f"{folder} is as it was") as interruption:
        from repro.learning.start import resume

        with resume(folder, paper, device, threads) as job:
            follower = _follow(job, tracker)
            runs = _watch(job, interruption, quiet=quiet, profile=profile)
    _conclude(follower)
    return runs


def _follow(job: "Job", tracker: str | None) -> Follower | None:
    """Start the process that shows a job in a tracker; a note if that fails, for the training does not."""
    if tracker is None or processes()[0] > 0:
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


def _watch(
    job: "Job", interruption: Interruption, choices: str = "", *, quiet: bool, profile: bool
) -> list[Run]:
    """Train what is left of a job and show it, after ``choices``; an interruption saves it.

    The run, or nothing in a process that only helps to make it: all that comes after is the first one's.
    """
    from repro.learning.profile import Profile

    job.stop_when(lambda: interruption.is_asked)
    phases = Profile(job) if profile else None
    if not quiet:
        _say_beginning(job, choices)
    interruption.waits = True  # for the step in hand
    with progress(job.config.paper, job.seed, quiet=quiet) as display:

        def show(moment: "Moment") -> None:
            display.show(moment)
            if moment.stopped:
                raise _stopped(job, f"after step {moment.step} of {moment.steps}")
            if moment.step == moment.steps:
                interruption.waits = False
                display.note("probing the features")

        try:
            run = _complete(job, show)
        except KeyboardInterrupt:
            raise _stopped(job, "after training, while the features were probed") from None
        except PeerError as error:
            raise PeerError(f"{error}; go on with `{_again(job)}`") from error
        interruption.waits = True  # nothing is left to stop
    if run is None:
        return []
    console.outcome(run, quiet=quiet)
    if phases is not None:
        console.result(f"{phases.steps} steps, {phases}")
    console.result(f"Report: {run.folder / 'report.html'}")
    return [run]


def _say_beginning(job: "Job", choices: str) -> None:
    begun = job.folder.read(Config)
    reading = f"{job.parts.dataset.label}: {begun.folder.sentence}" if begun.folder else ""
    for text in filter(None, (reading, choices, begun.begun_from)):
        console.say(text)


def _complete(job: "Job", show: "Callable[[Moment], None]") -> Run | None:
    """Train, and in the first of several processes evaluate and report."""
    if processes()[0] == 0:
        return api.complete(job, show)
    for moment in job.train():
        show(moment)
    return None


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
