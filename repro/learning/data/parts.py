"""The parts of a folder while it is sorted: images with the names of their classes, and what is left out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from repro.errors import DataError
from repro.learning.data.listing import ImageFile, Listing, shown
from repro.learning.data.splits import answer_folders, folder_words, inside, is_cut_up, top_folders
from repro.learning.data.tables import Labels, read_tables


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
class Piece:
    """Images with the names of their classes, or with none."""

    images: list[ImageFile]
    names: list[str]

    def only(self, paths: set[str], *, inside: bool) -> "Piece":
        """The images at ``paths``, or all others."""
        kept = [index for index, image in enumerate(self.images) if (image.path in paths) == inside]
        return Piece([self.images[i] for i in kept], [self.names[i] for i in kept] if self.names else [])


class Sorting:
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

    def layout(self, train: Piece, test: Piece, splits: str) -> Layout:
        """The two parts numbered by class, with all that was counted."""
        classes = tuple(sorted(set(train.names)))
        number = {name: label for label, name in enumerate(classes)}
        if missing := set(classes) - set(test.names):
            self.notes.append(f"nothing to evaluate on for {first_words(missing)}")
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
        self.unused["other tables"] += len(self.listing.tables)


def part_of(
    images: list[ImageFile],
    place: tuple[str, ...],
    sorting: Sorting,
    known: Collection[str] = (),
) -> Piece:
    """The images of a split, or of a whole folder, with their classes: from a table, or by their folders.

    ``known`` are the classes of the training images: a folder of that name is that class, even alone.
    """
    if not top_folders(images) <= set(known):
        images, place = step_in(images, place, sorting)
    tops, rows = top_folders(images), sorting.labels.rows
    has_folders = "" not in tops and (len(tops) > 1 or bool(known))
    labelled = [image for image in images if image.path in rows]
    whole = len(labelled) == len(images) and 2 * len({rows[i.path].label for i in labelled}) <= len(images)
    if labelled and (whole or not has_folders):
        sorting.has_labels = True
        sorting.leave_out(
            (image for image in images if image.path not in rows), f"not in {sorting.labels.names}"
        )
        part = Piece(labelled, [rows[image.path].label for image in labelled])
    elif has_folders:
        part = Piece(images, [image.name[0] for image in images])
        _count_empty(place, tops, sorting)
    else:
        part = Piece(images, [])
        _require_flat(tops, place, sorting)
        if sorting.fault is not None and not known:
            raise sorting.fault
    if len(set(part.names)) == 1 and not known:
        sorting.notes.append("all of one class, so without labels")
        return Piece(part.images, [])
    return part


def _require_flat(tops: set[str], place: tuple[str, ...], sorting: Sorting) -> None:
    """DataError if images without classes lie also in sub-folders."""
    if len(tops) > 1:
        raise DataError(
            f"{shown(sorting.folder.joinpath(*place))} holds images both directly and in sub-folders "
            f"({folder_words(tops)}); move each image into the folder of its class, or keep all images in "
            "one folder without classes"
        )


def _count_empty(place: tuple[str, ...], tops: set[str], sorting: Sorting) -> None:
    """Count the folders among those of classes that hold no image."""
    depth = len(place)
    beside = {name[depth] for name in sorting.listing.folders if len(name) > depth and name[:depth] == place}
    if empty := beside - tops:
        sorting.unused[f"folders without images ({folder_words(empty)})"] += len(empty)


def step_in(
    images: list[ImageFile], place: tuple[str, ...], sorting: Sorting
) -> tuple[list[ImageFile], tuple[str, ...]]:
    """Into the only folder there is, as often as that goes; numbered pieces are put together as one.

    Masks and labels beside images are left out.
    """
    while True:
        tops = top_folders(images)
        for answers in answer_folders(tops):
            sorting.leave_out(inside(images, answers), f"in {shown(answers)}/")
            images = [image for image in images if image.name[0] != answers]
            tops.remove(answers)
        if is_cut_up(tops):
            sorting.notes.append(f"{folder_words(tops)} put together")
            images = [image._replace(name=image.name[1:]) for image in images]
            continue
        if len(tops) > 1 or "" in tops:
            return images, place
        place = (*place, *tops)
        images = inside(images, place[-1])


def _labels(listing: Listing) -> tuple[Labels, DataError | None]:
    """What the tables say, or what is wrong with them: it matters only where no folders name classes."""
    try:
        return read_tables(listing.tables, listing.images), None
    except DataError as error:
        return Labels(), error


def first_words(names: Iterable[str]) -> str:
    """The first few names, as they stand in a sentence."""
    listed = [shown(name) for name in sorted(names)]
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")
