"""What the loop adds to a step: `repro run` against the bare forward, backward and update of the same method.

    python speed/overhead.py [PAPER ...] [--blocks 12] [--threads 0] [--on digits] [--device cpu]

Both sides run in one process and take turns step by step, so a busy machine slows both alike. A block is as
many steps as lie between one watch and the next, so every block does the same work. Values are medians over
the blocks; the ratio is the median of the blocks' ratios.

bare    method.loss on two fixed batches of views, backward, optimiser step; nothing else
loop    Job.train as `repro run` drives it: batch, views, loss, backward, rates, optimiser step, slow copies
        of the weights, the log, the watched diagnostics; plus a checkpoint every 20 s, as its share of that
kNN     accuracy during training, measured about ten times a run; shown apart, as the run counts it apart
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from repro import learning  # noqa: F401 - first, since how torch's threads wait is settled as it loads

# isort: split
import torch

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.resolve import resolve
from repro.cli.overrides import parse_overrides
from repro.evidence.folder import RunFolder
from repro.learning import seeding
from repro.learning.environment import choose_device, choose_precision, cpu_name
from repro.learning.job import CHECKPOINT_SECONDS, MONITORED, WATCHED, Job, Parts, build
from repro.learning.start import _set_threads as set_threads

GOAL = 1.15
PIECES = ("data", "views", "loss", "update", "ema", "log", "watch")
WARM_UP = 5  # steps of each side before the first block


class Clock:
    """Seconds by the name of a piece; the device is waited for, so a piece is charged for what it starts."""

    def __init__(self, device: torch.device) -> None:
        self.wait: Callable[[], None] = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.wait()
            start = time.perf_counter()
            result = function(*args, **kwargs)
            self.wait()
            self.add(name, time.perf_counter() - start)
            return result

        return timed

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] += seconds
        self.calls[name] += 1

    def forget(self) -> None:
        self.seconds.clear()
        self.calls.clear()


class TimedData:
    """A data set whose batches are clocked; all else is passed on."""

    def __init__(self, dataset: Any, clock: Clock) -> None:
        self.dataset, self.clock = dataset, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dataset, name)

    def __len__(self) -> int:
        return len(self.dataset)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Any]:
        batches = self.clock.around("data", iter)(self.dataset.batches(size, generator))
        ended = object()
        following = self.clock.around("data", lambda: next(batches, ended))
        while (batch := following()) is not ended:
            yield batch


class TimedViews:
    """Views whose making is clocked; all else is passed on."""

    def __init__(self, views: Any, clock: Clock) -> None:
        self.views, self.make = views, clock.around("views", views)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.views, name)

    def __call__(self, batch: Any, generator: torch.Generator) -> Any:
        return self.make(batch, generator)


@dataclass(frozen=True)
class Result:
    """Of one paper: seconds a step, and the pieces as shares of a step of the loop."""

    paper: str
    bare: float
    loop: float
    ratio: float
    shares: dict[str, float]
    checkpoint: float
    knn: float


def measure(config: ResolvedConfig, device: torch.device, blocks: int, folder: Path) -> Result:
    clock = Clock(device)
    job = timed_job(config, device, clock, folder)
    bare = bare_step(config, device)
    moments = job.train()
    length = ceil(job.parts.schedule.steps / WATCHED)
    blocks = min(blocks, (job.parts.schedule.steps - WARM_UP) // length)
    run(lambda: next(moments), WARM_UP, clock)
    run(bare, WARM_UP, clock)
    clock.forget()
    sides = (lambda: next(moments), bare)
    pairs = [block(sides, length, clock) for _ in range(blocks)]
    save = statistics.median(run(job.pause, 1, clock) for _ in range(3))
    moments.close()
    return result(config.paper, pairs, clock, save, job.parts)


def block(sides: Sequence[Callable[[], object]], length: int, clock: Clock) -> tuple[float, float]:
    """Seconds a step of the loop, without its kNN, and of the bare step."""
    taken, knn = [0.0, 0.0], clock.seconds["knn"]
    for pair in range(length):
        for side in (0, 1) if pair % 2 else (1, 0):
            taken[side] += run(sides[side], 1, clock)
    return (taken[0] - clock.seconds["knn"] + knn) / length, taken[1] / length


def result(paper: str, pairs: list[tuple[float, float]], clock: Clock, save: float, parts: Parts) -> Result:
    """``pairs``: seconds a step of the loop without its kNN, and of the bare step, block by block."""
    share = save / CHECKPOINT_SECONDS
    loops = [loop * (1 + share) for loop, _ in pairs]
    steps = clock.calls["update"]
    total = statistics.fmean(loops) * steps
    clock.seconds["log"] -= clock.seconds["watch"]  # the one calls the other
    knn = clock.seconds["knn_one"] / max(clock.calls["knn_one"], 1) * (MONITORED - 1) / parts.schedule.steps
    return Result(
        paper,
        statistics.median(bare for _, bare in pairs),
        statistics.median(loops),
        statistics.median(loop / bare for loop, (_, bare) in zip(loops, pairs, strict=True)),
        {piece: clock.seconds[piece] / total for piece in PIECES},
        share / (1 + share),
        knn,
    )


def timed_job(config: ResolvedConfig, device: torch.device, clock: Clock, folder: Path) -> Job:
    """A job as `repro run` makes it, with a clock around each of its pieces."""
    parts = build(config, 0, device)
    parts.method.loss = clock.around("loss", parts.method.loss)  # type: ignore[method-assign]
    parts.method.after_step = clock.around("ema", parts.method.after_step)  # type: ignore[method-assign]
    parts.optimisation.step = clock.around("update", parts.optimisation.step)  # type: ignore[method-assign]
    views: Any = TimedViews(parts.views, clock)
    data: Any = TimedData(parts.dataset, clock)
    job = Job(config, 0, "0" * 64, replace(parts, dataset=data, views=views), RunFolder(folder))
    job._log = clock.around("log", job._log)  # type: ignore[method-assign]
    job._watch = clock.around("watch", job._watch)  # type: ignore[method-assign]
    job._monitor = monitor(job._monitor, clock)  # type: ignore[method-assign]
    return job


def monitor(function: Callable[[Any], None], clock: Clock) -> Callable[[Any], None]:
    """Most calls return at once; those that measure are counted apart."""
    timed = clock.around("knn", function)

    def told(tick: Any) -> None:
        before = clock.seconds["knn"]
        timed(tick)
        if (taken := clock.seconds["knn"] - before) > 0.001:
            clock.add("knn_one", taken)

    return told


def bare_step(config: ResolvedConfig, device: torch.device) -> Callable[[], None]:
    """Forward, backward and update on views made once."""
    parts = build(config, 0, device)
    _, precision = choose_precision(device)
    batch = next(parts.dataset.batches(parts.schedule.batch, torch.Generator().manual_seed(0)))
    views = parts.views(batch, seeding.generator(device, 0, "views"))
    progress = parts.schedule.progress(0)
    optimizer = parts.optimisation.optimizer
    parts.optimisation.set_rates(parts.schedule.steps - 1)  # so small that the weights stay as they are
    parts.method.train()

    def step() -> None:
        with precision():
            loss = parts.method.loss(views, progress)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def run(step: Callable[[], object], times: int, clock: Clock) -> float:
    """Seconds a step."""
    clock.wait()
    start = time.perf_counter()
    for _ in range(times):
        step()
    clock.wait()
    return (time.perf_counter() - start) / times


def line(result: Result) -> str:
    shares = "".join(f"{100 * result.shares[piece]:7.1f}" for piece in PIECES)
    rest = 100 * (1 - sum(result.shares.values()) - result.checkpoint)
    return (
        f"{result.paper:14}{1000 * result.bare:9.1f}{1000 * result.loop:9.1f}{result.ratio:8.3f}{shares}"
        f"{100 * result.checkpoint:7.1f}{rest:7.1f}{1000 * result.knn:9.2f}"
    )


def head() -> str:
    pieces = "".join(f"{piece:>7}" for piece in (*PIECES, "save", "rest"))
    return f"{'paper':14}{'bare ms':>9}{'loop ms':>9}{'ratio':>8}{pieces}{'kNN ms':>9}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("papers", nargs="*", default=["barlow-twins", "byol", "simclr", "simsiam"])
    parser.add_argument("--on", default="digits")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    device = choose_device(asked.device)
    set_threads(asked.threads)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu_name()
    print(f"{asked.on}, {where}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print("bare = loss, backward, update on fixed views; loop = all that `repro run` does in a step,")
    print(f"checkpoints included; goal: ratio at most {GOAL}. Pieces in % of the loop; update = backward and")
    print("optimiser; rest = what is in no piece. kNN = a step's part of the kNN measured while training,")
    print("not in the loop.\n")
    print(head())
    catalog = Catalog.load()
    for paper in asked.papers:
        config = resolve(catalog, paper, asked.on, parse_overrides(asked.set))
        with tempfile.TemporaryDirectory() as folder:
            print(line(measure(config, device, asked.blocks, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
