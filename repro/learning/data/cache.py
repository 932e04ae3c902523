"""Which data sets there are, what of them is on this machine, and how to fetch one before it is needed."""

import difflib
from pathlib import Path
from typing import NamedTuple

from repro.errors import UsageError
from repro.files import cache_root
from repro.learning.data import cifar10, instrument_notes, spoken_words, wordnet
from repro.learning.data.pack import PackInfo, inspect, packs
from repro.learning.data.placed import FOLDER

__all__ = ["Stored", "cache_root", "describe", "fetch"]

DIGITS_SOURCE = "UCI Optical Recognition of Handwritten Digits, inside scikit-learn"
WORDS_SOURCE = "synthetic voices: spoken by the program eSpeak NG 1.52, not by people"
NOTES_SOURCE = "played by a program from the recorded samples of the sound font Fluid R3"
WORDNET_SOURCE = "https://wordnet.princeton.edu, version 3.1"


class Stored(NamedTuple):
    """One row of ``repro data list``.

    name: the data set. images: how many examples it has. bytes: its size on this disk, or of the download.
    where: its file, None if there is none. present: can be used without a network.
    """

    name: str
    images: int
    bytes: int
    where: Path | None
    present: bool
    licence: str
    source: str


def describe() -> list[Stored]:
    """The embedded data sets, CIFAR-10, and each folder of images that lies packed in the cache."""
    return [*_embedded(), _cifar10(), *_folders()]


def fetch(name: str) -> Stored:
    """Puts a data set into the cache, and says what is there now.

    UsageError for an unknown name, and for ``folder``, which has no source but its own path.
    """
    if name == "folder":
        raise UsageError("folder is read from a path and needs no fetching: `repro run ... --data PATH`")
    rows = {row.name: row for row in (*_embedded(), _cifar10())}
    if name not in rows:
        near = difflib.get_close_matches(name.lower(), rows, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(rows)}"
        raise UsageError(f"there is no data set {name!r} to fetch; {hint}")
    if name == "cifar10":
        cifar10.original()
        return _cifar10()
    return rows[name]


def _embedded() -> list[Stored]:
    size = wordnet.FILE.stat().st_size
    return [
        Stored("digits", 1797, 0, None, True, "CC BY 4.0", DIGITS_SOURCE),
        Stored("wordnet", wordnet.WordNet.nodes, size, None, True, "WordNet, like BSD", WORDNET_SOURCE),
        _sounds("spoken_words", 2080, spoken_words.SOURCE.file, "CC0", WORDS_SOURCE),
        _sounds("instrument_notes", 960, instrument_notes.SOURCE.file, "MIT", NOTES_SOURCE),
    ]


def _sounds(name: str, count: int, file: str, licence: str, source: str) -> Stored:
    return Stored(name, count, (FOLDER / file).stat().st_size, None, True, licence, source)


def _cifar10() -> Stored:
    licence = "none stated; cite Krizhevsky 2009"
    for path, about in _readable("cifar10"):
        return Stored("cifar10", about.images, path.stat().st_size, path, True, licence, about.source)
    return Stored("cifar10", 60_000, cifar10.DOWNLOAD_BYTES, None, False, licence, cifar10.SOURCE)


def _folders() -> list[Stored]:
    return [
        Stored("folder", about.images, path.stat().st_size, path, True, "that of its images", about.source)
        for path, about in _readable("folder")
    ]


def _readable(group: str) -> list[tuple[Path, PackInfo]]:
    found = ((path, inspect(path)) for path in packs(group))
    return [(path, about) for path, about in found if about is not None]
