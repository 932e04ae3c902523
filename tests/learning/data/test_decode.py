"""Pixels: formats, images of more than 8 bits, several frames, and all broken files at once."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from repro.errors import DataError
from repro.learning.data.decode import read_image, read_images
from repro.learning.data.folder import ImageFolder

CPU = torch.device("cpu")
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # the colour types of PNG


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))


def draws(high: int, *shape: int) -> NDArray[np.uint16]:
    """Random values up to ``high``, which is among them."""
    values = np.random.default_rng(high).integers(0, high + 1, shape).astype(np.uint16)
    values.flat[0] = high
    return values


def write_png(path: Path, values: NDArray[np.uint16], kind: int) -> None:
    """A PNG of 16 bits a value, which Pillow writes in grey alone."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def write_tiff(path: Path, values: NDArray[np.uint16], order: str, *, packed: bool) -> None:
    """A TIFF of 16 bits a value and several values a pixel, which Pillow does not write."""
    height, width, bands = values.shape
    data = values.astype(f"{order}u2").tobytes()
    data = zlib.compress(data) if packed else data
    entries = {
        256: width,
        257: height,
        258: 0,
        259: 8 if packed else 1,
        262: 2,
        273: 0,
        277: bands,
        278: height,
    }
    entries |= {279: len(data), 284: 1} | ({338: 2} if bands == 4 else {})
    after = 8 + 2 + 12 * len(entries) + 4
    entries |= {258: after, 273: after + 2 * bands}
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    for tag, value in sorted(entries.items()):
        if tag == 258:
            out += struct.pack(f"{order}HHII", tag, 3, bands, value)
        else:
            out += struct.pack(f"{order}HHII", tag, 4, 1, value)
    path.write_bytes(out + struct.pack(f"{order}I", 0) + struct.pack(f"{order}H", 16) * bands + data)


def pixels(path: Path, size: int = 8) -> NDArray[np.uint8]:
    return read_image(str(path), size).transpose(1, 2, 0)


@pytest.mark.parametrize("bits", [8, 10, 12, 15, 16])
@pytest.mark.parametrize("kind", [GREY, RGB, GREY_ALPHA, RGBA])
def test_a_png_of_16_bits_is_read_by_the_bits_it_uses(tmp_path: Path, bits: int, kind: int) -> None:
    bands = {GREY: 1, RGB: 3, GREY_ALPHA: 1, RGBA: 3}[kind]
    values = draws(2**bits - 1, 8, 8, bands)
    opaque = np.full((8, 8, 1), 65535, np.uint16)
    write_png(tmp_path / "a.png", values if kind in (GREY, RGB) else np.dstack([values, opaque]), kind)
    assert (pixels(tmp_path / "a.png") == values >> (bits - 8)).all()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bands", [3, 4])
def test_a_tiff_of_16_bits_in_colour(tmp_path: Path, order: str, packed: bool, bands: int) -> None:
    values = draws(4095, 8, 8, 3)
    opaque = np.full((8, 8, 1), 4095, np.uint16)
    write_tiff(
        tmp_path / "a.tif", values if bands == 3 else np.dstack([values, opaque]), order, packed=packed
    )
    assert (pixels(tmp_path / "a.tif") == values >> 4).all()


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_a_tiff_of_12_bits_in_grey(tmp_path: Path, compression: str | None, order: str) -> None:
    values = draws(4095, 8, 8)
    Image.fromarray(values.astype(order)).save(tmp_path / "a.tif", compression=compression)
    assert (pixels(tmp_path / "a.tif")[..., 0] == values >> 4).all()


def test_all_images_of_a_folder_share_one_scale(tmp_path: Path) -> None:
    """The brightest file decides, in whichever split it is; images of 8 bits are as they were."""
    for name, high in (("train/0", 4095), ("train/1", 100), ("test/0", 65535)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_png(tmp_path / f"{name}.png", np.full((8, 8), high, np.uint16), GREY)
    Image.new("L", (8, 8), 77).save(tmp_path / "train" / "2.png")
    data = ImageFolder(CPU, path=str(tmp_path), size=8)
    assert [int(image.max()) for image in (*data.train, *data.test)] == [15, 0, 77, 255]
    assert data.reading.notes == ("3 with more than 8 bits (grey 100 to 65535)",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 0.505, 1.01], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([0.0, 2047.5, 4095.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([float("nan"), 1.0, float("inf")], [255, 255, 255]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([-3.0, -3.0, -3.0], [0, 0, 0]),
    ],
)
def test_floats_are_brought_to_bytes(tmp_path: Path, values: list[float], expected: list[int]) -> None:
    picture = np.repeat(np.array(values, np.float32)[None], 3, axis=0)
    Image.fromarray(picture).save(tmp_path / "a.tif")
    assert pixels(tmp_path / "a.tif", 3)[1, :, 0].tolist() == expected


def test_whole_numbers_of_32_bits(tmp_path: Path) -> None:
    picture = np.array([[-1000, 1000], [3000, -1000]], np.int32)
    Image.fromarray(picture).save(tmp_path / "a.tif")
    assert pixels(tmp_path / "a.tif", 2)[..., 0].tolist() == [[0, 128], [255, 0]]


@pytest.mark.parametrize("extension", ["png", "jpg", "bmp", "webp", "gif", "tif", "ppm", "jp2", "avif"])
def test_formats_are_read(tmp_path: Path, extension: str) -> None:
    Image.new("RGB", (20, 30), (200, 100, 50)).save(tmp_path / f"a.{extension}")
    assert np.abs(pixels(tmp_path / f"a.{extension}").astype(int) - [200, 100, 50]).max() <= 8


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "YCbCr", "RGBA"])
def test_every_mode_of_a_tiff_becomes_rgb(tmp_path: Path, mode: str) -> None:
    Image.new("RGB", (8, 8), "white").convert(mode).save(tmp_path / "a.tif")
    assert (pixels(tmp_path / "a.tif") == 255).all()


def test_a_palette_with_transparency_lies_on_white(tmp_path: Path) -> None:
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.paste(0, (0, 0, 8, 4))
    for name in ("a.gif", "a.png"):
        picture.save(tmp_path / name, transparency=0)
        assert (pixels(tmp_path / name)[:4] == 255).all()
        assert (pixels(tmp_path / name)[4:] == [200, 0, 0]).all()


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_16_bits_are_turned_as_exif_says(tmp_path: Path, extension: str) -> None:
    values = np.zeros((8, 8), np.uint16)
    values[:4] = 65535
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(values).save(tmp_path / f"a.{extension}", exif=exif)
    turned = pixels(tmp_path / f"a.{extension}")
    assert (turned[:, 4:] == 255).all()
    assert (turned[:, :4] == 0).all()


@pytest.mark.parametrize("extension", ["gif", "tif", "webp", "png"])
def test_the_first_of_several_frames_is_read_and_told(tmp_path: Path, extension: str) -> None:
    first, *others = (Image.new("RGB", (8, 8), (0, shade, 0)) for shade in (255, 100, 0))
    path = tmp_path / f"a.{extension}"
    first.save(
        path, save_all=True, append_images=others, **({"lossless": True} if extension == "webp" else {})
    )
    decoded = read_images([str(path)], 8)
    assert decoded.notes == ("1 with several frames, of which the first is read",)
    assert (decoded.images[0, 1] == 255).all()


# Broken files


def folder_with_broken(root: Path, broken: int) -> Path:
    for split in ("train", "test"):
        for name in "ab":
            (root / split / name).mkdir(parents=True)
            for index in range(3):
                shade = (index, 0, 0 if name == "a" else 255)
                Image.new("RGB", (8, 8), shade).save(root / split / name / f"{index}.png")
    for index in range(broken):
        (root / ("train", "test")[index % 2] / "a" / f"x{index:02}.png").write_bytes(b"no" if index else b"")
    return root


def test_all_broken_files_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        ImageFolder(CPU, path=str(folder_with_broken(tmp_path / "pets", 13)), size=8)
    sentence = str(caught.value)
    assert sentence.startswith("13 of 25 images cannot be read: ")
    assert "x00.png is empty" in sentence
    assert "/train/" in sentence
    assert "/test/" in sentence
    assert sentence.endswith("; and 3 more; delete or repair them, or leave them out with `--skip-broken`")


def test_broken_files_are_skipped_and_counted_also_from_the_cache(tmp_path: Path) -> None:
    root = folder_with_broken(tmp_path / "pets", 5)
    whole = ImageFolder(CPU, path=str(folder_with_broken(tmp_path / "whole" / "pets", 0)), size=8)
    for _ in range(2):
        data = ImageFolder(CPU, path=str(root), size=8, skip_broken=True)
        assert data.checksum == whole.checksum
        assert data.reading.unused == {"that cannot be read": 4, "empty": 1}
        assert (data.reading.train, data.reading.test) == (6, 6)
    with pytest.raises(DataError, match="5 of 17 images cannot be read"):
        ImageFolder(CPU, path=str(root), size=8)


def test_a_broken_tiff_is_told_by_one_sentence_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """libtiff writes to standard error by itself, which must not reach the terminal."""
    path = tmp_path / "a.tif"
    Image.fromarray(draws(255, 40, 40).astype(np.uint8)).save(path, compression="tiff_adobe_deflate")
    content = bytearray(path.read_bytes())
    content[200:240] = bytes(40)
    path.write_bytes(content)
    assert list(read_images([str(path)], 8).broken) == [0]
    assert capfd.readouterr() == ("", "")
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [("train/a", "class a has no image to train"), ("test", "no image to evaluate is left")],
)
def test_too_many_broken_files_are_refused(tmp_path: Path, gone: str, sentence: str) -> None:
    root = folder_with_broken(tmp_path / "pets", 0)
    for path in (root / gone).rglob("*.png"):
        path.write_bytes(b"no")
    with pytest.raises(DataError, match=sentence):
        ImageFolder(CPU, path=str(root), size=8, skip_broken=True)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_file_replaced_by_one_of_its_length_and_date_is_read_anew(tmp_path: Path, renamed: bool) -> None:
    root, victim, other = tmp_path / "pets", tmp_path / "pets" / "0.bmp", tmp_path / "other.bmp"
    root.mkdir()
    for place, shade in ((victim, 1), (root / "1.bmp", 2), (other, 3)):
        Image.new("L", (8, 8), shade).save(place)
        os.utime(place, ns=(1, 1))
    before = ImageFolder(CPU, path=str(root), size=8).checksum
    if renamed:
        other.replace(victim)
    else:
        victim.write_bytes(other.read_bytes())
        os.utime(victim, ns=(1, 1))
    assert ImageFolder(CPU, path=str(root), size=8).checksum != before
