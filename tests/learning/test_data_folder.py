"""A folder of images: its layouts, damaged and hostile files, the cache."""

import os
import struct
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from repro.errors import DataError, UsageError
from repro.learning.data import decode, folder, pack
from repro.learning.data.cache import cache_root, describe, fetch
from repro.learning.data.folder import ImageFolder

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))


def draw(path: Path, seed: int = 0, side: tuple[int, int] = (8, 8)) -> np.ndarray:
    """Writes a random RGB image (width, height); the ending of the path decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side[1], side[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def fill(root: Path, *places: str, count: int = 6) -> Path:
    for place in places:
        for index in range(count):
            draw(root / place / f"{index}.png", index)
    return root


def read(root: Path, size: int = 8, evaluate_share: float = 0.2) -> ImageFolder:
    return ImageFolder(CPU, path=str(root), size=size, evaluate_share=evaluate_share)


def open_one(path: Path, size: int = 8) -> np.ndarray:
    return decode.read_image(str(path), size).transpose(1, 2, 0)


# Layouts


def test_class_folders_are_labels(tmp_path: Path) -> None:
    data = read(fill(tmp_path / "pets", "cats", "dogs/indoors", "dogs/outdoors"))
    assert data.classes == ("cats", "dogs")
    assert (*data.example, len(data) + len(data.test)) == (3, 8, 18)
    labels = torch.cat([data.train_labels, data.test_labels])
    assert torch.bincount(labels).tolist() == [6, 12]
    assert set(data.test_labels.tolist()) == {0, 1}


def test_images_without_class_folders_have_no_labels(tmp_path: Path) -> None:
    data = read(fill(tmp_path / "all", "."))
    assert data.classes == ()
    assert len(data) + len(data.test) == 6
    with pytest.raises(DataError, match="no labels"):
        data.features(lambda batch: batch.flatten(1))


def test_one_sub_folder_is_not_a_class(tmp_path: Path) -> None:
    assert read(fill(tmp_path / "all", "photos")).classes == ()


def test_train_and_test_folders_are_the_splits(tmp_path: Path) -> None:
    root = fill(tmp_path / "pets", "train/cats", "train/dogs", count=4)
    fill(root, "test/cats", "test/dogs", count=3)
    fill(root, "val/cats", count=1)  # beside test/, val/ stays unused
    data = read(root)
    assert (len(data), len(data.test), data.classes) == (8, 6, ("cats", "dogs"))
    assert data.train_labels.tolist() == [0] * 4 + [1] * 4
    assert data.test_labels.tolist() == [0] * 3 + [1] * 3


def test_val_stands_for_test_and_splits_need_no_classes(tmp_path: Path) -> None:
    root = fill(fill(tmp_path / "all", "train", count=4), "val", count=2)
    data = read(root)
    assert (len(data), len(data.test), data.classes) == (4, 2, ())


def test_a_folder_around_the_folder_changes_nothing(tmp_path: Path) -> None:
    inner = fill(tmp_path / "outer" / "inner", "cats", "dogs")
    assert read(tmp_path / "outer").checksum == read(inner).checksum


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ((".", "cats", "dogs"), "both directly and in sub-folders"),
        (("train/cats", "train/dogs", "test/cats", "test/birds"), "same classes: birds only in test/"),
        (("train", "test/cats", "test/dogs"), "same classes: cats, dogs only in test/"),
        (("train/cats", "test/cats", "cows"), "also cows/"),
    ],
)
def test_an_ambiguous_layout_is_refused(tmp_path: Path, places: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read(fill(tmp_path / "pets", *places, count=2))


def test_a_class_of_one_image_is_refused(tmp_path: Path) -> None:
    root = fill(fill(tmp_path / "pets", "cats"), "dogs", count=1)
    with pytest.raises(DataError, match="dogs holds only one image"):
        read(root)


def test_hidden_files_and_other_files_are_ignored(tmp_path: Path) -> None:
    root = fill(tmp_path / "pets", "cats", "dogs", ".thumbnails", count=2)
    (root / "cats" / "._0.png").write_bytes(b"not an image")
    (root / "notes.txt").write_text("not an image")
    assert len(read(root)) == 2


def test_a_pipe_with_the_name_of_an_image_is_not_opened(tmp_path: Path) -> None:
    root = fill(tmp_path / "all", ".", count=2)
    os.mkfifo(root / "pipe.png")
    assert len(read(root)) == 1


# The split


def splits(root: Path) -> tuple[set[bytes], set[bytes]]:
    data = read(root)
    return tuple({row.numpy().tobytes() for row in part} for part in (data.train, data.test))


def test_new_images_move_no_other(tmp_path: Path) -> None:
    root = fill(tmp_path / "pets", "cats", "dogs", count=0)
    for index in range(40):
        draw(root / "cats" / f"{index}.png", index)
        draw(root / "dogs" / f"{index}.png", 1000 + index)
    train, test = splits(root)
    for index in range(40, 60):
        draw(root / "cats" / f"{index}.png", index)
    later_train, later_test = splits(root)
    assert train < later_train
    assert test < later_test


def test_the_share_is_met_and_the_splits_are_disjoint(tmp_path: Path) -> None:
    root = tmp_path / "all"
    for index in range(300):
        draw(root / f"{index}.png", index, (1, 1))
    data = read(root, evaluate_share=0.3)
    assert 70 <= len(data.test) <= 110
    assert len(data) + len(data.test) == 300


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_every_class_is_in_both_splits(tmp_path: Path, share: float) -> None:
    data = read(fill(tmp_path / "pets", "cats", "dogs", count=2), evaluate_share=share)
    assert data.train_labels.tolist() == data.test_labels.tolist() == [0, 1]


# Pixels


@pytest.mark.parametrize("ending", ["png", "bmp", "PNG"])
def test_an_image_of_the_right_size_keeps_its_pixels(tmp_path: Path, ending: str) -> None:
    pixels = draw(tmp_path / f"a.{ending}")
    assert np.array_equal(open_one(tmp_path / f"a.{ending}"), pixels)


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "webp"])
def test_other_formats_are_read(tmp_path: Path, ending: str) -> None:
    Image.new("RGB", (20, 30), (200, 100, 50)).save(tmp_path / f"a.{ending}")
    assert np.abs(open_one(tmp_path / f"a.{ending}").astype(int) - [200, 100, 50]).max() <= 4


@pytest.mark.parametrize("side", [(64, 16), (16, 64)])
def test_the_centre_is_kept(tmp_path: Path, side: tuple[int, int]) -> None:
    picture = Image.new("RGB", side, "red")
    centre = Image.new("RGB", (16, 16), "blue")
    picture.paste(centre, ((side[0] - 16) // 2, (side[1] - 16) // 2))
    picture.save(tmp_path / "a.png")
    kept = open_one(tmp_path / "a.png")
    assert (kept[1:-1, 1:-1] == [0, 0, 255]).all()
    whole = np.asarray(picture.resize((side[0] // 2, side[1] // 2), Image.Resampling.BICUBIC))
    left, top = (side[0] // 2 - 8) // 2, (side[1] // 2 - 8) // 2
    assert np.array_equal(kept, whole[top : top + 8, left : left + 8])


def test_a_photograph_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8), "black")
    picture.paste(Image.new("RGB", (8, 4), "white"), (0, 0))  # the upper half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    picture.save(tmp_path / "a.png", exif=exif)
    turned = open_one(tmp_path / "a.png")
    assert (turned[:, 4:] == 255).all()
    assert (turned[:, :4] == 0).all()


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (open_one(tmp_path / "a.png") == 255).all()


def test_grey_of_16_bits_is_brought_to_8(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 0x8042, np.uint16)).save(tmp_path / "a.png")
    assert (open_one(tmp_path / "a.png") == 0x80).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new("RGB", (8, 8), "white").convert(mode).save(path)
    assert (open_one(path) == 255).all()


# Damaged and hostile files


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is width x height pixels large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"<html>404</html>", "is no image of a format that is read .PNG, JPEG, "),
        (bomb(10_000, 10_000), "is 10000 x 10000 pixels large, more than the 89 million"),
        (bomb(60_000, 60_000), "is more than 178 million pixels large, more than the 89 million"),
        (bomb(100, 100), "cannot be read .*truncated"),
    ],
    ids=["empty", "no image", "large", "very large", "truncated"],
)
def test_a_file_that_is_no_usable_image_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    root = fill(tmp_path / "pets", "cats", "dogs", count=3)
    (root / "dogs" / "bad.png").write_bytes(content)
    with pytest.raises(
        DataError, match=rf"bad\.png {sentence}.*; delete or repair it, or leave it out with `--skip-broken`$"
    ):
        read(root)
    assert not list((cache_root() / "packs").glob("*.safetensors"))


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp"])
def test_a_truncated_file_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    draw(path, side=(40, 40))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=rf"a\.{ending} "):
        open_one(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from(["png", "jpg", "bmp", "webp", "gif", "tif", "ppm", "jp2"]),
    edits=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
)
@pytest.mark.filterwarnings("ignore")  # of Pillow, on what it mends; read_images silences them likewise
def test_bytes_gone_wrong_give_pixels_or_a_data_error(
    tmp_path: Path, ending: str, edits: list[tuple[float, int]]
) -> None:
    path = tmp_path / f"a.{ending}"
    draw(path, side=(20, 12))
    content = bytearray(path.read_bytes())
    for place, value in edits:
        content[int(place * len(content))] = value
    path.write_bytes(content)
    try:
        pixels = open_one(path)
    except DataError as error:
        sentence = str(error)
    else:
        sentence = str(path) if pixels.shape == (8, 8, 3) else ""
    assert str(path) in sentence


def test_names_with_control_characters_and_undecodable_bytes_can_be_shown(tmp_path: Path) -> None:
    root = fill(tmp_path / "pets", "cats", "do\x1b[31mgs", count=2)
    (root / "cats").rename(root / os.fsdecode(b"c\xff"))
    classes = read(root).classes
    assert classes == (r"c\udcff", r"do\x1b[31mgs")
    (root / "do\x1b[31mgs" / "bad.png").write_bytes(b"no")
    with pytest.raises(DataError) as caught:
        read(root)
    assert str(caught.value).isprintable()


# Folders that cannot be used


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere does not exist; `--data PATH`"):
        read(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"is a file, neither a folder nor \.zip"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("content", [[], ["notes.txt", "movie.mp4"]])
def test_a_folder_without_images(tmp_path: Path, content: list[str]) -> None:
    (tmp_path / "none").mkdir()
    for name in content:
        (tmp_path / "none" / name).write_text("")
    with pytest.raises(DataError, match=r"holds no images: expected \.png, \.apng, \.jpg") as caught:
        read(tmp_path / "none")
    assert str(caught.value).endswith("; found 1 .mp4, 1 .txt" if content else "sub-folders of it")


def test_no_path_at_all() -> None:
    with pytest.raises(UsageError, match="--data PATH"):
        ImageFolder(CPU)


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: object) -> None:
        raise PermissionError(13, "Permission denied")

    root = fill(tmp_path / "all", ".", count=2)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"all cannot be read \(Permission denied\)"):
        read(root)


@pytest.mark.parametrize("loop", [True, False])
def test_a_path_that_leads_nowhere(tmp_path: Path, loop: bool) -> None:
    path = tmp_path / "loop"
    if loop:
        path.symlink_to(path)
    with pytest.raises(DataError, match=r"cannot be reached|does not exist"):
        ImageFolder(CPU, path=str(path) if loop else "a\0b")


@pytest.mark.parametrize(
    "wrong", [{"size": 4}, {"size": 5000}, {"evaluate_share": 0.0}, {"evaluate_share": 1.0}]
)
def test_settings_out_of_range(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"data.{next(iter(wrong))}: found"):
        read(fill(tmp_path / "all", "."), **wrong)


@pytest.mark.parametrize(("limit", "advice"), [(6 * 3 * 100, "data.size=10`"), (100, "use fewer images")])
def test_more_than_memory_takes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, advice: str
) -> None:
    monkeypatch.setattr(folder, "LIMIT", limit)
    with pytest.raises(DataError, match=f"6 images.*{advice}"):
        read(fill(tmp_path / "all", "."), size=16)


# The cache


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often images have been decoded."""
    calls: list[int] = []
    original = decode.read_images

    def counted(paths: list[str], size: int) -> decode.Decoded:
        calls.append(len(paths))
        return original(paths, size)

    monkeypatch.setattr(folder, "read_images", counted)
    return lambda: len(calls)


def test_a_second_reading_comes_from_the_cache(tmp_path: Path, reads: Callable[[], int]) -> None:
    root = fill(tmp_path / "pets", "cats", "dogs")
    first = read(root)
    again = read(root)
    assert reads() == 1
    assert again.checksum == first.checksum
    assert again.classes == first.classes


def test_a_changed_folder_is_read_again_and_its_old_pack_forgotten(
    tmp_path: Path, reads: Callable[[], int]
) -> None:
    root = fill(tmp_path / "all", ".")
    before = read(root).checksum
    os.utime(root / "0.png", (1, 1))
    assert read(root).checksum == before
    draw(root / "0.png", 99)
    assert read(root).checksum != before
    assert reads() == 3
    assert len(pack.packs("folder")) == 1


def test_another_size_is_another_pack(tmp_path: Path) -> None:
    root = fill(tmp_path / "all", ".")
    assert (read(root, size=8).example.size, read(root, size=16).example.size) == (8, 16)
    assert len(pack.packs("folder")) == 2


@pytest.mark.parametrize("place", [-1, 20, 0], ids=["pixels", "header", "length"])
def test_a_damaged_pack_is_built_again(tmp_path: Path, reads: Callable[[], int], place: int) -> None:
    root = fill(tmp_path / "pets", "cats", "dogs")
    before = read(root).checksum
    (path,) = pack.packs("folder")
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    assert read(root).checksum == before
    assert reads() == 2
    assert pack.load(path) is not None


@pytest.mark.parametrize("content", [b"", b"not a pack"])
def test_an_emptied_pack_is_built_again(tmp_path: Path, content: bytes) -> None:
    root = fill(tmp_path / "all", ".")
    before = read(root).checksum
    (path,) = pack.packs("folder")
    path.write_bytes(content)
    assert read(root).checksum == before


def test_a_pack_of_an_older_format_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: Callable[[], int]
) -> None:
    root = fill(tmp_path / "all", ".")
    read(root)
    monkeypatch.setattr(pack, "FORMAT", pack.FORMAT + 1)
    read(root)
    assert reads() == 2


def test_who_needs_the_same_pack_waits_for_the_first(tmp_path: Path) -> None:
    start, built = threading.Barrier(2), []

    def build() -> pack.Pack:
        built.append(1)
        time.sleep(0.1)
        pixels = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
        return pack.Pack(pixels, None, pixels.clone(), None, ())

    def need(_: int) -> pack.Pack:
        start.wait()
        return pack.cached("some", "key", "nowhere", build)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(need, range(2))
    assert len(built) == 1
    assert torch.equal(one.train, other.train)


def test_a_cache_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written \(.+\).*REPRO_CACHE"):
        read(fill(tmp_path / "all", "."))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pack, "save_file", refuse)
    with pytest.raises(DataError, match="No space left on device"):
        read(fill(tmp_path / "all", "."))
    assert [path.suffix for path in (tmp_path / "cache" / "packs").iterdir()] in ([], [".lock"])


def test_what_a_kill_left_of_a_pack_goes_with_the_next(tmp_path: Path) -> None:
    pixels = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    left = cache_root() / "packs" / ".some-older.safetensors.0123abcd.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    pack.cached("some", "key", "nowhere", lambda: pack.Pack(pixels, None, pixels.clone(), None, ()))
    assert not left.exists()


def test_the_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_root() == tmp_path / "cache"
    monkeypatch.delenv("REPRO_CACHE")
    assert cache_root().name == "repro"


def test_packed_folders_are_described(tmp_path: Path) -> None:
    embedded = ["digits", "wordnet", "spoken_words", "instrument_notes"]
    assert [row.name for row in describe()] == [*embedded, "cifar10"]
    assert all(row.present and row.where is None and row.licence for row in describe()[:4])
    root = fill(tmp_path / "all", ".")
    read(root)
    row = describe()[-1]
    assert (row.name, row.images, row.present, row.source) == ("folder", 6, True, str(root))
    assert row.where is not None
    assert row.bytes == row.where.stat().st_size


def test_a_folder_is_not_fetched() -> None:
    with pytest.raises(UsageError, match="--data PATH"):
        fetch("folder")
