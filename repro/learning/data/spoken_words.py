"""The embedded benchmark of speech: 20 English words spoken by 104 synthetic voices, placed in noise.

The voices are those of eSpeak NG, a program; nobody spoke. The two splits share no voice. Nothing is
downloaded: ``sounds/spoken_words.npz`` travels with the package. How a word is placed is in
``data/placed.py``.
"""

# ruff: noqa: B006 - default lists are read, never changed, and show their values to the catalog

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch

from repro.catalog.records.bounds import DecibelInterval, Positive, Seed
from repro.learning.clip import Clip
from repro.learning.data.packed_sounds import PackedSounds
from repro.learning.data.placed import Integers, place_in_noise, read_pinned
from repro.learning.settings import bounded

FILE = "spoken_words.npz"
PINNED = "7d1fd0bda58be227e028db49a250fecdfc9b60bc4f4c3614336c1dda99a0b8f8"  # sha256 of the file
RATE = 8000  # samples a second
SAMPLES = 8064  # of a clip, 64 frames; the longest word takes 5,724
TEST_VOICES = 26  # of 104
VALIDATION_VOICES = 18  # of the other 78, held out when settings are being chosen
SPLIT_SEED = 20  # which voices; never changes, whatever the placing


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
        clips, about = read_pinned(FILE, PINNED)
        words, names = about["words"].astype(np.int64), about["word_names"].tolist()
        train, test = _split(about["voices"].astype(np.int64), evaluate)
        random = np.random.RandomState(seed)

        def place(chosen: Integers) -> tuple[torch.Tensor, torch.Tensor]:
            repeated = np.repeat(chosen, placements)
            placed = place_in_noise(clips.at(repeated), SAMPLES, random, snr)
            return torch.from_numpy(placed), torch.from_numpy(words[repeated])

        # Train is always placed before test, so both depend on the seed alone.
        splits = place(train), place(test)
        self.label = "spoken words" if evaluate == "test" else "spoken words (validation split)"
        super().__init__(*splits, names, Clip(SAMPLES, RATE, mels), device)


def _split(voices: Integers, evaluate: str) -> tuple[Integers, Integers]:
    """Indices of the clips of the training and of the evaluation split: whole voices."""
    order = np.random.RandomState(SPLIT_SEED).permutation(int(voices.max()) + 1)
    test, train = order[:TEST_VOICES], order[TEST_VOICES:]
    if evaluate == "validation":
        test, train = train[:VALIDATION_VOICES], train[VALIDATION_VOICES:]
    return np.flatnonzero(np.isin(voices, train)), np.flatnonzero(np.isin(voices, test))
