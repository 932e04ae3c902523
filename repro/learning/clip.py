"""What one example of a set of sounds is, and the log-mel spectrogram through which networks hear it.

Shapes: B clips of T samples; F mel bands, M moments (frames) of a spectrogram.
"""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

WINDOW = 0.032  # seconds that a frame looks at
HOP = 0.016  # seconds from one frame to the next
FLOOR = 1e-5  # power that counts as silence; full scale is 1


class Clip(NamedTuple):
    """A clip of ``samples`` at ``rate`` a second, heard in ``mels`` bands."""

    samples: int
    rate: int
    mels: int

    @property
    def window(self) -> int:
        """Samples that a frame looks at."""
        return round(WINDOW * self.rate)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return round(HOP * self.rate)

    @property
    def frames(self) -> int:
        """Frames of a clip: one around each whole hop, the first and the last at its ends."""
        return self.samples // self.hop + 1


def power_spectrogram(waves: Tensor, clip: Clip) -> Tensor:
    """Power at each frequency from 0 to half the rate and each moment: (B, T) -> (B, window // 2 + 1, M).

    Hann windows, mirrored at both ends, scaled so that a sine at full scale has power 1 in its bin.
    """
    window = torch.hann_window(clip.window, device=waves.device)
    spectrum = torch.stft(
        waves, clip.window, clip.hop, window=window, center=True, pad_mode="reflect", return_complex=True
    )
    return spectrum.abs().mul_(2 / clip.window * 2).square_()


def log_mel(power: Tensor, clip: Clip) -> Tensor:
    """Natural logarithm of the power in each mel band: (B, window // 2 + 1, M) -> (B, 1, F, M)."""
    filters = mel_filters(clip.rate, clip.window, clip.mels, power.device)
    return (filters @ power).clamp(min=FLOOR).log().unsqueeze(1)


def spectrograms(waves: Tensor, clip: Clip) -> Tensor:
    """Log-mel spectrograms of waves in [-1, 1]: (B, T) -> (B, 1, F, M)."""
    return log_mel(power_spectrogram(waves, clip), clip)


def to_mel(hertz: float) -> float:
    """The mel scale of O'Shaughnessy: 2595 log10(1 + f / 700); 1000 Hz is about 1000 mel."""
    return 2595 * math.log10(1 + hertz / 700)


def from_mel(mel: float) -> float:
    """The frequency in hertz of a place on the mel scale."""
    return 700 * (10 ** (mel / 2595) - 1)


@cache
def mel_filters(rate: int, window: int, mels: int, device: torch.device) -> Tensor:
    """Triangles of peak 1, spread evenly over the mel scale up to half the rate: (F, window // 2 + 1)."""
    places = [from_mel(to_mel(rate / 2) * i / (mels + 1)) for i in range(mels + 2)]
    edges = torch.tensor(places, dtype=torch.float64, device="cpu").unsqueeze(1)
    frequencies = torch.arange(window // 2 + 1, dtype=torch.float64, device="cpu") * rate / window
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return rising.minimum(falling).clamp(min=0).float().to(device)
