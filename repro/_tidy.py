"""Folders of made files: write what differs, move what was made elsewhere, remove what is no longer made."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path


def write(path: Path, content: bytes) -> bool:
    """Write a file whole unless it holds just that already; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)
    return True


def move(source: Path, target: Path) -> set[Path]:
    """Move every file of a folder into another, over what is there; where they are then."""
    moved = set()
    for path in [path for path in source.rglob("*") if path.is_file()]:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        moved.add(path.replace(place))
    shutil.rmtree(source)
    return moved


def remove_others(folder: Path, needed: Collection[Path]) -> int:
    """Remove every file that is not needed, and every folder that is empty then; how many files."""
    others = [path for path in folder.rglob("*") if path.is_file() and path not in needed]
    for path in others:
        path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    return len(others)
