"""What batch normalisation makes of an untrained network: ``python speed/untrained.py [--seeds N]``.

Evidence of today measures it with the statistics it is built with, mean 0 and variance 1, which no layer of
a network in training has. Here they are filled as well, by batches of views without a step, and both are read
by the same probes.
"""

import argparse
import statistics

import torch
from torch import nn

from repro.catalog.catalog import Catalog
from repro.catalog.settings.resolve import resolve
from repro.learning import seeding
from repro.learning.evaluate import encoded, probe, spread_of
from repro.learning.job import Parts, build
from repro.learning.methods.base import Method

BATCHES = 16  # of views, whose statistics are averaged


def main() -> None:
    """Print a row for each measure: as built, and filled."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--paper", default="byol")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(options.paper, seed) for seed in range(options.seeds)]
    print(f"untrained network of {options.paper} on digits, seeds 0 to {options.seeds - 1}")
    for name in rows[0][0]:
        built, filled = ([row[which][name] for row in rows] for which in (0, 1))
        print(f"  {name:15} as built {_told(built)}   filled {_told(filled)}")


def measure(paper: str, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """What probes and the spread say of an untrained network, as built and with its statistics filled."""
    config = resolve(Catalog.load(), paper, "digits", {})
    parts = build(config, seed, torch.device("cpu"))
    built = read(parts)
    fill(parts, seed)
    return built, read(parts)


@torch.no_grad()
def fill(parts: Parts, seed: int) -> None:
    """Give every batch normalisation the mean statistics of some batches of views; no weight moves."""
    norms = [m for m in parts.method.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
    parts.method.train()
    batches = parts.dataset.batches(parts.schedule.batch, seeding.generator("cpu", seed, "order"))
    for step, batch in zip(range(BATCHES), batches, strict=False):
        for view in parts.views(batch, seeding.generator("cpu", seed, "views", step)):
            parts.method.project(view)


def read(parts: Parts) -> dict[str, float]:
    """Linear, kNN and the spread of the outputs, in eval mode."""
    method: Method = parts.method.eval()
    features = encoded(parts.dataset, lambda batch: method.encode(parts.views.plain(batch)))
    images = next(iter(parts.dataset.batches(256, seeding.generator("cpu", 0, "probes"))))
    scores = {**probe(features, parts.probes), **spread_of(method, parts.views.plain(images))}
    return {name: value for name, value in scores.items() if value is not None}


def _told(values: list[float]) -> str:
    mean = statistics.fmean(values)
    return f"{mean:.3f} ({', '.join(f'{value:.3f}' for value in values)})"


if __name__ == "__main__":
    main()
