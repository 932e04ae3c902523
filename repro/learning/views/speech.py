"""Views of speech: the six alterations of Speech SimCLR, four on the wave and two on the spectrogram.

One call makes all views of a batch on its device. The steps, in their order: shift in time, speed,
reverberation, noise, shift of pitch, log-mel spectrogram, normalisation of each clip, masks over frequency
and time. A step of strength 0 is not made and draws nothing.

    argument         default    paper (Sec. 3.2)            here
    pitch            300        -300 to 300 cents           on the magnitudes, so phases play no part
    speed            0.8, 1.2   0.8 to 1.2
    snr              5, 10      recordings, 5 to 10 dB      drawn noise, white to brown
    reverb_p         0.5        measured rooms              drawn rooms
    time_mask        12         0 to 40 frames              0 to 12 of 64 frames
    frequency_mask   5          0 to 10 of 80 bands         0 to 5 of 40 bands
    shift            0          none                        for words that are placed
"""

# ruff: noqa: B006 - default lists are read, never changed, and show their values to the catalog

import torch
from torch import Generator, Tensor

from repro.catalog.records.bounds import Count, DecibelInterval, Fraction, NotNegative, PositiveInterval
from repro.learning.clip import Clip, log_mel, power_spectrogram, spectrograms
from repro.learning.settings import bounded
from repro.learning.views import draws, waves

SPREAD = 1e-3  # of a spectrogram that counts as none


class SpeechViews:
    """Two views of each clip: waves (B, T) in [-1, 1] to log-mel spectrograms (B, 1, F, M) of mean 0, SD 1.

    With ``targets`` there are four batches: both views, then both once more as they were before they were
    masked, for a loss that rebuilds what is hidden.
    """

    @bounded("views")
    def __init__(
        self,
        example: Clip,
        *,
        pitch: NotNegative = 300.0,  # shift uniform in [-pitch, pitch] cents, 1200 an octave
        speed: PositiveInterval = [0.8, 1.2],  # how much faster, from and to
        noise_p: Fraction = 1.0,  # probability of added noise
        snr: DecibelInterval = [
            5.0,
            10.0,
        ],  # decibels by which the clip is louder than it, from and to
        reverb_p: Fraction = 0.5,  # probability of a room around the clip
        decay: PositiveInterval = [0.1, 0.4],  # seconds in which its echoes fall by 60 dB, from and to
        time_mask: Count = 12,  # widest mask over time, in frames
        frequency_mask: Count = 5,  # widest mask over frequency, in mel bands
        shift: Fraction = 0.0,  # largest move in time to either side, as a share of the clip
        targets: bool = True,  # give the views without masks as well
    ) -> None:
        self.example = example
        self.pitch = pitch
        self.speed = speed
        self.noise_p = noise_p
        self.snr = snr
        self.reverb_p = reverb_p
        self.decay = decay
        self.time_mask = time_mask
        self.frequency_mask = frequency_mask
        self.shift = shift
        self.targets = targets

    @property
    def count(self) -> int:
        """How many batches there are: two, or four with targets."""
        return 4 if self.targets else 2

    @torch.no_grad()
    def __call__(self, batch: Tensor, generator: Generator) -> list[Tensor]:
        """The views of one batch, rows in the order of the batch."""
        if batch.dtype != torch.float32 or batch.ndim != 2 or batch.shape[1] != self.example.samples:
            raise TypeError(
                f"A batch of sounds must be float32 (B, {self.example.samples}) in [-1, 1]; "
                f"this one is {batch.dtype} {tuple(batch.shape)}."
            )
        with torch.autocast(batch.device.type, enabled=False):
            whole = [self._alter(batch, generator) for _ in range(2)]
            masked = [self._mask(each, generator) for each in whole]
        return masked + whole if self.targets else masked

    def plain(self, batch: Tensor) -> Tensor:
        """Normalised log-mel spectrograms, not altered: (B, T) -> (B, 1, F, M)."""
        return standardise(spectrograms(batch, self.example))

    def _alter(self, batch: Tensor, generator: Generator) -> Tensor:
        count = len(batch)
        if self.shift:
            reach = self.shift * self.example.samples
            batch = waves.shift(batch, draws.uniform((count,), -reach, reach, generator).round().long())
        if self.speed != [1.0, 1.0]:
            batch = waves.change_speed(
                batch, draws.uniform((count,), self.speed[0], self.speed[1], generator)
            )
        if self.reverb_p:
            hit = draws.chance(count, self.reverb_p, generator)
            rooms = waves.room_of(count, self.example.rate, self.decay, hit, generator)
            batch = waves.reverberate(batch, rooms)
        if self.noise_p:
            noise = waves.noise_of((count, batch.shape[1]), 2.0, generator)
            noise = noise * draws.chance(count, self.noise_p, generator).float().unsqueeze(1)
            batch = waves.add_noise(
                batch, noise, draws.uniform((count,), self.snr[0], self.snr[1], generator)
            )
        power = power_spectrogram(batch, self.example)
        if self.pitch:
            power = waves.shift_pitch(power, draws.uniform((count,), -self.pitch, self.pitch, generator))
        return standardise(log_mel(power, self.example))

    def _mask(self, whole: Tensor, generator: Generator) -> Tensor:
        count, _, mels, frames = whole.shape
        hidden = torch.zeros(count, mels, frames, dtype=torch.bool, device=whole.device)
        if self.frequency_mask:
            hidden |= waves.mask_of(count, mels, self.frequency_mask, generator).unsqueeze(2)
        if self.time_mask:
            hidden |= waves.mask_of(count, frames, self.time_mask, generator).unsqueeze(1)
        return whole.masked_fill(hidden.unsqueeze(1), 0.0)  # the mean of a normalised spectrogram


def standardise(spectrograms: Tensor) -> Tensor:
    """Each spectrogram at mean 0 and standard deviation 1: (B, 1, F, M)."""
    mean, spread = spectrograms.mean((1, 2, 3), keepdim=True), spectrograms.std((1, 2, 3), keepdim=True)
    return (spectrograms - mean) / spread.clamp(min=SPREAD)
