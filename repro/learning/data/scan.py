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
from collections.abc import Sequence
from pathlib import Path

from repro.errors import DataError
from repro.learning.data.archive import existing_folder
from repro.learning.data.formats import EXTENSIONS
from repro.learning.data.listing import ImageFile, Listing, find_images, shown
from repro.learning.data.parts import Layout, Piece, Sorting, first_words, part_of, step_in
from repro.learning.data.splits import find_splits, inside, splits_first, top_folders
from repro.learning.data.tables import used_splits

__all__ = ["EXTENSIONS", "ImageFile", "Layout", "Listing", "arrange", "find_images", "read_layout", "shown"]


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
    sorting = Sorting(listing, folder)
    if len(used_splits(sorting.labels.rows)) > 1:
        return _split_by_table(sorting)
    images, place = step_in(listing.images, (), sorting)
    images, beside = splits_first(images, folder.joinpath(*place))
    sorting.leave_out(beside, "beside the splits of a class")
    splits = find_splits(top_folders(images), folder.joinpath(*place))
    if splits is None:
        return _divided(part_of(images, place, sorting), share, sorting, place)
    return _given(images, place, splits, share, sorting)


def _split_by_table(sorting: Sorting) -> Layout:
    """Splits from the column of a table."""
    rows, names = sorting.labels.rows, sorting.labels.names
    parts: dict[str, list[ImageFile]] = {}
    for image in sorting.listing.images:
        row = rows.get(image.path)
        parts.setdefault((row.split or "no split") if row else "", []).append(image)
    evaluation = "test" if "test" in parts else "val"
    if "train" not in parts:
        raise DataError(f"{shown(sorting.folder)}: {names} puts no image into a training split")
    for split, images in parts.items():
        if split not in ("train", evaluation):
            sorting.leave_out(images, f"in {split} of {names}" if split else f"not in {names}")
    sorting.has_labels = True
    train, test = (
        Piece(parts[split], [rows[image.path].label for image in parts[split]])
        for split in ("train", evaluation)
    )
    _require_known(train, test, f"the {evaluation} split of {names}", sorting)
    if len(set(train.names)) < 2:
        train, test = Piece(train.images, []), Piece(test.images, [])
    return sorting.layout(train, test, f"{evaluation} of {names} evaluates")


def _given(
    images: list[ImageFile],
    place: tuple[str, ...],
    splits: tuple[str, list[str]],
    share: float,
    sorting: Sorting,
) -> Layout:
    """train/ and the first folder that can evaluate it; a share of train/ if none can."""
    train_name, others = splits
    sorting.leave_out((image for image in images if len(image.name) == 1), "directly beside the splits")
    train = part_of(inside(images, train_name), (*place, train_name), sorting)
    test, chosen = None, ""
    for name in others:
        members, where = inside(images, name), f"{shown(name)}/"
        if test is not None:
            sorting.leave_out(members, f"in {where} ({chosen} evaluates)")
            continue
        part = part_of(members, (*place, name), sorting, known=set(train.names))
        if train.names and not part.names:
            sorting.leave_out(part.images, f"in {where} (no classes there)")
            continue
        _require_known(train, part, where, sorting)
        test, chosen = part, where
    if test is None:
        return _divided(train, share, sorting, (*place, train_name))
    return sorting.layout(train, test, f"{shown(train_name)}/ trains, {chosen} evaluates")


def _require_known(train: Piece, test: Piece, where: str, sorting: Sorting) -> None:
    """DataError if what is evaluated has classes that training has not."""
    if unknown := set(test.names) - set(train.names):
        raise DataError(
            f"the parts of {shown(sorting.folder)} do not hold the same classes: {first_words(unknown)} only "
            f"in {where}; give both the same classes, each with at least one image"
        )


def _divided(part: Piece, share: float, sorting: Sorting, place: tuple[str, ...]) -> Layout:
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
