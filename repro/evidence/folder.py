"""A run folder on disk: locked while it is written, every file whole or absent. No torch.

config.json          what runs: configuration, seed, threads, device, digest, the command
environment.json     what it runs on
metrics.jsonl        a line every few steps; no times, so that a resumed run writes the same bytes
checkpoint.pt        the newest state of training
encoder.safetensors  the trained encoder
pictures.safetensors what the report draws
summary.json         what came out
report.html
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from repro.errors import RunError
from repro.evidence.run import FORMAT, Config, Environment, Summary, finite, read_file, to_json
from repro.files import write_whole
from repro.machine import processes

T = TypeVar("T")
PROBED_SECONDS = 1.0  # others may hold a lock for a moment, to see whether the folder is free


class RunFolder:
    """The paths of a run, and the only ways its text files are written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.environment = path / "environment.json"
        self.metrics = path / "metrics.jsonl"
        self.checkpoint = path / "checkpoint.pt"
        self.encoder = path / "encoder.safetensors"
        self.pictures = path / "pictures.safetensors"
        self.summary = path / "summary.json"
        self.report = path / "report.html"
        self.is_new = False  # True if :meth:`create` made the folder itself

    def check(self) -> None:
        """RunError if the folder holds anything already, or cannot be made or written; makes nothing."""
        try:
            held = (
                [entry.name for entry in self.path.iterdir() if not _leftover(entry.name)]
                if self.path.exists()
                else []
            )
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be used as a run folder ({error.strerror}); choose another `--out`"
            ) from error
        if self.config.name in held:
            raise RunError(
                f"{self.path} already holds a run; continue it with `--resume {self.path}`, "
                "or choose another `--out`"
            )
        if held:
            raise RunError(f"{self.path} is not empty (it holds {held[0]}); choose another `--out`")
        require_writable(self.path)

    def create(self) -> None:
        """Make the folder. RunError if :meth:`check` fails."""
        self.check()
        self.is_new = not self.path.exists()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_made(self.path, error) from error

    def discard(self) -> None:
        """Remove what a run without a step leaves behind, and the folder too if :meth:`create` made it."""
        first = (self.config, self.environment, self.metrics, self.checkpoint)
        with suppress(OSError):
            for path in tuple(self.path.iterdir()):
                if path in first or _leftover(path.name):
                    path.unlink()
            if self.is_new:
                self.path.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process. RunError if another one does."""
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=PROBED_SECONDS)
        except Timeout as error:
            raise RunError(
                f"another process is writing {self.path}; wait for it, or choose another `--out`"
            ) from error
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be written ({error.strerror}); choose another `--out`"
            ) from error
        try:
            for part in self.path.glob("*.part"):
                part.unlink(missing_ok=True)  # of a file whose writer was killed
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool:
        """True if a process is writing the folder."""
        try:
            with FileLock(self.path / ".lock", timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # nobody writes where nobody may
            return False

    def write(self, record: Config | Environment | Summary) -> None:
        """Write ``config.json``, ``environment.json`` or ``summary.json``, whole or not at all."""
        text = json.dumps({"format": FORMAT, **to_json(record)}, indent=2, ensure_ascii=False)
        self._write(self._place(type(record)), f"{text}\n")

    def read(self, kind: type[T]) -> T:
        """What :meth:`write` wrote of this kind. RunError if it is missing, damaged or of another format."""
        return read_file(self._place(kind), kind)

    def _place(self, kind: type[Any]) -> Path:
        return {Config: self.config, Environment: self.environment, Summary: self.summary}[kind]

    def append_metrics(self, values: Mapping[str, float]) -> None:
        """Add a line to ``metrics.jsonl``."""
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(finite(values)) + "\n")
        except OSError as error:
            raise RunError(
                f"{self.metrics} could not be written ({error.strerror}); free some space and resume"
            ) from error

    def cut_metrics(self, step: int) -> int:
        """Keep only the lines before ``step``: what follows the checkpoint is made again. How many stay."""
        found = self.metrics.read_bytes() if self.metrics.exists() else b""
        kept = [line for line in found.decode(errors="replace").splitlines() if _step(line) < step]
        self._write(self.metrics, "".join(line + "\n" for line in kept))
        return len(kept)

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text, durable=True)
        except OSError as error:
            raise RunError(f"{path} could not be written ({error.strerror})") from error


class ReadOnlyFolder(RunFolder):
    """A run folder as the processes of a run see it that do not write: the first one does it for all."""

    def check(self) -> None:
        """Nothing: the first process looks."""

    def create(self) -> None:
        """Nothing: the first process makes it."""

    def discard(self) -> None:
        """Nothing: the first process does."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing: the first process holds it."""
        yield

    def append_metrics(self, values: Mapping[str, float]) -> None:
        """Nothing."""

    def _write(self, path: Path, text: str) -> None:
        """Nothing."""


def run_folder(path: Path) -> RunFolder:
    """The folder of a run for this process: to write, or of several that make the run to read alone."""
    return ReadOnlyFolder(path) if processes()[0] > 0 else RunFolder(path)


def _leftover(name: str) -> bool:
    """What a run that died before its first whole file leaves behind: nothing that could be continued."""
    return name == ".lock" or name.endswith(".part")


def _step(line: str) -> float:
    """The step of a metrics line; infinity for a line that a crash cut short."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return float("inf")


def make_new(parent: Path, name: str) -> Path:
    """Make the folder ``parent/name``, or the first of ``name-2``, ``name-3``, ... that does not exist.

    Of several processes that do this at the same moment each gets a folder of its own. RunError if none can
    be made.
    """
    path, number = parent / name, 2
    while not _is_made(path):
        path, number = parent / f"{name}-{number}", number + 1
    return path


def _is_made(path: Path) -> bool:
    """True if this made the folder, False if something has its name. RunError if it cannot be made."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise _not_made(path, error) from error
    return True


def _not_made(path: Path, error: OSError) -> RunError:
    return RunError(f"{path} cannot be made ({error.strerror}); choose another `--out`")


def require_writable(path: Path) -> None:
    """RunError if the folder, or where it is not there yet the one around it, cannot be written."""
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise RunError(f"{there} cannot be written to; choose another `--out`")


def find_runs(folders: Sequence[Path]) -> list[Path]:
    """The run folders among ``folders`` and directly below them. RunError if one holds none."""
    runs: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"{folder} is not a folder; give a run folder, such as those below runs/")
        inside = [folder] if (folder / "config.json").exists() else _below(folder)
        if not inside:
            raise RunError(f"{folder} holds no run: neither it nor a folder in it has a config.json")
        runs += inside
    return list(dict.fromkeys(runs))


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/config.json"))


def split_by_outcome(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Run folders with an outcome, and those without one yet; a single folder is always of the first."""
    if len(folders) < 2:
        return list(folders), []
    under_way = [folder for folder in folders if not (folder / "summary.json").exists()]
    return [folder for folder in folders if folder not in under_way], under_way
