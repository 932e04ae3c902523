"""Run what is missing, several runs at a time, each in a process of its own.

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
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from filelock import FileLock, Timeout

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.plan import PlannedRun
from repro.evidence.run import RunView, load_run

START_SECONDS = 5.0  # from the command to the first step
POLL_SECONDS = 0.1
WAIT_SECONDS = 30.0  # for runs to write a checkpoint after Ctrl-C
COMMAND = (sys.executable, "-m", "repro", "run")
CRASHED = "crashed"  # how the status of a run begins that ended without one of its own


def folder_of(root: Path, planned: PlannedRun) -> Path:
    """The folder of a planned run below ``root``."""
    return root / planned.paper / planned.benchmark / planned.name


def ended(root: Path, planned: PlannedRun) -> RunView | None:
    """The run of an earlier call, if it came to an end by itself: finished, or its numbers failed."""
    folder = RunFolder(folder_of(root, planned))
    if not folder.summary.is_file():
        return None
    summary = folder.read_json(folder.summary)
    if summary.get("digest") != planned.digest:
        raise RunError(f"{folder.path} holds another run than its name says; remove the folder")
    return None if str(summary.get("status")).startswith(CRASHED) else load_run(folder.path)


class Costs:
    """How long a run takes, judged by those that are known: core-seconds, so threads do not matter."""

    def __init__(self, runs: Iterable[RunView]) -> None:
        self._known: list[RunView] = []
        for run in runs:
            self.add(run)

    def seconds(self, planned: PlannedRun) -> float | None:
        """Seconds on one core by runs of the same arm, else paper, else benchmark; None without any."""
        same = [run for run in self._known if run.config.benchmark == planned.benchmark]
        for close in (self._same_arm, self._same_paper, lambda run, planned: True):
            if found := [_scaled(run, planned.epochs) for run in same if close(run, planned)]:
                return median(found) + START_SECONDS
        return None

    def add(self, run: RunView) -> None:
        """One more run that is known."""
        if run.finished and run.summary.seconds_total and run.summary.seconds:
            self._known.append(run)

    @staticmethod
    def _same_arm(run: RunView, planned: PlannedRun) -> bool:
        return run.config.paper == planned.paper and tuple(sorted(run.config.overrides)) == planned.overrides

    @staticmethod
    def _same_paper(run: RunView, planned: PlannedRun) -> bool:
        return run.config.paper == planned.paper


def _scaled(run: RunView, epochs: int) -> float:
    training, total = run.summary.seconds or 0.0, run.summary.seconds_total or 0.0
    threads = run.environment.threads or 1
    return threads * (training * epochs / (run.summary.epochs or epochs) + total - training)


@dataclass
class Process:
    """A run under way."""

    planned: PlannedRun
    folder: Path
    child: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Done:
    """A run that came to an end here or elsewhere; ``fault`` says why it has no result."""

    planned: PlannedRun
    run: RunView | None
    fault: str = ""


class Workers:
    """Several runs at a time in processes of their own. Use as an iterator; Ctrl-C stops all gently."""

    def __init__(self, root: Path, jobs: int, threads: int) -> None:
        self.root = root
        self.jobs = jobs
        self.threads = threads
        self.running: list[Process] = []
        self.queue: list[PlannedRun] = []

    def work(self, waiting: Sequence[PlannedRun], enough: Callable[[PlannedRun], bool]) -> Iterator[Done]:
        """Run everything in ``waiting``; a run for which ``enough`` says so is not begun any more."""
        self.queue = list(waiting)
        try:
            while self.queue or self.running:
                self.queue = [planned for planned in self.queue if not enough(planned)]
                yield from self._harvest()
                yield from self._begin()
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()

    def _begin(self) -> Iterator[Done]:
        """Start runs until all places are taken; one that another process has in hand stays in the queue."""
        for planned in list(self.queue):
            if len(self.running) >= self.jobs:
                return
            if _locked(folder_of(self.root, planned)):
                continue
            self.queue.remove(planned)
            if (run := ended(self.root, planned)) is not None:
                yield Done(planned, run)
            else:
                self.running.append(self._start(planned))

    def _start(self, planned: PlannedRun) -> Process:
        folder = folder_of(self.root, planned)
        folder.parent.mkdir(parents=True, exist_ok=True)
        run = RunFolder(folder)
        run.summary.unlink(missing_ok=True)  # of a crash: the run is tried again from its checkpoint
        words = ["--resume", str(folder)] if run.config.exists() else self._words(planned, folder)
        with _log(folder).open("wb") as log:
            child = subprocess.Popen(  # noqa: S603 - our own command line
                [*COMMAND, *words, "--quiet"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": str(self.threads)},
                start_new_session=True,  # a Ctrl-C reaches it once, through us
            )
        return Process(planned, folder, child)

    def _words(self, planned: PlannedRun, folder: Path) -> list[str]:
        settings = [word for override in planned.overrides for word in ("--set", override)]
        return [
            *(planned.paper, "--on", planned.benchmark, "--seed", str(planned.seed), *settings),
            *("--threads", str(self.threads), "--out", str(folder)),
        ]

    def _harvest(self) -> Iterator[Done]:
        for process in list(self.running):
            if (status := process.child.poll()) is not None:
                self.running.remove(process)
                if _locked(process.folder):  # another process took it up just before ours could
                    self.queue.append(process.planned)
                else:
                    yield self._outcome(process, status)

    def _outcome(self, process: Process, status: int) -> Done:
        run = ended(self.root, process.planned)
        if run is not None:
            _log(process.folder).unlink(missing_ok=True)
            return Done(process.planned, run)
        fault = _last_words(_log(process.folder)) or f"it ended with status {status} and said nothing"
        _note_crash(process.folder, process.planned, fault)
        return Done(process.planned, None, fault)

    def stop(self) -> None:
        """Ask every run to write a checkpoint and end, and wait for it."""
        for process in self.running:
            process.child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + WAIT_SECONDS
        for process in self.running:
            try:
                process.child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.child.kill()
        self.running.clear()


def _log(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")


def _locked(folder: Path) -> bool:
    """Whether some process is writing the folder at this moment."""
    if not folder.is_dir():
        return False
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _last_words(log: Path) -> str:
    """The last line a run printed: its error as a sentence, or the end of a traceback."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    return lines[-1].removeprefix("error: ")[:500] if lines else ""


def _note_crash(folder: Path, planned: PlannedRun, fault: str) -> None:
    """Leave a summary that says how the run ended, where it got as far as having a folder of its own."""
    run = RunFolder(folder)
    if run.config.is_file() and not run.summary.exists():
        content = {"digest": planned.digest, "status": f"{CRASHED}: {fault}", "seed": planned.seed}
        run.write_json(run.summary, content)
