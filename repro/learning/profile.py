"""Where the time of a training goes: seconds of each phase, measured around the parts of the loop."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from repro.learning.job import Job

PHASES = ("data", "views", "forward", "backward", "optimiser", "rest")


class Profile:
    """The phases of every step that a job makes from now on.

    data       the next batch is handed out
    views      it is augmented
    forward    the loss of its views
    backward   the gradients, with those of other processes
    optimiser  the weights move
    rest       slow copies of the weights, measures, the log, checkpoints, the display

    On a GPU each phase is waited for, so that its work is not counted to the next; steps are then slower.
    """

    def __init__(self, job: Job) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.steps = 0
        self.device = job.parts.dataset.device
        self._last = time.perf_counter()
        method, optimizer = job.parts.method, job.parts.optimisation.optimizer
        method.register_forward_pre_hook(lambda *_: self._end("rest"))
        method.register_forward_hook(lambda *_: self._end("forward"))
        optimizer.register_step_pre_hook(lambda *_: self._end("backward"))
        optimizer.register_step_post_hook(lambda *_: self._end_step())
        data: Any = _Timed(job.parts.dataset)
        views: Any = _Timed(job.parts.views)
        data.batches = self._batches(job.parts.dataset.batches)
        views.call = self._views(job.parts.views)
        job.parts = replace(job.parts, dataset=data, views=views)

    def shares(self) -> dict[str, float]:
        """The share of each phase in the time of all steps, in the order of PHASES; they sum to 1."""
        whole = sum(self.seconds.values()) or 1.0
        return {phase: self.seconds[phase] / whole for phase in PHASES}

    def __str__(self) -> str:
        """All phases in one line, with milliseconds a step."""
        step = 1000 / max(1, self.steps)
        parts = [
            f"{phase} {self.seconds[phase] * step:.1f} ms ({share:.0%})"
            for phase, share in self.shares().items()
        ]
        return f"{sum(self.seconds.values()) * step:.1f} ms a step: {', '.join(parts)}"

    def _end(self, phase: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.perf_counter()
        self.seconds[phase] += now - self._last
        self._last = now

    def _end_step(self) -> None:
        self._end("optimiser")
        self.steps += 1

    def _batches(self, batches: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def timed(*arguments: Any) -> Iterator[Any]:
            rest = iter(batches(*arguments))
            while True:
                self._end("rest")
                try:
                    batch = next(rest)
                except StopIteration:
                    return
                self._end("data")
                yield batch

        return timed

    def _views(self, views: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            self._end("rest")
            made = views(*arguments)
            self._end("views")
            return made

        return timed


class _Timed:
    """A part with one of its functions replaced; all else is the part's own."""

    def __init__(self, part: Any) -> None:
        self.part = part
        self.call: Callable[..., Any] = part if callable(part) else len
        self.batches: Callable[..., Any] = getattr(part, "batches", iter)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.part, name)

    def __len__(self) -> int:
        return len(self.part)

    def __call__(self, *arguments: Any) -> Any:
        return self.call(*arguments)
