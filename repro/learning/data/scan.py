"""Which images of a folder train, which evaluate, and their classes. No image is opened here, and no torch.

A folder, or an archive, is read in one of these layouts, told apart by where the images lie:

    class folders   cats/*.jpg, dogs/*.jpg               labelled, split by a hash of each file's name
    splits          train/cats/*.jpg, test/cats/*.jpg    labelled, split as given
    split classes   cats/train/*.jpg, cats/test/*.jpg    the same
    a table         *.jpg, labels.csv                    labelled by the table, which may also name the splits
    no classes      *.jpg, or all in one sub-folder      not labelled; splits work here too

Splits go by the names people use (``splits.py``): with a folder to test on, that is the evaluation split
and one for validation stays unused; else the one for validation is the evaluation split. One without
classes (a contest's test images) cannot evaluate where the training images have them. Where no folder is
left, a share of the training images is held out. A split's name without its partner is refused: it would
become a class.

A folder that holds nothing but one folder says nothing, and images may lie deeper inside a class folder.
``Layout.unused`` counts every file that is left out, by reason.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from repro.errors import DataError
from repro.learning.data.archive import existing_folder
from repro.learning.data.listing import EXTENSIONS, ImageFile, Listing, find_images, shown
from repro.learning.data.splits import (
    answer_folders,
    find_splits,
    folder_words,
    inside,
    splits_first,
    top_folders,
)
from repro.learning.data.tables import Labels, read_tables, used_splits

__all__ = ["EXTENSIONS", "ImageFile", "Layout", "Listing", "arrange", "find_images", "read_layout", "shown"]


class Layout(NamedTuple):
    """Files and labels of both splits; the labels and ``classes`` are empty if the images have none.

    ``splits`` says in words what evaluates, ``notes`` what else is worth knowing, ``unused`` counts the files
    that are left out, by reason.
    """

    train: list[ImageFile]
    train_labels: list[int]
    test: list[ImageFile]
    test_labels: list[int]
    classes: tuple[str, ...]
    splits: str = ""
    notes: tuple[str, ...] = ()
    unused: Mapping[str, int] = {}


@dataclass(frozen=True)
class _Part:
    """Images with the names of their classes, or with none."""

    images: list[ImageFile]
    names: list[str]

    def only(self, paths: set[str], *, inside: bool) -> "_Part":
        """The images at ``paths``, or all others."""
        kept = [index for index, image in enumerate(self.images) if (image.path in paths) == inside]
        return _Part([self.images[i] for i in kept], [self.names[i] for i in kept] if self.names else [])


class _Sorting:
    """A folder that is being sorted: its tables, what is left out so far, and notes."""

    def __init__(self, listing: Listing, folder: Path) -> None:
        self.listing = listing
        self.folder = folder
        self.unused = Counter(listing.unused)
        self.notes = [f"{listing.links:,} reached by symbolic links"] if listing.links else []
        self.labels, self.fault = _labels(listing)
        self.has_labels = False  # whether a class was taken from a table

    def leave_out(self, images: Iterable[ImageFile], reason: str) -> None:
        """Count images that are not used."""
        self.unused[reason] += sum(1 for _ in images)

    def layout(self, train: _Part, test: _Part, splits: str) -> Layout:
        """The two parts numbered by class, with all that was counted."""
        classes = tuple(sorted(set(train.names)))
        number = {name: label for label, name in enumerate(classes)}
        if missing := set(classes) - set(test.names):
            self.notes.append(f"nothing to evaluate on for {_first(missing)}")
        self._count_tables()
        return Layout(
            train.images,
            [number[name] for name in train.names],
            test.images,
            [number[name] for name in test.names],
            classes,
            splits,
            tuple(self.notes),
            {reason: count for reason, count in self.unused.items() if count},
        )

    def _count_tables(self) -> None:
        if self.has_labels:
            self.unused += self.labels.unused
            self.notes.append(f"classes from {self.labels.names}")
            return
        reason = "tables that are not needed" if self.fault is None else "tables that are damaged"
        self.unused[reason] += len(self.listing.tables)


def read_layout(path: str, share: float) -> tuple[Path, Layout]:
    """The folder that ``path`` names, or the one its archive is unpacked to, and what of it is used for what.

    UsageError for no path at all, DataError for a folder or an archive that cannot be used.
    """
    opened = existing_folder(path)
    layout = arrange(find_images(opened.folder), share, opened.folder)
    return opened.folder, layout._replace(unused=opened.unused + Counter(layout.unused))


def arrange(listing: Listing, share: float, folder: Path) -> Layout:
    """Classes and splits of the files. ``share`` of the images is held out if the folder has no test/.

    DataError if the layout is ambiguous, a table is damaged, or a class has fewer than two images.
    """
    sorting = _Sorting(listing, folder)
    if len(used_splits(sorting.labels.rows)) > 1:
        return _split_by_table(sorting)
    images, place = _stepped(listing.images, (), sorting)
    images, beside = splits_first(images, folder.joinpath(*place))
    sorting.leave_out(beside, "beside the splits of a class")
    splits = find_splits(top_folders(images), folder.joinpath(*place))
    if splits is None:
        return _divided(_part(images, place, sorting), share, sorting, place)
    return _given(images, place, splits, share, sorting)


def _labels(listing: Listing) -> tuple[Labels, DataError | None]:
    """What the tables say, or what is wrong with them: it matters only where no folders name classes."""
    try:
        return read_tables(listing.tables, listing.images), None
    except DataError as error:
        return Labels(), error


def _stepped(
    images: list[ImageFile], place: tuple[str, ...], sorting: _Sorting
) -> tuple[list[ImageFile], tuple[str, ...]]:
    """Into the only folder there is, as often as that goes; masks and labels beside images are left out."""
    while True:
        tops = top_folders(images)
        for answers in answer_folders(tops):
            sorting.leave_out(inside(images, answers), f"in {shown(answers)}/")
            images = [image for image in images if image.name[0] != answers]
            tops.remove(answers)
        if len(tops) > 1 or "" in tops:
            return images, place
        place = (*place, *tops)
        images = inside(images, place[-1])


def _split_by_table(sorting: _Sorting) -> Layout:
    """Splits from the column of a table."""
    rows, names = sorting.labels.rows, sorting.labels.names
    parts: dict[str, list[ImageFile]] = {}
    for image in sorting.listing.images:
        row = rows.get(image.path)
        parts.setdefault((row.split or "no split") if row else "", []).append(image)
    evaluation = "test" if "test" in parts else "val"
    if "train" not in parts:
        raise DataError(
            f"{shown(sorting.folder)}: {names} puts no image into the training split; name one train"
        )
    for split, images in parts.items():
        if split not in ("train", evaluation):
            sorting.leave_out(images, f"in {split} of {names}" if split else f"not in {names}")
    sorting.has_labels = True
    train, test = (
        _Part(parts[split], [rows[image.path].label for image in parts[split]])
        for split in ("train", evaluation)
    )
    _require_known(train, test, f"the {evaluation} split of {names}", sorting)
    if len(set(train.names)) < 2:
        train, test = _Part(train.images, []), _Part(test.images, [])
    return sorting.layout(train, test, f"{evaluation} of {names} evaluates")


def _given(
    images: list[ImageFile],
    place: tuple[str, ...],
    splits: tuple[str, list[str]],
    share: float,
    sorting: _Sorting,
) -> Layout:
    """train/ and the first folder that can evaluate it; a share of train/ if none can."""
    train_name, others = splits
    sorting.leave_out((image for image in images if len(image.name) == 1), "directly beside the splits")
    train = _part(inside(images, train_name), (*place, train_name), sorting)
    test, chosen = None, ""
    for name in others:
        members, where = inside(images, name), f"{shown(name)}/"
        if test is not None:
            sorting.leave_out(members, f"in {where} ({chosen} evaluates)")
            continue
        part = _part(members, (*place, name), sorting, known=set(train.names))
        if train.names and not part.names:
            sorting.leave_out(part.images, f"in {where} (no classes there)")
            continue
        _require_known(train, part, where, sorting)
        test, chosen = part, where
    if test is None:
        return _divided(train, share, sorting, (*place, train_name))
    return sorting.layout(train, test, f"{shown(train_name)}/ trains, {chosen} evaluates")


def _require_known(train: _Part, test: _Part, where: str, sorting: _Sorting) -> None:
    """DataError if what is evaluated has classes that training has not."""
    if unknown := set(test.names) - set(train.names):
        raise DataError(
            f"the parts of {shown(sorting.folder)} do not hold the same classes: {_first(unknown)} only in "
            f"{where}; give both the same classes, each with at least one image"
        )


def _part(
    images: list[ImageFile],
    place: tuple[str, ...],
    sorting: _Sorting,
    known: Collection[str] = (),
) -> _Part:
    """The images of a split, or of a whole folder, with their classes: from a table, or by their folders.

    ``known`` are the classes of the training images: a folder of that name is that class, even alone.
    """
    if not top_folders(images) <= set(known):
        images, place = _stepped(images, place, sorting)
    tops, rows = top_folders(images), sorting.labels.rows
    has_folders = "" not in tops and (len(tops) > 1 or bool(known))
    labelled = [image for image in images if image.path in rows]
    whole = len(labelled) == len(images) and 2 * len({rows[i.path].label for i in labelled}) <= len(images)
    if labelled and (whole or not has_folders):
        sorting.has_labels = True
        sorting.leave_out(
            (image for image in images if image.path not in rows), f"not in {sorting.labels.names}"
        )
        part = _Part(labelled, [rows[image.path].label for image in labelled])
    elif has_folders:
        part = _Part(images, [image.name[0] for image in images])
        _count_empty(place, tops, sorting)
    else:
        part = _Part(images, [])
        _require_flat(tops, place, sorting)
        if sorting.fault is not None and not known:
            raise sorting.fault
    alone = len(set(part.names)) == 1 and not known
    return _Part(part.images, []) if alone else part


def _require_flat(tops: set[str], place: tuple[str, ...], sorting: _Sorting) -> None:
    """DataError if images without classes lie also in sub-folders."""
    if len(tops) > 1:
        raise DataError(
            f"{shown(sorting.folder.joinpath(*place))} holds images both directly and in sub-folders "
            f"({folder_words(tops)}); move each image into the folder of its class, or keep all images in "
            "one folder without classes"
        )


def _count_empty(place: tuple[str, ...], tops: set[str], sorting: _Sorting) -> None:
    """Count the folders among those of classes that hold no image."""
    depth = len(place)
    beside = {name[depth] for name in sorting.listing.folders if len(name) > depth and name[:depth] == place}
    if empty := beside - tops:
        sorting.unused[f"folders without images ({folder_words(empty)})"] += len(empty)


def _divided(part: _Part, share: float, sorting: _Sorting, place: tuple[str, ...]) -> Layout:
    """Each class divided by the hash of its files' names."""
    groups: dict[str, list[ImageFile]] = {}
    for index, image in enumerate(part.images):
        groups.setdefault(part.names[index] if part.names else "", []).append(image)
    held: set[str] = set()
    for name, members in groups.items():
        if len(members) < 2:
            where = shown(sorting.folder.joinpath(*place, name))
            where = f"class {shown(name)} of {sorting.labels.names}" if sorting.has_labels else where
            raise DataError(f"{where} holds only one image; a class needs one to learn from and one to test")
        held |= _held_out(members, share)
    splits = f"a share of {share:.3g} is held out"
    return sorting.layout(part.only(held, inside=False), part.only(held, inside=True), splits)


def _held_out(members: Sequence[ImageFile], share: float) -> set[str]:
    """The test images of a class: those whose draw is below ``share``.

    The draw is a hash of the name alone, so a new image moves no other. Only where that would leave
    a class without a training or a test image does the nearest one change sides.
    """
    draws = sorted((_draw(image), image.path) for image in members)
    count = sum(draw < share for draw, _ in draws)
    return {path for _, path in draws[: min(max(count, 1), len(draws) - 1)]}


def _draw(image: ImageFile) -> float:
    """A number in [0, 1) that follows from the name of the file."""
    return int.from_bytes(hashlib.sha256(os.fsencode("/".join(image.name))).digest()[:7]) / 2**56


def _first(names: Iterable[str]) -> str:
    """The first few names, as they stand in a sentence."""
    listed = [shown(name) for name in sorted(names)]
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")
