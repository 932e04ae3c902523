"""A person's own folder of images as a data set. ``data/scan.py`` lists the layouts it may have."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import PIL
import torch
from torch import Tensor

from repro.catalog.records.bounds import Pixels, ProperShare
from repro.errors import DataError
from repro.evidence.run import FolderReading
from repro.learning.data.decode import read_images
from repro.learning.data.images import PackedImages
from repro.learning.data.pack import Pack, cached
from repro.learning.data.scan import ImageFile, Layout, read_layout, shown
from repro.learning.examples import Image
from repro.learning.settings import bounded

LIMIT = 4 * 10**9  # bytes of packed pixels
SMALLEST = 8  # pixels of a side
NAMED = 10  # broken files that an error names
READER = 2  # raised whenever the same files give other pixels or other counts


class ImageFolder(PackedImages):
    """The images in a folder, scaled and cropped to 3 x size x size."""

    channels = 3

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Image:
        """An image scaled and cropped to the size that is set."""
        return Image(cls.channels, int(params["size"]))

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        path: str = "",  # the folder
        size: Pixels = 32,  # pixels a side
        evaluate_share: ProperShare = 0.2,  # held out for evaluation if there is no test folder
        skip_broken: bool = False,  # leave out images that cannot be read, instead of refusing the folder
    ) -> None:
        self.label = f"folder {Path(path).name}"
        pack, self.reading = read_folder(path, size, evaluate_share, skip_broken=skip_broken)
        super().__init__(*pack[:5], device)


@runtime_checkable
class FromFolder(Protocol):
    """A data set that may come from a folder: then ``reading`` says how that was read."""

    reading: FolderReading | None


class FolderPack(NamedTuple):
    """The pixels of a folder, and how it was read."""

    pack: Pack
    reading: FolderReading


def read_folder(path: str, size: int, share: float, *, skip_broken: bool | None = None) -> FolderPack:
    """The images below ``path``, from the cache if neither they nor the settings changed.

    ``skip_broken`` leaves out images that cannot be read; None says that there is no such setting. UsageError
    for no path at all, DataError for a folder that cannot be used, naming all that cannot be read.
    """
    folder, layout = read_layout(path, share)
    _check_memory(len(layout.train) + len(layout.test), size, folder)
    settings = [str(folder), size, share, *([True] if skip_broken else [])]
    source = shown(Path(path).expanduser().resolve())
    pack = cached(
        f"folder-{_digest(settings)}", _content(layout), source, lambda: _read(layout, size, skip_broken)
    )
    unused = Counter(layout.unused) + Counter(dict(pack.unused))
    notes = (*layout.notes, *pack.notes)
    return FolderPack(
        pack, FolderReading(len(pack.train), len(pack.test), layout.splits, notes, dict(unused))
    )


def _check_memory(images: int, size: int, folder: Path) -> None:
    packed = images * 3 * size * size
    if packed <= LIMIT:
        return
    fits = math.isqrt(LIMIT // (3 * images))
    smaller = f"use a smaller size, for example `--set data.size={fits}`"
    advice = smaller if fits >= SMALLEST else "use fewer images"
    raise DataError(
        f"{shown(folder)} holds {images} images, which take {packed / 1e9:.1f} GB at {size} x {size} pixels, "
        f"more than the {LIMIT / 1e9:.0f} GB that are kept in memory; {advice}"
    )


def _content(layout: Layout) -> str:
    """Changes with the name, length, dates, inode, split or class of any image, and with what decodes them.

    A file replaced by another of the same length and date has another inode, or another date of its entry.
    """
    splits = ((layout.train, layout.train_labels), (layout.test, layout.test_labels))
    files = [([_state(image) for image in images], labels) for images, labels in splits]
    return _digest([PIL.__version__, READER, layout.classes, files])


def _state(image: ImageFile) -> tuple[object, ...]:
    return "/".join(image.name), image.bytes, image.modified, image.changed, image.inode


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _read(layout: Layout, size: int, skip_broken: bool | None) -> Pack:
    """Both splits decoded at once, so that one error names all broken files, and all share a scale."""
    files = [*layout.train, *layout.test]
    images, broken, notes = read_images([image.path for image in files], size)
    if broken and not skip_broken:
        raise DataError(_broken_files(list(broken.values()), len(files), can_skip=skip_broken is not None))
    count = len(layout.train)
    train = _without(broken, images[:count], layout.train_labels, 0)
    test = _without(broken, images[count:], layout.test_labels, count)
    _check_rest(layout, (train, test), len(broken))
    empty = sum(files[index].bytes == 0 for index in broken)
    unused = {"empty": empty, "that cannot be read": len(broken) - empty}
    return Pack(
        *(*train, *test),
        tuple(shown(name) for name in layout.classes),
        tuple((reason, number) for reason, number in unused.items() if number),
        notes,
    )


def _without(
    broken: Collection[int], images: Tensor, labels: list[int], start: int
) -> tuple[Tensor, Tensor | None]:
    """Images and labels of a split without its broken rows; the first is row ``start`` of both splits."""
    classes = torch.tensor(labels, dtype=torch.int64) if labels else None
    kept = [index for index in range(len(images)) if start + index not in broken]
    if len(kept) == len(images):
        return images, classes
    return images[kept], None if classes is None else classes[kept]


def _check_rest(layout: Layout, parts: tuple[tuple[Tensor, Tensor | None], ...], broken: int) -> None:
    """DataError if what can be read is not enough: a split, or a class of the training images, is gone."""
    for name, (images, _) in zip(("train", "evaluate"), parts, strict=True):
        if not len(images):
            raise DataError(f"without the {broken} files that cannot be read no image to {name} is left")
    labels = parts[0][1]
    if labels is None:
        return
    if gone := set(range(len(layout.classes))) - set(labels.tolist()):
        name = shown(layout.classes[min(gone)])
        raise DataError(f"without the {broken} files that cannot be read class {name} has no image to train")


def _broken_files(problems: list[str], total: int, *, can_skip: bool) -> str:
    """What to say of files that cannot be read: the first by name, and how many there are."""
    more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
    which = "it" if len(problems) == 1 else "them"
    skip = f", or leave {which} out with `--skip-broken`" if can_skip else ""
    listed = "; ".join(problems[:NAMED])
    count = f"{len(problems)} of {total} images cannot be read: " if len(problems) > 1 else ""
    return f"{count}{listed}{more}; delete or repair {which}{skip}"
