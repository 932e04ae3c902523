"""One training of one configuration with one seed: the only module that knows both sides.

with start(...) as job:                 or resume(...), both in start.py
    for moment in job.train(): ...      watching it is iterating over it; job.stop_when(...) ends it
    summary = job.finish()
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, get_type_hints

import torch
from pydantic import TypeAdapter
from torch import Tensor

from repro.catalog.records.config import ComponentConfig, ResolvedConfig
from repro.errors import RunError, TrainingError, UsageError
from repro.evidence.folder import RunFolder
from repro.evidence.run import FINISHED, STOPPED, Baselines, Data, Scores, Summary
from repro.learning import checkpoint, parallel, seeding
from repro.learning.data.base import Dataset, Encode
from repro.learning.environment import choose_precision, describe, peak_memory
from repro.learning.evaluate import diagnose, encoded, probe, spread_of
from repro.learning.methods.base import Method
from repro.learning.optim import Optimisation
from repro.learning.pictures import pictures
from repro.learning.probes.base import Probe
from repro.learning.registry import DATASETS, ENCODERS, METHODS, PROBES, VIEWS
from repro.learning.train import Schedule, Tick, diverged, finite, train
from repro.learning.views.base import Views

LOGGED = 400  # lines of metrics a run aims at
WATCHED = 60  # of which so many carry the spread and the method's own diagnostics
WATCH_ROWS = 128  # rows of the views that the diagnostics look at
SPREAD_ROWS = 256  # training images, always the same and not augmented, that the spread is measured on
MONITORED = 10  # times that kNN is measured during training
MONITOR_ROWS = 2000  # images of each split that it looks at
CHECKPOINT_SECONDS = 20.0  # between two checkpoints; longer in proportion where writing one takes
CHECKPOINT_COST = 0.4  # seconds or more


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a configuration names, built."""

    dataset: Dataset
    views: Views
    method: Method
    schedule: Schedule
    optimisation: Optimisation
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where a checkpoint stands: its run, the next step, lines logged, seconds, latest values."""

    digest: str
    step: int
    lines: int
    seconds: float
    seconds_other: float
    latest: dict[str, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a display can show after a step; ``values`` holds the latest of everything logged so far."""

    step: int
    steps: int
    epoch: int
    epochs: int
    seconds: float
    values: dict[str, float]
    stopped: bool = False  # the last one for now: a checkpoint is written

    def __str__(self) -> str:
        """Epoch, rate, time left, loss, spread and the latest kNN, in one line."""
        rate = self.step / self.seconds if self.seconds else 0.0
        left = (self.steps - self.step) / rate if rate else 0.0
        parts = [f"epoch {self.epoch + 1}/{self.epochs}", f"{rate:.1f} steps/s", f"{left:.0f} s left"]
        named = {"loss": "loss", "std": "spread", "knn": "kNN"}
        parts += [f"{word} {self.values[key]:.3f}" for key, word in named.items() if key in self.values]
        return " · ".join(parts)


def build_dataset(config: ResolvedConfig, device: torch.device) -> Dataset:
    """The data set of a configuration. DataError if it cannot be had."""
    kind: Any = DATASETS[config.data.name]
    dataset: Dataset = kind(device, **config.data.params)
    return dataset


def build_method(config: ResolvedConfig, seed: int, example: Any, device: torch.device) -> Method:
    """Encoder and method with the weights that this seed draws, always on the CPU first."""
    torch.manual_seed(seeding.derive(seed, "weights"))
    encoder = build_for(example, "encoder", ENCODERS, config.encoder)
    method: Method = METHODS[config.method.name](encoder, **config.method.params)
    return method.to(device)


def build(config: ResolvedConfig, seed: int, device: torch.device) -> Parts:
    """Build all parts, in the order in which they can fail for a person's reasons."""
    dataset = build_dataset(config, device)
    views: Views = build_for(dataset.example, "views", VIEWS, config.views)
    dataset.batches(config.budget.batch, torch.Generator())  # says at once if there are too few images
    parallel.own_rows(config.budget.batch)
    parallel.require_rows(f"the data {config.data.name}", dataset.batches)
    parallel.require_rows(f"the views {config.views.name}", views.__call__)
    schedule = Schedule(config.budget.epochs, config.budget.batch, len(dataset) // config.budget.batch)
    method = parallel.share_statistics(build_method(config, seed, dataset.example, device))
    optimisation = Optimisation(
        method.parameter_groups(),
        config.optimizer,
        schedule.batch,
        schedule.steps,
        schedule.steps_per_epoch,
    )
    probes = (PROBES[name](**settings) for name, settings in config.probes.model_dump().items())
    return Parts(dataset, views, method, schedule, optimisation, tuple(probes))


def build_for(example: Any, section: str, kinds: Mapping[str, Any], component: ComponentConfig) -> Any:
    """An encoder, or views, for what the data hold. UsageError if it is made for something else."""
    kind = kinds[component.name]
    taken = get_type_hints(kind.__init__).get("example", object)
    if not isinstance(example, taken):
        raise UsageError(
            f"{section}.name is {component.name}, which takes examples of the kind "
            f"{taken.__name__.lower()}, and the data hold {type(example).__name__.lower()}; choose another"
        )
    return kind(example, **component.params)


def _few(view: Any) -> Any:
    """The first rows of the batch in a view that is a tensor; any other batch, a graph say, whole."""
    return parallel.everyone(view)[:WATCH_ROWS] if isinstance(view, Tensor) else view


class Job:
    """A run in its folder. The folder must be locked by the caller for as long as the job lives."""

    def __init__(
        self, config: ResolvedConfig, seed: int, digest: str, parts: Parts, folder: RunFolder
    ) -> None:
        self.config = config
        self.seed = seed
        self.digest = digest
        self.parts = parts
        self.folder = folder
        self.precision_name, self.precision = choose_precision(parts.dataset.device)
        self.step = 0  # the next step to make
        self.seconds = 0.0  # of training, over all sittings
        self.seconds_other = 0.0  # of probes and pictures, over all sittings
        self.latest: dict[str, float] = {}
        self.lines = 0  # of metrics.jsonl
        self._wants_stop: Callable[[], bool] = lambda: False

    def stop_when(self, wants_stop: Callable[[], bool]) -> None:
        """Ask this after each step; on True a checkpoint is written and training ends there, for now."""
        self._wants_stop = wants_stop

    def restore(self) -> None:
        """Go on from the folder's checkpoint, if it has one: weights, buffers, step, clocks, metrics.

        RunError if the checkpoint or the metrics are damaged, or belong to another run.
        """
        path, lines = self.folder.checkpoint, 0
        if path.exists():
            state = checkpoint.load(path, self.parts.dataset.device)
            clocks = self._clocks(state)
            checkpoint.restore(path, self.parts.method, self.parts.optimisation.optimizer, state)
            self.step, lines, self.latest = clocks.step, clocks.lines, clocks.latest
            self.seconds, self.seconds_other = clocks.seconds, clocks.seconds_other
        self.lines = self.folder.cut_metrics(self.step)
        if self.lines != lines:
            raise RunError(
                f"{self.folder.metrics} has {self.lines} lines before step {self.step}, and the checkpoint "
                f"counted {lines}; the file was changed, so start a new run"
            )

    def _clocks(self, state: dict[str, Any]) -> Clocks:
        """The numbers of a checkpoint, checked: it may come from another run, or from anywhere."""
        try:
            numbers = {field.name: state[field.name] for field in fields(Clocks)}
            clocks = TypeAdapter(Clocks).validate_json(json.dumps(numbers), strict=True)
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{self.folder.checkpoint} is no checkpoint of a run; start a new run") from error
        if clocks.digest != self.digest or not 0 <= clocks.step <= self.parts.schedule.steps:
            raise RunError(
                f"{self.folder.checkpoint} belongs to another network or another run than this folder's "
                "configuration; start a new run"
            )
        return clocks

    def pause(self) -> None:
        """Write a checkpoint after the last whole step; never one whose weights are not finite."""
        if parallel.rank() or not self._finite_weights():
            return
        clocks = Clocks(self.digest, self.step, self.lines, self.seconds, self.seconds_other, self.latest)
        state = {
            **asdict(clocks),
            "method": self.parts.method.state_dict(),
            "optimizer": self.parts.optimisation.optimizer.state_dict(),
        }
        checkpoint.save(self.folder.checkpoint, state)

    def train(self) -> Iterator[Moment]:
        """Make the steps that are left, logging and saving on the way.

        TrainingError if a number stops being finite; ``summary.json`` then says so, and the last good
        checkpoint stays.
        """
        if self.step == 0:
            environment = describe(self.parts.dataset.device, self.precision_name)
            self.folder.write(environment)
            self.pause()
        try:
            with parallel.telling_loss():
                yield from self._moments()
        except TrainingError as error:
            self.folder.write(self._summary(f"{STOPPED}: {error}", {}, Baselines()))
            raise

    def _moments(self) -> Iterator[Moment]:
        schedule = self.parts.schedule
        clock = saved = time.perf_counter()
        interval = CHECKPOINT_SECONDS
        for tick in self._ticks():
            self._log(tick)
            self.step = tick.progress.step + 1
            self.seconds += time.perf_counter() - clock
            if parallel.rank() == 0:
                self._monitor(tick)
            due, stopped = parallel.agree(time.perf_counter() - saved > interval, self._wants_stop())
            if due or stopped or self.step == schedule.steps:
                began = time.perf_counter()
                self._require_finite(tick)
                self.pause()
                saved = time.perf_counter()
                interval = CHECKPOINT_SECONDS * max(1.0, (saved - began) / CHECKPOINT_COST)
            yield self._moment(tick, stopped)
            if stopped:
                return
            clock = time.perf_counter()

    def _moment(self, tick: Tick, stopped: bool) -> Moment:
        steps, epochs = self.parts.schedule.steps, self.parts.schedule.epochs
        return Moment(self.step, steps, tick.progress.epoch, epochs, self.seconds, dict(self.latest), stopped)

    def _require_finite(self, tick: Tick) -> None:
        """TrainingError if the loss or a weight is not finite: what is saved must be worth going on from."""
        finite(tick)
        if not self._finite_weights():
            raise diverged(tick, "the weights stopped being finite")

    def _finite_weights(self) -> bool:
        norms = torch._foreach_norm([p.detach() for p in self.parts.method.parameters()])
        return bool(torch.stack(norms).isfinite().all())

    def _ticks(self) -> Iterator[Tick]:
        parts = self.parts
        return train(
            parts.method,
            parts.views,
            parts.dataset,
            parts.optimisation,
            parts.schedule,
            seed=self.seed,
            start=self.step,
            precision=self.precision,
        )

    def _log(self, tick: Tick) -> None:
        """Write a metrics line if one is due; the last step always has one with everything."""
        step, steps = tick.progress.step, self.parts.schedule.steps
        last = step == steps - 1
        watching = last or step % math.ceil(steps / WATCHED) == 0
        if not (watching or step % math.ceil(steps / LOGGED) == 0):
            return
        values: dict[str, float] = {"epoch": tick.progress.epoch, "loss": finite(tick), "lr": tick.lr}
        shown = [_few(view) for view in tick.views] if watching else []
        if parallel.rank():
            return
        if watching:
            values |= self._spread(self.parts.method) | self._watch(shown)
        if not all(math.isfinite(value) for value in values.values()):
            raise diverged(tick, "what the network puts out stopped being finite")
        self._write(step, values)

    @torch.no_grad()
    def _watch(self, views: list[Any]) -> dict[str, float]:
        method = self.parts.method.eval()
        values = method.watch(views)
        method.train()
        return values

    def _monitor(self, tick: Tick) -> None:
        """kNN at the end of about every tenth epoch, on a part of the data; not counted as training."""
        schedule = self.parts.schedule
        every = math.ceil(schedule.epochs / MONITORED)
        done, left = divmod(self.step, schedule.steps_per_epoch)
        if left or done % every or done == schedule.epochs or not self.parts.dataset.classes:
            return
        clock = time.perf_counter()
        features = encoded(self.parts.dataset, self._encode(self.parts.method.eval()), MONITOR_ROWS)
        scores = probe(features, (each for each in self.parts.probes if each.quick))
        measured = {name: value for name, value in scores.items() if value is not None}
        self._write(tick.progress.step, {"epoch": done, **measured})
        self.seconds_other += time.perf_counter() - clock

    def _write(self, step: int, values: dict[str, float]) -> None:
        self.latest |= values
        self.folder.append_metrics({"step": step, **values})
        self.lines += 1

    def _encode(self, method: Method) -> Encode:
        """What probes see through: images scaled as in training, then the encoder."""
        return lambda batch: method.encode(self.parts.views.plain(batch))

    def finish(self) -> Summary:
        """Probe the trained encoder and the baselines, keep weights and pictures, write ``summary.json``."""
        clock = time.perf_counter()
        dataset, method = self.parts.dataset, self.parts.method.eval()
        encode = self._encode(method)
        features = encoded(dataset, encode)
        metrics: Scores = {**probe(features, self.parts.probes), **self._spread(method)}
        metrics["loss"] = self.latest.get("loss")
        baselines = self._baselines()
        drawn = pictures(dataset, self.parts.views, encode, features, self.seed)
        checkpoint.save_tensors(self.folder.pictures, drawn)
        checkpoint.save_weights(self.folder.encoder, method.encoder)
        self.seconds_other += time.perf_counter() - clock
        summary = self._summary(FINISHED, metrics, baselines)
        self.folder.write(summary)
        return summary

    def _baselines(self) -> Baselines:
        dataset = self.parts.dataset
        untrained = build_method(self.config, self.seed, dataset.example, dataset.device).eval()
        features = encoded(dataset, self._encode(untrained))
        averaged = getattr(dataset, "propagate", None)  # of a graph alone
        return Baselines(
            pixels=probe(encoded(dataset, dataset.raw), self.parts.probes),
            untrained={**probe(features, self.parts.probes), **self._spread(untrained)},
            propagated=probe(encoded(dataset, averaged), self.parts.probes) if averaged else {},
        )

    def _spread(self, method: Method) -> dict[str, float]:
        """Of the outputs for the same images each time: curve, result and baseline are one measure."""
        return spread_of(method, self.parts.views.plain(self._watched))

    @cached_property
    def _watched(self) -> Any:
        rows = min(len(self.parts.dataset), SPREAD_ROWS)
        return next(iter(self.parts.dataset.batches(rows, seeding.generator("cpu", self.seed, "probes"))))

    def _summary(self, status: str, metrics: Scores, baselines: Baselines) -> Summary:
        parts, dataset = self.parts, self.parts.dataset
        seen = self.step * parts.schedule.batch
        return Summary(
            paper=self.config.paper,
            benchmark=self.config.benchmark,
            method=self.config.method.name,
            seed=self.seed,
            digest=self.digest,
            status=status,
            seconds=round(self.seconds, 2),
            seconds_total=round(self.seconds + self.seconds_other, 2),
            images_per_second=round(seen / self.seconds, 1) if self.seconds else None,
            steps=self.step,
            epochs=parts.schedule.epochs,
            batch=parts.schedule.batch,
            parameters=sum(p.numel() for p in parts.method.encoder.parameters()),
            peak_memory_bytes=peak_memory(dataset.device),
            metrics=metrics,
            baselines=baselines,
            classes=tuple(dataset.classes),
            data=Data(
                name=self.config.data.name,
                label=dataset.label,
                train=len(dataset),
                test=dataset.test_size,
                checksum=dataset.checksum,
                unit=dataset.unit,
            ),
            diagnosis=diagnose(metrics, baselines, self.step, dataset.unit),
        )
