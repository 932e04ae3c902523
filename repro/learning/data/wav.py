"""WAV files to clips of one rate and length. Every file is a stranger's until it has been read to the end.

Read are plain samples (PCM) of 8, 16, 24 and 32 bits, any number of channels, which are averaged, and any
rate up to 384 kHz. What is longer than the clip loses both its ends, what is shorter stands in the middle of
silence.
"""

import math
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

Floats = NDArray[np.float64]

FASTEST = 384_000  # samples a second of a file
LONGEST = 600  # seconds of a file that are looked at
SILENCE = 1e-4  # of full scale: a file that is nowhere louder holds nothing


class Reading(NamedTuple):
    """A clip of int16 (T,), or why there is none; and true if the file ends before its head says it does."""

    clip: NDArray[np.int16] | None
    fault: str = ""
    is_truncated: bool = False


def read_wav(path: Path | str, rate: int, length: int) -> Reading:
    """The file as ``length`` samples at ``rate`` a second."""
    try:
        with wave.open(str(path), "rb") as file:
            width, own_rate, promised = file.getsampwidth(), file.getframerate(), file.getnframes()
            if not 1 <= own_rate <= FASTEST or width not in (1, 2, 3, 4):
                return Reading(None, "that cannot be read")
            data = file.readframes(min(promised, LONGEST * own_rate))
            samples = to_float(data, width, file.getnchannels())
    except (wave.Error, EOFError, OSError, ValueError, RuntimeError, OverflowError):
        return Reading(None, "that cannot be read")
    if not len(samples):
        return Reading(None, "empty")
    if np.abs(samples).max() < SILENCE:
        return Reading(None, "silent")
    is_truncated = len(samples) < min(promised, LONGEST * own_rate)
    return Reading(_fit(_resample(samples, own_rate, rate), length), "", is_truncated)


def to_float(data: bytes, width: int, channels: int) -> Floats:
    """Interleaved samples of ``width`` bytes as the mean of their channels in [-1, 1); no part of a frame."""
    whole = len(data) // (width * channels) * width * channels
    raw = np.frombuffer(data[:whole], np.uint8).reshape(-1, width)
    if width == 1:  # the only width without a sign
        values = raw[:, 0].astype(np.float64) - 128
    else:
        wide = np.zeros((len(raw), 4), np.uint8)
        wide[:, 4 - width :] = raw
        values = wide.view("<i4")[:, 0] / 2.0 ** (8 * (4 - width))
    mean: Floats = values.reshape(-1, channels).mean(axis=1) / 2 ** (8 * width - 1)
    return mean


def _resample(samples: Floats, rate: int, wanted: int) -> Floats:
    """Another rate, by a filter that lets nothing through that the new rate cannot hold."""
    common = math.gcd(rate, wanted)
    resampled: Floats = resample_poly(samples, wanted // common, rate // common)
    return resampled


def _fit(samples: Floats, length: int) -> NDArray[np.int16]:
    """The middle of a long clip, a short one in the middle of silence: (length,)."""
    start = max(0, (len(samples) - length) // 2)
    middle = samples[start : start + length]
    before = (length - len(middle)) // 2
    clip = np.pad(middle, (before, length - len(middle) - before))
    fitted: NDArray[np.int16] = np.rint(clip.clip(-1, 1) * 32767).astype(np.int16)
    return fitted
