"""The embedded benchmark of speech: 20 English words spoken by 104 synthetic voices, placed in noise.

The voices are those of eSpeak NG, a program; nobody spoke. The two splits share no voice. Nothing is
downloaded: ``sounds/spoken_words.npz`` travels with the package. How a word is placed is in
``data/placed.py``.
"""

# ruff: noqa: B006 - default lists are read, never changed, and show their values to the catalog

from collections.abc import Mapping
from typing import Any, Literal

import torch

from repro.catalog.records.bounds import DecibelInterval, Positive, Seed
from repro.learning.clip import Clip
from repro.learning.data.packed_sounds import PackedSounds
from repro.learning.data.placed import Source, place_splits
from repro.learning.settings import bounded

SOURCE = Source(
    "spoken_words.npz",
    sha256="7d1fd0bda58be227e028db49a250fecdfc9b60bc4f4c3614336c1dda99a0b8f8",
    label="words",
    group="voices",
    test=26,  # of 104
    validation=18,  # of the other 78
    seed=20,
)
RATE = 8000  # samples a second
SAMPLES = 8064  # of a clip, 64 frames; the longest word takes 5,724


class SpokenWords(PackedSounds):
    """Words in noise, 8,064 samples at 8 kHz, twenty classes."""

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Clip:
        """A clip of about a second."""
        return Clip(SAMPLES, RATE, int(params["mels"]))

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        placements: Positive = 2,  # clips made from each word of each voice
        snr: DecibelInterval = [0.0, 10.0],  # decibels by which a word is louder than its noise, from and to
        mels: Positive = 40,  # bands of the spectrogram that networks hear
        seed: Seed = 0,  # of the placing, not of the training
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        train, test, names = place_splits(SOURCE, SAMPLES, placements, snr, seed, evaluate)
        self.label = "spoken words" if evaluate == "test" else "spoken words (validation split)"
        super().__init__(train, test, names, Clip(SAMPLES, RATE, mels), device)
