"""Splits as people lay them out: the names of their folders, and where in a tree of images they stand.

``train`` · ``test`` · ``val``, in any case and with the usual additions: ``Train``, ``training_set``,
``train2017`` and ``seg_train`` train; ``test1`` and ``eval`` are held out; ``valid``, ``Validation`` and
``dev`` are for choosing settings. A name that says more, such as ``test_tube``, is the name of a class.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from repro.errors import DataError
from repro.learning.data.listing import ImageFile, shown

Role = Literal["train", "test", "val"]

WORDS: dict[Role, tuple[str, ...]] = {
    "train": ("train", "training", "trn", "trainval", "训练", "训练集"),
    "test": ("test", "testing", "tst", "eval", "evaluation", "holdout", "测试", "测试集"),
    "val": ("val", "valid", "validation", "validate", "dev", "development", "验证", "验证集"),
}
ROLES: dict[str, Role] = {word: role for role, words in WORDS.items() for word in words}
ADDITIONS = {
    *(
        "image",
        "images",
        "img",
        "imgs",
        "set",
        "data",
        "dataset",
        "split",
        "folder",
        "files",
        "seg",
        "cls",
        "v",
    ),
    *("jpg", "jpeg", "png", "label", "labels", "annotation", "annotations", "metadata", "classes", "csv"),
}
# What a folder of images is called that has masks or drawn boxes, which are no examples, beside it.
IMAGES = {"image", "images", "img", "imgs", "jpegimages", "photos", "pictures"}
ANSWERS = {
    *("mask", "masks", "label", "labels", "annotation", "annotations", "groundtruth", "gt", "segmentation"),
    *("segmentations", "segmentationclass", "segmentationobject"),
}
PIECES = IMAGES | {"part", "parts", "batch", "shard", "chunk", "piece", "volume", "vol"}


def role_of(name: str) -> Role | None:
    """The part of a data set that a name stands for; None for any other name."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", apart)]
    roles = [ROLES[word] for word in words if word in ROLES]
    others = [word for word in words if word not in ROLES and word not in ADDITIONS]
    return roles[0] if len(roles) == 1 and not others else None


def top_folders(images: Iterable[ImageFile]) -> set[str]:
    """Names of the top sub-folders with images; "" stands for images that lie in no sub-folder."""
    return {image.name[0] if len(image.name) > 1 else "" for image in images}


def inside(images: Iterable[ImageFile], top: str) -> list[ImageFile]:
    """The images of one sub-folder, named from there."""
    return [image._replace(name=image.name[1:]) for image in images if image.name[0] == top]


def folder_words(names: Iterable[str]) -> str:
    """The first few of the names of sub-folders, as they stand in a sentence."""
    listed = [f"{shown(name)}/" for name in sorted(set(names) - {""})]
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def answer_folders(tops: set[str]) -> set[str]:
    """The sub-folders that hold masks or labels of the images in the others; mostly none."""
    plain = {top: re.sub(r"[\W_]+", "", top).lower() for top in tops}
    answers = {top for top in tops if plain[top] in ANSWERS}
    return answers if tops - answers and all(plain[top] in IMAGES for top in tops - answers) else set()


def is_cut_up(tops: set[str]) -> bool:
    """True if the sub-folders are numbered pieces of one: images_001, images_002; part1, part2."""
    words = {tuple(re.findall(r"[^\W\d_]+", top.lower())) for top in tops}
    numbered = all(re.search(r"\d", top) for top in tops)
    return len(tops) > 1 and numbered and len(words) == 1 and words.pop()[-1:] in {(word,) for word in PIECES}


def splits_first(images: list[ImageFile], folder: Path) -> tuple[list[ImageFile], list[ImageFile]]:
    """cats/train/*.jpg as train/cats/*.jpg, if all classes are laid out so; and the images beside them.

    DataError if some classes have splits and others have none.
    """
    tops = top_folders(images) - {""}
    divided = {top for top in tops if has_splits(top_folders(inside(images, top)))}
    if not divided:
        return images, []
    if undivided := top_folders(images) - divided:
        raise DataError(
            f"{shown(folder)} holds splits in {folder_words(divided)} and none in "
            f"{folder_words(undivided) or 'the images beside it'}; give every class the same splits"
        )
    is_split = [len(image.name) > 2 and role_of(image.name[1]) is not None for image in images]
    turned = [
        image._replace(name=(str(role_of(image.name[1])), image.name[0], *image.name[2:]))
        for image, split in zip(images, is_split, strict=True)
        if split
    ]
    return turned, [image for image, split in zip(images, is_split, strict=True) if not split]


def has_splits(tops: Iterable[str]) -> bool:
    """True if there is a folder to train on and one to evaluate on."""
    roles = {role_of(top) for top in tops}
    return "train" in roles and bool(roles & {"test", "val"})


def find_splits(tops: set[str], folder: Path) -> tuple[str, list[str]] | None:
    """The folder to train on, and those to evaluate on, best first; None if no folder is named for a split.

    DataError if there are splits beside other folders, or only a part of the splits.
    """
    trains, tests, vals = (_named(tops, role) for role in ("train", "test", "val"))
    extra = tops - {"", *trains, *tests, *vals}
    if not (trains or tests or vals):
        return None
    if len(trains) == 1 and tests + vals and not extra:
        return trains[0], tests + vals
    raise DataError(_unclear(shown(folder), trains, tests + vals, extra, has_files="" in tops))


def _named(tops: set[str], role: Role) -> list[str]:
    """The folders of a role, the plainest name first."""
    words = WORDS[role]
    rank = {top: words.index(top.lower()) if top.lower() in words else len(words) for top in tops}
    return sorted((top for top in tops if role_of(top) == role), key=lambda top: (rank[top], top))


def _unclear(
    folder: str, trains: Sequence[str], others: Sequence[str], extra: set[str], *, has_files: bool
) -> str:
    """What is wrong with the names of splits."""
    splits = folder_words([*trains, *others])
    if len(trains) > 1:
        return f"{folder} holds {splits}, so it is not clear which trains; keep one of {folder_words(trains)}"
    beside = folder_words(extra) or ("images" if has_files else "")
    if trains and others:
        return f"{folder} holds {splits}, but also {beside}; keep either the splits or the classes there"
    lacks = "no folder such as test/ or val/" if trains else "no folder such as train/"
    return (
        f"{folder} holds {splits}{' beside ' if beside else ''}{beside} and {lacks}; if {splits} is for a "
        "split, complete it or give `--data` the folder of the training images alone; if it is a class, "
        "rename it"
    )
