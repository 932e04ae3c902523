"""`repro run --data`: what is said of a folder, and broken files that are refused or skipped."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from repro.evidence.clean import removable_cache, remove
from repro.files import cache_root
from tests.cli.test_cli import refused, repro

SMALL = (
    "budget.epochs=2 budget.batch=8 optimizer.warmup_epochs=0 encoder.width=4 method.dim=16 method.hidden=8"
)
WORDS = [word for setting in SMALL.split() for word in ("--set", setting)] + ["--threads", "1"]


@pytest.fixture
def images(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Train/ and valid/ of two classes, a damaged image in each, and a note."""
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for split in ("Train", "valid"):
        for name in ("cat", "dog"):
            (tmp_path / "pets" / split / name).mkdir(parents=True)
            for index in range(8):
                pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "pets" / split / name / f"{index}.png")
        (tmp_path / "pets" / split / "cat" / "bad.png").write_bytes(b"no image")
    (tmp_path / "pets" / "notes.txt").write_text("of these pets")
    return tmp_path / "pets"


def test_broken_files_of_both_splits_are_refused(images: Path) -> None:
    said = refused("run", "simsiam", "--data", images, *WORDS)
    assert "2 of 34 images cannot be read" in said
    assert str(images / "Train" / "cat" / "bad.png") in said
    assert str(images / "valid" / "cat" / "bad.png") in said
    assert "--skip-broken" in said


def test_skipping_needs_a_folder(images: Path) -> None:
    assert "`--data PATH`" in refused("run", "simsiam", "--skip-broken")
    assert "--skip-broken cannot be used with --resume" in refused("run", "--resume", "x", "--skip-broken")


@pytest.mark.apart
def test_a_run_says_what_it_reads(images: Path) -> None:
    done = repro("run", "simsiam", "--data", images, "--skip-broken", *WORDS, "--out", "run")
    assert done.code == 0, done.err
    line = (
        "16 images to train, 16 to evaluate; Train/ trains, valid/ evaluates. "
        "Not used: 2 that cannot be read, 1 .txt."
    )
    assert done.out.splitlines()[0] == f"folder pets: {line}"
    assert line in Path("run/report.html").read_text(encoding="utf-8")
    assert json.loads(Path("run/summary.json").read_text())["classes"] == ["cat", "dog"]
    assert "--set data.skip_broken=true" in json.loads(Path("run/config.json").read_text())["command"]


@pytest.mark.apart
def test_an_archive_stands_for_its_folder(images: Path) -> None:
    shutil.make_archive("pets", "zip", images)
    done = repro("run", "simsiam", "--data", "pets.zip", "--skip-broken", *WORDS, "--out", "run")
    assert done.code == 0, done.err
    assert done.out.startswith("folder pets.zip: 16 images to train, 16 to evaluate; Train/ trains")
    unpacked = cache_root() / "unpacked"
    assert len(list(unpacked.rglob("*.png"))) == 34
    removed = [item for item in removable_cache(cache_root()) if item.folder == unpacked]
    assert [len(item.files) for item in removed] == [37]  # with the note, the lock and the counts
    assert remove(removed[0], cache_root()) == []


def test_a_file_that_is_no_archive_is_refused(images: Path) -> None:
    said = refused("run", "simsiam", "--data", images / "notes.txt")
    assert "is a file, neither a folder nor" in said
