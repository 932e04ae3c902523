"""Alterations of sound with parameters of their own for every clip.

Shapes: waves (B, T), power spectrograms (B, N, M); one parameter for each clip, (B,). Nothing here draws
random numbers but :func:`noise_of`, :func:`room_of` and :func:`mask_of`, which take them from the generator
handed over.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from repro.learning.views.draws import uniform


def shift(waves: Tensor, samples: Tensor) -> Tensor:
    """Move each wave by so many whole samples, what leaves at one end coming back at the other: (B, T)."""
    length = waves.shape[1]
    moment = torch.arange(length, device=waves.device)
    return waves.gather(1, (moment - samples.unsqueeze(1)) % length)


def change_speed(waves: Tensor, speeds: Tensor) -> Tensor:
    """Play each wave faster or slower about its middle, pitch and all: silence where it has ended. (B, T)."""
    length = waves.shape[1]
    middle = (length - 1) / 2
    moment = torch.arange(length, device=waves.device) - middle
    return _lookup(waves, moment * speeds.unsqueeze(1) + middle)


def _lookup(rows: Tensor, places: Tensor) -> Tensor:
    """Values of rows (B, T) at fractional places (B, K), between two samples a straight line; 0 outside."""
    padded = F.pad(rows, (1, 1))
    places = (places + 1).clamp(0, padded.shape[1] - 1)
    left = places.floor().long().clamp(max=padded.shape[1] - 2)
    before, after = padded.gather(1, left), padded.gather(1, left + 1)
    return torch.lerp(before, after, places - left)


def add_noise(waves: Tensor, noise: Tensor, snr: Tensor) -> Tensor:
    """Add noise of power 1 at ``snr`` decibels below each wave: (B, T)."""
    level: Tensor = waves.square().mean(1).sqrt() * 10 ** (-snr / 20)
    return torch.addcmul(waves, noise, level.unsqueeze(1))


def noise_of(shape: tuple[int, int], steepest: float, generator: Generator) -> Tensor:
    """Noise of power 1 whose power falls with frequency as 1 / f^a, a uniform in [0, steepest]: (B, T).

    0 is white, 1 pink, 2 brown. It stands in for recordings of noise, which do not travel with the package.
    """
    count, length = shape
    white = torch.randn(shape, generator=generator, device=generator.device)
    slopes = uniform((count, 1), 0, steepest, generator)
    bins = torch.arange(length // 2 + 1, device=generator.device).clamp(min=1)
    noise: Tensor = torch.fft.irfft(torch.fft.rfft(white) * bins ** (-slopes / 2), n=length)
    return noise / noise.square().mean(1, keepdim=True).sqrt().clamp(min=1e-12)


def reverberate(waves: Tensor, rooms: Tensor) -> Tensor:
    """The sound of each wave in a room, with the power it had: (B, T), responses (B, R) -> (B, T)."""
    size = 1 << math.ceil(math.log2(waves.shape[1] + rooms.shape[1]))
    spectrum = torch.fft.rfft(waves, n=size) * torch.fft.rfft(rooms, n=size)
    wet: Tensor = torch.fft.irfft(spectrum, n=size)[:, : waves.shape[1]]
    power, before = wet.square().mean(1, keepdim=True), waves.square().mean(1, keepdim=True)
    return wet * (before / power.clamp(min=1e-12)).sqrt()


def room_of(count: int, rate: int, decay: list[float], hit: Tensor, generator: Generator) -> Tensor:
    """Impulse responses (count, R): the sound itself, then noise that falls by 60 dB in a random time.

    ``decay`` is that time in seconds, from and to; echoes together have the power of the sound itself. Where
    ``hit`` (count,) is false there is the sound alone. Drawn rooms, not measured ones.
    """
    length = math.ceil(decay[1] * rate)
    seconds = uniform((count, 1), decay[0], decay[1], generator)
    moment = torch.arange(length, device=generator.device) / rate
    echoes = torch.randn((count, length), generator=generator, device=generator.device)
    echoes = echoes * 10 ** (-3 * moment / seconds)
    echoes = echoes / echoes.square().sum(1, keepdim=True).sqrt() * hit.float().unsqueeze(1)
    echoes[:, 0] = 1
    return echoes


def shift_pitch(power: Tensor, cents: Tensor) -> Tensor:
    """Move every frequency by ``cents`` (B,), 1200 an octave, and leave time alone: (B, N, M).

    On a power spectrogram this is what playing faster and stretching back does to the magnitudes. What comes
    from above half the rate is silence.
    """
    ratio = 2 ** (-cents / 1200)
    count, bins, frames = power.shape
    places = torch.arange(bins, device=power.device) * ratio.unsqueeze(1)  # (B, N): where to look each one up
    left = places.floor().long().clamp(max=bins - 1)
    right, share = (left + 1).clamp(max=bins - 1), (places - left).clamp(0, 1)
    inside = (places <= bins - 1).float()
    low, high = (power.gather(1, index.unsqueeze(2).expand(count, bins, frames)) for index in (left, right))
    return torch.lerp(low, high, share.unsqueeze(2)) * inside.unsqueeze(2)


def mask_of(count: int, size: int, widest: int, generator: Generator) -> Tensor:
    """True on one run of an axis of ``size``, 0 to ``widest`` wide, anywhere: (count, size) bool."""
    width = (uniform((count, 1), 0, 1, generator) * (widest + 1)).long().clamp(max=min(widest, size))
    start = (uniform((count, 1), 0, 1, generator) * (size - width + 1)).long()
    place = torch.arange(size, device=generator.device)
    return (place >= start) & (place < start + width)
