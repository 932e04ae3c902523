"""Trackers are fed from the files of a run, and nothing that happens to them happens to the run."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from repro.errors import RunError, UsageError
from repro.evidence import optional, track
from repro.evidence.folder import RunFolder
from repro.evidence.run import FINISHED, Baselines, Config, Summary
from repro.evidence.track import Follower, require_tracker, send

SETTINGS = {"optimizer": {"lr": 0.1}, "budget": {"epochs": 2}}
RESULTS = {"final/linear": 0.75, "untrained/linear": 0.25, "pixels/linear": 0.125}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = RunFolder(tmp_path / "run")
    run.create()
    run.write(Config(paper="simsiam", benchmark="digits", seed=3, digest="ab" * 32, config=SETTINGS))
    for step in range(4):
        run.append_metrics({"step": step, "loss": -step / 4, "epoch": 0})
    run.append_metrics({"step": 3, "epoch": 1, "knn": 0.5})
    end(run)
    return run.path


def end(run: RunFolder) -> None:
    scores = Baselines(pixels={"linear": 0.125}, untrained={"linear": 0.25, "knn": None})
    metrics: Any = {"linear": 0.75, "std": None}
    run.write(Summary(digest="ab" * 32, status=FINISHED, metrics=metrics, baselines=scores))


class FakeLibrary:
    """Stands in for wandb and trackio, whose first verbs are the same; ``said`` is all it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []
        self.summary = SimpleNamespace(update=lambda values: self.said.append(("summary", values)))
        self.fails_at = ""

    def init(self, **options: Any) -> "FakeLibrary":
        self._say("init", options)
        return self

    def log(self, values: dict[str, float], step: int) -> None:
        self._say("log", (step, values))

    def finish(self) -> None:
        self._say("finish", None)

    def _say(self, verb: str, value: Any) -> None:
        if verb == self.fails_at:
            raise ConnectionError("the server\nis away")
        self.said.append((verb, value))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setattr(optional, "find_spec", lambda name: True)
    for name in ("wandb", "trackio"):
        monkeypatch.setitem(sys.modules, name, fake)  # type: ignore[arg-type]
    return fake


LOGGED = [
    (0, {"loss": 0.0, "epoch": 0.0}),
    (1, {"loss": -0.25, "epoch": 0.0}),
    (2, {"loss": -0.5, "epoch": 0.0}),
    (3, {"loss": -0.75, "epoch": 0.0}),
    (3, {"epoch": 1.0, "knn": 0.5}),
]


def test_wandb_gets_settings_lines_and_results(folder: Path, library: FakeLibrary) -> None:
    assert send(folder, "wandb", "mine") == 5
    (verb, options), *lines, summary, finish = library.said
    assert verb == "init"
    assert (options["project"], options["name"], options["id"]) == ("mine", "run", "ab" * 8)
    assert options["config"]["optimizer.lr"] == 0.1
    assert options["config"]["seed"] == 3
    assert lines == [("log", line) for line in LOGGED]
    assert summary == ("summary", RESULTS)
    assert finish[0] == "finish"


def test_trackio_gets_the_same(folder: Path, library: FakeLibrary) -> None:
    assert send(folder, "trackio") == 5
    (_, options), *lines, results, finish = library.said
    assert (options["project"], options["name"], options["resume"]) == ("repro", "run", "never")
    assert options["config"]["paper"] == "simsiam"
    assert lines == [("log", line) for line in LOGGED]
    assert results == ("log", (3, RESULTS))
    assert finish[0] == "finish"


def test_tensorboard_reads_it_back(folder: Path) -> None:
    for _ in range(2):  # sent twice, it is there once
        assert send(folder, "tensorboard") == 5
    read = EventAccumulator(str(folder / "tensorboard"))
    read.Reload()
    tags = read.Tags()
    assert set(tags["scalars"]) == {"loss", "epoch", "knn", *RESULTS}
    assert [(event.step, event.value) for event in read.Scalars("loss")] == [
        (step, -step / 4) for step in range(4)
    ]
    assert [(event.step, event.value) for event in read.Scalars("final/linear")] == [(3, 0.75)]
    text = read.Tensors("config")[0].tensor_proto.string_val[0].decode()
    assert '"optimizer.lr": 0.1' in text


@pytest.mark.parametrize("verb", ["init", "log", "finish"])
def test_a_tracker_that_fails_is_a_sentence_and_the_run_is_as_it_was(
    folder: Path, library: FakeLibrary, verb: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    library.fails_at = verb
    with pytest.raises(RunError, match=r"wandb did not take the run .*the server is away.*sends it again"):
        send(folder, "wandb")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_run_that_goes_on_sends_what_is_new(folder: Path, library: FakeLibrary) -> None:
    assert send(folder, "trackio", after=3) == 2
    assert library.said[0][1]["resume"] == "allow"
    assert [value[0] for verb, value in library.said[1:-2] if verb == "log"] == [3, 3]


def test_a_run_under_way_is_followed_to_its_end(
    folder: Path, library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track, "POLL_SECONDS", 0.01)
    run = RunFolder(folder)
    run.summary.unlink()
    locked = threading.Event()

    def train() -> None:
        with run.locked():
            locked.set()
            for step in range(4, 8):
                time.sleep(0.05)
                run.append_metrics({"step": step, "loss": 0.0})
            end(run)

    training = threading.Thread(target=train)
    training.start()
    locked.wait(10)
    assert send(folder, "wandb", follow=True) == 9
    training.join()
    assert [value[0] for verb, value in library.said if verb == "log"] == [0, 1, 2, 3, 3, 4, 5, 6, 7]
    assert ("summary", RESULTS) in library.said


def test_a_run_that_was_interrupted_has_no_results(folder: Path, library: FakeLibrary) -> None:
    (folder / "summary.json").unlink()
    assert send(folder, "wandb", follow=True) == 5
    assert ("summary", {}) in library.said


def test_what_cannot_be_tracked_is_a_sentence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no tracker 'mlflow'; there are wandb, trackio, tensorboard"):
        require_tracker("mlflow")
    with pytest.raises(RunError, match="no run folder"):
        send(tmp_path, "tensorboard")
    monkeypatch.setattr(optional, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="`pip install wandb` adds it"):
        send(folder, "wandb")


def test_another_process_follows_and_says_what_went_wrong(folder: Path) -> None:
    assert Follower(folder, "tensorboard").conclude() == ""
    assert (folder / "track.log").read_text("utf-8").count("sent to tensorboard") == 1
    (folder / "metrics.jsonl").write_text('{"step": "x"}\n{}\n')
    fault = Follower(folder, "tensorboard").conclude()
    assert "metrics.jsonl:1" in fault
    assert not fault.startswith("error")


def test_tracking_loads_no_torch(folder: Path) -> None:
    code = (
        "import sys; from repro.cli.app import app\n"
        f"try: app(['track', {str(folder)!r}, '--to', 'tensorboard'])\n"
        "except SystemExit: print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.splitlines()[-1] == "False"
    assert json.loads((folder / "summary.json").read_text("utf-8"))["status"] == "finished"
