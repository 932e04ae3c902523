"""The folder that a path names; an archive is unpacked into the cache first, once, what is safe of it.

Zip and tar, plain or compressed, given as the path itself or as the only thing in the folder. Of its entries
folders and plain files are written, with no permissions of theirs; links and devices are counted and left
out. An archive is refused if an entry would lie outside its folder, or if it unpacks to far more than it is.
"""

import hashlib
import json
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import IO, NamedTuple

from filelock import FileLock

from repro.errors import DataError, UsageError
from repro.files import ARCHIVES, cache_root, is_archive, write_whole
from repro.learning.data.listing import shown
from repro.learning.data.place import unwritable

MOST_TIMES = 100  # its own length that an archive may unpack to; images hardly become smaller in one
SPARE_BYTES = 2**30  # and this much more
MOST_ENTRIES = 20_000_000
BLOCK = 2**20  # bytes copied at once
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, LZMAError, NotImplementedError)


class Opened(NamedTuple):
    """A folder to read, and what of its archive was not written there, by reason."""

    folder: Path
    unused: Counter[str]


class Entry(NamedTuple):
    """An entry of an archive; ``file`` is None for a folder."""

    name: str
    file: IO[bytes] | None


def existing_folder(path: str) -> Opened:
    """The folder that ``path`` names, or that its archive is unpacked to.

    UsageError for an empty path, DataError if there is no such folder, or an archive that cannot be unpacked.
    """
    if not path:
        raise UsageError("no folder of images is named; give one with `--data PATH`")
    try:
        place = Path(path).expanduser().resolve()
        if archive := _archive_of(place):
            return _unpacked(archive)
        if place.is_dir():
            return Opened(place, Counter())
        exists = place.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"the folder {shown(path)} cannot be reached ({error})") from error
    what = f"is a file, neither a folder nor {', '.join(ARCHIVES)}" if exists else "does not exist"
    raise DataError(f"{shown(place)} {what}; `--data PATH` takes a folder of images")


def _archive_of(place: Path) -> Path | None:
    """The archive that ``place`` is, or that is the only thing in it."""
    if place.is_dir():
        visible = [entry for entry in place.iterdir() if not entry.name.startswith(".")]
        place = visible[0] if len(visible) == 1 else place
    return place if is_archive(place) else None


def _unpacked(archive: Path) -> Opened:
    """The folder in the cache that holds what is in the archive; a second process waits for the first."""
    about = archive.stat()
    group = _digest(str(archive))
    state = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
    folder = cache_root() / "unpacked" / f"{group}-{_digest(repr(state))}"
    counts = folder.with_name(f"{folder.name}.json")  # written last: without it the folder is not whole
    if not counts.exists():
        with _locked(folder.parent, group):
            if not counts.exists():
                _forget(folder.parent, group)
                unused = _unpack(archive, folder, about.st_size)
                write_whole(counts, json.dumps(unused))
    return Opened(folder, Counter(json.loads(counts.read_text())))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


@contextmanager
def _locked(folder: Path, group: str) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{group}.lock")
        lock.acquire()
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _forget(folder: Path, group: str) -> None:
    """Remove what the archive was before, and what a kill left of it."""
    for path in folder.glob(f"{group}-*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path, length: int) -> Counter[str]:
    """Write the entries below ``folder``; returns how many were left out, by reason."""
    unused: Counter[str] = Counter()
    part = folder.with_name(f"{folder.name}.part")
    left = length * MOST_TIMES + SPARE_BYTES
    try:
        part.mkdir()
        for number, entry in enumerate(_entries(archive, unused)):
            target = part.joinpath(*_safe_parts(entry.name, archive))
            if entry.file is None:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            unused["twice in the archive"] += target.exists()
            left -= _write(entry.file, target, left)
            if left < 0 or number > MOST_ENTRIES:
                raise DataError(
                    f"{shown(archive)} unpacks to more than {MOST_TIMES} times its own length, as no archive "
                    "of images does; unpack it yourself and give `--data` the folder"
                )
        part.rename(folder)
    except DAMAGED as error:
        raise DataError(
            f"{shown(archive)} cannot be unpacked ({shown(str(error))}); it is damaged"
        ) from error
    except OSError as error:
        reason = error.strerror or shown(str(error))
        raise DataError(
            f"{shown(archive)} cannot be unpacked into {folder.parent} ({reason}); make room there, or name "
            "another folder in the environment variable REPRO_CACHE"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return +unused


def _write(source: IO[bytes], target: Path, most: int) -> int:
    """Copy a file; returns its bytes, at once if they are more than ``most``."""
    written = 0
    with target.open("wb") as file:
        while written <= most and (block := source.read(BLOCK)):
            written += file.write(block)
    return written


def _safe_parts(name: str, archive: Path) -> list[str]:
    """The name of an entry below its folder. DataError if it leads out of it."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or ".." in parts or "\0" in plain or re.match("[A-Za-z]:", plain):
        raise DataError(
            f"{shown(archive)} holds an entry {shown(name)[:80]!r}, which would lie outside its folder; "
            "such an archive is not unpacked"
        )
    return parts


def _entries(archive: Path, unused: Counter[str]) -> Iterator[Entry]:
    """The folders and plain files of an archive; others are counted."""
    if archive.name.lower().endswith(".zip"):
        yield from _zip_entries(archive, unused)
    else:
        yield from _tar_entries(archive, unused)


def _zip_entries(archive: Path, unused: Counter[str]) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as whole:
        for info in whole.infolist():
            if info.flag_bits & 1:
                raise DataError(
                    f"{shown(archive)} is locked by a password; unpack it and give `--data` the folder"
                )
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir():
                yield Entry(info.filename, None)
            elif kind not in (0, stat.S_IFREG):
                unused["in the archive as links or devices"] += 1
            else:
                with whole.open(info) as file:
                    yield Entry(info.filename, file)


def _tar_entries(archive: Path, unused: Counter[str]) -> Iterator[Entry]:
    with tarfile.open(archive) as whole:
        for member in whole:
            if member.isdir():
                yield Entry(member.name, None)
            elif not member.isreg() or (file := whole.extractfile(member)) is None:
                unused["in the archive as links or devices"] += 1
            else:
                with file:
                    yield Entry(member.name, file)
