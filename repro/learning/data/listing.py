"""What lies in a folder: image files, tables of labels, and everything else counted by reason. Opens no file.

Read are files whose extension stands in ``formats.py``, in any case, and ``.csv`` and ``.tsv`` tables.
Symbolic links are followed, each target once: what stands in the folder itself comes first, so that a link
back into it, a loop or a second link to the same target is counted and not read again. Only where links
from several folders sort a sub-folder's images, as links to a pool do, they stand for the images and the
pool does not. Folders and files whose names begin with a dot, and ``__MACOSX``, are counted as hidden.
"""

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from repro.errors import DataError
from repro.learning.data.formats import EXTENSIONS, TABLES

HIDDEN_FOLDERS = ("__MACOSX",)
PLAIN_EXTENSION = re.compile(r"\.[a-z0-9_-]{1,10}")


class ImageFile(NamedTuple):
    """A file to read. ``name`` is its place below the folder: ("cats", "tom.jpg").

    ``modified`` and ``changed`` (of the file's entry on the disk) are nanoseconds.
    """

    path: str
    name: tuple[str, ...]
    bytes: int
    modified: int
    changed: int = 0
    inode: int = 0
    device: int = 0

    @property
    def identity(self) -> tuple[int, int]:
        """What two names of one file share."""
        return self.device, self.inode


@dataclass(frozen=True)
class Listing:
    """What lies below a folder: images and tables by name, all sub-folders, what is not read by reason."""

    images: list[ImageFile]
    tables: list[ImageFile] = field(default_factory=list)
    folders: frozenset[tuple[str, ...]] = frozenset()
    unused: Counter[str] = field(default_factory=Counter)
    links: int = 0  # images that a symbolic link leads to


def shown(name: Path | str) -> str:
    """A file's name as it can be printed anywhere: no control characters, no undecodable bytes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


def count_words(counts: Iterable[tuple[str, int]], most: int = 12) -> str:
    """Counts by reason, the largest first, as they stand in a sentence: ``12 .txt, 3 hidden``."""
    rows = sorted(counts, key=lambda row: (-row[1], row[0]))
    words = [f"{number:,} {reason}" for reason, number in rows[:most]]
    rest = sum(number for _, number in rows[most:])
    return ", ".join([*words, f"{rest:,} of {len(rows) - most} more kinds"] if rest else words)


def find_images(folder: Path) -> Listing:
    """The image files below ``folder``, sorted by name, and what else is there.

    DataError if there is no image, or no way in.
    """
    walk = _Walk(folder)
    walk.read()
    walk.resolve_repeats()
    if not walk.images:
        others = walk.unused + Counter(_ending(table.name[-1]) for table in walk.tables)
        there = f"; found {count_words(others.items())}" if others else ""
        raise DataError(
            f"{shown(folder)} holds no images: expected {', '.join(EXTENSIONS)} files "
            f"in it or in sub-folders of it{there}"
        )
    images, tables = (sorted(files, key=lambda file: file.name) for files in (walk.images, walk.tables))
    return Listing(images, tables, frozenset(walk.folders), walk.unused, walk.linked)


def _ending(name: str) -> str:
    """The reason a file of another kind is counted under: its extension."""
    extension = os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, not a path
    return extension if PLAIN_EXTENSION.fullmatch(extension) else "without a usual extension"


class _Walk:
    """One walk through a folder: first all that stands in it, then what its links lead to, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.images: list[ImageFile] = []
        self.tables: list[ImageFile] = []
        self.folders: set[tuple[str, ...]] = set()
        self.unused: Counter[str] = Counter()
        self.linked = 0
        self.links: list[tuple[tuple[str, ...], str]] = []
        self.entered: set[tuple[int, int]] = set()  # folders, by device and inode
        self.seen: set[tuple[int, int]] = set()  # images and tables
        self.repeats: list[ImageFile] = []  # links to what was seen

    def read(self) -> None:
        """Walk through everything."""
        # A link to a folder around this one would lead back here.
        self.entered |= {identity for place in self.root.resolve().parents if (identity := _identity(place))}
        self._descend((), str(self.root), linked=False)
        while self.links:
            waiting, self.links = sorted(self.links), []
            for name, path in waiting:
                self._follow(name, path)

    def resolve_repeats(self) -> None:
        """Count links to images that are there anyway, unless these are a pool that the links sort."""
        first = {file.identity: file for file in reversed(self.repeats)}
        tops: dict[str, list[ImageFile]] = {}
        for image in self.images:
            tops.setdefault(image.name[0], []).append(image)
        for top, images in tops.items():
            sorting = [first[image.identity] for image in images if image.identity in first]
            folders = {file.name[:-1] for file in sorting if file.name[0] != top}
            if len(folders) > 1 and 2 * len(sorting) >= len(images):
                self._take_links(top, images, sorting)
        self.unused["linked twice or in a loop"] += len(self.repeats)
        self.unused = +self.unused  # without zeros

    def _take_links(self, top: str, images: list[ImageFile], sorting: list[ImageFile]) -> None:
        """Put links in the place of the images of a sub-folder."""
        pool, taken = {image.path for image in images}, {file.path for file in sorting}
        self.images = [image for image in self.images if image.path not in pool] + sorting
        self.repeats = [file for file in self.repeats if file.path not in taken]
        self.linked += len(sorting)
        self.unused[f"in {shown(top)}/, which links sort"] += len(images)

    def _descend(self, top: tuple[str, ...], path: str, *, linked: bool) -> None:
        """Read a folder and all real folders below it; links wait."""
        waiting = [(top, path)]
        while waiting:
            parents, place = waiting.pop()
            if not self._enter(place, parents):
                continue
            for entry in _entries(place):
                name = (*parents, entry.name)
                if entry.name.startswith(".") or entry.name in HIDDEN_FOLDERS:
                    self.unused["hidden"] += _files_in(entry)
                elif entry.is_symlink():
                    self.links.append((name, entry.path))
                elif entry.is_dir():
                    waiting.append((name, entry.path))
                else:
                    self._take(name, entry.path, _about(entry), linked=linked)

    def _enter(self, place: str, name: tuple[str, ...]) -> bool:
        """True if a folder was not entered before, by whatever name."""
        identity = _identity(place)
        if identity in self.entered:
            self._repeat_folder(place, name)
            return False
        if identity:
            self.entered.add(identity)
        self.folders.add(name)
        return True

    def _repeat_folder(self, place: str, name: tuple[str, ...]) -> None:
        """Note the images of a folder that was entered before; one around the link is a loop."""
        target, own = (os.path.realpath(path) for path in (place, os.path.dirname(place)))  # noqa: PTH120
        if Path(own).is_relative_to(target) or self.root.resolve().is_relative_to(target):
            self.unused["linked twice or in a loop"] += 1
            return
        for parent, _, files in os.walk(target):
            inner = Path(parent).relative_to(target).parts
            for file in files:
                path = os.path.join(parent, file)  # noqa: PTH118
                if file.lower().endswith(EXTENSIONS) and not os.path.islink(path):  # noqa: PTH114
                    linked = os.path.join(place, *inner, file)  # noqa: PTH118
                    self.repeats.append(_file(linked, (*name, *inner, file), os.stat(path)))  # noqa: PTH116

    def _follow(self, name: tuple[str, ...], path: str) -> None:
        try:
            about = os.stat(path)  # noqa: PTH116 - of thousands of paths that are strings
        except OSError as error:
            loop = error.errno == errno.ELOOP
            self.unused["linked twice or in a loop" if loop else "linked to nothing"] += 1
            return
        if stat.S_ISDIR(about.st_mode):
            self._descend(name, path, linked=True)
        else:
            self._take(name, path, about, linked=True)

    def _take(self, name: tuple[str, ...], path: str, about: os.stat_result, *, linked: bool) -> None:
        """Put a file where it belongs, or count why it is not read."""
        lower = name[-1].lower()
        if not stat.S_ISREG(about.st_mode):
            self.unused["neither file nor folder"] += 1
        elif not lower.endswith(EXTENSIONS + TABLES):
            self.unused[_ending(lower)] += 1
        elif linked and (about.st_dev, about.st_ino) in self.seen:
            self.repeats.append(_file(path, name, about))
        else:
            self.seen.add((about.st_dev, about.st_ino))
            self.linked += linked and lower.endswith(EXTENSIONS)
            (self.tables if lower.endswith(TABLES) else self.images).append(_file(path, name, about))


def _file(path: str, name: tuple[str, ...], about: os.stat_result) -> ImageFile:
    times = about.st_mtime_ns, about.st_ctime_ns
    return ImageFile(path, name, about.st_size, *times, about.st_ino, about.st_dev)


def _identity(place: Path | str) -> tuple[int, int] | None:
    try:
        about = os.stat(place)  # noqa: PTH116
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _entries(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(
            f"the folder {shown(place)} cannot be read ({error.strerror}); check its permissions"
        ) from error


def _about(entry: os.DirEntry[str]) -> os.stat_result:
    try:
        return entry.stat()
    except OSError as error:
        raise DataError(
            f"{shown(entry.path)} cannot be read ({error.strerror}); check the permissions of its folder"
        ) from error


def _files_in(entry: os.DirEntry[str]) -> int:
    """The number of files in a hidden folder; 1 for a hidden file."""
    if not entry.is_dir(follow_symlinks=False):
        return 1
    return sum(len(files) for _, _, files in os.walk(entry.path))
