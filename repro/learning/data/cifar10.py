"""CIFAR-10: 50,000 training and 10,000 test photographs of ten classes, 32 x 32 RGB.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. torchvision downloads it and
compares its MD5 checksums. A copy in class folders is read with ``path``; its pixels, and so its checksum,
differ from the original if it was compressed again.
"""

import hashlib
import http.client
import tarfile
import warnings
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor

from repro.catalog.records.bounds import Count
from repro.errors import DataError, UsageError
from repro.files import cache_root
from repro.learning.data.folder import FolderPack, read_folder
from repro.learning.data.images import PackedImages
from repro.learning.data.pack import Pack, cached
from repro.learning.data.scan import shown
from repro.learning.examples import Image
from repro.learning.settings import bounded

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html"
DOWNLOAD_BYTES = 170_498_071
VALIDATION_SHARE = 0.1
FOLDER_SHARE = 1 / 6  # the share of CIFAR-10's own test images, for a copy without a test/ folder


class CIFAR10(PackedImages):
    """CIFAR-10, 3 x 32 x 32, ten classes; or a part of it that has the classes in the same proportions."""

    channels = 3

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Image:
        """A photograph of CIFAR-10, whatever the settings."""
        return Image(cls.channels, 32)

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        train: Count = 0,  # how many training images are used; 0 for all
        test: Count = 0,  # how many images of the evaluation split are used; 0 for all
        path: str = "",  # a folder with a copy in class folders; empty to download the original
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        copy = copy_in(path) if path else None
        pack = copy.pack if copy else original()
        self.reading = copy.reading if copy else None
        images, labels = pack.train, _labels(pack.train_labels)
        held_images, held_labels = pack.test, _labels(pack.test_labels)
        if evaluate == "validation":  # a tenth of the training images, of each class alike
            order = stratified_order(labels)
            count = round(len(order) * VALIDATION_SHARE)
            kept, held = np.sort(order[:-count]), np.sort(order[-count:])
            held_images, held_labels = images[held], labels[held]
            images, labels = images[kept], labels[kept]
        images, labels = _first(train, "train", images, labels)
        held_images, held_labels = _first(test, "test", held_images, held_labels)
        self.label = _label(path, evaluate, part=bool(train or test))
        super().__init__(images, labels, held_images, held_labels, CLASSES, device)


def _label(path: str, evaluate: str, *, part: bool) -> str:
    """What people call it: a copy, another split or a part must not pass for the whole original."""
    marks = ["copy in a folder"] if path else []
    marks += ["validation split"] if evaluate == "validation" else []
    marks += ["part"] if part else []
    return f"CIFAR-10 ({', '.join(marks)})" if marks else "CIFAR-10"


def original() -> Pack:
    """The original, downloaded (170 MB) on first use. DataError if it cannot be."""
    return cached("cifar10", "original", SOURCE, _download)


def copy_in(path: str) -> FolderPack:
    """A copy in class folders. DataError if the ten classes are not there."""
    copy = read_folder(path, size=32, share=FOLDER_SHARE)
    if copy.pack.classes != CLASSES:
        found = ", ".join(copy.pack.classes[:10]) or "no class folders"
        raise DataError(
            f"{shown(path)} is not a copy of CIFAR-10: expected the class folders {', '.join(CLASSES)}, "
            f"found {found}; for images of your own use `--set data.name=folder`"
        )
    return copy


def stratified_order(labels: Tensor) -> NDArray[np.int64]:
    """A fixed shuffled order of the images in which every prefix has the classes in their proportions.

    labels (N,) int64 -> (N,). It follows from hashes, so no library's random numbers can change it.
    """
    names = labels.numpy()
    keys = [hashlib.sha256(str(index).encode()).digest() for index in range(len(names))]
    shuffled = np.array(sorted(range(len(names)), key=keys.__getitem__), dtype=np.int64)
    progress = np.empty(len(names))  # how far through its own class an image comes, in (0, 1]
    for label in np.unique(names):
        members = np.flatnonzero(names[shuffled] == label)
        progress[members] = (1 + np.arange(len(members))) / len(members)
    return shuffled[np.argsort(progress, kind="stable")]


def _first(count: int, name: str, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The first ``count`` of the stratified order, back in the order of the data; all of them for 0."""
    if count > len(images):
        raise UsageError(f"data.{name} is {count}; there are {len(images)} such images, and 0 stands for all")
    if count == 0:
        return images, labels
    chosen = np.sort(stratified_order(labels)[:count])
    return images[chosen], labels[chosen]


def _labels(labels: Tensor | None) -> Tensor:
    assert labels is not None, "both sources of CIFAR-10 have labels"
    return labels


def _download() -> Pack:
    root = cache_root() / "cifar10"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, about the age of the pickled files
            train = torchvision.datasets.CIFAR10(root, train=True, download=True)
            test = torchvision.datasets.CIFAR10(root, train=False, download=True)
    except (OSError, RuntimeError, EOFError, http.client.HTTPException, tarfile.TarError) as error:
        raise DataError(
            f"CIFAR-10 could not be downloaded from www.cs.toronto.edu to {root} ({error}); "
            "try again, or read a copy of it from a folder of images with `--data PATH`"
        ) from error
    return Pack(*_tensors(train), *_tensors(test), CLASSES)


def _tensors(split: torchvision.datasets.CIFAR10) -> tuple[Tensor, Tensor]:
    """torchvision keeps (N, 32, 32, 3) uint8 and a list of labels, numbered in the order of CLASSES."""
    images = torch.from_numpy(split.data).permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor(split.targets, dtype=torch.int64)
