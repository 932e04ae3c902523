"""Run folders: locked, whole files or none, and damage said in one sentence."""

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from repro.errors import RunError
from repro.evidence.folder import RunFolder, make_new
from repro.evidence.run import Config, FolderReading, Summary, to_json

ASKED = Config(paper="simsiam", benchmark="digits", seed=0, digest="d", overrides=("budget.epochs=1",))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.create()
    return made


def sentence(act: Callable[[], Any]) -> str:
    """The message of the RunError that ``act`` ends in, which is one line."""
    with pytest.raises(RunError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


# Making one


def test_makes_the_folder_and_its_parents(tmp_path: Path) -> None:
    RunFolder(tmp_path / "a" / "b").create()
    assert (tmp_path / "a" / "b").is_dir()


def test_checking_makes_nothing(tmp_path: Path) -> None:
    RunFolder(tmp_path / "a" / "b").check()
    assert not (tmp_path / "a").exists()


def test_an_empty_folder_can_be_used(tmp_path: Path) -> None:
    RunFolder(tmp_path).create()


@pytest.mark.parametrize("left", [[".lock"], [".config.json.1a.part"], [".lock", ".config.json.1a.part"]])
def test_what_a_kill_before_the_first_file_leaves_can_be_used(tmp_path: Path, left: list[str]) -> None:
    for name in left:
        (tmp_path / name).touch()
    made = RunFolder(tmp_path)
    made.create()
    with made.locked():
        made.check()
        made.write(ASKED)
    assert made.read(Config) == ASKED


def test_a_folder_with_a_run_says_how_to_continue_it(folder: RunFolder) -> None:
    folder.write(ASKED)
    text = sentence(folder.create)
    assert f"--resume {folder.path}" in text
    assert "another `--out`" in text


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert "thesis.tex" in sentence(RunFolder(tmp_path).create)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert "choose another `--out`" in sentence(RunFolder(path).create)
    assert "choose another `--out`" in sentence(RunFolder(path / "below").create)


def test_a_name_too_long_or_a_dangling_link(tmp_path: Path) -> None:
    assert "choose another `--out`" in sentence(RunFolder(tmp_path / ("x" * 300)).create)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone")
    assert "choose another `--out`" in sentence(RunFolder(link).create)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "cannot be written" in sentence(RunFolder(tmp_path / "run").check)


def test_new_names_count_up(tmp_path: Path) -> None:
    assert make_new(tmp_path / "runs", "run") == tmp_path / "runs" / "run"
    (tmp_path / "runs" / "run-2").touch()
    (tmp_path / "runs" / "run-3").symlink_to(tmp_path / "gone")
    assert make_new(tmp_path / "runs", "run").name == "run-4"
    (tmp_path / "file").touch()
    assert "cannot be made" in sentence(lambda: make_new(tmp_path / "file", "run"))


def test_whoever_takes_a_new_name_at_the_same_moment_has_it_alone(tmp_path: Path) -> None:
    start = Barrier(16)

    def make(_: int) -> Path:
        start.wait()
        return make_new(tmp_path / "runs", "run")

    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(make, range(16)))
    assert len(made) == 16
    assert made == set((tmp_path / "runs").iterdir())


@pytest.mark.parametrize("is_new", [True, False])
def test_a_discarded_run_leaves_what_was_there_before(tmp_path: Path, is_new: bool) -> None:
    path = tmp_path / "run"
    if not is_new:
        path.mkdir()
    folder = RunFolder(path)
    folder.create()
    with folder.locked():
        folder.write(ASKED)
        (path / ".config.json.1234.part").touch()
        folder.discard()
    assert list(tmp_path.iterdir()) == ([] if is_new else [path])
    folder.create()
    (path / "notes.txt").touch()
    folder.discard()
    assert [entry.name for entry in path.iterdir()] == ["notes.txt"]


# Locking


def test_a_second_writer_is_turned_away_and_admitted_afterwards(folder: RunFolder) -> None:
    other = RunFolder(folder.path)
    with folder.locked():
        assert "another process is writing" in sentence(other.locked().__enter__)
    with other.locked():
        pass


def test_the_lock_holds_against_other_processes_and_dies_with_its_holder(folder: RunFolder) -> None:
    hold = (
        "import sys, time, pathlib; from repro.evidence.folder import RunFolder\n"
        "with RunFolder(pathlib.Path(sys.argv[1])).locked():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", hold, str(folder.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert "another process is writing" in sentence(folder.locked().__enter__)
        holder.kill()
    with folder.locked():
        pass


def test_an_error_inside_releases_the_lock(folder: RunFolder) -> None:
    with pytest.raises(ZeroDivisionError), folder.locked():
        raise ZeroDivisionError
    with folder.locked():
        pass


# JSON files


def test_json_comes_back_as_it_was_written(folder: RunFolder) -> None:
    summary = Summary(digest="d", status="finished", classes=("é", "猫"), metrics={"linear": 0.1})
    folder.write(summary)
    assert folder.read(Summary) == summary
    assert [path.name for path in folder.path.iterdir()] == ["summary.json"]


DAMAGED = {
    "empty": b"",
    "cut short": b'{"format": 1, "a"',
    "binary": b"\xff\xfe\x00\x01",
    "zeros": b"\0" * 64,
    "a list": b"[1]",
    "text": b'"format"',
    "another format": b'{"format": 2}',
    "no format": b"{}",
    "deep": b"[" * 100_000,
    "long number": b'{"format": ' + b"1" * 5000 + b"}",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_json_is_one_sentence(folder: RunFolder, content: bytes) -> None:
    folder.config.write_bytes(content)
    text = sentence(lambda: folder.read(Config))
    assert str(folder.config) in text


def test_missing_json_says_that_this_is_no_run(folder: RunFolder) -> None:
    assert "has no config.json, so it is no run folder" in sentence(lambda: folder.read(Config))
    folder.config.mkdir()
    assert "config.json" in sentence(lambda: folder.read(Config))


def test_a_number_that_is_no_json_is_not_written_as_such(folder: RunFolder) -> None:
    """Other readers of JSON refuse NaN, so one of them would make the whole file unreadable to them."""
    folder.write(Summary(digest="d", status="finished", metrics={"std": float("nan")}))
    folder.append_metrics({"step": 0, "std": float("inf")})
    for path in (folder.summary, folder.metrics):
        assert not {"NaN", "Infinity"} & set(path.read_text().replace("}", " ").split())


# Metrics


def test_cutting_keeps_the_lines_before_a_step(folder: RunFolder) -> None:
    for step in (0, 1, 1, 2):
        folder.append_metrics({"step": step, "loss": 0.1})
    lines = folder.metrics.read_text().splitlines(keepends=True)
    folder.cut_metrics(2)
    assert folder.metrics.read_text() == "".join(lines[:3])
    folder.cut_metrics(0)
    assert folder.metrics.read_text() == ""


TORN = [
    "{",
    '{"step": 1, "lo',
    '{"step": 1}garbage',
    '{"loss": 1}',
    "[1]",
    '{"step": null}',
    '{"step": NaN}',
    "",
]


@pytest.mark.parametrize("line", TORN)
def test_a_torn_line_is_dropped(folder: RunFolder, line: str) -> None:
    folder.append_metrics({"step": 0})
    with folder.metrics.open("a") as file:
        file.write(line)
    folder.cut_metrics(5)
    assert folder.metrics.read_text() == '{"step": 0}\n'


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\0" * 100, b"[" * 100_000], ids=["utf8", "zeros", "deep"]
)
def test_damaged_metrics_are_no_traceback(folder: RunFolder, content: bytes) -> None:
    """After a power cut a file can end in anything: it is cut."""
    folder.metrics.write_bytes(b'{"step": 0}\n' + content)
    assert folder.cut_metrics(1) == 1
    assert folder.metrics.read_text() == '{"step": 0}\n'


def test_cutting_what_is_not_there_leaves_an_empty_file(folder: RunFolder) -> None:
    folder.cut_metrics(0)
    assert folder.metrics.read_text() == ""


# A full disk


def test_a_full_disk_leaves_the_old_file(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write(Summary(digest="d", status="finished", steps=1))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    text = sentence(lambda: folder.write(Summary(digest="d", status="finished", steps=2)))
    assert "No space left on device" in text
    assert json.loads(folder.summary.read_text())["steps"] == 1
    assert not list(folder.path.glob("*.part"))


def test_what_a_killed_writer_left_is_removed_by_the_next(folder: RunFolder) -> None:
    left = folder.path / ".summary.json.0123abcd.part"
    left.write_text("ha")
    folder.write(ASKED)
    with folder.locked():
        assert not left.exists()
    assert folder.config.exists()


def test_metrics_on_a_full_disk(folder: RunFolder) -> None:
    folder.metrics.symlink_to("/dev/full")
    text = sentence(lambda: folder.append_metrics({"step": 1}))
    assert "No space left on device" in text
    assert "resume" in text


# How a folder of images was read


def test_a_reading_is_kept_and_older_folders_have_none(folder: RunFolder) -> None:
    folder.write(ASKED)
    assert folder.read(Config).folder is None
    content = json.loads(folder.config.read_text())
    del content["folder"]
    folder.config.write_text(json.dumps(content))
    assert folder.read(Config) == ASKED
    reading = FolderReading(3, 2, "train/ trains", ("1 reached by symbolic links",), {".txt": 1})
    content["folder"] = to_json(reading)
    folder.config.write_text(json.dumps(content))
    assert folder.read(Config).folder == reading


def test_a_reading_is_one_line_whatever_was_left_out() -> None:
    assert FolderReading(3, 2).sentence == "3 images to train, 2 to evaluate. Every file is used."
    single = FolderReading(3, 2, unused={"rows without a class": 1, "folders without images (c/)": 2})
    assert single.sentence.endswith("Not used: 2 folders without images (c/), 1 row without a class.")
    many = FolderReading(3, 2, unused={f".x{number:02}": 100 - number for number in range(50)})
    assert many.sentence.startswith("3 images to train, 2 to evaluate. Not used: 100 .x00, 99 .x01, ")
    assert many.sentence.endswith("81 .x19, 1,965 for other reasons.")
