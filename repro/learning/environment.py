"""The machine a run happens on: the device, the precision, and what must be known to run it again."""

import os
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision

import repro
from repro import machine
from repro.errors import DeviceError
from repro.evidence.run import Environment
from repro.files import source_state

BFLOAT16 = (8, 0)  # the first CUDA capability with it; before, torch emulates it, slower than float32


def choose_device(name: str) -> torch.device:
    """``auto`` takes CUDA when it is there, else the CPU; of several processes each takes a GPU of its own.

    DeviceError if the device named is not there, or not enough of them.
    """
    if machine.processes()[1] > 1 and name in ("auto", "cuda") and torch.cuda.is_available():
        return _own_gpu()
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"`--device {name}` names no device; use auto, cpu, cuda or cuda:N") from error
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        raise DeviceError(f"`--device {name}` is not supported; use auto, cpu, cuda or cuda:N")
    if (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise DeviceError(f"`--device {name}`: this machine has {count} CUDA devices; use `--device auto`")
    return device


def _own_gpu() -> torch.device:
    """The GPU of this process among those on its machine."""
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if local >= (count := torch.cuda.device_count()):
        raise DeviceError(
            f"there are {count} CUDA devices here for at least {local + 1} processes; start one for each"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def choose_precision(device: torch.device) -> tuple[str, Callable[[], AbstractContextManager[Any]]]:
    """bfloat16 autocast on GPUs that have it in hardware, float32 elsewhere; losses are always float32."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= BFLOAT16:
        return "bfloat16 autocast", lambda: torch.autocast("cuda", dtype=torch.bfloat16)
    return "float32", nullcontext


def describe(device: torch.device, precision: str) -> Environment:
    """The environment of a run that begins now, on this device and in this precision."""
    commit, dirty = source_state()
    return Environment(
        python=platform.python_version(),
        torch=torch.__version__,
        torchvision=torchvision.__version__,
        numpy=np.__version__,
        repro=repro.__version__,
        platform=platform.platform(),
        cpu=cpu_name(),
        cores=torch.multiprocessing.cpu_count(),
        threads=torch.get_num_threads(),
        processes=machine.processes()[1],
        device=str(device),
        gpu=torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        precision=precision,
        commit=commit,
        dirty=dirty,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def cpu_name() -> str:
    """The processor as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def peak_memory(device: torch.device) -> int | None:
    """Largest memory so far in bytes: of the GPU's allocator, or of this process on the CPU, if counted."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else machine.peak_memory()
