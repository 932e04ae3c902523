"""Rows of anything that fits into one tensor, as a data set."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from repro.learning.data.base import Encode, Features
from repro.learning.examples import Image

CLASSES = ("low", "high")


class Rows:
    """Tensors (N, ...) of two classes that differ in their mean."""

    unit = "row"

    def __init__(self, *shape: int, train: int = 24, test: int = 8, example: Any = None) -> None:
        self.example = Image(shape[0], shape[-1]) if example is None else example
        self.classes = CLASSES
        self.checksum = "sha256:" + "0" * 64
        self.device = torch.device("cpu")
        self.label = "toy rows"
        draw = torch.Generator().manual_seed(7)
        self.labels = torch.arange(train + test) % 2
        shift = self.labels.reshape(-1, *[1] * len(shape))
        self.rows = torch.rand(train + test, *shape, generator=draw) / 2 + shift / 2
        self.train = train

    def __len__(self) -> int:
        return self.train

    @property
    def test_size(self) -> int:
        return len(self.rows) - self.train

    def raw(self, batch: Tensor) -> Tensor:
        return batch.flatten(1)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Tensor]:
        order = torch.randperm(self.train, generator=generator)
        for start in range(0, self.train - size + 1, size):
            yield self.rows[order[start : start + size]]

    @torch.no_grad()
    def features(self, encode: Encode, limit: int = 0) -> Features:
        cut = slice(limit or None)
        train, test = self.rows[: self.train][cut], self.rows[self.train :][cut]
        labels = self.labels[: self.train][cut], self.labels[self.train :][cut]
        return Features(encode(train), labels[0], encode(test), labels[1])
