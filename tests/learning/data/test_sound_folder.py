"""WAV files of every kind become clips, what cannot be used is counted or refused in one sentence."""

import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from repro.catalog.catalog import Catalog
from repro.cli.training import run_seeds
from repro.errors import DataError, ReproError, UsageError
from repro.evidence.request import Request, resolve_request
from repro.evidence.run import load_run
from repro.learning.clip import Clip
from repro.learning.data.sound_folder import SoundFolder, clip_of
from repro.learning.data.wav import read_wav, to_float

CPU = torch.device("cpu")
RATE = 8000


def write(path: Path, samples: Any, *, rate: int = RATE, width: int = 2, channels: int = 1) -> Path:
    """A WAV file of samples in [-1, 1], the same in every channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scaled = np.rint(np.asarray(samples) * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    scaled = np.repeat(scaled + (128 if width == 1 else 0), channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"".join(int(v).to_bytes(8, "little", signed=True)[:width] for v in scaled))
    return path


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> Any:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def fill(root: Path, count: int = 10, classes: tuple[str, ...] = ("high", "low")) -> Path:
    for label, name in enumerate(classes):
        for index in range(count):
            write(root / name / f"{index}.wav", tone(0.3, hertz=300 + 500 * label + index))
    return root


# One file


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [RATE, 16000, 44100])
def test_a_tone_is_the_same_in_every_format(tmp_path: Path, width: int, channels: int, rate: int) -> None:
    path = write(tmp_path / "a.wav", tone(rate=rate), rate=rate, width=width, channels=channels)
    reading = read_wav(path, RATE, RATE)
    assert reading.clip is not None
    inner = slice(200, -200)  # the filter of a change of rate rings at the ends
    expected = tone() * 32767
    assert np.abs(reading.clip - expected)[inner].max() < (300 if width == 1 else 40)
    assert not reading.is_truncated


def test_channels_are_averaged_and_signs_kept() -> None:
    assert to_float(struct.pack("<hh", 16384, -32768), 2, 2).tolist() == [-0.25]
    assert to_float(b"\x00\x00\x80" + b"\xff\xff\xff", 3, 1).tolist() == [-1.0, -(2.0**-23)]
    assert to_float(b"\x80\x00\xff", 1, 1).tolist() == [0.0, -1.0, 127 / 128]
    assert len(to_float(b"\x00" * 5, 2, 2)) == 1  # the rest is no whole frame


def test_a_long_file_keeps_its_middle_and_a_short_one_stands_in_silence(tmp_path: Path) -> None:
    ramp = np.linspace(-0.5, 0.5, 1000)
    long = read_wav(write(tmp_path / "long.wav", ramp), RATE, 100).clip
    assert long is not None
    np.testing.assert_allclose(long / 32767, ramp[450:550], atol=1e-4)
    short = read_wav(write(tmp_path / "short.wav", np.full(10, 0.5)), RATE, 100).clip
    assert short is not None
    assert np.flatnonzero(short).tolist() == list(range(45, 55))


def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone())
    path.write_bytes(path.read_bytes()[:8000])
    reading = read_wav(path, RATE, RATE)
    assert reading.is_truncated
    assert reading.clip is not None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "that cannot be read"),
        (b"RIFF", "that cannot be read"),
        (b"not sound at all" * 9, "that cannot be read"),
        (None, "silent"),
    ],
)
def test_what_holds_no_sound_is_said(tmp_path: Path, data: bytes | None, fault: str) -> None:
    path = write(tmp_path / "a.wav", np.zeros(800))
    if data is not None:
        path.write_bytes(data)
    assert read_wav(path, RATE, RATE)[:2] == (None, fault)


def test_a_file_without_a_frame_is_empty(tmp_path: Path) -> None:
    assert read_wav(write(tmp_path / "a.wav", []), RATE, RATE).fault == "empty"


# A folder


def test_class_folders(tmp_path: Path) -> None:
    data = SoundFolder(CPU, path=str(fill(tmp_path / "sounds")))
    assert (len(data), data.test_size, data.classes) == (16, 4, ("high", "low"))
    assert data.example == clip_of(1.0, 8000, 40) == Clip(8064, 8000, 40)
    assert data.train_labels is not None
    assert torch.bincount(data.train_labels).tolist() == [8, 8]
    assert data.reading.sentence == (
        "16 sounds to train, 4 to evaluate; 20% of each class held out by the names of the files. "
        "Every file is used."
    )
    assert SoundFolder(CPU, path=str(tmp_path / "sounds")).checksum == data.checksum


def test_everything_left_out_is_counted(tmp_path: Path) -> None:
    root = fill(tmp_path / "sounds")
    (root / "notes.txt").write_text("x")
    (root / "high" / ".hidden.wav").write_bytes(b"x")
    (root / "high" / "broken.wav").write_bytes(b"x")
    write(root / "low" / "silent.WAV", np.zeros(99))
    short = write(root / "low" / "short.wav", tone())
    short.write_bytes(short.read_bytes()[:9000])
    reading = SoundFolder(CPU, path=str(root)).reading
    assert reading.unused == {".txt": 1, "hidden": 1, "that cannot be read": 1, "silent": 1}
    assert reading.notes == ("1 end before their heads say so",)
    assert "Not used: 1 .txt" in reading.sentence


def test_splits_as_given_and_a_folder_alone(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "set" / "train")
    fill(tmp_path / "a" / "set" / "test", 3)
    data = SoundFolder(CPU, path=str(tmp_path / "a"))
    assert (len(data), data.test_size, data.classes) == (20, 6, ("high", "low"))


def test_no_classes_no_labels(tmp_path: Path) -> None:
    data = SoundFolder(CPU, path=str(fill(tmp_path / "sounds", classes=("all",))))
    assert (data.classes, data.train_labels) == ((), None)


def test_seconds_and_rate_decide_the_clip(tmp_path: Path) -> None:
    root = str(fill(tmp_path / "sounds", 3))
    data = SoundFolder(CPU, path=root, seconds=0.5, rate=16000, mels=20)
    assert data.example == SoundFolder.example_of({"seconds": 0.5, "rate": 16000, "mels": 20})
    assert data.train.shape[1] == data.example.samples == 8192
    assert clip_of(0.001, 8000, 8).samples == 8 * 128  # never shorter than the window


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.write_text("x"), "is a file"),
        (lambda root: root.mkdir(), "holds 0 WAV files with sound"),
        (lambda root: (fill(root), write(root / "a.wav", tone()))[1], "both directly and in sub-folders"),
        (lambda root: (fill(root), write(root / "lone" / "a.wav", tone()))[1], "class lone"),
        (lambda root: (fill(root / "train"), fill(root / "other"))[1], "holds train/"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path, make: Any, said: str) -> None:
    make(tmp_path / "sounds")
    with pytest.raises(DataError, match=said) as caught:
        SoundFolder(CPU, path=str(tmp_path / "sounds"))
    assert "\n" not in str(caught.value)


def test_no_folder_is_named() -> None:
    with pytest.raises(UsageError, match="--data PATH"):
        SoundFolder(CPU)


# What --data means


def resolved(paper: str, folder: Path, **more: Any) -> Any:
    request = Request(paper, data=folder, out=folder.parent / "run", **more)
    return resolve_request(request, [0], lambda path, share: pytest.fail("no image is counted")).config


@pytest.mark.parametrize("paper", ["byol-a", "speech-simclr"])
def test_a_folder_means_sounds_to_papers_on_sound(tmp_path: Path, paper: str) -> None:
    config = resolved(paper, fill(tmp_path / "sounds", 2))
    assert (config.benchmark, config.data.name) == ("sounds", "sound_folder")
    assert config.data.params["path"] == str(tmp_path / "sounds")


def test_the_embedded_sounds_take_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ReproError, match="cannot be used with --on spoken-words"):
        resolved("speech-simclr", fill(tmp_path / "sounds", 2), benchmark="spoken-words")


def test_every_paper_on_sound_has_a_recipe_for_a_folder() -> None:
    catalog = Catalog.load()
    heard = {"spoken-words", "instrument-notes"}
    papers = [paper for paper in catalog.paper_ids if heard & set(catalog.benchmarks_of(paper))]
    assert papers == ["byol-a", "speech-simclr"]
    assert all("sounds" in catalog.benchmarks_of(paper) for paper in papers)


@pytest.mark.parametrize("paper", ["byol-a", "speech-simclr"])
def test_a_run_on_a_folder_is_probed_and_reported(tmp_path: Path, paper: str) -> None:
    small: dict[str, Any] = {
        "budget.epochs": 1,
        "budget.batch": 8,
        "optimizer.warmup_epochs": 0,
        "data.mels": 8,
    }
    small |= {"probes.knn.k": 3, "probes.linear.l2": 0.1, "encoder.width": 8, "method.dim": 8}
    folder, out = fill(tmp_path / "sounds", 12), tmp_path / "run"
    run_seeds(Request(paper, settings=small, data=folder, threads=1, out=out), [0], quiet=True)
    run = load_run(out)
    assert run.summary.data.unit == "sound"
    assert run.summary.metrics["linear"] is not None
    assert run.summary.baselines.untrained["knn"] is not None
    assert run.summary.baselines.pixels["linear"] is not None
    assert run.pictures.sounds is not None
    page = (out / "report.html").read_text("utf-8")
    assert "raw spectrograms" in page
    assert "<audio" in page
    assert "20 sounds to train, 4 to evaluate" in page
