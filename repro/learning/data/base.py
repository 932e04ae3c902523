"""The contract of a data set: training sees batches without labels, probes see features with them.

Images: N of C channels and H = W = size pixels are uint8 tensors (N, C, H, W) in memory; a batch is float32
in [0, 1], (B, C, H, W), on the data set's device.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

Encode = Callable[[Any], Tensor]


class Features(NamedTuple):
    """Frozen features of both splits, (N, W) float32 on the CPU, with integer labels (N,)."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


class Dataset(Protocol):
    """What the loop and the probes need to know of a data set.

    ``example`` is what one sample is, such as :class:`repro.learning.examples.Image`; encoders and views are
    built from it. ``example_of`` tells it from settings alone, before any data are read. ``raw`` turns a
    batch into rows of numbers (B, W) as they are, the baseline that has seen nothing.

    ``batches`` shuffles with the generator and drops an incomplete last batch (a short batch would change
    the negatives of SimCLR and every batch statistic); one whose batches can be dealt out to several
    processes also takes ``rows`` (:class:`repro.learning.parallel.Rows`) and hands out these of each.
    ``features`` runs ``encode`` over both splits, or over ``limit`` evenly spaced rows of each, not shuffled,
    not augmented; it raises :class:`repro.errors.DataError` if there are no labels.
    """

    example: Any
    classes: tuple[str, ...]  # empty when the data has no labels
    checksum: str  # "sha256:..." of every byte of images and labels
    device: torch.device
    unit: str  # what reports call an example: image, sound, node
    label: str  # what people call it: results on a re-encoded copy must not pass for the original

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Any: ...

    def __len__(self) -> int: ...

    @property
    def test_size(self) -> int: ...

    def raw(self, batch: Any) -> Tensor: ...

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Any]: ...

    def features(self, encode: Encode, limit: int = 0) -> Features: ...
