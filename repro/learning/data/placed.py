"""Clips that travel with the package, and how they are placed in noise; what the embedded sounds share.

Each clip is set to one loudness, put at a random place, and covered with white noise, so that a spectrogram
as it is tells little of what sounds there. Placing is float64 NumPy from the legacy Mersenne Twister, whose
stream NumPy guarantees, so every machine makes the same samples; the checksum of the data set proves it.

Shapes: N clips, each in T samples.
"""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from repro.errors import DataError
from repro.learning.data.adpcm import decode, unpack

FOLDER = Path(__file__).parent / "sounds"
LOUDNESS = 0.1  # root mean square of a clip, of a full scale of 1

Integers = NDArray[np.int64]


class Clips(NamedTuple):
    """Clips (N, longest) of int16 with silence after each end, and their lengths (N,)."""

    samples: NDArray[np.int16]
    lengths: Integers

    def at(self, chosen: Integers) -> "Clips":
        """The clips at these places, in this order; a place may come several times."""
        return Clips(self.samples[chosen], self.lengths[chosen])


def read_pinned(name: str, sha256: str) -> tuple[Clips, dict[str, NDArray[Any]]]:
    """The clips of a file that travels with the package, and what else it holds.

    DataError if it is missing or is not the file that is pinned.
    """
    path = FOLDER / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); install repro again") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{path} is not the file that this version was made with; install repro again")
    with np.load(BytesIO(data), allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    lengths = arrays.pop("lengths").astype(np.int64)
    return Clips(decode(unpack(arrays.pop("codes"), lengths)), lengths), arrays


def place_in_noise(
    clips: Clips, length: int, random: np.random.RandomState, snr: list[float]
) -> NDArray[np.int16]:
    """Each clip at one loudness somewhere in ``length`` samples of white noise: (N, length).

    ``snr`` is how much louder than the noise it is in decibels, drawn for each between the two.
    """
    n = len(clips.lengths)
    start = (random.uniform(0, 1, n) * (length - clips.lengths + 1)).astype(np.int64)
    level = 10 ** (-random.uniform(snr[0], snr[1], n) / 20)
    waves = random.standard_normal((n, length)) * (LOUDNESS * level)[:, None]
    for wave, samples, size, first in zip(waves, *clips, start, strict=True):
        sound = samples[:size].astype(np.float64)
        wave[first : first + size] += sound * (LOUDNESS / np.sqrt(np.mean(sound**2)))
    placed: NDArray[np.int16] = np.rint(waves.clip(-1, 1) * 32767).astype(np.int16)
    return placed
