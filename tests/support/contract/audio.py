"""Sounds, as BYOL-A has them (Niizumi et al. 2021, arXiv:2103.06695): BYOL with another encoder and views."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from repro.learning.nn.encoder import Encoder


class Sound(NamedTuple):
    """A log-mel spectrogram of ``mels`` bands and ``frames`` moments."""

    mels: int
    frames: int


class AudioEncoder(Encoder):
    """Log-mel spectrograms (B, 1, mels, frames) -> (B, width): mean and maximum over time."""

    def __init__(self, example: Sound, *, width: int = 12) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.last = nn.Linear(4 * (example.mels // 2), width)

    def forward(self, batch: Tensor) -> Tensor:
        frames = self.layers(batch).flatten(1, 2).transpose(1, 2)  # (B, frames, channels * mels)
        out: Tensor = self.last(frames).relu()
        return out.mean(dim=1) + out.amax(dim=1)


class AudioViews(nn.Module):
    """Log-mixup-exp with sounds seen before, then a crop in time.

    The memory is state that follows the data and outlives a call, so it is a buffer: who saves training
    saves it too.
    """

    memory: Tensor
    filled: Tensor

    def __init__(self, example: Sound, *, remembered: int = 12, alpha: float = 0.4) -> None:
        super().__init__()
        self.register_buffer("memory", torch.zeros(remembered, 1, *example))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self.alpha = alpha

    def forward(self, batch: Tensor, generator: Generator) -> list[Tensor]:
        return [self._crop(self._mix(batch, generator), generator) for _ in range(2)]

    count = 2

    def plain(self, batch: Tensor) -> Tensor:
        return batch

    def _mix(self, batch: Tensor, generator: Generator) -> Tensor:
        count = min(int(self.filled), len(self.memory))
        mixed = batch
        if count:
            other = self.memory[torch.randint(count, (len(batch),), generator=generator)]
            share = self.alpha * torch.rand(len(batch), 1, 1, 1, generator=generator)
            mixed = ((1 - share) * batch.exp() + share * other.exp()).log()
        places = (self.filled + torch.arange(len(batch))) % len(self.memory)
        self.memory = self.memory.index_copy(0, places, batch)
        self.filled = self.filled + len(batch)
        return mixed

    def _crop(self, batch: Tensor, generator: Generator) -> Tensor:
        shift = int(torch.randint(batch.shape[-1], (1,), generator=generator))
        return batch.roll(shift, dims=-1)
