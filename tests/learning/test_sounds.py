"""The embedded sounds: pinned bytes, splits without a common voice or pitch, loudness and noise as stated."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from repro.errors import DataError, UsageError
from repro.learning.clip import Clip
from repro.learning.data import adpcm, instrument_notes, placed, spoken_words
from repro.learning.data.instrument_notes import InstrumentNotes
from repro.learning.data.packed_sounds import PackedSounds
from repro.learning.data.placed import FOLDER, LOUDNESS, Clips, place_in_noise, read_pinned, split_groups
from repro.learning.data.spoken_words import SpokenWords

CPU = torch.device("cpu")
BUILT: dict[str, Any] = {"spoken-words": SpokenWords, "instrument-notes": InstrumentNotes}


@pytest.fixture(scope="module", params=BUILT)
def built(request: pytest.FixtureRequest) -> tuple[str, PackedSounds]:
    return request.param, BUILT[request.param](CPU)


# The code of four bits


def test_codes_worked_by_hand() -> None:
    """7 adds 0 + 7 + 3 + 1 at a step of 7, 0 an eighth of 16, and 15 takes 1 + 14 + 7 + 3 at a step of 14."""
    assert adpcm.decode(np.array([[7, 0, 15]], np.uint8)).tolist() == [[11, 13, -12]]


def test_sound_survives_four_bits() -> None:
    time = np.arange(4000) / 8000
    waves = np.stack([np.sin(2 * np.pi * hertz * time) * 20000 for hertz in (200, 900)])
    samples = np.rint(waves).astype(np.int16)
    again = adpcm.decode(adpcm.encode(samples))[:, 200:]
    error = (again - waves[:, 200:]).std(axis=1) / waves[:, 200:].std(axis=1)
    assert error.max() < 0.1


def test_packing_is_undone() -> None:
    lengths = np.array([3, 1, 5])
    codes = np.random.default_rng(0).integers(0, 16, (3, 5)).astype(np.uint8)
    codes[np.arange(5) >= lengths[:, None]] = 0
    assert adpcm.unpack(adpcm.pack(codes, lengths), lengths).tolist() == codes.tolist()


# The files


@pytest.mark.parametrize("name", ["spoken_words.npz", "instrument_notes.npz"])
def test_a_file_is_small_and_its_licence_stands_beside_it(name: str) -> None:
    assert (FOLDER / name).stat().st_size < 3e6
    assert f"`{name}`" in (FOLDER / "README.md").read_text("utf-8")


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        read_pinned("spoken_words.npz", spoken_words.SOURCE.sha256)
    (tmp_path / "spoken_words.npz").write_bytes(b"something else")
    with pytest.raises(DataError, match="is not the file"):
        read_pinned("spoken_words.npz", spoken_words.SOURCE.sha256)


def test_the_checksum_is_the_one_of_the_benchmark(built: tuple[str, PackedSounds], root: Path) -> None:
    benchmark = yaml.safe_load((root / f"catalog/benchmarks/{built[0]}.yaml").read_text("utf-8"))
    assert benchmark["checksum"] == built[1].checksum
    assert benchmark["classes"] == len(built[1].classes)


def test_labels_are_in_balance(built: tuple[str, PackedSounds]) -> None:
    for labels in (built[1].train_labels, built[1].test_labels):
        assert labels is not None
        assert len(torch.bincount(labels).unique()) == 1


def test_what_they_hold() -> None:
    words = SpokenWords(CPU)
    assert (len(words), words.test_size) == (78 * 20 * 2, 26 * 20 * 2)
    assert (words.example, words.classes[:2], words.label) == (
        Clip(8064, 8000, 40),
        ("zero", "one"),
        "spoken words",
    )
    notes = InstrumentNotes(CPU, placements=1)
    assert (len(notes), notes.test_size, len(notes.classes)) == (18 * 40, 6 * 40, 40)


@pytest.mark.parametrize(
    ("module", "counted", "total"), [(spoken_words, "voices", 104), (instrument_notes, "pitches", 24)]
)
def test_no_voice_and_no_pitch_is_in_two_splits(module: Any, counted: str, total: int) -> None:
    _, about = read_pinned(module.SOURCE.file, module.SOURCE.sha256)
    whose = about[counted].astype(np.int64)
    train, test = split_groups(whose, module.SOURCE, "test")
    inner, validation = split_groups(whose, module.SOURCE, "validation")
    groups = [set(whose[rows].tolist()) for rows in (inner, validation, test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == total
    assert set(inner) | set(validation) == set(train)


# Placing


def test_loudness_place_and_noise_are_as_stated() -> None:
    """A long tone in many clips: its place is uniform, and the noise lies between the two limits below it."""
    tone = (np.sin(np.arange(400)) * 20000).astype(np.int16)
    clips = Clips(np.tile(tone, (300, 1)), np.full(300, 400))
    loud = place_in_noise(clips, 2000, np.random.RandomState(0), [60.0, 60.0]) / 32767
    starts = (np.abs(loud) > LOUDNESS / 2).argmax(axis=1)
    assert starts.min() < 40
    assert starts.max() > 1560
    assert abs(starts.mean() - 800) < 100
    power = (loud**2).sum(axis=1) / 400
    np.testing.assert_allclose(np.sqrt(power), LOUDNESS, rtol=0.01)
    noisy = place_in_noise(clips, 2000, np.random.RandomState(0), [0.0, 10.0]) / 32767
    noise = np.sqrt((noisy**2).mean(axis=1) - LOUDNESS**2 * 400 / 2000)
    snr = 20 * np.log10(LOUDNESS / noise)
    assert snr.min() > -1
    assert snr.max() < 11
    assert abs(snr.mean() - 5) < 0.6


def test_a_seed_decides_every_sample() -> None:
    assert SpokenWords(CPU).checksum != SpokenWords(CPU, seed=1).checksum
    assert torch.equal(SpokenWords(CPU).train, SpokenWords(CPU).train)


@pytest.mark.parametrize("wrong", [{"placements": 0}, {"snr": [10.0, 0.0]}, {"mels": 0}, {"seed": -1}])
def test_a_setting_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SpokenWords(CPU, **wrong)


def test_clips_packed_wrongly_are_a_defect() -> None:
    clips, labels = torch.zeros(4, 8, dtype=torch.int16), torch.zeros(4, dtype=torch.int64)
    example = Clip(8, 8000, 4)
    with pytest.raises(ValueError, match="int16"):
        PackedSounds((clips.float(), labels), (clips, labels), ("a",), example, CPU)
    with pytest.raises(ValueError, match="classes"):
        PackedSounds((clips, labels + 1), (clips, labels), ("a",), example, CPU)
    with pytest.raises(DataError, match="no labels"):
        PackedSounds((clips, None), (clips, None), (), example, CPU).features(lambda batch: batch)
