"""Make the runs that are wanted, several at a time, by an executor: processes of this machine, or a cluster.

A run's folder is named by its digest, so whoever asks for the same run finds it: a claim that shares the arm,
a second call after an interruption, another call that works at the same time. Everything that must survive a
kill is in those folders; this module keeps nothing else. No torch here, only in the processes.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from threading import Event, Lock, Timer
from typing import Protocol

from filelock import FileLock, Timeout

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.plan import PlannedRun
from repro.evidence.run import CRASHED, Run, Summary, load_run

START_SECONDS = 5.0  # from the command to the first step
POLL_SECONDS = 0.1  # between two looks at runs that other processes have in hand
KILLED = 9  # the number of the signal that cannot be answered
WAIT_SECONDS = 30.0  # for runs to write a checkpoint after Ctrl-C
COMMAND = (sys.executable, "-m", "repro", "run")


@dataclass(frozen=True)
class Done:
    """A run that came to an end here or elsewhere; ``fault`` says why it has no result."""

    planned: PlannedRun
    run: Run | None
    fault: str = ""


class Executor(Protocol):
    """Where runs are made: :class:`Processes` of this machine, or a cluster that shares the folders."""

    def submit(self, planned: PlannedRun, folder: Path) -> Future[Done]:
        """Begin a run in its folder, or resume it there; the future holds its outcome or its fault."""

    def stop(self) -> None:
        """Let every run under way write a checkpoint, and wait for that; nothing is submitted afterwards."""


def work(
    wanted: Sequence[PlannedRun],
    root: Path,
    executor: Executor,
    *,
    jobs: int,
    is_too_late: Callable[[PlannedRun], bool] = lambda planned: False,
) -> Iterator[Done]:
    """Make runs, ``jobs`` at a time, yielding each as it ends; Ctrl-C, or closing this, stops them gently.

    A run that ``is_too_late`` is not begun. One that another process has in hand is waited for, and taken
    over if that process ends first.
    """
    waiting, running = list(wanted), set[Future[Done]]()
    try:
        while waiting or running:
            if len(running) < jobs:
                waiting = [planned for planned in waiting if not is_too_late(planned)]
            free = (planned for planned in waiting if not _is_locked(folder_of(root, planned)))
            for planned in list(islice(free, jobs - len(running))):
                waiting.remove(planned)
                folder = folder_of(root, planned)
                if (run := finished_run(folder, planned)) is not None:
                    yield Done(planned, run)
                else:
                    running.add(executor.submit(planned, folder))
            if not running:
                time.sleep(POLL_SECONDS)
            complete, running = wait(running, POLL_SECONDS, FIRST_COMPLETED)
            for done in (future.result() for future in complete):
                if done.run is None and _is_locked(folder_of(root, done.planned)):
                    waiting.append(done.planned)  # another process took it up just before ours could
                else:
                    yield done
    finally:
        executor.stop()


def folder_of(root: Path, planned: PlannedRun) -> Path:
    """The folder of a planned run below ``root``."""
    return root / planned.paper / planned.benchmark / planned.name


def finished_run(folder: Path, planned: PlannedRun) -> Run | None:
    """The run in a folder, if it came to an end by itself: it finished, or its numbers failed."""
    run = RunFolder(folder)
    if not run.summary.is_file():
        return None
    summary = run.read(Summary)
    if summary.digest != planned.digest:
        raise RunError(f"{folder} holds another run than its name says; remove the folder")
    return None if summary.crashed else load_run(folder)


class Processes:
    """The executor of this machine: each run is a process that a thread of a pool waits for."""

    def __init__(self, jobs: int, threads: int) -> None:
        self.threads = threads  # of each run
        self._pool = ThreadPoolExecutor(jobs)
        self._children: set[subprocess.Popen[bytes]] = set()
        self._starting = Lock()  # so that no process starts once all were told to stop
        self._stopping = Event()

    def submit(self, planned: PlannedRun, folder: Path) -> Future[Done]:
        """Begin or resume a run, as soon as a thread is free."""
        return self._pool.submit(self._make, planned, folder)

    def stop(self) -> None:
        """Send Ctrl-C to every run and wait; kill those that take too long, and all on another Ctrl-C."""
        with self._starting:
            self._stopping.set()
        for child in tuple(self._children):
            child.send_signal(signal.SIGINT)
        patience = Timer(WAIT_SECONDS, self._kill)
        patience.start()
        try:
            self._pool.shutdown()
        finally:
            patience.cancel()
            self._kill()

    def _kill(self) -> None:
        for child in tuple(self._children):
            child.kill()

    def _make(self, planned: PlannedRun, folder: Path) -> Done:
        log = folder.with_name(f"{folder.name}.log")
        with self._starting:
            if self._stopping.is_set():
                return Done(planned, None, "it was not begun")
            child = _start(planned, folder, self.threads, log)
            self._children.add(child)
        status = child.wait()
        self._children.remove(child)
        if (run := finished_run(folder, planned)) is not None:
            log.unlink(missing_ok=True)
            return Done(planned, run)
        last_line = "".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:])
        fault = last_line.removeprefix("error: ")[:500] or _ended_silently(status)
        if not self._stopping.is_set() and not _is_locked(folder):
            _note_crash(folder, planned, fault)
        return Done(planned, None, fault)


def _start(planned: PlannedRun, folder: Path, threads: int, log: Path) -> subprocess.Popen[bytes]:
    """Start ``repro run`` in a folder, or resume there. RunError if the system cannot."""
    run = RunFolder(folder)
    words = [planned.paper, "--on", planned.benchmark, "--seed", str(planned.seed), "--threads", str(threads)]
    words += [word for override in planned.overrides for word in ("--set", override)]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        run.summary.unlink(missing_ok=True)  # of a crash: the run is tried again from its checkpoint
        words = ["--resume", str(folder)] if run.config.exists() else [*words, "--out", str(folder)]
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - our own command line
                [*COMMAND, *words, "--quiet"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": str(threads)},
                start_new_session=True,  # a Ctrl-C reaches it once, through us
            )
    except OSError as error:
        raise RunError(f"the run in {folder} could not be started ({error.strerror})") from error


def _ended_silently(status: int) -> str:
    """What is known of a process that said nothing; a negative status is the signal that ended it."""
    if status == -KILLED:
        return "it was killed, as a system does that runs out of memory; `--jobs 1` needs least"
    return f"it ended with status {status} and said nothing"


def _is_locked(folder: Path) -> bool:
    """True if some process is writing the folder at this moment."""
    if not folder.is_dir():
        return False
    try:
        with FileLock(folder / ".lock", timeout=0):
            return False
    except Timeout:
        return True


def _note_crash(folder: Path, planned: PlannedRun, fault: str) -> None:
    """Leave a summary that says how the run ended, where it got as far as having a folder of its own."""
    run = RunFolder(folder)
    if run.config.is_file() and not run.summary.exists():
        run.write(Summary(digest=planned.digest, status=f"{CRASHED}: {fault}", seed=planned.seed))


class Costs:
    """How long a run takes, by those that are known: core-seconds, so that threads do not matter."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = list(runs)

    def seconds(self, planned: PlannedRun) -> float | None:
        """Seconds on one core by runs of the same arm, else paper, else benchmark; None without any."""
        timed = (r for r in self.runs if r.finished and r.summary.seconds and r.summary.seconds_total)
        same = [run for run in timed if run.config.benchmark == planned.benchmark]
        paper = [run for run in same if run.config.paper == planned.paper]
        arm = [run for run in paper if tuple(sorted(run.config.overrides)) == planned.overrides]
        closest = arm or paper or same
        return median(_scaled(run, planned.epochs) for run in closest) + START_SECONDS if closest else None


def _scaled(run: Run, epochs: int) -> float:
    training, total = run.summary.seconds or 0.0, run.summary.seconds_total or 0.0
    threads = run.environment.threads or 1
    return threads * (training * epochs / (run.summary.epochs or epochs) + total - training)
