"""A run that was interrupted ends as it would have ended: byte by byte, or with a sentence."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import repro
from repro.cli.training import go_on as resume_run
from repro.cli.training import run_seeds as launch
from repro.errors import ReproError, RunError, TrainingError, UsageError
from repro.evidence.folder import RunFolder
from repro.evidence.request import Request
from repro.evidence.run import to_json
from repro.learning import checkpoint
from repro.learning.job import Job
from tests.support.tiny import FLAGS, SETTINGS, STEPS, advance, job, same, strict_json

# The command line with a checkpoint after every step, so that a kill at any moment finds one.
EAGER = "import repro.learning.job as e; e.CHECKPOINT_SECONDS = 0.0; from repro.cli.app import main; main()"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run from start to end, never interrupted."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    launch(Request("simsiam", settings=SETTINGS, threads=1, out=out), [0], quiet=True)
    return out


@pytest.fixture
def begun(whole: Path, tmp_path: Path) -> Path:
    """A copy of the finished run as it was when its last checkpoint had just been written."""
    folder = tmp_path / "begun"
    shutil.copytree(whole, folder)
    for name in ("summary.json", "encoder.safetensors", "pictures.safetensors", "report.html"):
        (folder / name).unlink()
    return folder


def sentence(act: Callable[[], Any], kind: type[ReproError] = RunError) -> str:
    with pytest.raises(kind) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    return text


def resume(path: Path) -> dict[str, Any]:
    [run] = resume_run(path, None, "auto", quiet=True)
    return to_json(run.summary)


def weights(done: Job) -> bytes:
    """The bytes of encoder.safetensors as the end of a run writes it."""
    checkpoint.save_weights(done.folder.encoder, done.parts.method.encoder)
    return done.folder.encoder.read_bytes()


def state(done: Job) -> dict[str, Any]:
    return {
        "method": done.parts.method.state_dict(),
        "optimizer": done.parts.optimisation.optimizer.state_dict(),
        "latest": done.latest,
    }


# Bit by bit

LARS = {"optimizer.name": "lars", "optimizer.lr": 2, "optimizer.warmup_epochs": 1}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "simsiam-sgd": ("simsiam", {}),
    "byol-sgd": ("byol", {}),
    "simsiam-adamw": ("simsiam", {"optimizer.name": "adamw", "optimizer.lr": 0.01}),
    "byol-lars": ("byol", LARS),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_three_kills_and_a_pause_leave_no_trace(tmp_path: Path, variant: tuple[str, dict[str, Any]]) -> None:
    straight = advance(job(tmp_path / "straight", *variant), STEPS)
    path = tmp_path / "broken"
    advance(job(path, *variant), 2)  # killed before there is a checkpoint
    first = advance(job(path, *variant), 4)
    assert first.step == 4
    first.pause()
    advance(first, 6)  # killed after more steps and more lines than the checkpoint has
    again = job(path, *variant)
    assert again.step == 4
    advance(again, 10).pause()  # exactly between two epochs, after the kNN of the first
    third = advance(job(path, *variant), 19)
    third.pause()
    last = advance(job(path, *variant), STEPS)
    assert last.folder.metrics.read_bytes() == straight.folder.metrics.read_bytes()
    assert weights(last) == weights(straight)
    assert same(state(last), state(straight))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    runs = [advance(job(tmp_path / name, seed=seed), 4) for name, seed in (("a", 5), ("b", 5), ("c", 6))]
    one, two, other = ((weights(run), run.folder.metrics.read_bytes()) for run in runs)
    assert one == two
    assert one[0] != other[0]
    assert one[1] != other[1]
    assert len({run.digest for run in runs}) == 2


def test_metrics_hold_no_clock_and_every_logged_step_once(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(STEPS))
    assert [line["step"] for line in lines if "knn" in line] == [9]
    assert not any("second" in name or "time" in name for line in lines for name in line)


def start(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-u", "-c", EAGER, "run", *words]
    environment = os.environ | {"PYTHONPATH": str(Path(repro.__file__).parents[1])}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def wait_for(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def test_kill_then_ctrl_c_then_end(whole: Path, tmp_path: Path) -> None:
    """Two real processes: one killed with SIGKILL, one stopped with Ctrl-C; then the end, as without them."""
    path = tmp_path / "run"
    with start("simsiam", "--out", str(path), *FLAGS) as killed:
        wait_for(killed, "epoch 1/2")
        wait_for(killed, "epoch 1/2")
        killed.kill()
    reached = checkpoint.load(path / "checkpoint.pt", torch.device("cpu"))["step"]
    assert 1 <= reached < STEPS
    with start("--resume", str(path)) as stopped:
        wait_for(stopped, "epoch")
        stopped.send_signal(signal.SIGINT)
        assert stopped.stderr is not None
        told = stopped.stderr.read()
    assert "Traceback" not in told
    assert f"repro run simsiam --resume {path}" in told
    assert stopped.returncode in (2, 130, -signal.SIGINT)
    assert checkpoint.load(path / "checkpoint.pt", torch.device("cpu"))["step"] > reached
    summary = resume(path)
    for name in ("encoder.safetensors", "metrics.jsonl", "pictures.safetensors"):
        assert (path / name).read_bytes() == (whole / name).read_bytes(), name
    assert summary["metrics"] == strict_json(whole / "summary.json")["metrics"]
    assert not list(path.glob("*.part"))


def test_a_run_killed_while_it_is_evaluated_ends_the_same(begun: Path, whole: Path) -> None:
    (begun / "pictures.safetensors.part").write_bytes(b"half")
    (begun / "summary.json.part").write_bytes(b"half")
    summary = resume(begun)
    expected = strict_json(whole / "summary.json")
    assert summary["metrics"] == expected["metrics"]
    assert summary["baselines"] == expected["baselines"]
    assert (begun / "encoder.safetensors").read_bytes() == (whole / "encoder.safetensors").read_bytes()
    assert (begun / "report.html").exists()
    assert not list(begun.glob("*.part"))


def test_the_clock_counts_all_sittings(tmp_path: Path) -> None:
    first = advance(job(tmp_path / "run"), 3)
    first.pause()
    assert job(tmp_path / "run").seconds == first.seconds > 0


# What is refused


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    config = json.loads((folder / "config.json").read_text())
    edit(config)
    (folder / "config.json").write_text(json.dumps(config))


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "learning rate": lambda c: c["config"]["optimizer"].update(lr=0.1),
    "seed": lambda c: c.update(seed=1),
    "epochs": lambda c: c["config"]["budget"].update(epochs=3),
    "width": lambda c: c["config"]["encoder"].update(width=8),
    "digest": lambda c: c.update(digest="0" * 64),
    "no encoder of this name": lambda c: c["config"]["encoder"].update(name="resnet19"),
    "an argument too many": lambda c: c["config"]["method"].update(temperature=0.1),
    "text for a number": lambda c: c["config"]["method"].update(dim="wide"),
    "a negative width": lambda c: c["config"]["method"].update(dim=-1),
    "a list for a name": lambda c: c["config"]["encoder"].update(name=[]),
    "no configuration": lambda c: c.pop("config"),
    "an unknown section": lambda c: c["config"].update(extra=1),
    "no threads": lambda c: c.update(threads=0),
    "a thread for each atom": lambda c: c.update(threads=10**12),
    "endless threads": lambda c: c.update(threads=float("inf")),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_configuration_is_refused(begun: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    change(begun, edit)
    assert str(begun) in sentence(lambda: resume(begun))
    assert not (begun / "summary.json").exists()


def test_a_missing_device_and_a_wrong_paper_are_named(begun: Path) -> None:
    assert "holds a run of simsiam, not of byol" in sentence(
        lambda: resume_run(begun, "byol", "auto", quiet=True), UsageError
    )
    assert "cuda:99" in sentence(lambda: resume_run(begun, None, "cuda:99", quiet=True), ReproError)


def test_a_finished_run_and_a_folder_without_one(whole: Path, tmp_path: Path) -> None:
    assert "is finished; `repro report" in sentence(lambda: resume(whole))
    assert "has no config.json, so it is no run folder" in sentence(lambda: resume(tmp_path))
    assert "is no run folder" in sentence(lambda: resume(tmp_path / "nowhere"))


def test_a_run_that_is_being_written_is_left_alone(begun: Path) -> None:
    before = (begun / "metrics.jsonl").read_bytes()
    with RunFolder(begun).locked():
        assert "another process is writing" in sentence(lambda: resume(begun))
    assert (begun / "metrics.jsonl").read_bytes() == before


def test_a_damaged_checkpoint_is_refused(begun: Path) -> None:
    raw = (begun / "checkpoint.pt").read_bytes()
    for kept in (0, 1000, len(raw) // 2, len(raw) - 1):
        (begun / "checkpoint.pt").write_bytes(raw[:kept])
        assert "delete the file to train again from the start" in sentence(lambda: resume(begun))


def test_deleting_a_damaged_checkpoint_trains_again_as_the_sentence_says(begun: Path, whole: Path) -> None:
    (begun / "checkpoint.pt").unlink()
    resume(begun)
    for name in ("encoder.safetensors", "metrics.jsonl"):
        assert (begun / name).read_bytes() == (whole / name).read_bytes()


def test_the_checkpoint_of_another_network_is_refused(begun: Path, tmp_path: Path) -> None:
    other = advance(job(tmp_path / "byol", "byol"), 1)
    other.pause()
    shutil.copy(other.folder.checkpoint, begun / "checkpoint.pt")
    assert "another network" in sentence(lambda: resume(begun))


def test_the_checkpoint_of_another_seed_or_rate_is_refused(begun: Path, tmp_path: Path) -> None:
    """The same network trained otherwise fits in every shape; going on from it would be neither run."""
    for name, settings, seed in (("seed", {}, 1), ("rate", {"optimizer.lr": 0.01}, 0)):
        other = advance(job(tmp_path / name, "simsiam", settings, seed=seed), 1)
        other.pause()
        shutil.copy(other.folder.checkpoint, begun / "checkpoint.pt")
        sentence(lambda: resume(begun))


INSIDE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no step": lambda s: s.pop("step"),
    "a step of text": lambda s: s.update(step="3"),
    "a negative step": lambda s: s.update(step=-3),
    "a step after the end": lambda s: s.update(step=10**6),
    "no values": lambda s: s.update(step=3, latest=None),
    "seconds of text": lambda s: s.update(step=3, seconds="1"),
}


@pytest.mark.parametrize("edit", INSIDE.values(), ids=INSIDE.keys())
def test_a_checkpoint_with_foreign_numbers_is_refused(
    begun: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    path = begun / "checkpoint.pt"
    content = torch.load(path, weights_only=True)
    edit(content)
    torch.save(content, path)
    assert str(path) in sentence(lambda: resume(begun))


def test_metrics_that_are_gone_are_not_passed_over(begun: Path) -> None:
    """A curve without its beginning must not look like the run's."""
    lines = (begun / "metrics.jsonl").read_text().splitlines(keepends=True)
    (begun / "metrics.jsonl").write_text("".join(lines[:5]))
    assert "metrics.jsonl" in sentence(lambda: resume(begun))


# A full disk, and numbers that are none


def test_a_full_disk_stops_the_run_and_space_lets_it_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repro.learning.job.CHECKPOINT_SECONDS", 0.0)
    straight = advance(job(tmp_path / "straight"), 6)
    running = advance(job(tmp_path / "run"), 3)
    good = running.folder.checkpoint.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        text = sentence(lambda: advance(running, 6))
    assert "No space left on device" in text
    assert "resume" in text
    assert running.folder.checkpoint.read_bytes() == good
    again = job(tmp_path / "run")
    assert again.step == 2 or again.step == 3
    assert weights(advance(again, 6)) == weights(straight)
    assert again.folder.metrics.read_bytes() == straight.folder.metrics.read_bytes()


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _spoiled(running: Job, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From ``step`` on the loss of the method is not a number."""
    loss = running.parts.method.loss

    def spoil(views: Any, progress: Any) -> Tensor:
        return loss(views, progress) * (float("nan") if progress.step >= step else 1.0)

    monkeypatch.setattr(running.parts.method, "loss", spoil)


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = job(tmp_path / "run")
    _spoiled(running, 3, monkeypatch)
    text = sentence(lambda: list(running.train()), TrainingError)
    assert "the loss became nan at step 3" in text
    summary = strict_json(running.folder.summary)
    assert summary["status"] == f"stopped: {text}"
    assert summary["steps"] == 3
    steps = [json.loads(line)["step"] for line in running.folder.metrics.read_text().splitlines()]
    assert steps == [0, 1, 2]


def test_a_loss_that_is_no_number_is_noticed_between_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long runs log few of their steps: the sentence names the step, and no checkpoint is spoiled."""
    monkeypatch.setattr("repro.learning.job.LOGGED", 2)
    monkeypatch.setattr("repro.learning.job.WATCHED", 2)
    monkeypatch.setattr("repro.learning.job.CHECKPOINT_SECONDS", 0.0)
    running = job(tmp_path / "run")
    _spoiled(running, 3, monkeypatch)
    sentence(lambda: list(running.train()), TrainingError)
    kept = checkpoint.load(running.folder.checkpoint, torch.device("cpu"))["method"]
    assert all(tensor.isfinite().all() for tensor in kept.values())


@pytest.mark.parametrize("setting", ["optimizer.lr", "optimizer.weight_decay"])
def test_weights_that_overflow_are_a_sentence_too(tmp_path: Path, setting: str) -> None:
    """The loss of a step is still finite when its update already is not."""
    running = job(tmp_path / "run", "simsiam", {setting: 1e30})
    sentence(lambda: (list(running.train()), running.finish()), TrainingError)
    assert strict_json(running.folder.summary)["status"].startswith("stopped: ")


@pytest.mark.parametrize("what", ["torch", "precision", "gpu"])
def test_another_machine_does_not_go_on_with_the_run(begun: Path, what: str) -> None:
    """The record would name the machine it began on, and the rest would come from another."""
    path = begun / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), what: "something else"}))
    told = sentence(lambda: resume(begun))
    assert f"{what} something else" in told
    assert not (begun / "summary.json").exists()
