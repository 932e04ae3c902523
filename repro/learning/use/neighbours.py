"""Images of a source that are like an image, as a table and as pictures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from repro.catalog.records.config import ResolvedConfig
from repro.errors import DataError
from repro.evidence.encoder import StoredEncoder
from repro.evidence.run import Config
from repro.learning.data.listing import shown
from repro.learning.environment import choose_device
from repro.learning.use.encoder import load_encoder
from repro.learning.use.features import embed
from repro.learning.use.pixels import as_batch
from repro.learning.use.sources import ImageSource, of_component, open_source


@dataclass(frozen=True, slots=True)
class NearImage:
    """An image of a source: its name, its class or empty text, and its cosine with the image, in [-1, 1]."""

    name: str
    class_name: str
    cosine: float


@dataclass(frozen=True, slots=True, eq=False)
class NearestImages:
    """The images most like an image, the nearest first.

    ``pictures`` are uint8 (1 + k, C, S, S), the image first, as the encoder sees them.
    """

    image: str
    among: str
    count: int
    nearest: tuple[NearImage, ...]
    pictures: NDArray[np.uint8]


def find_neighbours(
    stored: StoredEncoder, image: Path, among: str | None, count: int, device: str = "auto"
) -> NearestImages:
    """The ``count`` images of a folder or benchmark, or of the run's own data, that are most like an image.

    Features are centred on the mean of what is searched before their cosine is taken: without that, features
    after a ReLU all point the same way and every cosine is near 1. The image itself is left out.

    Raises:
        DataError: there are fewer than two images to choose from, or one cannot be read.
        RunError: the encoder cannot be read.
    """
    encoder = load_encoder(stored, choose_device(device))
    source = (open_source(among, stored.config) if among else _own(stored.config)).without(image)
    if len(source) < 2:
        raise DataError(f"{source.label} holds too few images: neighbours need two to choose from")
    cosines = centred_cosines(encoder(image).cpu(), embed(encoder, source)).squeeze(0)
    best, rows = cosines.topk(min(count, len(source)))
    nearest = (
        NearImage(source.names[row], source.classes[row], round(cosine, 4))
        for row, cosine in zip(rows.tolist(), best.tolist(), strict=True)
    )
    seen = [as_batch(picture, encoder.example) for picture in (image, *(source.images[row] for row in rows))]
    pictures = (torch.cat(seen) * 255).round().to(torch.uint8).numpy()
    return NearestImages(shown(image), source.label, len(source), tuple(nearest), pictures)


def _own(config: Config | None) -> ImageSource:
    """What the run was trained and tested on."""
    assert config is not None, "a file away from its run is searched among images that are named"
    return of_component(ResolvedConfig.model_validate(config.config).data)


def centred_cosines(queries: Tensor, bank: Tensor) -> Tensor:
    """Cosines of queries (Q, W) and a bank (N, W) about the mean of the bank: (Q, N)."""
    mean = bank.mean(dim=0)
    return F.normalize(queries - mean, dim=1) @ F.normalize(bank - mean, dim=1).T
