"""What a folder of images holds: which files, in which class, in which split. No image is opened here.

A folder is read in one of these layouts, told apart by where the images lie:

    class folders   cats/*.jpg, dogs/*.jpg             labelled, split by a hash of each file's name
    both splits     train/cats/*.jpg, test/cats/*.jpg  labelled, split as given; val/ may stand for test/
    no classes      *.jpg, or all in one sub-folder    not labelled; train/ and test/ work here too

Images may lie deeper inside a class folder. Hidden files and folders are ignored. Symbolic links are not
followed: they may lead out of the folder, or put one image into both splits.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from repro.errors import DataError

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
EVALUATION_FOLDERS = ("test", "val", "validation")  # the first of these that exists is the evaluation split


class ImageFile(NamedTuple):
    """A file with the name of an image. ``name`` is its place below the folder: ("cats", "tom.jpg")."""

    path: str
    name: tuple[str, ...]
    bytes: int
    modified: int  # nanoseconds


class Layout(NamedTuple):
    """Files and labels of both splits; the labels and ``classes`` are empty if the images have none."""

    train: list[ImageFile]
    train_labels: list[int]
    test: list[ImageFile]
    test_labels: list[int]
    classes: tuple[str, ...]


def shown(name: Path | str) -> str:
    """A file's name as it can be printed anywhere: no control characters, no undecodable bytes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


def find_images(folder: Path) -> list[ImageFile]:
    """Every image file below ``folder``, sorted by name. DataError if there is none, or no way in."""
    links, found = 0, []
    for entry, parents in _walk(folder):
        links += entry.is_symlink()
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(EXTENSIONS):
            about = entry.stat(follow_symlinks=False)
            name = (*parents, entry.name)
            found.append(ImageFile(entry.path, name, about.st_size, about.st_mtime_ns))
    if not found:
        skipped = f"; {links} symbolic links were not followed" if links else ""
        raise DataError(
            f"{shown(folder)} holds no images: expected {', '.join(EXTENSIONS)} files "
            f"in it or in sub-folders of it{skipped}"
        )
    return sorted(found, key=lambda image: image.name)


def arrange(found: list[ImageFile], share: float, folder: Path) -> Layout:
    """Classes and splits of the files. ``share`` of the images is held out if the folder has no test/.

    DataError if the layout is ambiguous, or a class has fewer than two images.
    """
    # A folder that holds nothing but one folder, as archives unpack to, says nothing: step into it.
    while len(tops := _tops(found)) == 1 and "" not in tops:
        folder = folder / min(tops)
        found = _inside(found, folder.name)
    evaluation = next((name for name in EVALUATION_FOLDERS if name in tops), None)
    if "train" in tops and evaluation is not None:
        return _given(found, evaluation, folder)
    return _divided(found, share, folder)


def _walk(folder: Path) -> Iterator[tuple[os.DirEntry[str], tuple[str, ...]]]:
    """Everything below ``folder`` that is neither a folder nor hidden, with the folders it lies in."""
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        parents = waiting.pop()
        place = folder.joinpath(*parents)
        try:
            with os.scandir(place) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            raise DataError(
                f"the folder {shown(place)} cannot be read ({error.strerror}); check its permissions"
            ) from error
        for entry in visible:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((*parents, entry.name))
            else:
                yield entry, parents


def _tops(found: Iterable[ImageFile]) -> set[str]:
    """Names of the top sub-folders with images; "" stands for images that lie in no sub-folder."""
    return {image.name[0] if len(image.name) > 1 else "" for image in found}


def _inside(found: Iterable[ImageFile], top: str) -> list[ImageFile]:
    """The images of one sub-folder, named from there."""
    return [image._replace(name=image.name[1:]) for image in found if image.name[0] == top]


def _classes(tops: set[str], folder: Path) -> tuple[str, ...]:
    if len(tops) == 1:
        return ()
    if "" in tops:
        raise DataError(
            f"{shown(folder)} holds images both directly and in sub-folders ({_some(tops)}); move each "
            "image into the folder of its class, or keep all images in one folder without classes"
        )
    return tuple(sorted(tops))


def _given(found: list[ImageFile], evaluation: str, folder: Path) -> Layout:
    """train/ and test/ as they are."""
    extra = _tops(found) - {"train", *EVALUATION_FOLDERS}
    if extra:
        raise DataError(
            f"{shown(folder)} holds train/ and {evaluation}/, but also {_some(extra)}; "
            "keep either the two splits or the class folders there"
        )
    train, test = _inside(found, "train"), _inside(found, evaluation)
    classes = _classes(_tops(train), folder / "train")
    if classes != _classes(_tops(test), folder / evaluation):
        odd = _tops(train) ^ _tops(test)
        raise DataError(
            f"train/ and {evaluation}/ of {shown(folder)} do not hold the same classes ({_some(odd)} "
            "only in one of them); give both the same sub-folders, each with at least one image"
        )
    return Layout(train, _labels(train, classes), test, _labels(test, classes), classes)


def _divided(found: list[ImageFile], share: float, folder: Path) -> Layout:
    """Each class divided by the hash of its files' names."""
    classes = _classes(_tops(found), folder)
    groups: dict[str, list[ImageFile]] = {}
    for image in found:
        groups.setdefault(image.name[0] if classes else "", []).append(image)
    held: set[str] = set()
    for name, members in groups.items():
        if len(members) < 2:
            place = shown(folder / name)
            raise DataError(f"{place} holds only one image; a class needs one to learn from and one to test")
        held |= _held_out(members, share)
    train = [image for image in found if image.path not in held]
    test = [image for image in found if image.path in held]
    return Layout(train, _labels(train, classes), test, _labels(test, classes), classes)


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


def _labels(found: list[ImageFile], classes: tuple[str, ...]) -> list[int]:
    number = {name: label for label, name in enumerate(classes)}
    return [number[image.name[0]] for image in found] if classes else []


def _some(names: set[str]) -> str:
    """The first few of the names of sub-folders, as they are printed in an error."""
    listed = [f"{shown(name)}/" for name in sorted(names - {""})]
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")
