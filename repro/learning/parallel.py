"""Several processes that make one run: who works on which rows, and where rows of different ones meet.

A run is a function of the whole batch, and the number of processes does not show in it but for rounding.
Every process draws the same order of images and the same parameters of views, and works on its own rows.
Where rows meet rows, as in a loss over pairs, a method calls :func:`everyone`; batch normalisation shares
its statistics; gradients are averaged by torch's ``DistributedDataParallel``. The first process writes.

Processes are started by ``repro run --processes N`` or by ``torchrun``, and find each other by the variables
that torchrun sets: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn.parallel import DistributedDataParallel

from repro.errors import PeerError, RunError, UsageError
from repro.machine import processes

M = TypeVar("M", bound=nn.Module)

PATIENCE = timedelta(hours=1)  # others wait as long while the first process measures kNN


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a batch that one process works on: ``first`` to ``first + count - 1`` of ``total``."""

    first: int
    count: int
    total: int

    @classmethod
    def whole(cls, total: int) -> "Rows":
        """All of them."""
        return cls(0, total, total)

    @property
    def own(self) -> slice:
        """The rows as an index."""
        return slice(self.first, self.first + self.count)

    def parts(self, size: int) -> Iterator[tuple[int, slice, slice]]:
        """The whole batch in parts of ``size`` rows, and which of these rows are in each.

        Rows in the part, these rows counted in the part, and the same counted among these rows.

        >>> list(Rows(3, 4, 8).parts(4))
        [(4, slice(3, 4, None), slice(0, 1, None)), (4, slice(0, 3, None), slice(1, 4, None))]
        """
        last = self.first + self.count
        for start in range(0, self.total, size):
            stop = min(start + size, self.total)
            first = min(max(start, self.first), last)
            end = max(min(stop, last), first)
            within = slice(first - start, end - start) if first < end else slice(0, 0)
            yield stop - start, within, slice(first - self.first, end - self.first)


def rank() -> int:
    """Which process this is, from 0; 0 when there is only one."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """How many processes make this run."""
    return dist.get_world_size() if dist.is_initialized() else 1


def own_rows(total: int) -> Rows:
    """The rows of a batch that are this process's. UsageError if they cannot be dealt out evenly."""
    count, left = divmod(total, size())
    if left:
        raise UsageError(
            f"a batch of {total} cannot be dealt out evenly to {size()} processes; choose a batch that "
            f"{size()} divides, for example `--set budget.batch={max(1, count) * size()}`"
        )
    return Rows(rank() * count, count, total)


class _Sum(torch.autograd.Function):
    """The sum over processes. Each one's loss depends on all terms, so their gradients are summed as well."""

    @staticmethod
    def forward(ctx: FunctionCtx, value: Tensor) -> Tensor:
        """The same tensor in every process."""
        summed = value.clone()
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        """As forward."""
        return total(gradient)


class _Rows(torch.autograd.Function):
    """The rows of all processes, one after another; gradients come back to whose rows they are."""

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor) -> Tensor:
        """(B, ...) to (processes * B, ...)."""
        parts = [torch.empty_like(rows) for _ in range(size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        """The sum over processes, of which these are the own rows."""
        return total(gradient).chunk(size())[rank()]


def total(value: Tensor) -> Tensor:
    """The sum over all processes, with gradient. All of them must call it."""
    summed: Tensor = _Sum.apply(value.contiguous())
    return summed


def require_rows(what: str, part: Callable[..., object]) -> None:
    """UsageError if several processes make the run and a part of it cannot be asked for some rows."""
    if size() > 1 and "rows" not in signature(part).parameters:
        raise UsageError(f"{what} cannot be dealt out to several processes yet; use one")


def everyone(rows: Tensor, dim: int = 0) -> Tensor:
    """The rows of all processes in the order of the batch, with gradient; the rows themselves when alone."""
    if size() == 1:
        return rows
    gathered: Tensor = _Rows.apply(rows.movedim(dim, 0).contiguous())
    return gathered.movedim(0, dim)


def average(value: Tensor) -> Tensor:
    """The mean over all processes of a number, without gradient. All of them must call it."""
    return value.detach() if size() == 1 else total(value.detach()) / size()


def agree(*flags: bool) -> tuple[bool, ...]:
    """For each flag, True if any process raised it. All of them must call it."""
    if size() == 1:
        return flags
    raised = torch.tensor(flags, dtype=torch.uint8)
    dist.all_reduce(raised, dist.ReduceOp.MAX)
    return tuple(map(bool, raised.tolist()))


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation by the statistics of all processes' rows; torch's own works on GPUs alone.

    (B, C) or (B, C, H, W), the same shape in every process. In eval mode as any other.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, batch: Tensor) -> Tensor:
        """The batch, normalised."""
        if not self.training or size() == 1:
            return super().forward(batch)
        dims = [0, *range(2, batch.ndim)]
        count = batch.numel() // batch.shape[1] * size()
        mean = total(batch.mean(dims)) / size()
        centred = batch - _columns(mean, batch)
        variance = total(centred.square().mean(dims)) / size()
        self._remember(mean.detach(), variance.detach() * count / max(count - 1, 1))
        out = centred * _columns((variance + self.eps).rsqrt(), batch)
        return out if not self.affine else out * _columns(self.weight, batch) + _columns(self.bias, batch)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)

    def _check_input_dim(self, batch: Tensor) -> None:
        """Any number of dimensions."""


def _columns(values: Tensor, like: Tensor) -> Tensor:
    """(C,) -> (1, C, 1, ...), to be multiplied with (B, C, ...)."""
    return values.view(1, -1, *[1] * (like.ndim - 2))


def share_statistics(module: M) -> M:
    """The module with batch statistics of all processes; its weights and their names stay."""
    if size() == 1:
        return module
    if next(module.parameters()).is_cuda:
        shared: M = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        return shared
    for inner in module.modules():
        if isinstance(inner, nn.BatchNorm1d | nn.BatchNorm2d):
            inner.__class__ = SharedBatchNorm  # type: ignore[assignment]  # same state, another forward
    return module


def parallel(method: nn.Module) -> nn.Module:
    """The method, its gradients averaged over all processes; the method itself when alone.

    Buffers need no copying: statistics and queues come out the same in every process.
    """
    if size() == 1:
        return method
    return DistributedDataParallel(method, forward_sync_buffers=False, static_graph=True)


@contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """This process together with the others that torchrun's variables speak of; nothing without them.

    RunError if they do not find each other.
    """
    if processes()[1] == 1 or dist.is_initialized():
        yield
        return
    try:
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        address = ":".join(os.environ.get(name, "") for name in ("MASTER_ADDR", "MASTER_PORT"))
        raise RunError(
            f"the processes of this run did not find each other at {address} ({_first_line(error)}); "
            "start them again, with torchrun on another --master-port"
        ) from error
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextmanager
def telling_loss() -> Iterator[None]:
    """PeerError in place of what a connection says whose other end is gone."""
    try:
        yield
    except RuntimeError as error:
        if size() == 1 or not _is_of_another(error):
            raise
        raise PeerError("another process of this run ended, so this one cannot go on") from error


def _is_of_another(error: RuntimeError) -> bool:
    """True if the error says that a connection to another process is gone."""
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
