"""Five steps of every method, and what came out: python -m tests.support.parallel_steps FILE DTYPE."""

import inspect
import sys
from contextlib import nullcontext
from typing import Any

import torch

from repro.catalog.records.config import OptimizerConfig
from repro.learning import parallel
from repro.learning.data.images import PackedImages
from repro.learning.examples import Image
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.optim import Optimisation
from repro.learning.registry import METHODS
from repro.learning.train import Schedule, train
from repro.learning.views.images import ImageViews
from tests.support.contract.cases import SMALL

CPU = torch.device("cpu")
BATCH, STEPS = 24, 5
OTHER_DATA = ("graph_bt", "speech_simclr")  # graphs and sounds are not dealt out
VARIANTS: dict[str, dict[str, Any]] = {
    "simclr without negatives": {"negatives": False},
    "simsiam without predictor": {"predictor": "none"},
    "simsiam fixed predictor": {"predictor": "fixed"},
    "simsiam_collapse centre": {"objective": "centre"},
    "simsiam_collapse residual": {"objective": "residual"},
    "simsiam_collapse average": {"objective": "average"},
    "raft bound": {"objective": "bound"},
    "byol one direction": {"symmetric": False},
}


class Doubled(ImageViews):
    """The views in the precision of the network."""

    dtype = torch.float32

    def __call__(self, batch: Any, generator: torch.Generator, rows: Any = None) -> list[torch.Tensor]:
        return [view.to(self.dtype) for view in super().__call__(batch, generator, rows)]


def data() -> PackedImages:
    noise = torch.randint(256, (72, 3, 12, 12), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return PackedImages(noise[:60], None, noise[60:], None, (), CPU)


def five_steps(name: str, settings: dict[str, Any], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Losses, gradients of the last step, and all state after it."""
    torch.manual_seed(0)
    accepted = inspect.signature(METHODS[name].__init__).parameters
    shrunk = {key: value for key, value in SMALL.items() if key in accepted} | settings
    method = METHODS[name](SmallResNet(Image(3, 12), width=4, stages=2), **shrunk).to(dtype)
    parallel.share_statistics(method)
    schedule = Schedule(3, BATCH, 2)
    sgd = OptimizerConfig(name="sgd", lr=0.01, weight_decay=0.001, warmup_epochs=1)
    groups = method.parameter_groups()
    optimisation = Optimisation(groups, sgd, BATCH, schedule.steps, schedule.steps_per_epoch)
    views = Doubled(Image(3, 12), noise=0.1, solarize_p=[0.0, 0.3])
    views.dtype = dtype
    losses = []
    for tick in train(method, views, data(), optimisation, schedule, seed=3, precision=nullcontext):
        losses.append(parallel.average(tick.loss))
        if len(losses) == STEPS:
            break
    gradients = {f"grad {key}": p.grad for key, p in method.named_parameters() if p.grad is not None}
    return {"losses": torch.stack(losses), **gradients, **method.state_dict()}


def every_method(dtype: torch.dtype, *, variants: bool) -> dict[str, torch.Tensor]:
    """Of every method, and with ``variants`` of what they do otherwise, by name and key."""
    arms: dict[str, dict[str, Any]] = {name: {} for name in METHODS if name not in OTHER_DATA}
    arms |= VARIANTS if variants else {}
    made = {arm: five_steps(arm.split()[0], settings, dtype) for arm, settings in arms.items()}
    return {f"{arm}/{key}": value for arm, state in made.items() for key, value in state.items()}


if __name__ == "__main__":
    with parallel.joined(CPU):
        state = every_method(getattr(torch, sys.argv[2]), variants="variants" in sys.argv)
        torch.save(state, sys.argv[1])
