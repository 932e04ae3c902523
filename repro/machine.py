"""What this machine offers. Features that not every system has are asked for here and nowhere else."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

resource: Any = None
with suppress(ImportError):  # Windows has none
    resource = import_module("resource")

ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")  # what asks a process to come to an end
SPIN_SETTINGS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
SPIN_COUNT = 10_000  # about 20 microseconds: longer than two loops of a step lie apart
PROC = Path("/proc")
DEVICES = Path("/dev")
GPU_DEVICES = ("nvidia*", "nvhost*", "nvmap", "kfd", "dxg", "dri/renderD*")  # of CUDA, ROCm, WSL
CGROUPS = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """The number of cores this process may use: its affinity, or all where the system (macOS) has none.

    A container that may use less has as many as its limit holds whole cores, and at least one.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    limit = core_limit()
    return cores if limit is None else min(cores, max(1, int(limit)))


def core_limit() -> float | None:
    """The processor time, in cores, that a container (cgroup v2) may use; None without a limit."""
    limits = []
    for text in _cgroup_files("cpu.max"):
        quota, _, period = text.partition(" ")
        if quota.isdigit() and period.isdigit():
            limits.append(int(quota) / int(period))
    return min(limits, default=None)


def processes() -> tuple[int, int]:
    """Which of the processes that make one run this is, and how many there are: torchrun's RANK, WORLD_SIZE.

    (0, 1) without them, or with something in them that torchrun would not write.
    """
    rank, count = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    sound = rank.isdigit() and count.isdigit() and int(rank) < int(count)
    return (int(rank), int(count)) if sound else (0, 1)


def may_have_gpu() -> bool:
    """True unless this is a system on which a GPU shows among the devices, and none does."""
    if not sys.platform.startswith("linux"):
        return sys.platform != "darwin"  # where there is no CUDA
    return any(next(DEVICES.glob(pattern), None) for pattern in GPU_DEVICES)


def load() -> float | None:
    """How many processes wanted a core, on average over the last minute; None where nobody counts them."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def crowding(threads: int) -> str | None:
    """A sentence if ``threads`` threads would wait for each other, since others have the cores; else None."""
    usable, cores, busy = usable_cores(), os.cpu_count() or 1, load()
    if threads > usable:
        return f"this process may use {usable} of {cores} cores, so `--threads {usable}` is probably faster"
    if threads > 1 and busy is not None and busy > cores:
        return (
            f"this machine is busy (load {busy:.1f} on {cores} cores), and {threads} threads wait for each "
            "other, so `--threads 1` is probably as fast and leaves more to others"
        )
    return None


def free_memory() -> float | None:
    """Bytes that can still be had, swap included, within the limits of a container; None if unknown."""
    try:
        lines = (PROC / "meminfo").read_text(encoding="ascii").splitlines()
        amounts = {name: 1024.0 * int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
        free = amounts["MemAvailable"] + amounts.get("SwapFree", 0.0)
    except (OSError, ValueError, KeyError, IndexError):
        return None
    groups = zip(*map(_cgroup_files, ("memory.max", "memory.current", "memory.stat")), strict=False)
    rooms = [int(most) - int(used) + _cached(stat) for most, used, stat in groups if most.isdigit()]
    return max(0.0, min([free, *rooms]))


def _cached(stat: str) -> int:
    """Bytes of files in a group's memory that are given back when they are needed."""
    lines = (line.split() for line in stat.splitlines())
    return sum(int(words[1]) for words in lines if words[0] == "inactive_file")


def free_space(folder: Path) -> float | None:
    """Bytes that can still be written below a folder; None if the system does not tell. OSError."""
    try:
        return float(shutil.disk_usage(folder).free)
    except AttributeError:
        return None


def peak_memory() -> int | None:
    """The largest memory of this process so far, in bytes; None where the system does not count it."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)  # kilobytes everywhere but on macOS


def ending_signals() -> list[signal.Signals]:
    """The signals that ask for an end and can be answered; not a hangup that was to be ignored (nohup)."""
    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    hangup = getattr(signal, "SIGHUP", None)
    return [n for n in numbers if n != hangup or signal.getsignal(n) != signal.SIG_IGN]


def bound_spinning() -> None:
    """Let a waiting thread of torch give its core back soon, unless the environment says how it waits.

    By itself it spins for milliseconds, which costs much where others want the core. No number depends on
    it. It counts if it is called before torch is loaded.
    """
    if not any(name in os.environ for name in SPIN_SETTINGS):
        os.environ["GOMP_SPINCOUNT"] = str(SPIN_COUNT)


def _cgroup_files(name: str) -> Iterator[str]:
    """What a control file says in the group of this process and in each one around it that has it."""
    try:
        lines = (PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    inner = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    own = CGROUPS / inner
    for group in (own, *own.parents):
        if group == CGROUPS or CGROUPS in group.parents:
            try:
                yield (group / name).read_text(encoding="ascii").strip()
            except OSError:
                continue
