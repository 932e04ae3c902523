"""Where things are, how files are written (whole or not at all), and the commit of this place."""

import os
import secrets
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from repro.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def catalog_root() -> Path:
    """The catalog folder: ``$REPRO_CATALOG`` if set, else the wheel's copy, else the checkout's."""
    chosen = os.environ.get("REPRO_CATALOG")
    if not chosen:
        return _data_folder("catalog")
    root = Path(chosen).expanduser().resolve()
    if not root.is_dir():
        raise UsageError(f"REPRO_CATALOG names {root}, which is not a folder; unset it or correct it.")
    return root


def site_root() -> Path:
    """The folder of the site's hand-written pages and templates: the wheel's copy, else the checkout's."""
    return _data_folder("site")


def cache_root() -> Path:
    """The folder of downloads and packs: ``$REPRO_CACHE``, else the user's cache folder. It may not exist."""
    chosen = os.environ.get("REPRO_CACHE", "")
    if chosen:
        return Path(chosen).absolute()
    return platformdirs.user_cache_path("repro", appauthor=False)


def is_archive(path: Path) -> bool:
    """True if a file has the name of an archive that can stand for the folder in it."""
    return path.name.lower().endswith(ARCHIVES) and path.is_file()


def _data_folder(name: str) -> Path:
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def source_state() -> tuple[str | None, bool | None]:
    """The git commit this code stands at, and whether it was changed since; both None outside a checkout."""
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return None, None
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        return commit, bool(_git(root, "status", "--porcelain").strip())
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout  # noqa: S603


def write_whole(path: Path, data: bytes | str, *, durable: bool = False) -> None:
    """Write a file atomically, in place of an older one: see :func:`replacing`. Text becomes UTF-8."""
    with replacing(path, durable=durable) as part:
        part.write_bytes(_encoded(data))


def create_whole(path: Path, data: bytes | str) -> None:
    """Write a new file atomically. FileExistsError if there is one by this name, else OSError."""
    with _temporary(path) as part:
        part.write_bytes(_encoded(data))
        path.hardlink_to(part)  # unlike a rename, this never takes the place of another file


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write a file atomically unless it holds just that already. True if it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
    return True


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A temporary file to write, which replaces ``path`` when the block ends; an error leaves the old file.

    ``durable``: its content is on the disk first, so that a power failure leaves the old file or the new.
    Raises OSError. A kill leaves a file that ends in ``.part``, which nothing reads.
    """
    with _temporary(path) as part:
        yield part
        if durable:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
        part.replace(path)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside ``path`` that no other process or machine uses; what has it is removed in the end."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _encoded(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


def remove_others(folder: Path, needed: Collection[Path]) -> int:
    """Remove every file that is not needed, then every empty folder; returns how many files."""
    others = [path for path in folder.rglob("*") if path.is_file() and path not in needed]
    for path in others:
        path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    return len(others)
