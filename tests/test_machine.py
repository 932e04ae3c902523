"""What a machine offers, what it may lack, who else is busy on it, and how threads wait there."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from repro import machine
from repro.files import PACKAGE
from repro.learning.start import _set_threads

MEMINFO = "MemTotal: 16000 kB\nMemAvailable: 8000 kB\nSwapFree: 1000 kB\nHugePages_Total: 0\n"


def test_cores_are_those_of_the_affinity_or_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "core_limit", lambda: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1, 5, 6}, raising=False)
    assert machine.usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert machine.usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.usable_cores() == 1


@pytest.mark.parametrize(("limit", "cores"), [(None, 8), (16.0, 8), (2.5, 2), (0.5, 1)])
def test_a_container_may_use_less(limit: float | None, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(machine, "core_limit", lambda: limit)
    assert machine.usable_cores() == cores


def test_a_run_takes_a_thread_for_each_core_where_there_is_no_affinity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", taken.append)
    monkeypatch.setattr(machine, "core_limit", lambda: None)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    _set_threads(0)
    _set_threads(2)
    assert taken == [7, 2]


# The control files of Linux


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders in place of /proc and /sys/fs/cgroup."""
    monkeypatch.setattr(machine, "PROC", tmp_path / "proc")
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")
    return tmp_path


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_smallest_limit_of_a_process_and_the_groups_around_it_counts(linux: Path) -> None:
    assert machine.core_limit() is None
    write(linux, {"proc/self/cgroup": "8:cpu:/old\n0::/batch/job\n"})
    assert machine.core_limit() is None
    write(linux, {"cgroup/batch/job/cpu.max": "max 100000\n", "cgroup/cpu.max": "800000 100000\n"})
    assert machine.core_limit() == 8
    write(linux, {"cgroup/batch/cpu.max": "150000 100000\n"})
    assert machine.core_limit() == 1.5


def test_free_memory_is_that_of_the_machine_within_the_limit_of_a_container(linux: Path) -> None:
    assert machine.free_memory() is None
    write(linux, {"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n"})
    assert machine.free_memory() == 9000 * 1024
    limit = {"memory.max": "max\n", "memory.current": "500\n", "memory.stat": "anon 1\ninactive_file 200\n"}
    write(linux / "cgroup", limit)
    assert machine.free_memory() == 9000 * 1024
    write(linux / "cgroup", {"memory.max": "1000\n"})
    assert machine.free_memory() == 700
    write(linux, {"proc/meminfo": "MemTotal: many\n"})
    assert machine.free_memory() is None


# Busy machines


@pytest.mark.parametrize(
    ("load", "threads", "told"),
    [
        (0.1, 4, ""),
        (4.0, 4, ""),
        (9.26, 4, "this machine is busy (load 9.3 on 4 cores), and 4 threads wait for each other"),
        (9.26, 1, ""),
        (0.1, 8, "this process may use 4 of 4 cores, so `--threads 4` is probably faster"),
        (None, 4, ""),
    ],
)
def test_what_threads_find_is_told_with_what_to_do(
    load: float | None, threads: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(machine, "load", lambda: load)
    found = machine.crowding(threads)
    assert (found or "").startswith(told)
    assert (found is None) == (told == "")


# What a system may lack


def test_what_nobody_counts_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine.load() is not None
    monkeypatch.delattr(os, "getloadavg")
    assert machine.load() is None
    assert (machine.peak_memory() or 0) > 10**7
    monkeypatch.setattr(machine, "resource", None)
    assert machine.peak_memory() is None
    assert (machine.free_space(tmp_path) or 0) > 0
    monkeypatch.delattr(os, "statvfs")
    assert machine.free_space(tmp_path) is None
    monkeypatch.delattr(shutil, "disk_usage")
    assert machine.free_space(tmp_path) is None


def test_only_signals_that_exist_and_are_not_ignored_ask_for_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hangup = signal.SIGHUP
    before = signal.signal(hangup, signal.SIG_DFL)
    try:
        assert machine.ending_signals() == [signal.SIGINT, signal.SIGTERM, hangup]
        signal.signal(hangup, signal.SIG_IGN)  # what nohup does
        assert machine.ending_signals() == [signal.SIGINT, signal.SIGTERM]
    finally:
        signal.signal(hangup, before)
    monkeypatch.delattr(signal, "SIGHUP")
    assert machine.ending_signals() == [signal.SIGINT, signal.SIGTERM]


# How threads wait

WAITING = """
import builtins, os, sys
plain = builtins.__import__
def watched(name, *rest, **named):
    if name == "torch" and "torch" not in sys.modules:
        print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("OMP_WAIT_POLICY"), flush=True)
        os._exit(0)
    return plain(name, *rest, **named)
builtins.__import__ = watched
import repro
sys.argv = ["repro", *sys.argv[2:]]
exec({
    "run": "from repro.cli.app import main; main()",
    "api": "repro.run('simsiam', out='nowhere')",
    "library": "repro.views('simsiam')",
    "module": "import repro.learning.job",
}[%r])
"""


def settings(way: str, *words: str, **environment: str) -> str:
    """GOMP_SPINCOUNT and OMP_WAIT_POLICY at the moment at which torch begins to load."""
    clean = {name: value for name, value in os.environ.items() if name not in machine.SPIN_SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", WAITING % way, "-", *words],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **environment, "PYTHONPATH": str(PACKAGE.parent)},
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("run", ("run", "simsiam", "--out", "nowhere")),
        ("run", ("doctor",)),
        ("run", ("verify", "--exact", "simsiam")),
        ("api", ()),
        ("library", ()),
        ("module", ()),
    ],
)
def test_spinning_is_bounded_before_torch_loads(way: str, words: tuple[str, ...]) -> None:
    assert settings(way, *words) == f"{machine.SPIN_COUNT} None"


def test_who_says_how_threads_wait_is_obeyed() -> None:
    assert settings("module", GOMP_SPINCOUNT="7") == "7 None"
    assert settings("module", OMP_WAIT_POLICY="PASSIVE") == "None PASSIVE"


TRAINING = """
import hashlib, sys
from pathlib import Path
from repro.learning.checkpoint import save_weights
from tests.support.tiny import advance, job
import torch
torch.set_num_threads(2)
done = advance(job(Path(sys.argv[1])), 2)
save_weights(done.folder.encoder, done.parts.method.encoder)
print([hashlib.sha256(path.read_bytes()).hexdigest() for path in (done.folder.encoder, done.folder.metrics)])
"""


def test_how_threads_wait_moves_no_number(tmp_path: Path) -> None:
    ways: dict[str, dict[str, str]] = {"ours": {}, "as by itself": {"GOMP_SPINCOUNT": "300000"}}
    clean = {name: value for name, value in os.environ.items() if name not in machine.SPIN_SETTINGS}
    told = set()
    for name, way in ways.items():
        command = [sys.executable, "-c", TRAINING, str(tmp_path / name)]
        environment = {**clean, **way, "PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        told.add(done.stdout)
    assert len(told) == 1
    assert len(told.pop()) > 128
