"""``repro run --processes``: one run by several processes, which begin, end and fail as one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repro.cli.processes import must_launch
from repro.errors import UsageError
from tests.support.tiny import FLAGS

COMMAND = [sys.executable, "-m", "repro", "run"]
ARGUMENTS = [word.replace("batch=128", "batch=126") for word in FLAGS] + ["--quiet"]

LONG = [word.replace("epochs=2", "epochs=40") for word in ARGUMENTS]


def start(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def steps(folder: Path) -> list[dict[str, float]]:
    path = folder / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def helpers(parent: int) -> list[int]:
    """The processes that another one started, in that order."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children]


@pytest.mark.apart
@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="the children of a process are found in /proc"
)
def test_a_process_that_is_killed_ends_all_and_the_run_goes_on_with_another_number(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    running = start("simsiam", *LONG, "--processes", "2", "--out", str(folder))
    deadline = time.monotonic() + 240
    while not steps(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.kill(helpers(running.pid)[1], signal.SIGKILL)
    _, errors = running.communicate(timeout=240)
    assert running.returncode == 2
    assert "Traceback" not in errors
    assert f"--resume {folder}" in errors
    assert "process 2 of 2 was ended by SIGKILL" in errors

    alone = start("--resume", str(folder), "--quiet")
    deadline = time.monotonic() + 240
    before = len(steps(folder))
    while len(steps(folder)) <= before and time.monotonic() < deadline:
        time.sleep(0.2)
    alone.send_signal(signal.SIGINT)
    _, errors = alone.communicate(timeout=240)
    assert "everything is kept" in errors
    assert len(steps(folder)) > before


@pytest.mark.apart
def test_two_processes_end_with_one_report_and_the_digest_of_one(tmp_path: Path) -> None:
    for name, more in (("one", ()), ("two", ("--processes", "2"))):
        running = start("simsiam", *ARGUMENTS, *more, "--out", str(tmp_path / name))
        output, errors = running.communicate(timeout=480)
        assert running.returncode == 0, errors
        assert output.count("Report: ") == 1
    one, two = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("one", "two"))
    assert one["digest"] == two["digest"]
    assert one["steps"] == two["steps"]
    first, other = (steps(tmp_path / name) for name in ("one", "two"))
    assert other[0]["loss"] == pytest.approx(first[0]["loss"], rel=1e-4, abs=1e-5)
    assert [line["step"] for line in first] == [line["step"] for line in other]


def test_a_batch_that_cannot_be_dealt_out_is_a_sentence(tmp_path: Path) -> None:
    running = start("simsiam", *FLAGS, "--processes", "3", "--out", str(tmp_path / "run"))
    _, errors = running.communicate(timeout=240)
    assert running.returncode == 2
    assert "a batch of 128 cannot be dealt out evenly to 3 processes" in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "run").exists()


def test_only_the_process_that_a_person_starts_starts_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert must_launch(2)
    assert not must_launch(1)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert not must_launch(4)
    assert not must_launch(1)
    with pytest.raises(UsageError, match="as one of 4"):
        must_launch(2)
