"""The embedded benchmark of general sound: notes of 40 instruments at 24 pitches, placed in noise.

Every note is played by a program from recorded samples, those of the sound font Fluid R3. The two splits
share no pitch, so an instrument must be heard as such and not as a note. Nothing is downloaded:
``sounds/instrument_notes.npz`` travels with the package. How a note is placed is in ``data/placed.py``.

The noise is equally loud everywhere: where it differs from clip to clip it gives two views away, and a method
without negatives learns the noise before the instrument.
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
    "instrument_notes.npz",
    sha256="7f6c2f8d8fd5494e9ad97aefbf644ac6a21042efff0c9b932d6718a2333d74aa",
    label="instruments",
    group="pitches",
    test=6,  # of 24
    validation=4,  # of the other 18
    seed=21,
)
RATE = 8000  # samples a second
SAMPLES = 8064  # of a clip, 64 frames; the longest note takes 4,800


class InstrumentNotes(PackedSounds):
    """Notes in noise, 8,064 samples at 8 kHz."""

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Clip:
        """A clip of about a second."""
        return Clip(SAMPLES, RATE, int(params["mels"]))

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        placements: Positive = 2,  # clips made from each note
        snr: DecibelInterval = [20.0, 20.0],  # decibels by which a note is louder than its noise, from and to
        mels: Positive = 40,  # bands of the spectrogram that networks hear
        seed: Seed = 0,  # of the placing, not of the training
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        train, test, names = place_splits(SOURCE, SAMPLES, placements, snr, seed, evaluate)
        self.label = "instrument notes" if evaluate == "test" else "instrument notes (validation split)"
        super().__init__(train, test, names, Clip(SAMPLES, RATE, mels), device)
