"""Views of any sound: the blocks of BYOL-A, on the spectrogram of one and the same clip.

Both views take the same way: normalisation before, log-mixup-exp with a sound heard before, random resize
crop, normalisation after (Sec. III, Fig. 2). A block that is switched off draws nothing.

    argument       default    paper (Sec. III and IV-A)
    mixup          0.4        alpha, the largest share of the sound mixed in
    memory         2048       sounds remembered
    crop           true       with the ranges below
    crop_time      0.6, 1.5   share of the frames; the boundary is 1.5 times as long as the clip
    crop_bands     0.6, 1.5   share of the bands, never more than there are
    gaussian       0          0.4 in the ablations of Table II: largest deviation of noise mixed in
    mean, std      -          of the training clips' log-mel spectrograms
"""

# ruff: noqa: B006 - default lists are read, never changed, and show their values to the catalog

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from repro.catalog.records.bounds import (
    AboveZero,
    Fraction,
    LogPower,
    NotNegative,
    Positive,
    PositiveInterval,
)
from repro.learning.clip import Clip, spectrograms
from repro.learning.settings import bounded
from repro.learning.views.draws import uniform
from repro.learning.views.geometry import apply_separable, resampling_matrix

BOUNDARY = 1.5  # length of the virtual boundary of the crop, in clips (Sec. III-C)
SPREAD = 1e-3  # of a batch that counts as none


class SpectrogramViews(nn.Module):
    """Two views of each clip: waves (B, T) in [-1, 1] to log-mel spectrograms (B, 1, F, M).

    The memory is state that follows the data and outlives a call, so it is a buffer: who saves training
    saves it too. It remembers each batch once its views are made, so no clip is mixed with itself.
    """

    memory: Tensor
    filled: Tensor

    @bounded("views")
    def __init__(
        self,
        example: Clip,
        *,
        mixup: Fraction = 0.4,  # largest share of a remembered sound in a view; 0 for none
        memory: Positive = 2048,  # sounds remembered
        gaussian: NotNegative = 0.0,  # largest deviation of Gaussian noise mixed in; 0 for none
        crop: bool = True,  # random resize crop
        crop_time: PositiveInterval = [0.6, 1.5],  # length of a crop as a share of the clip's, from and to
        crop_bands: PositiveInterval = [0.6, 1.5],  # height as a share of the bands, never more than all
        pre_norm: bool = True,  # normalise by mean and std before mixing
        post_norm: bool = True,  # normalise by the statistics of the batch of views after all else
        mean: LogPower = -8.5,  # of the training clips' log-mel spectrograms
        std: AboveZero = 1.3,  # their standard deviation
    ) -> None:
        super().__init__()
        self.example = example
        self.mixup, self.gaussian = mixup, gaussian
        self.crop, self.crop_time, self.crop_bands = crop, crop_time, crop_bands
        self.pre_norm, self.post_norm = pre_norm, post_norm
        self.mean, self.std = mean, std
        self.register_buffer("memory", torch.zeros(memory, 1, example.mels, example.frames))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    count = 2

    @torch.no_grad()
    def forward(self, batch: Tensor, generator: Generator) -> list[Tensor]:
        """The views of one batch, rows in the order of the batch."""
        if batch.dtype != torch.float32 or batch.ndim != 2 or batch.shape[1] != self.example.samples:
            raise TypeError(
                f"A batch of sounds must be float32 (B, {self.example.samples}) in [-1, 1]; "
                f"this one is {batch.dtype} {tuple(batch.shape)}."
            )
        with torch.autocast(batch.device.type, enabled=False):
            sounds = spectrograms(batch, self.example)
            sounds = self._normalise(sounds) if self.pre_norm else sounds
            views = [self._view(sounds, generator) for _ in range(2)]
            if self.mixup:
                self._remember(sounds)
            return views

    def plain(self, batch: Tensor) -> Tensor:
        """Log-mel spectrograms by the statistics of the training clips: (B, T) -> (B, 1, F, M)."""
        sounds = spectrograms(batch, self.example)
        return self._normalise(sounds) if self.pre_norm or self.post_norm else sounds

    def _normalise(self, sounds: Tensor) -> Tensor:
        return (sounds - self.mean) / self.std

    def _view(self, sounds: Tensor, generator: Generator) -> Tensor:
        view = self._mix(sounds, generator) if self.mixup and self.filled else sounds
        if self.gaussian:
            view = mix_noise(view, uniform((len(view),), 0, self.gaussian, generator), generator)
        if self.crop:
            view = self._crop(view, generator)
        return (view - view.mean()) / view.std().clamp(min=SPREAD) if self.post_norm else view

    def _mix(self, sounds: Tensor, generator: Generator) -> Tensor:
        known = self.filled.clamp(max=len(self.memory))
        chosen = (uniform((len(sounds),), 0, 1, generator) * known).long()
        return log_mixup_exp(sounds, self.memory[chosen], uniform((len(sounds),), 0, self.mixup, generator))

    def _crop(self, sounds: Tensor, generator: Generator) -> Tensor:
        """A random part of the sound on a longer floor of silence, stretched back to its size."""
        count, _, mels, frames = sounds.shape
        spare = round((BOUNDARY - 1) * frames / 2)
        floor = 0.0 if self.pre_norm else self.mean
        boundary = F.pad(sounds, (spare, spare), value=floor)
        high = crop_heights(_between((count,), self.crop_bands, generator), mels)
        long = (_between((count,), self.crop_time, generator) * frames).long()
        long = long.clamp(1, boundary.shape[3])
        top = (uniform((count,), 0, 1, generator) * (mels - high + 1)).long()
        left = (uniform((count,), 0, 1, generator) * (boundary.shape[3] - long + 1)).long()
        rows = resampling_matrix(top, high, mels, mels, "bicubic")
        columns = resampling_matrix(left, long, boundary.shape[3], frames, "bicubic")
        return apply_separable(rows, boundary, columns)

    def _remember(self, sounds: Tensor) -> None:
        """The batch takes the place of the oldest sounds."""
        latest = sounds[-len(self.memory) :]
        places = (self.filled + torch.arange(len(latest), device=sounds.device)) % len(self.memory)
        self.memory = self.memory.index_copy(0, places, latest)
        self.filled = self.filled + len(latest)


def _between(shape: tuple[int, ...], ends: list[float], generator: Generator) -> Tensor:
    return uniform(shape, ends[0], ends[1], generator)


def crop_heights(shares: Tensor, bands: int) -> Tensor:
    """Sec. III-C: floor(min(share, 1) F) of F bands, at least one: (B,) -> (B,) int64."""
    return (shares.clamp(max=1) * bands).long().clamp(min=1)


def log_mixup_exp(sounds: Tensor, others: Tensor, shares: Tensor) -> Tensor:
    """Eq. 2: log((1 - l) e^x + l e^y), a mix of powers, with a share l (B,) for each: (B, 1, F, M) x2."""
    share = shares.view(-1, 1, 1, 1)
    # Through logaddexp: the exponential of a spectrogram that is not normalised may leave float32.
    return torch.logaddexp(sounds + torch.log1p(-share), others + share.log())


def mix_noise(sounds: Tensor, deviations: Tensor, generator: Generator) -> Tensor:
    """Gaussian noise of a deviation l (B,) mixed in place of a sound: log((1 - l) e^x + l e^(l n))."""
    noise = torch.randn(sounds.shape, generator=generator, device=sounds.device)
    return log_mixup_exp(sounds, noise * deviations.view(-1, 1, 1, 1), deviations.clamp(max=1 - 1e-6))
