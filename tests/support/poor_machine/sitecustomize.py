"""Python as on a system that has none of what not every system has; put this folder on PYTHONPATH."""

import os
import pathlib
import shutil
import signal
import sys
from pathlib import Path

for module, names in {
    os: ("sched_getaffinity", "getloadavg", "statvfs", "sysconf", "fork", "nice"),
    signal: ("SIGHUP", "SIGKILL", "SIGUSR1"),
    shutil: ("disk_usage",),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

for name in ("resource", "fcntl"):
    sys.modules[name] = None  # type: ignore[assignment]

_read_text = Path.read_text


def _without_proc(path: Path, *arguments: str, **options: str) -> str:
    if path.parts[1:2] in (("proc",), ("sys",)):
        raise FileNotFoundError(2, "No such file or directory", str(path))
    return _read_text(path, *arguments, **options)


pathlib.Path.read_text = _without_proc  # type: ignore[assignment, method-assign]
