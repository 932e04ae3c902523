"""Images that fit in memory: packed as uint8 on the device, handed out as float32 batches.

Everything a data set adds is how it comes by its pixels; this class holds them and keeps the contract of
``data/base.py``. Keeping the whole set on the device costs one byte a value (CIFAR-10: 184 MB) and
makes a batch one gather, with no worker processes and nothing left to tune.

Shapes: N images, C channels (1 or 3), H = W = size pixels.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.base import Encode, Features
from repro.learning.examples import Image
from repro.learning.parallel import Rows

EVALUATION_BATCH = 512


class PackedImages:
    """Two splits of uint8 images (N, C, H, W) with int64 labels (N,), or none, living on ``device``.

    ``classes`` names the labels 0, 1, ...; it is empty exactly when there are no labels. The checksum is
    taken over the shapes, bytes and labels of both splits, so it does not depend on the device.
    """

    label = "images"

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
        self.checksum = checksum(train, train_labels, test, test_labels)
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
        """One epoch: every batch is (size, C, H, W) float32 in [0, 1], on the device; or some rows of it.

        The order is one permutation drawn from ``generator`` (a CPU generator), so it is the same on every
        device. What does not fill a last batch is left out of this epoch. DataError if there is not even one.
        """
        if len(self) < size:
            smaller = 1 << (max(len(self), 1).bit_length() - 1)
            raise DataError(
                f"the data has {len(self)} training images, fewer than one batch of {size}; "
                f"use a smaller batch, for example `--set budget.batch={smaller}`"
            )
        order = torch.randperm(len(self), generator=generator).to(self.device)
        return self._epoch(size, order, rows or Rows.whole(size))

    def features(self, encode: Encode, limit: int = 0) -> Features:
        """``encode`` over both splits, in order and without augmentation: float32 on the CPU.

        ``limit`` keeps that many evenly spaced rows of each split; 0 keeps all.

        DataError if the data has no labels.
        """
        if self.train_labels is None or self.test_labels is None:
            raise DataError(
                "the data has no labels, so probes cannot be fitted on it; "
                "for a folder of images, put each class into a sub-folder of its own"
            )
        train, test = _spaced(len(self.train), limit), _spaced(len(self.test), limit)
        return Features(
            _encode(self.train[train], encode),
            self.train_labels[train].cpu(),
            _encode(self.test[test], encode),
            self.test_labels[test].cpu(),
        )

    def sample(self, split: Literal["train", "test"], indices: Sequence[int] | Tensor) -> Tensor:
        """The images of a split at ``indices``, in that order: uint8 (len(indices), C, H, W) on the CPU."""
        images = self.train if split == "train" else self.test
        return images[torch.as_tensor(indices, dtype=torch.int64, device=self.device)].cpu()

    def _epoch(self, size: int, order: Tensor, rows: Rows) -> Iterator[Tensor]:
        for start in range(0, len(order) - size + 1, size):
            yield _unit(self.train[order[start : start + size][rows.own]])


def _unit(images: Tensor) -> Tensor:
    """uint8 0..255 to float32 [0, 1]."""
    return images.float().div_(255)


def _spaced(count: int, limit: int) -> slice | Tensor:
    """All rows, or ``limit`` of them at even distances."""
    if not 0 < limit < count:
        return slice(None)
    return torch.arange(limit) * count // limit


@torch.no_grad()
def _encode(images: Tensor, encode: Encode) -> Tensor:
    starts = range(0, len(images), EVALUATION_BATCH)
    batches = (_unit(images[start : start + EVALUATION_BATCH]) for start in starts)
    return torch.cat([encode(batch).float().cpu() for batch in batches])


def _check(images: Tensor, labels: Tensor | None, classes: int) -> None:
    """A data set that packs its images wrongly is a defect of that data set: ValueError, not a sentence."""
    square = images.ndim == 4 and images.shape[2] == images.shape[3]
    if images.dtype != torch.uint8 or not square or not len(images):
        raise ValueError(f"expected uint8 (N, C, S, S), N > 0; found {images.dtype} {tuple(images.shape)}")
    if (labels is None) != (classes == 0):
        raise ValueError("labels and class names come together or not at all")
    if labels is None:
        return
    if labels.dtype != torch.int64 or labels.shape != (len(images),):
        raise ValueError(f"expected int64 ({len(images)},), found {labels.dtype} {tuple(labels.shape)}")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise ValueError(f"labels run from {low} to {high}, but there are {classes} classes")


def checksum(*tensors: Tensor | None) -> str:
    """``sha256:...`` over the type, shape and bytes of each tensor in turn; None counts as its own value."""
    digest = hashlib.sha256()
    for tensor in tensors:
        if tensor is None:
            digest.update(b"none;")
            continue
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return f"sha256:{digest.hexdigest()}"
