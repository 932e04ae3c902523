"""Images that fit in memory: packed as uint8 on the device, handed out as float32 batches.

Everything a data set adds is how it comes by its pixels; this class holds them and keeps the contract of
``data/base.py``. Keeping the whole set on the device costs one byte a value (CIFAR-10: 184 MB) and
makes a batch one gather, with no worker processes and nothing left to tune.

Shapes: N images, C channels (1 or 3), H = W = size pixels.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from repro.learning.data import in_memory
from repro.learning.data.base import Encode, Features
from repro.learning.examples import Image
from repro.learning.parallel import Rows


class PackedImages:
    """Two splits of uint8 images (N, C, H, W) with int64 labels (N,), or none, living on ``device``.

    ``classes`` names the labels 0, 1, ...; it is empty exactly when there are no labels. The checksum is
    taken over the shapes, bytes and labels of both splits, so it does not depend on the device.
    """

    label = "images"
    unit = "image"  # what reports call an example

    def __init__(
        self,
        train: Tensor,
        train_labels: Tensor | None,
        test: Tensor,
        test_labels: Tensor | None,
        classes: Sequence[str],
        device: torch.device,
    ) -> None:
        self.classes = tuple(classes)
        for images, labels in ((train, train_labels), (test, test_labels)):
            _check(images, labels, len(self.classes))
        if train.shape[1:] != test.shape[1:]:
            raise ValueError(f"train {tuple(train.shape)} and test {tuple(test.shape)} differ in image shape")
        self.example = Image(train.shape[1], train.shape[2])
        self.checksum = in_memory.checksum(train, train_labels, test, test_labels)
        self.device = device
        self.train = train.to(device)
        self.test = test.to(device)
        self.train_labels = None if train_labels is None else train_labels.to(device)
        self.test_labels = None if test_labels is None else test_labels.to(device)

    def __len__(self) -> int:
        """Number of training images."""
        return len(self.train)

    @property
    def test_size(self) -> int:
        """Number of evaluation images."""
        return len(self.test)

    def raw(self, batch: Tensor) -> Tensor:
        """The pixels as they are: (B, C, H, W) -> (B, C * H * W)."""
        return batch.flatten(1)

    def batches(self, size: int, generator: torch.Generator, rows: Rows | None = None) -> Iterator[Tensor]:
        """One epoch: every batch is (size, C, H, W) float32 in [0, 1], on the device; or some rows of it."""
        return in_memory.epoch(self.train, _unit, size, generator, self.unit, rows)

    def features(self, encode: Encode, limit: int = 0) -> Features:
        """``encode`` over both splits; DataError if the data has no labels."""
        train, test = (self.train, self.train_labels), (self.test, self.test_labels)
        return in_memory.features(train, test, _unit, encode, limit, self.unit)

    def sample(self, split: Literal["train", "test"], indices: Sequence[int] | Tensor) -> Tensor:
        """The images of a split at ``indices``, in that order: uint8 (len(indices), C, H, W) on the CPU."""
        images = self.train if split == "train" else self.test
        return images[torch.as_tensor(indices, dtype=torch.int64, device=self.device)].cpu()


def _unit(images: Tensor) -> Tensor:
    """uint8 0..255 to float32 [0, 1]."""
    return images.float().div_(255)


def _check(images: Tensor, labels: Tensor | None, classes: int) -> None:
    """A data set that packs its images wrongly is a defect of that data set: ValueError, not a sentence."""
    square = images.ndim == 4 and images.shape[2] == images.shape[3]
    if images.dtype != torch.uint8 or not square or not len(images):
        raise ValueError(f"expected uint8 (N, C, S, S), N > 0; found {images.dtype} {tuple(images.shape)}")
    in_memory.check_labels(labels, len(images), classes)
