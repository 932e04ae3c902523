"""Settings that follow from the images of a folder: size, batch, epochs, warm-up, neighbours, queue, stem.

A benchmark fixes these for data that it knows. A person's own folder may hold a dozen images or a hundred
thousand, so there they are worked out, and whatever the person sets stays. They become part of the resolved
configuration like any other setting.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from repro.catalog.prose import plural
from repro.catalog.records.config import ResolvedConfig

FOLDER = "folder"  # the data set to which this applies
FEWEST_IMAGES = 4  # to train on: two batches of two
SIZES = (32, 64, 96, 224)  # pixels of a side that ``--size`` offers
SMALL_STEM = 64  # pixels below which a ResNet keeps its full resolution at first
LEAST_STEPS = 600
MOST_PASSES = 200  # over a folder so large that the least number of steps takes fewer
SECONDS = 200.0  # of training on two cores that more than the least number of steps may take
BATCHES = (2, 4, 8, 16, 32, 64)
LARGE_FOLDER, LARGE_BATCH = 10_000, 128  # from so many training images on
BATCHES_AN_EPOCH = 2  # at least, so that the order of the images matters
WARM_UP = 0.1  # share of the run, as in the papers' short trainings
MOST_NEIGHBOURS = 200
SHARE_OF_A_CLASS = 4  # one in so many images of a class votes
FEW_NEIGHBOURS = 5
# Core-milliseconds a training image of 64 x 64 pixels takes, forward and backward with two views.
COSTS = {"small_resnet": 9.0, "resnet18": 20.0, "resnet50": 46.0}


@dataclass(frozen=True, slots=True)
class OwnImages:
    """Images of a folder: how many to train on, how many classes, pixels of the shorter side of most."""

    count: int
    classes: int
    side: int


def fitted_settings(images: OwnImages, config: ResolvedConfig, given: Collection[str]) -> dict[str, Any]:
    """The settings by dotted key that follow from the images, those ``given`` left out.

    ``config`` is resolved from the benchmark, the recipe and the given settings; its values count where they
    are given.
    """
    size = config.data.params["size"] if "data.size" in given else _size(images)
    batch = config.budget.batch if "budget.batch" in given else _batch(images.count)
    per_epoch = max(1, images.count // batch)
    epochs = config.budget.epochs if "budget.epochs" in given else _epochs(config, size, batch, per_epoch)
    values: dict[str, Any] = {
        "data.size": size,
        "budget.batch": batch,
        "budget.epochs": epochs,
        "optimizer.warmup_epochs": round(WARM_UP * epochs, 2),
        "probes.knn.k": _neighbours(images),
    }
    if "queue" in config.method.params:
        values["method.queue"] = max(batch, images.count // 2)
    if "stem" in config.encoder.params:
        values["encoder.stem"] = "cifar" if size < SMALL_STEM else "imagenet"
    return {key: value for key, value in values.items() if key not in given}


def fitted_sentence(images: OwnImages, config: ResolvedConfig) -> str:
    """What was chosen for the images, how long it takes, and how to choose otherwise: one line."""
    batch, epochs, size = config.budget.batch, config.budget.epochs, config.data.params["size"]
    steps = epochs * (images.count // batch)
    neighbours = f", k {config.probes.knn.k}" if images.classes else ""
    seconds = _seconds(config, size, steps * batch)
    time = f", {_about(seconds)} on two cores" if seconds else ""
    other = next(side for side in (96, 64) if side != size)
    return (
        f"{plural(images.count, 'training image')}: batch {batch}, {plural(epochs, 'epoch')} ({steps} steps)"
        f"{neighbours}, {size} px{time}; change with --set budget.epochs={2 * epochs}, --size {other}"
    )


def _size(images: OwnImages) -> int:
    """32 pixels keep what smaller pictures show; from larger ones more can be seen."""
    return 64 if images.side >= 64 else 32


def _batch(count: int) -> int:
    """The largest of the batches that an epoch has enough of: a larger one costs as much more time a step."""
    if count >= LARGE_FOLDER:
        return LARGE_BATCH
    return max((size for size in BATCHES if size * BATCHES_AN_EPOCH <= count), default=BATCHES[0])


def _epochs(config: ResolvedConfig, size: int, batch: int, per_epoch: int) -> int:
    """The least number of steps, or as many passes as the time allows if these are more."""
    least = math.ceil(LEAST_STEPS / per_epoch)
    a_pass = _seconds(config, size, per_epoch * batch)
    affordable = math.floor(SECONDS / a_pass) if a_pass else 0
    return max(least, min(affordable, MOST_PASSES))


def _neighbours(images: OwnImages) -> int:
    """A part of the images of a class, so that a class can win; never more than there are."""
    of_a_class = images.count // max(1, images.classes)
    return max(1, min(MOST_NEIGHBOURS, max(of_a_class // SHARE_OF_A_CLASS, min(FEW_NEIGHBOURS, of_a_class))))


def _seconds(config: ResolvedConfig, size: int, images: int) -> float | None:
    """Seconds that two cores train on so many images; None for an encoder whose cost is not known."""
    cost = COSTS.get(config.encoder.name)
    if cost is None:
        return None
    params = config.encoder.params
    wide = (params.get("width", 32) / 32) ** 2
    fine = 4 * wide if params.get("stem") == "cifar" or params.get("stem_stride") == 1 else wide
    return float(images * cost * fine * (size / 64) ** 2 / 1000 / 2)


def _about(seconds: float) -> str:
    """A time no more exact than it is known: ``about 40 s``, ``about 4 min``, ``about 3 h``."""
    if seconds < 90:
        return f"about {max(10, round(seconds, -1)):.0f} s"
    minutes = seconds / 60
    return f"about {minutes:.0f} min" if minutes < 90 else f"about {minutes / 60:.0f} h"
