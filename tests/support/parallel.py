"""Several processes that train together, as torchrun starts them, and what comes out of each."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]


def run_together(module: str, processes: int, folder: Path, *arguments: str) -> list[dict[str, torch.Tensor]]:
    """Run ``python -m module FILE ...`` in several processes; what each saved in its file, in their order."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    started = []
    for rank in range(processes):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", module, str(folder / f"{rank}.pt"), *arguments]
        environment = {**os.environ, **shared, **own}
        started.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        )
    ended = [process.communicate(timeout=300) for process in started]
    assert not any(process.returncode for process in started), [errors for _, errors in ended]
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(processes)]
