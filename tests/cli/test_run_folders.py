"""A folder of images of any shape: either a finished run with its report, or one sentence before training."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from repro.cli.app import main
from repro.files import PACKAGE
from repro.learning.job import Job

POOR = Path(__file__).parents[1] / "support" / "poor_machine"
SMALL = {
    "budget.epochs": 1,
    "optimizer.warmup_epochs": 0,
    "encoder.width": 4,
    "encoder.stages": 2,
    "method.dim": 8,
    "data.size": 8,
    "probes.linear.l2": 0.1,
}
Shape = Mapping[str, int]  # {folder: images in it}; "" is the folder that is given

# Every shape trains with the batch beside it.
TRAINED: dict[str, tuple[Shape, int]] = {
    "eight, no classes": ({"": 8}, 2),
    "seven in a folder of their own": ({"all": 7}, 2),
    "91, no classes": ({"": 91}, 16),
    "600, no classes": ({"": 600}, 64),
    "four classes of two": ({"a": 2, "b": 2, "c": 2, "d": 2}, 2),
    "30 classes of two": ({f"c{number:02}": 2 for number in range(30)}, 16),
    "two classes of 25": ({"a": 25, "b": 25}, 16),
    "uneven classes": ({"a": 2, "b": 50, "c": 7}, 16),
    "600 in three classes": ({"a": 200, "b": 200, "c": 200}, 64),
    "one class": ({"cat": 20}, 4),
    "one class, split": ({"train/cat": 6, "test/cat": 2}, 4),
    "split, no classes": ({"train": 6, "test": 1}, 4),
    "split, one test image a class": ({"train/a": 9, "train/b": 9, "test/a": 1, "test/b": 1}, 8),
    "split, one training image a class": (
        {**{f"train/{name}": 1 for name in "abcd"}, **{f"test/{name}": 3 for name in "abcd"}},
        2,
    ),
    "split, a class that is never tested": ({"train/a": 5, "train/b": 5, "test/a": 5}, 2),
    "split, more test images than training images": (
        {"train/a": 2, "train/b": 2, "test/a": 50, "test/b": 50},
        2,
    ),
}
# Every shape ends in a sentence with this part, whatever is trained.
REFUSED: dict[str, tuple[Shape, int, str]] = {
    "nothing": ({}, 2, "holds no images"),
    "one image": ({"": 1}, 2, "holds only one image"),
    "two images": ({"": 2}, 2, "training needs 4"),
    "three images": ({"": 3}, 2, "training needs 4"),
    "two classes of two": ({"a": 2, "b": 2}, 2, "training needs 4"),
    "one image a class": ({"a": 1, "b": 1, "c": 1}, 2, "holds only one image"),
    "fewer than a batch": ({"a": 25, "b": 25}, 128, "fewer than one batch of 128"),
    "images beside classes": ({"": 3, "a": 5, "b": 5}, 2, "both directly and in sub-folders"),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def draw(folder: Path, shape: Shape, *, constant: bool = False) -> Path:
    """Images of noise, or of one grey, in every sub-folder."""
    random = np.random.default_rng(0)
    for name, count in shape.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels * 0 + 90 if constant else pixels).save(folder / name / f"{number}.png")
    folder.mkdir(exist_ok=True)
    return folder


def run(data: Path, batch: int, out: Path, paper: str = "simsiam", **settings: Any) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `repro run --data`."""
    words = ["run", paper, "--data", str(data), "--out", str(out), "--threads", "1", "--quiet"]
    for key, value in {**SMALL, "budget.batch": batch, **settings}.items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    printed, told, before = StringIO(), StringIO(), sys.argv
    sys.argv = ["repro", *words]
    try:
        with redirect_stdout(printed), redirect_stderr(told), pytest.raises(SystemExit) as stop:
            main()
    finally:
        sys.argv = before
    return int(stop.value.code or 0), printed.getvalue(), told.getvalue()


def finished(outcome: tuple[int, str, str], out: Path) -> dict[str, Any]:
    """The summary of a run that must have come to its end without a word of warning."""
    assert outcome == (0, f"Report: {out / 'report.html'}\n", "")
    assert (out / "report.html").stat().st_size > 10_000
    assert (out / "encoder.safetensors").exists()
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    assert summary["status"] == "finished"
    return summary


@pytest.mark.parametrize(("shape", "batch"), TRAINED.values(), ids=TRAINED.keys())
def test_a_shape_that_can_be_trained_on(shape: Shape, batch: int, tmp_path: Path) -> None:
    data, out = draw(tmp_path / "images", shape), tmp_path / "run"
    summary = finished(run(data, batch, out), out)
    assert summary["data"]["train"] + summary["data"]["test"] == sum(shape.values())
    has_labels = len(summary["classes"]) > 1
    assert (summary["metrics"]["knn"] is not None) == has_labels
    assert (summary["baselines"]["pixels"]["linear"] is not None) == has_labels


def test_a_system_that_lacks_what_not_every_system_has(tmp_path: Path) -> None:
    """A process of its own, without affinity, load, room on disks, /proc, hangups and locks of the kernel."""
    data, out = draw(tmp_path / "images", {"a": 25, "b": 25}), tmp_path / "run"
    words = ["run", "simsiam", "--data", str(data), "--out", str(out), "--quiet"]
    words += [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "repro", *words, "--set", "budget.batch=16"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(POOR), str(PACKAGE.parent)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"Report: {out / 'report.html'}\n"), done.stderr
    assert "Traceback" not in done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["status"], summary["peak_memory_bytes"]) == ("finished", None)


@pytest.mark.parametrize(("shape", "batch", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_shape_that_cannot_be_trained_on(shape: Shape, batch: int, told: str, tmp_path: Path) -> None:
    data, out = draw(tmp_path / "images", shape), tmp_path / "run"
    status, printed, said = run(data, batch, out)
    assert (status, printed) == (2, "")
    assert said.startswith("error: ")
    assert told in said
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("paper", ["simclr", "byol", "barlow-twins"])
@pytest.mark.parametrize("shape", [{"a": 10, "b": 10}, {"": 100}], ids=["labelled", "unlabelled"])
def test_images_that_are_all_the_same(shape: Shape, paper: str, tmp_path: Path) -> None:
    data, out = draw(tmp_path / "images", shape, constant=True), tmp_path / "run"
    outcome = run(data, 8, out, paper)
    assert outcome[0] == 0, outcome
    finished(outcome, out)


FEATURES: dict[str, Callable[[Tensor], Tensor]] = {
    "nothing": lambda h: h * 0,
    "one number": lambda h: h * 0 + 3,
    "one huge number": lambda h: h * 0 + 1e18,
    "no more than rounding": lambda h: 3 + h * 1e-8,
    "too small to square": lambda h: h * 1e-25,
    "too large to square": lambda h: h * 1e25,
    "two points": lambda h: (h[:, :1] > h[:, :1].mean()) * torch.ones_like(h),
    "one line": lambda h: h[:, :1] * torch.ones_like(h),
    "one column": lambda h: h * (torch.arange(h.shape[1]) == 1),
}


@pytest.mark.parametrize("degenerate", FEATURES.values(), ids=FEATURES.keys())
@pytest.mark.parametrize(
    "shape",
    [{"a": 10, "b": 10}, {"": 100}, {"train/a": 5, "train/b": 5, "test/a": 50, "test/b": 50}],
    ids=["labelled", "unlabelled", "more test images"],
)
def test_features_that_tell_little(
    shape: Shape,
    degenerate: Callable[[Tensor], Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Networks that collapsed, or whose features grew out of all proportion."""
    finish = Job.finish

    def collapsed(job: Job) -> Any:
        encode = job.parts.method.encode
        monkeypatch.setattr(job.parts.method, "encode", lambda batch: degenerate(encode(batch)))
        return finish(job)

    monkeypatch.setattr(Job, "finish", collapsed)
    data, out = draw(tmp_path / "images", shape), tmp_path / "run"
    finished(run(data, 8, out), out)
