"""What waiting threads cost: whole short runs, each way of waiting, alone and beside busy loops.

    python speed/threads.py [PAPER] [--rounds 3] [--loops 0 4] [--set KEY=VALUE] [--threads 0] [--out FILE]

Every run is a process of its own, since how threads wait is settled when torch is loaded. In a round all ways
take turns, each time in another order, so that whatever else the machine does slows all alike; a value is the
median over the rounds, and a ratio is the median of the rounds' ratios to `as by itself`. Other work on the
machine while this runs makes the numbers worthless: the load is printed before and after.

as by itself    what GNU OpenMP does where nothing is set
bounded         what repro sets (repro/machine.py)
passive         OMP_WAIT_POLICY=PASSIVE
one thread      --threads 1
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from repro.machine import SPIN_COUNT, SPIN_SETTINGS, load, usable_cores

SPUN = 300_000  # what GNU OpenMP spins where nothing is set


@dataclass(frozen=True)
class Way:
    """A way in which threads wait."""

    name: str
    environment: dict[str, str]
    threads: int  # 0 = as many as were asked for


WAYS = (
    Way("as by itself", {"GOMP_SPINCOUNT": str(SPUN)}, 0),
    Way("bounded", {"GOMP_SPINCOUNT": str(SPIN_COUNT)}, 0),
    Way("passive", {"OMP_WAIT_POLICY": "PASSIVE"}, 0),
    Way("one thread", {"GOMP_SPINCOUNT": str(SPIN_COUNT)}, 1),
)


def spin() -> None:
    """Keep a core busy."""
    while True:
        pass


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many processes that never wait."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=spin, daemon=True) for _ in range(loops)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.join()


def steps_per_second(paper: str, way: Way, threads: int, overrides: Sequence[str]) -> float:
    """Of one whole run, its probes left out."""
    clean = {
        name: value for name, value in os.environ.items() if name not in (*SPIN_SETTINGS, "OMP_NUM_THREADS")
    }
    settings = ["budget.epochs=1", "optimizer.warmup_epochs=0", *overrides]
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", paper, "--quiet", "--threads", str(way.threads or threads), "--out", f"{folder}/run"]
        words += [word for setting in settings for word in ("--set", setting)]
        command = [sys.executable, "-m", "repro", *words]
        subprocess.run(command, env={**clean, **way.environment}, check=True, stdout=subprocess.DEVNULL)
        summary = json.loads(Path(folder, "run", "summary.json").read_text(encoding="utf-8"))
    return float(summary["steps"] / summary["seconds"])


def measure(
    paper: str, loops: int, rounds: int, threads: int, overrides: Sequence[str]
) -> list[dict[str, float]]:
    """{way: steps a second} of each round."""
    measured = []
    with busy(loops):
        for number in range(rounds):
            turn = number % len(WAYS)
            order = (*WAYS[turn:], *WAYS[:turn])
            rates = {way.name: steps_per_second(paper, way, threads, overrides) for way in order}
            print(f"{loops} busy loops, round {number + 1}: {_told(rates)}", file=sys.stderr, flush=True)
            measured.append(rates)
    return measured


def table(loops: int, measured: Sequence[dict[str, float]]) -> list[str]:
    """A line for each way: steps a second, and the ratio to what happens where nothing is set."""
    lines = [f"beside {loops} busy loops" if loops else "alone"]
    for way in WAYS:
        rate = statistics.median(rates[way.name] for rates in measured)
        ratio = statistics.median(rates[way.name] / rates[WAYS[0].name] for rates in measured)
        lines.append(f"  {way.name:14}{rate:8.2f} steps/s  x {ratio:.2f}")
    return lines


def _told(rates: dict[str, float]) -> str:
    return ", ".join(f"{name} {rates[name]:.2f}" for name in sorted(rates))


def main() -> None:
    """Measure, and print a table for each number of busy loops."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paper", nargs="?", default="simsiam")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--loops", type=int, nargs="+", default=[0, 2 * usable_cores()])
    parser.add_argument("--threads", type=int, default=0, help="0 = one for each core")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    options = parser.parse_args()
    threads = options.threads or usable_cores()
    here = f"{threads} threads on {usable_cores()} cores"
    lines = [f"{options.paper}, {here}, {options.rounds} rounds; load before {load()}"]
    numbers = {}
    for loops in options.loops:
        numbers[loops] = measure(options.paper, loops, options.rounds, threads, options.overrides)
        lines += table(loops, numbers[loops])
    print("\n".join([*lines, f"load afterwards {load()}"]))
    if options.out:
        options.out.write_text(json.dumps(numbers, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
