"""What data sets share that hold all their examples, images or sounds, in one tensor a split.

Shapes: N examples of a split, B of a batch, W numbers of a feature vector.
"""

import hashlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.base import Encode, Features
from repro.learning.parallel import Rows

EVALUATION_BATCH = 512

Split = tuple[Tensor, Tensor | None]  # examples (N, ...) and labels (N,)
Opened = Callable[[Tensor], Tensor]  # examples as they are stored to float32 as networks take them


def epoch(
    examples: Tensor, opened: Opened, size: int, generator: torch.Generator, unit: str, rows: Rows | None
) -> Iterator[Tensor]:
    """Batches of ``size`` in an order drawn from ``generator``, or some rows of each; no incomplete last one.

    The generator is one of the CPU, so the order is the same on every device. DataError, at once, if there
    is not even one batch.
    """
    if len(examples) < size:
        smaller = 1 << (max(len(examples), 1).bit_length() - 1)
        raise DataError(
            f"the data has {len(examples)} training {unit}s, fewer than one batch of {size}; "
            f"use a smaller batch, for example `--set budget.batch={smaller}`"
        )
    order = torch.randperm(len(examples), generator=generator).to(examples.device)
    own = (rows or Rows.whole(size)).own
    starts = range(0, len(order) - size + 1, size)
    return (opened(examples[order[start : start + size][own]]) for start in starts)


def features(train: Split, test: Split, opened: Opened, encode: Encode, limit: int, unit: str) -> Features:
    """``encode`` over both splits, in order and not augmented: float32 on the CPU.

    ``limit`` keeps that many evenly spaced rows of each split; 0 keeps all. DataError without labels.
    """
    if train[1] is None or test[1] is None:
        raise DataError(
            "the data has no labels, so probes cannot be fitted on it; "
            f"for a folder of {unit}s, put each class into a sub-folder of its own"
        )
    first, second = spaced(len(train[0]), limit), spaced(len(test[0]), limit)
    return Features(
        _encode(train[0][first], opened, encode),
        train[1][first].cpu(),
        _encode(test[0][second], opened, encode),
        test[1][second].cpu(),
    )


def spaced(count: int, limit: int) -> slice | Tensor:
    """All rows, or ``limit`` of them at even distances."""
    if not 0 < limit < count:
        return slice(None)
    return torch.arange(limit) * count // limit


@torch.no_grad()
def _encode(examples: Tensor, opened: Opened, encode: Encode) -> Tensor:
    starts = range(0, len(examples), EVALUATION_BATCH)
    batches = (opened(examples[start : start + EVALUATION_BATCH]) for start in starts)
    return torch.cat([encode(batch).float().cpu() for batch in batches])


def check_labels(labels: Tensor | None, count: int, classes: int) -> None:
    """ValueError, not a sentence: a data set that labels its examples wrongly has a defect."""
    if (labels is None) != (classes == 0):
        raise ValueError("labels and class names come together or not at all")
    if labels is None:
        return
    if labels.dtype != torch.int64 or labels.shape != (count,):
        raise ValueError(f"expected int64 ({count},), found {labels.dtype} {tuple(labels.shape)}")
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
