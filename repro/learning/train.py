"""The one training loop: a generator, so that watching it is iterating over it."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from repro.errors import TrainingError
from repro.learning import parallel, seeding
from repro.learning.data.base import Dataset
from repro.learning.methods.base import Method, Progress
from repro.learning.optim import Optimisation
from repro.learning.views.base import Views

Precision = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Tick:
    """What one step leaves behind. ``loss`` stays on the device, so nobody waits for it who does not look.

    Of several processes each has the views, and the loss, of its own rows.
    """

    progress: Progress
    loss: Tensor
    lr: float
    views: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many steps there are. An epoch is the whole batches of one pass over the data."""

    epochs: int
    batch: int
    steps_per_epoch: int

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.epochs * self.steps_per_epoch

    def progress(self, step: int) -> Progress:
        """The clock at ``step``, counted from 0."""
        return Progress(step, self.steps, step // self.steps_per_epoch, self.epochs)


def train(
    method: Method,
    views: Views,
    dataset: Dataset,
    optimisation: Optimisation,
    schedule: Schedule,
    *,
    seed: int,
    start: int = 0,
    precision: Precision,
) -> Iterator[Tick]:
    """Make steps ``start`` to ``schedule.steps - 1``; after each, yield its tick.

    Every random number is a function of the seed and the step (``seeding.py``), so starting at a step
    with the state that belongs to it continues exactly as if training had never stopped.
    """
    step = start
    model: Any = parallel.parallel(method)
    # Alone, no part need know of rows.
    rows: list[Any] = [parallel.own_rows(schedule.batch)] if parallel.size() > 1 else []
    for epoch in range(start // schedule.steps_per_epoch, schedule.epochs):
        order = seeding.generator("cpu", seed, "order", epoch)
        batches = dataset.batches(schedule.batch, order, *rows)
        for batch in islice(batches, step - epoch * schedule.steps_per_epoch, None):
            progress = schedule.progress(step)
            torch.manual_seed(seeding.derive(seed, "step", step))
            seen = views(batch, seeding.generator(dataset.device, seed, "views", step), *rows)
            model.train()
            with precision():
                loss = model(seen, progress)
            lr = optimisation.step(loss, step)
            method.after_step(progress)
            yield Tick(progress, loss.detach(), lr, seen)
            step += 1


def finite(tick: Tick) -> float:
    """The loss of the whole batch as a number; TrainingError if it is not one. All processes must ask."""
    loss = parallel.average(tick.loss).item()
    if not math.isfinite(loss):
        raise diverged(tick, f"the loss became {loss}")
    return loss


def diverged(tick: Tick, what: str) -> TrainingError:
    """The sentence for numbers that are none: where, and what to try."""
    return TrainingError(
        f"{what} at step {tick.progress.step} (epoch {tick.progress.epoch + 1}), with a learning rate of "
        f"{tick.lr:.4g}; try a lower `--set optimizer.lr=`, or a longer `--set optimizer.warmup_epochs=`"
    )
