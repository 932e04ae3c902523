"""Files are whole or as they were, whatever goes wrong while they are written."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from repro.errors import RunError
from repro.files import (
    create_whole,
    remove_others,
    replacing,
    write_if_changed,
    write_whole,
)
from repro.report.page import write_page


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "there" / "file.txt"
    path.parent.mkdir()
    path.write_text("old")
    return path


def alone(path: Path) -> bool:
    return list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("data", ["neu, größer\n", b"\x00\xff\r\n"])
@pytest.mark.parametrize("durable", [False, True])
def test_a_file_takes_the_place_of_an_older_one(path: Path, data: str | bytes, durable: bool) -> None:
    write_whole(path, data, durable=durable)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert alone(path)


@pytest.mark.parametrize(
    ("place", "write"),
    [
        ("pathlib.Path.write_bytes", lambda path: write_whole(path, "new")),
        ("os.fsync", lambda path: write_whole(path, "new", durable=True)),
        ("pathlib.Path.replace", lambda path: write_whole(path, "new")),
        ("pathlib.Path.replace", lambda path: write_if_changed(path, b"new")),
        ("pathlib.Path.write_bytes", lambda path: create_whole(path, "new")),
    ],
)
def test_an_interrupted_write_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, place: str, write: Callable[[Path], object]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        with pytest.raises(OSError, match="No space left on device"):
            write(path)
    assert path.read_text() == "old"
    assert alone(path)


def test_an_error_or_a_ctrl_c_while_a_stream_is_written_leaves_the_old_file(path: Path) -> None:
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), replacing(path) as part:  # noqa: PT012
            part.write_text("ne")
            raise error
        assert path.read_text() == "old"
        assert alone(path)


def test_two_writers_of_one_file_do_not_meet(path: Path) -> None:
    with replacing(path) as first:
        first.write_text("first")
        with replacing(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert alone(path)


def test_a_temporary_file_is_known_by_its_ending(path: Path) -> None:
    with replacing(path) as part:
        part.touch()
        assert part.name.endswith(".part")
        assert part.name.startswith(".")
        assert part.parent == path.parent


def test_files_get_the_permissions_that_the_user_gives_new_files(path: Path) -> None:
    plain = path.with_name("plain")
    plain.write_text("")
    write_whole(path, "new")
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_page_that_cannot_be_written_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"page\.html cannot be written \(No such file or directory\)\."):
        write_page(path.parent / "gone" / "page.html", "page")
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(RunError, match=r"file\.txt cannot be written \(No space left on device\)\."):
        write_page(path, "new")
    assert path.read_text() == "old"


def test_a_new_file_never_takes_the_place_of_another(path: Path) -> None:
    with pytest.raises(FileExistsError):
        create_whole(path, "new")
    assert path.read_text() == "old"
    create_whole(path.with_name("b"), "new")
    assert path.with_name("b").read_text() == "new"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["b", "file.txt"]


def test_a_file_that_holds_just_that_keeps_its_time(path: Path) -> None:
    os.utime(path, (1, 1))
    assert not write_if_changed(path, b"old")
    assert path.stat().st_mtime == 1
    assert write_if_changed(path, b"new")
    assert write_if_changed(path.parent / "a" / "b", b"made with its folder")
    assert path.read_text() == "new"


def test_what_is_not_needed_is_removed_with_empty_folders(path: Path) -> None:
    write_if_changed(path, b"needed")
    write_if_changed(path.parent / "deep" / "stray.txt", b"")
    (path.parent / "empty").mkdir()
    assert remove_others(path.parent, {path}) == 1
    assert list(path.parent.rglob("*")) == [path]
