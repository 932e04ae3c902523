"""A trained encoder read on other labels: its run's probes, on it, untrained and on raw pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from repro.catalog.records.config import ComponentConfig, ProbesConfig, ResolvedConfig
from repro.errors import DataError
from repro.evidence.encoder import StoredEncoder
from repro.evidence.run import Scores
from repro.learning.data.base import Encode, Features
from repro.learning.data.images import PackedImages
from repro.learning.data.in_memory import EVALUATION_BATCH
from repro.learning.evaluate import probe
from repro.learning.probes.base import Probe
from repro.learning.registry import PROBES
from repro.learning.use.encoder import TrainedEncoder, load_encoder, untrained_network
from repro.learning.use.pixels import as_batch
from repro.learning.use.sources import FOLDER, data_of, packed_images


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the same probes read from features and from the two baselines; accuracies in [0, 1]."""

    encoder: str
    data: str
    classes: tuple[str, ...]
    train: int
    test: int
    protocols: tuple[str, ...]
    trained: Scores
    untrained: Scores
    pixels: Scores


def transfer(stored: StoredEncoder, place: str, device: torch.device) -> Transfer:
    """Probe an encoder on the labels of a folder or a benchmark.

    Raises:
        UsageError: ``place`` is a benchmark without data of its own.
        DataError: the images have no labels, or cannot be had.
        RunError: the encoder cannot be read.
    """
    encoder = load_encoder(stored, device)
    dataset = _dataset(place, stored, encoder, device)
    if not dataset.classes:
        raise DataError(
            f"{place} has no labels, so nothing can be read from features there; put the images of each "
            "class into a sub-folder of its own"
        )
    untrained = TrainedEncoder(untrained_network(encoder.facts), encoder.facts).eval().to(device)
    probes = _probes(stored)
    return Transfer(
        encoder=stored.name,
        data=dataset.label,
        classes=dataset.classes,
        train=len(dataset),
        test=dataset.test_size,
        protocols=tuple(member.protocol for member in probes),
        trained=_scores(dataset, encoder.encode, probes),
        untrained=_scores(dataset, untrained.encode, probes),
        pixels=_scores(dataset, dataset.raw, probes),
    )


def _scores(dataset: PackedImages, encode: Encode, probes: Sequence[Probe]) -> Scores:
    return probe(Features(*(part.to(dataset.device) for part in dataset.features(encode))), probes)


def _probes(stored: StoredEncoder) -> Sequence[Probe]:
    """The probes with the settings of the encoder's run; a file away from it has those of the protocols."""
    run = stored.config
    settings = ResolvedConfig.model_validate(run.config).probes if run else ProbesConfig()
    return [PROBES[name](**values) for name, values in settings.model_dump().items()]


def _dataset(
    place: str, stored: StoredEncoder, encoder: TrainedEncoder, device: torch.device
) -> PackedImages:
    """The images as the encoder takes them: those baselines see, too."""
    path = Path(place)
    if path.exists():
        size = max(8, encoder.example.size)
        data = ComponentConfig.model_validate({"name": FOLDER, "path": str(path.resolve()), "size": size})
    else:
        data = data_of(place, stored.config)
    packed = packed_images(data)
    resized = PackedImages(
        _resized(packed.train, encoder),
        packed.train_labels,
        _resized(packed.test, encoder),
        packed.test_labels,
        packed.classes,
        device,
    )
    resized.label = packed.label
    return resized


def _resized(images: Tensor, encoder: TrainedEncoder) -> Tensor:
    """uint8 (N, C, H, W) as the encoder takes them, still uint8."""
    example = encoder.example
    if tuple(images.shape[1:]) == (example.channels, example.size, example.size):
        return images
    starts = range(0, len(images), EVALUATION_BATCH)
    parts = (as_batch(images[start : start + EVALUATION_BATCH], example) for start in starts)
    return torch.cat([(part * 255).round().to(torch.uint8) for part in parts])
