"""Removal of what repro made and can make again, or a person no longer wants: caches, and run folders.

Only files that repro writes are touched, by their names and places; links are neither followed nor removed,
and a run that is under way is left alone. A folder goes once nothing else is in it. No torch.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.listing import is_running, run_folders
from repro.evidence.run import Config

# The files of a run folder, by name, and what a killed process leaves of one.
OWN = {
    *("config.json", "environment.json", "metrics.jsonl", "checkpoint.pt", "encoder.safetensors"),
    *("pictures.safetensors", "summary.json", "report.html", ".lock"),
}
PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
# Below the cache folder: packs of data sets, unpacked archives, the original of CIFAR-10, services' answers.
CACHED = {
    "packs": re.compile(r"\w+-[\w-]+\.safetensors|\w+\.lock|\..+\.part"),
    "unpacked": re.compile(r"[0-9a-f]{16}(\.lock|-[0-9a-f]{16}(\.json|(\.part)?/(?s:.*)))"),
    "cifar10": re.compile(r"cifar-10-(python\.tar\.gz|batches-py)(/.*)?"),
    "metadata": re.compile(r"[0-9a-f]{40}\.reply|\..+\.part"),
}


@dataclass(frozen=True)
class Removable:
    """A folder and the files in it that may be removed. what: in a few words. size: in bytes."""

    what: str
    folder: Path
    files: tuple[Path, ...]
    size: int


@dataclass(frozen=True)
class Kept:
    """A folder that is left alone, and why."""

    folder: Path
    why: str


def removable_cache(root: Path) -> list[Removable]:
    """What lies in the cache folder and is ours."""
    listed = []
    for name, pattern in CACHED.items():
        folder = root / name
        if folder.is_dir() and not folder.is_symlink():
            files = [
                file for file in _files(folder) if pattern.fullmatch(file.relative_to(folder).as_posix())
            ]
            if files:
                listed.append(_removable(f"cache: {name}", folder, files))
    return listed


def removable_runs(root: Path) -> tuple[list[Removable], list[Kept]]:
    """The run folders under ``root`` that can be removed, and those that cannot."""
    listed, kept = [], []
    if root.is_symlink():
        return [], [Kept(root, "it is a link")]
    for folder in run_folders(root):
        if is_running(folder):
            kept.append(Kept(folder, "a run is under way in it"))
            continue
        try:
            config = RunFolder(folder).read(Config)
        except RunError as error:
            kept.append(Kept(folder, str(error)))
            continue
        own = [file for file in _files(folder, deep=False) if _is_own(file.name)]
        listed.append(_removable(f"run: {config.paper} on {config.benchmark}", folder, own))
    return listed, kept


def remove(item: Removable, stop: Path) -> list[Path]:
    """Remove the files, then the folders that this leaves empty, up to ``stop``; what is left in the folder.

    RunError if a process began to write the run meanwhile, or a file cannot be removed.
    """
    if is_running(item.folder):
        raise RunError(f"{item.folder} is left alone: a run is under way in it")
    for file in item.files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise RunError(f"{file} cannot be removed ({error.strerror})") from error
    for place, _, _ in os.walk(item.folder, topdown=False):
        with suppress(OSError):  # not empty
            Path(place).rmdir()
    if item.folder.exists():
        return sorted(item.folder.iterdir())
    _tidy(item.folder.parent, stop)
    return []


def _tidy(folder: Path, stop: Path) -> None:
    """Remove a folder that held runs, if nothing but the page of all of them is left in it."""
    if folder in (stop, stop.parent) or folder.is_symlink() or not folder.is_relative_to(stop):
        return
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == ["report.html"]:
            (folder / "report.html").unlink()
        folder.rmdir()


def _is_own(name: str) -> bool:
    """True if repro writes a file of this name into a run folder."""
    return name in OWN or bool(PART.fullmatch(name))


def _files(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    """The files in a folder that are no links."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        if not deep:
            folders.clear()
        paths = (Path(place, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _removable(what: str, folder: Path, files: Sequence[Path]) -> Removable:
    return Removable(what, folder, tuple(files), sum(file.lstat().st_size for file in files))
