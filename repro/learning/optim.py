"""Optimisers and learning-rate schedules, built from a recipe's settings and a method's parameter groups.

The rate of a step is a pure function of the step number, so a resumed run needs nothing restored but the
optimiser's own buffers.

Which parameters are "1-d": biases and the scales and offsets of normalisation layers, found by tensor rank
as the official Barlow Twins code does.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from repro.catalog.records.config import OptimizerConfig
from repro.learning.methods.base import Group


class LARS(torch.optim.Optimizer):
    """Layer-wise adaptive rate scaling (You et al., 2017, arXiv:1708.03888) with momentum.

    For a tensor w with gradient g:  d = g + weight_decay * w;  if the group adapts, d is multiplied by
    ``trust_coefficient * |w| / |d|`` (by 1 where either norm is 0);  m = momentum * m + d;  w -= lr * m.

    The rate stands outside the momentum buffer, as in the official Barlow Twins and BYOL codes; SimCLR's
    TensorFlow code keeps it inside, which differs while the rate changes.
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 0.001,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "adapt": True,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            if not weights:
                continue
            grads = [p.grad for p in weights if p.grad is not None]
            updates = list(torch._foreach_add(grads, weights, alpha=group["weight_decay"]))
            if group["adapt"]:
                torch._foreach_mul_(updates, _trust(weights, updates, group["trust_coefficient"]))
            buffers = [self._buffer(p) for p in weights]
            torch._foreach_mul_(buffers, group["momentum"])
            torch._foreach_add_(buffers, updates)
            torch._foreach_add_(weights, buffers, alpha=-group["lr"])

    def _buffer(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum_buffer"]
        return buffer


def _trust(weights: list[Tensor], updates: list[Tensor], coefficient: float) -> list[Tensor]:
    norms = zip(torch._foreach_norm(weights), torch._foreach_norm(updates), strict=True)
    return [torch.where((w > 0) & (d > 0), coefficient * w / d, 1.0) for w, d in norms]


def schedule_factor(config: OptimizerConfig, step: int, steps: int, steps_per_epoch: float) -> float:
    """Share of the full learning rate at ``step`` (from 0) of ``steps``.

    Linear warm-up: (step + 1) / warm-up steps; then, with ``schedule: cosine``, half a cosine from 1 down to
    ``final_lr``, whose last step stands just above it.
    """
    warmup = round(config.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return (step + 1) / warmup
    if config.schedule == "constant":
        return 1.0
    done = (step - warmup) / max(steps - warmup, 1)
    return config.final_lr + (1 - config.final_lr) * (1 + math.cos(math.pi * done)) / 2


def peak_lr(config: OptimizerConfig, batch: int) -> float:
    """Full learning rate at this batch size: ``lr`` is stated for a batch of 256."""
    return config.lr * _batch_scale(config, batch)


def _batch_scale(config: OptimizerConfig, batch: int) -> float:
    return {"linear": batch / 256, "sqrt": math.sqrt(batch / 256), "none": 1.0}[config.lr_scaling]


class Optimisation:
    """An optimiser and the schedule of its groups.

    ``constant`` groups keep their full rate; all others follow :func:`schedule_factor`.
    """

    def __init__(
        self, groups: Iterable[Group], config: OptimizerConfig, batch: int, steps: int, steps_per_epoch: int
    ) -> None:
        self.config = config
        self.peak = peak_lr(config, batch)
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.optimizer = _build(list(_tensor_groups(groups, config, batch)), config)

    def step(self, loss: Tensor, step: int) -> float:
        """Backward and one update; returns the rate of the groups that follow the schedule."""
        factor = self.set_rates(step)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return factor * self.peak

    def set_rates(self, step: int) -> float:
        """Give every group its rate at ``step``; returns the schedule's factor."""
        factor = schedule_factor(self.config, step, self.steps, self.steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak_lr"] * (1.0 if group["constant_lr"] else factor)
        return factor


def _tensor_groups(groups: Iterable[Group], config: OptimizerConfig, batch: int) -> Iterator[dict[str, Any]]:
    """Split each group of the method by tensor rank, and give both halves their rate and decay."""
    scale = _batch_scale(config, batch)
    lr_1d = config.lr if config.lr_1d is None else config.lr_1d
    for group in groups:
        for is_1d in (False, True):
            chosen = [p for p in group.parameters if (p.ndim <= 1) == is_1d]
            if chosen:
                yield {
                    "params": chosen,
                    "lr": 0.0,
                    "peak_lr": (lr_1d if is_1d else config.lr) * scale * group.lr_scale,
                    "constant_lr": group.constant_lr,
                    "weight_decay": config.weight_decay if config.decay_1d or not is_1d else 0.0,
                    "adapt": not is_1d,
                }


def _build(groups: list[dict[str, Any]], config: OptimizerConfig) -> torch.optim.Optimizer:
    if config.name == "lars":
        return LARS(groups, lr=0.0, momentum=config.momentum, trust_coefficient=config.trust_coefficient)
    if config.name == "adamw":
        return torch.optim.AdamW(groups, lr=0.0, betas=(config.momentum, config.beta2), foreach=True)
    return torch.optim.SGD(groups, lr=0.0, momentum=config.momentum, foreach=True)
