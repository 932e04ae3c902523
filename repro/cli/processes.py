"""Several processes that make one run, started on this machine: ``repro run ... --processes N``."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from repro.errors import UsageError
from repro.machine import ending_signals, processes

POLL_SECONDS = 0.1
GRACE_SECONDS = 20.0  # for the others to end by themselves once one is gone
PEER_STATUS = 75  # a process that ended because another one did
Child = subprocess.Popen[bytes]


def must_launch(count: int) -> bool:
    """True if this process has to start the others. UsageError if it belongs to a group of another size."""
    running = processes()[1]
    if running == 1 or count in (1, running):
        return running == 1 and count > 1
    raise UsageError(f"--processes {count} was given to a process that torchrun started as one of {running}")


def is_first_process() -> bool:
    """True if this process speaks and writes: the only one, or the first of several."""
    return processes()[0] == 0


def launch(count: int, words: Sequence[str]) -> int:
    """Run ``repro WORDS`` in ``count`` processes that make one run; the exit status of them all.

    The first one writes and speaks; why another one ended, or the first without a word, is said here.
    """
    with TemporaryDirectory() as folder:
        logs = [Path(folder) / f"{rank}.log" for rank in range(count)]
        children = _start(count, words, logs)
        with _forwarded(children):
            first_failed = _wait(children)
        status = next((child.returncode for child in children if child.returncode), 0)
        if first_failed is not None and (children[0].returncode == PEER_STATUS or children[0].returncode < 0):
            again = "" if first_failed else "; `repro run --resume FOLDER` goes on from its last checkpoint"
            sys.stderr.write(f"note: {_fault(first_failed, children, logs)}{again}\n")
        return 2 if status == PEER_STATUS or status < 0 else status


def _start(count: int, words: Sequence[str], logs: Sequence[Path]) -> list[Child]:
    group = {
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
    }
    children = []
    for rank, log in enumerate(logs):
        own = {**os.environ, **group, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        with log.open("wb") as output:
            children.append(
                subprocess.Popen(  # noqa: S603 - our own command line
                    [sys.executable, "-m", "repro", *words],
                    env=own,
                    stdin=subprocess.DEVNULL,
                    stdout=output if rank else None,
                    stderr=output if rank else None,
                    start_new_session=True,  # a Ctrl-C reaches it once, through us
                )
            )
    return children


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _forwarded(children: Sequence[Child]) -> Iterator[None]:
    """Hand every signal that asks for an end on to all children."""

    def forward(number: int, frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(children: Sequence[Child]) -> int | None:
    """Wait for all; the first that failed, if one did. The others then have a while to end."""
    first_failed, deadline = None, float("inf")
    while any(child.poll() is None for child in children):
        if first_failed is None:
            first_failed = _first_failed(children)
            deadline = time.monotonic() + GRACE_SECONDS if first_failed is not None else deadline
        if time.monotonic() > deadline:
            for child in children:
                child.kill()
        time.sleep(POLL_SECONDS)
    return first_failed if first_failed is not None else _first_failed(children)


def _first_failed(children: Sequence[Child]) -> int | None:
    """One that failed, rather one that did not only follow another."""
    failed = [rank for rank, child in enumerate(children) if child.poll()]
    return min(failed, key=lambda rank: children[rank].returncode == PEER_STATUS, default=None)


def _fault(rank: int, children: Sequence[Child], logs: Sequence[Path]) -> str:
    status = children[rank].returncode
    if status < 0:
        name = signal.Signals(-status).name
        return f"process {rank + 1} of {len(children)} was ended by {name}"
    last_line = "".join(logs[rank].read_text(encoding="utf-8", errors="replace").splitlines()[-1:])
    said = last_line.removeprefix("error: ")[:500] or f"it ended with status {status} and said nothing"
    return f"process {rank + 1} of {len(children)}: {said}"
