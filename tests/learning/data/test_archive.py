"""Archives: what is unpacked, once and whole, and what is refused."""

import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repro.errors import DataError
from repro.learning.data import archive
from repro.learning.data.archive import existing_folder
from repro.learning.data.listing import find_images
from repro.learning.data.scan import read_layout

FILES = {f"{name}/{index}.png": b"pixels" for name in ("cats", "dogs") for index in range(3)}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return path


def make_tar(path: Path, files: dict[str, bytes], *special: tarfile.TarInfo) -> Path:
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as whole:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            whole.addfile(info, io.BytesIO(content))
        for info in special:
            whole.addfile(info)
    return path


def names(path: Path) -> list[str]:
    return ["/".join(image.name) for image in find_images(existing_folder(str(path)).folder).images]


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_an_archive_is_read_like_its_folder(tmp_path: Path, name: str) -> None:
    make = make_zip if name.lower().endswith(".zip") else make_tar
    path = make(tmp_path / name, FILES)
    assert names(path) == sorted(FILES)
    _, layout = read_layout(str(path), 0.3)
    assert (layout.classes, len(layout.train) + len(layout.test)) == (("cats", "dogs"), 6)
    assert not any(stat.S_IMODE(file.stat().st_mode) & 0o111 for file in (tmp_path / "cache").rglob("*.png"))


def test_a_folder_with_nothing_but_an_archive_stands_for_it(tmp_path: Path) -> None:
    make_zip(tmp_path / "download" / "pets.zip", FILES)
    (tmp_path / "download" / ".DS_Store").write_text("")
    assert names(tmp_path / "download") == sorted(FILES)


def test_an_archive_is_unpacked_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path / "pets.zip", FILES)
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: existing_folder(str(path)).folder, range(4)))
    assert len(folders) == 1
    make_zip(path, {"a/0.png": b"other"})
    assert names(path) == ["a/0.png"]
    assert [place.is_dir() for place in folders] == [False]
    monkeypatch.setattr(archive, "_unpack", lambda *_: pytest.fail("unpacked twice"))
    assert names(path) == ["a/0.png"]


def test_what_a_kill_left_is_unpacked_again(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "pets.zip", FILES)
    folder = existing_folder(str(path)).folder
    folder.with_name(f"{folder.name}.json").unlink()
    (folder / "cats" / "0.png").unlink()
    assert names(path) == sorted(FILES)


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_links_and_devices_are_counted_and_not_made(tmp_path: Path) -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    entries = [special(f"cats/{number}.jpg", kind, "/etc/passwd") for number, kind in enumerate(kinds)]
    opened = existing_folder(str(make_tar(tmp_path / "pets.tar", FILES, *entries)))
    assert opened.unused == {"in the archive as links or devices": 4}
    assert not list(opened.folder.rglob("*.jpg"))
    linked = zipfile.ZipInfo("cats/link.png")
    linked.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(make_zip(tmp_path / "pets.zip", FILES), "a") as whole:
        whole.writestr(linked, "/etc/passwd")
    _, layout = read_layout(str(tmp_path / "pets.zip"), 0.3)
    assert layout.unused == {"in the archive as links or devices": 1}


@pytest.mark.parametrize("name", ["../x.png", "a/../../x.png", "/x.png", "..\\x.png", "C:\\x.png"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_an_entry_outside_is_refused(
    tmp_path: Path, name: str, make: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    path = make(tmp_path / ("bad.zip" if make is make_zip else "bad.tar"), {**FILES, name: b"x"})
    with pytest.raises(DataError, match="would lie outside its folder"):
        existing_folder(str(path))
    assert not [place for place in (tmp_path / "cache").rglob("*") if place.suffix not in ("", ".lock")]
    assert not (tmp_path / "x.png").exists()


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SPARE_BYTES", 1000)
    path = make_zip(tmp_path / "bomb.zip", {"a/0.png": bytes(10**7)})
    with pytest.raises(DataError, match="unpacks to more than 100 times its own length"):
        existing_folder(str(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", b"not a zip"),
        ("a.tar", b"not a tar" * 200),
        ("a.tar.gz", b"\x1f\x8b not really"),
        ("a.tgz", b""),
        ("a.zip", b"PK\x05\x06" + bytes(18)),
    ],
)
def test_a_damaged_or_empty_archive_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"a\.\w+.* cannot be unpacked|holds no images"):
        read_layout(str(tmp_path / name), 0.2)


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar.gz", {"a/0.png": bytes(range(256)) * 4000})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"a\.tar\.gz cannot be unpacked"):
        existing_folder(str(path))


def test_a_password_is_told(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"0.png": b"x"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is locked by a password"):
        existing_folder(str(path))


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_write", refuse)
    with pytest.raises(DataError, match=r"cannot be unpacked into .*No space left on device.*REPRO_CACHE"):
        existing_folder(str(make_zip(tmp_path / "a.zip", FILES)))
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_what_was_left_out_is_remembered(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", FILES, special("x.png", tarfile.SYMTYPE, "cats/0.png"))
    first, second = (existing_folder(str(path)) for _ in range(2))
    assert first == second
    counts = first.folder.with_name(f"{first.folder.name}.json")
    assert json.loads(counts.read_text()) == {"in the archive as links or devices": 1}
