"""Decoded images kept on disk: a data set is read from thousands of files once, then from one.

A pack lies in the cache folder as ``packs/<group>-<key>.safetensors``. The key changes whenever the source
does, and at most one pack of a group is kept. Nothing here is precious: a pack that is missing, damaged or
of an older format is built again from its source.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from repro.files import cache_root, replacing
from repro.learning.data.in_memory import checksum
from repro.learning.data.place import unwritable

FORMAT = 1


class Pack(NamedTuple):
    """Both splits: uint8 (N, 3, S, S), int64 labels (N,) or None, and the names of the labels.

    ``unused`` counts the files that were left out as they were read, by reason; ``notes`` say what else
    is worth knowing of them.
    """

    train: Tensor
    train_labels: Tensor | None
    test: Tensor
    test_labels: Tensor | None
    classes: tuple[str, ...]
    unused: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


class PackInfo(NamedTuple):
    """What a pack says of itself without being read: where its images came from and how many there are."""

    source: str
    images: int


def packs(group: str) -> list[Path]:
    """The files of a group's packs, by name."""
    return sorted((cache_root() / "packs").glob(f"{group}-*.safetensors"))


def cached(group: str, key: str, source: str, build: Callable[[], Pack]) -> Pack:
    """The pack ``<group>-<key>``: from the cache, else built and put there.

    Two processes that need the same pack do not build it twice: the second waits for the first.
    ``source`` says in words where the images come from. DataError if the cache cannot be written.
    """
    path = cache_root() / "packs" / f"{group}-{key}.safetensors"
    pack = load(path)
    if pack is not None:
        return pack
    with _locked(path.parent, group):
        pack = load(path)
        if pack is None:
            pack = build()
            _save(pack, path, source)
            _forget_others(group, path)
    return pack


def load(path: Path) -> Pack | None:
    """The pack in a file; None if there is none, or if it is not exactly what was written."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about["format"] != str(FORMAT):
            return None
        pack = Pack(
            tensors["train"],
            tensors.get("train_labels"),
            tensors["test"],
            tensors.get("test_labels"),
            tuple(json.loads(about["classes"])),
            tuple((str(reason), int(count)) for reason, count in json.loads(about.get("unused", "[]"))),
            tuple(json.loads(about.get("notes", "[]"))),
        )
        return pack if checksum(*pack[:4]) == about["checksum"] else None
    except (OSError, SafetensorError, KeyError, ValueError, TypeError):
        return None


def inspect(path: Path) -> PackInfo | None:
    """What a pack says of itself, from its header alone; None if it cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            images = sum(file.get_slice(split).get_shape()[0] for split in ("train", "test"))
            return PackInfo((file.metadata() or {})["source"], images)
    except (OSError, SafetensorError, KeyError):
        return None


def _save(pack: Pack, path: Path, source: str) -> None:
    """Written beside its place and moved there whole, so that a reader never sees half a pack."""
    tensors = {name: value for name, value in pack._asdict().items() if isinstance(value, Tensor)}
    about = {
        "format": str(FORMAT),
        "source": source,
        "classes": json.dumps(pack.classes),
        "unused": json.dumps(pack.unused),
        "notes": json.dumps(pack.notes),
        "checksum": checksum(*pack[:4]),
    }
    try:
        with replacing(path) as part:
            save_file(tensors, part, metadata=about)
    except (OSError, SafetensorError) as error:
        raise unwritable(path.parent, error) from error


def _forget_others(group: str, kept: Path) -> None:
    """Packs of the same source as it used to be, and what a kill left of one: nothing ever reads them."""
    for path in (*kept.parent.glob(f"{group}-*"), *kept.parent.glob(f".{group}-*.part")):
        if path != kept:
            path.unlink(missing_ok=True)


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
