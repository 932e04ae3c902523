"""Too little memory as a sentence: before training where the weights alone tell, else when it runs out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from repro.catalog.records.config import ResolvedConfig
from repro.errors import MemoryShortageError
from repro.learning.job import build_for
from repro.learning.registry import DATASETS, ENCODERS, METHODS
from repro.machine import free_memory

# What allocators say. Those of CUDA have an exception of their own, those of the CPU raise RuntimeError.
PHRASES = (
    *("can't allocate memory", "not enough memory", "out of memory", "bad_alloc"),
    *("ALLOC_FAILED", "Storage size calculation overflowed"),
)
ASKED = re.compile(r"[Tt]ried to allocate (\d[\d.]*) ?(bytes|[KMGT]iB)")
UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
STATES = {"adamw": 2}  # tensors as large as the weights that an optimiser keeps; all others keep one
LESS = "lower `--set budget.batch=`, or the setting that makes the network so large"


@contextmanager
def telling_shortage(device: torch.device) -> Iterator[None]:
    """MemoryShortageError in place of whatever an allocator raises."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        asked = ASKED.search(str(error))
        size = f": {_gigabytes(float(asked[1]) * UNITS[asked[2]])} more were asked for" if asked else ""
        raise MemoryShortageError(
            f"there is too little memory on {device}{size}{_free(device)}; {LESS}"
        ) from error


def is_shortage(error: BaseException) -> bool:
    """True if an allocator raised this."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(phrase in str(error) for phrase in PHRASES)


def require_memory(config: ResolvedConfig, device: torch.device) -> None:
    """MemoryShortageError if the weights with what training keeps beside them exceed what is free.

    Views of a batch come on top and are not counted. Allocates nothing.
    """
    free, method = _free_bytes(device), _outline(config)
    if free is None or method is None:
        return
    needed = training_bytes(method, config.optimizer.name)
    if needed > free:
        name, largest = max(method.named_parameters(), key=lambda pair: pair[1].numel())
        shape = " x ".join(map(str, largest.shape))
        raise MemoryShortageError(
            f"there is too little memory on {device}: the weights, their gradients and the optimiser's state "
            f"take {_gigabytes(needed)}{_free(device)}; the largest are {name}, {shape}; lower the setting "
            "that makes them so large"
        )


def training_bytes(method: nn.Module, optimizer: str) -> int:
    """Bytes of the weights and buffers of a method, and of the gradients and state of those it trains."""
    copies = 2 + STATES.get(optimizer, 1)
    tensors: Iterator[Tensor] = chain(method.parameters(), method.buffers())
    return sum((copies if t.requires_grad else 1) * t.numel() * t.element_size() for t in tensors)


def _outline(config: ResolvedConfig) -> nn.Module | None:
    """The method with weights that have shapes and no numbers; None for one that needs their numbers."""
    example = DATASETS[config.data.name].example_of(config.data.params)
    try:
        with torch.device("meta"):
            encoder = build_for(example, "encoder", ENCODERS, config.encoder)
            return METHODS[config.method.name](encoder, **config.method.params)
    except RuntimeError:
        return None


def _free_bytes(device: torch.device) -> float | None:
    return float(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else free_memory()


def _free(device: torch.device) -> str:
    free = _free_bytes(device)
    return "" if free is None else f", and {_gigabytes(free)} are free"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB"
