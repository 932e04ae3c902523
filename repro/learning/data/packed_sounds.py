"""Sounds that fit in memory: packed as 16-bit samples on the device, handed out as float32 batches.

The counterpart of ``data/images.py``: everything a data set adds is how it comes by its clips.

Shapes: N clips of T samples, B of them in a batch.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from repro.learning.clip import Clip, spectrograms
from repro.learning.data import in_memory
from repro.learning.data.base import Encode, Features
from repro.learning.parallel import Rows

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
        self.checksum = in_memory.checksum(*train, *test)
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

    def batches(self, size: int, generator: torch.Generator, rows: Rows | None = None) -> Iterator[Tensor]:
        """One epoch: every batch is (size, T) float32 in [-1, 1), on the device; or some rows of it."""
        return in_memory.epoch(self.train, unit, size, generator, self.unit, rows)

    def features(self, encode: Encode, limit: int = 0) -> Features:
        """``encode`` over both splits; DataError if the data has no labels."""
        train, test = (self.train, self.train_labels), (self.test, self.test_labels)
        return in_memory.features(train, test, unit, encode, limit, self.unit)

    def sample(self, split: Literal["train", "test"], indices: Sequence[int] | Tensor) -> Tensor:
        """The clips of a split at ``indices``, in that order: int16 (len(indices), T) on the CPU."""
        clips = self.train if split == "train" else self.test
        return clips[torch.as_tensor(indices, dtype=torch.int64, device=self.device)].cpu()


def unit(clips: Tensor) -> Tensor:
    """int16 samples to float32 in [-1, 1)."""
    return clips.float().div_(FULL_SCALE)


def _check(clips: Tensor, labels: Tensor | None, classes: int, example: Clip) -> None:
    """A data set that packs its clips wrongly is a defect of that data set: ValueError, not a sentence."""
    if clips.dtype != torch.int16 or clips.ndim != 2 or clips.shape[1] != example.samples or not len(clips):
        raise ValueError(
            f"expected int16 (N, {example.samples}), N > 0; found {clips.dtype} {tuple(clips.shape)}"
        )
    in_memory.check_labels(labels, len(clips), classes)
