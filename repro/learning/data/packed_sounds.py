"""Sounds that fit in memory: packed as 16-bit samples on the device, handed out as float32 batches.

The counterpart of ``data/images.py``: everything a data set adds is how it comes by its clips.

Shapes: N clips of T samples, B of them in a batch.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from repro.errors import DataError
from repro.learning.clip import Clip, spectrograms
from repro.learning.data.base import Encode, Features
from repro.learning.data.images import checksum

EVALUATION_BATCH = 512
FULL_SCALE = 32768.0  # an int16 sample of this size would be 1.0


class PackedSounds:
    """Two splits of int16 clips (N, T) with int64 labels (N,), or none, living on ``device``.

    ``classes`` names the labels 0, 1, ...; it is empty exactly when there are no labels. The checksum is
    taken over the shapes, samples and labels of both splits, so it does not depend on the device.
    """

    label = "sounds"
    unit = "sound"  # what reports call an example

    def __init__(
        self,
        train: tuple[Tensor, Tensor | None],
        test: tuple[Tensor, Tensor | None],
        classes: Sequence[str],
        example: Clip,
        device: torch.device,
    ) -> None:
        for clips, labels in (train, test):
            _check(clips, labels, len(classes), example)
        self.classes = tuple(classes)
        self.example = example
        self.checksum = checksum(*train, *test)
        self.device = device
        self.train, self.test = train[0].to(device), test[0].to(device)
        self.train_labels = None if train[1] is None else train[1].to(device)
        self.test_labels = None if test[1] is None else test[1].to(device)

    def __len__(self) -> int:
        """Number of training clips."""
        return len(self.train)

    @property
    def test_size(self) -> int:
        """Number of evaluation clips."""
        return len(self.test)

    def raw(self, batch: Tensor) -> Tensor:
        """The log-mel spectrogram as it is: (B, T) -> (B, F * M)."""
        return spectrograms(batch, self.example).flatten(1)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Tensor]:
        """One epoch: every batch is (size, T) float32 in [-1, 1), on the device.

        The order is one permutation drawn from ``generator`` (a CPU generator), so it is the same on every
        device. What does not fill a last batch is left out of this epoch. DataError if there is not even one.
        """
        if len(self) < size:
            smaller = 1 << (max(len(self), 1).bit_length() - 1)
            raise DataError(
                f"the data has {len(self)} training sounds, fewer than one batch of {size}; "
                f"use a smaller batch, for example `--set budget.batch={smaller}`"
            )
        return self._epoch(size, torch.randperm(len(self), generator=generator).to(self.device))

    def features(self, encode: Encode, limit: int = 0) -> Features:
        """``encode`` over both splits, in order and not altered: float32 on the CPU.

        ``limit`` keeps that many evenly spaced rows of each split; 0 keeps all. DataError if the data has no
        labels.
        """
        if self.train_labels is None or self.test_labels is None:
            raise DataError(
                "the data has no labels, so probes cannot be fitted on it; "
                "for a folder of sounds, put each class into a sub-folder of its own"
            )
        train, test = _spaced(len(self.train), limit), _spaced(len(self.test), limit)
        return Features(
            _encode(self.train[train], encode),
            self.train_labels[train].cpu(),
            _encode(self.test[test], encode),
            self.test_labels[test].cpu(),
        )

    def sample(self, split: Literal["train", "test"], indices: Sequence[int] | Tensor) -> Tensor:
        """The clips of a split at ``indices``, in that order: int16 (len(indices), T) on the CPU."""
        clips = self.train if split == "train" else self.test
        return clips[torch.as_tensor(indices, dtype=torch.int64, device=self.device)].cpu()

    def _epoch(self, size: int, order: Tensor) -> Iterator[Tensor]:
        for start in range(0, len(order) - size + 1, size):
            yield unit(self.train[order[start : start + size]])


def unit(clips: Tensor) -> Tensor:
    """int16 samples to float32 in [-1, 1)."""
    return clips.float().div_(FULL_SCALE)


def _spaced(count: int, limit: int) -> slice | Tensor:
    """All rows, or ``limit`` of them at even distances."""
    if not 0 < limit < count:
        return slice(None)
    return torch.arange(limit) * count // limit


@torch.no_grad()
def _encode(clips: Tensor, encode: Encode) -> Tensor:
    starts = range(0, len(clips), EVALUATION_BATCH)
    batches = (unit(clips[start : start + EVALUATION_BATCH]) for start in starts)
    return torch.cat([encode(batch).float().cpu() for batch in batches])


def _check(clips: Tensor, labels: Tensor | None, classes: int, example: Clip) -> None:
    """A data set that packs its clips wrongly is a defect of that data set: ValueError, not a sentence."""
    if clips.dtype != torch.int16 or clips.ndim != 2 or clips.shape[1] != example.samples or not len(clips):
        raise ValueError(
            f"expected int16 (N, {example.samples}), N > 0; found {clips.dtype} {tuple(clips.shape)}"
        )
    if (labels is None) != (classes == 0):
        raise ValueError("labels and class names come together or not at all")
    if labels is None:
        return
    if labels.dtype != torch.int64 or labels.shape != (len(clips),):
        raise ValueError(f"expected int64 ({len(clips)},), found {labels.dtype} {tuple(labels.shape)}")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise ValueError(f"labels run from {low} to {high}, but there are {classes} classes")
