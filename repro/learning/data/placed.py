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
import torch
from numpy.typing import NDArray
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.adpcm import decode, unpack

FOLDER = Path(__file__).parent / "sounds"
LOUDNESS = 0.1  # root mean square of a clip, of a full scale of 1

Integers = NDArray[np.int64]
Placed = tuple[Tensor, Tensor]  # clips (N, T) of int16 and their labels (N,)


class Clips(NamedTuple):
    """Clips (N, longest) of int16 with silence after each end, and their lengths (N,)."""

    samples: NDArray[np.int16]
    lengths: Integers

    def at(self, chosen: Integers) -> "Clips":
        """The clips at these places, in this order; a place may come several times."""
        return Clips(self.samples[chosen], self.lengths[chosen])


class Source(NamedTuple):
    """A file of clips, and how it is split: by whole groups, such as voices, that the splits do not share."""

    file: str
    sha256: str
    label: str  # the array with the class of each clip; its names are in ``{label[:-1]}_names``
    group: str  # the array with the group of each clip
    test: int  # groups of the test split
    validation: int  # groups of the others, held out when settings are being chosen
    seed: int  # which groups; never changes, whatever the placing


def place_splits(
    source: Source, length: int, placements: int, snr: list[float], seed: int, evaluate: str
) -> tuple[Placed, Placed, list[str]]:
    """The training and the evaluation split, each clip placed some times, and the names of the classes."""
    clips, about = read_pinned(source.file, source.sha256)
    labels = about[source.label].astype(np.int64)
    random = np.random.RandomState(seed)

    def place(chosen: Integers) -> Placed:
        repeated = np.repeat(chosen, placements)
        placed = place_in_noise(clips.at(repeated), length, random, snr)
        return torch.from_numpy(placed), torch.from_numpy(labels[repeated])

    train, test = split_groups(about[source.group].astype(np.int64), source, evaluate)
    # Train is always placed before test, so both depend on the seed alone.
    return place(train), place(test), about[f"{source.label[:-1]}_names"].tolist()


def split_groups(groups: Integers, source: Source, evaluate: str) -> tuple[Integers, Integers]:
    """Indices of the clips of the training and of the evaluation split."""
    order = np.random.RandomState(source.seed).permutation(np.unique(groups))
    test, train = order[: source.test], order[source.test :]
    if evaluate == "validation":
        test, train = train[: source.validation], train[source.validation :]
    return np.flatnonzero(np.isin(groups, train)), np.flatnonzero(np.isin(groups, test))


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
