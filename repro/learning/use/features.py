"""The features of a source of images."""

import torch
from torch import Tensor

from repro.learning.data.in_memory import EVALUATION_BATCH
from repro.learning.use.encoder import TrainedEncoder
from repro.learning.use.pixels import as_batch
from repro.learning.use.sources import ImageSource


@torch.no_grad()
def embed(encoder: TrainedEncoder, source: ImageSource) -> Tensor:
    """The features of every image: (N, width) float32 on the CPU. DataError if one cannot be read."""
    starts = range(0, len(source), EVALUATION_BATCH)
    parts = (source.images[start : start + EVALUATION_BATCH] for start in starts)
    return torch.cat([encoder.encode(as_batch(part, encoder.example)).cpu() for part in parts])
