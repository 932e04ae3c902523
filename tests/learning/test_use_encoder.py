"""A trained encoder as an object: what its file says, what it takes, and that evaluation saw the same."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import repro
from repro.api import LoadedEncoder
from repro.catalog.records.config import ResolvedConfig
from repro.errors import DataError, RunError, UsageError
from repro.evidence.encoder import find_encoder
from repro.evidence.run import Config, read_file
from repro.learning.data.decode import read_images
from repro.learning.data.folder import ImageFolder
from repro.learning.examples import Image
from repro.learning.facts import facts_of
from repro.learning.job import build_method
from repro.learning.use.encoder import TrainedEncoder, load_encoder, untrained_network
from repro.learning.use.pixels import as_batch
from repro.learning.views.images import ImageViews
from tests.support.tiny import CPU
from tests.support.trained import photos, trained

MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.3, 0.25]
SCALED = {"data.size": 32, "encoder.width": 4, "views.mean": MEAN, "views.std": STD}
EXAMPLE = Image(3, 32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("use")
    return trained(place / "run", {**SCALED, "data.path": str(photos(place / "photos"))})


@pytest.fixture
def encoder(folder: Path) -> TrainedEncoder:
    loaded = load_encoder(find_encoder(folder))
    assert isinstance(loaded, TrainedEncoder)
    return loaded


def noise(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


# What the file says


def test_a_file_says_of_itself_what_it_takes_and_where_it_comes_from(folder: Path) -> None:
    with safe_open(folder / "encoder.safetensors", framework="numpy") as file:
        told = file.metadata()
    assert json.loads(told["input"]) == {"kind": "image", "channels": 3, "size": 32}
    assert json.loads(told["normalisation"]) == {"mean": MEAN, "std": STD}
    architecture = {"name": "small_resnet", "width": 4, "stages": 3, "stem_stride": 2}
    assert json.loads(told["architecture"]) == architecture
    assert (told["width"], told["seed"]) == ("16", "0")
    assert (told["paper"], told["benchmark"]) == ("simsiam", "images")
    assert told["digest"] == read_file(folder / "config.json", Config).digest
    assert (told["format"], told["repro_format"], told["repro"]) == ("pt", "1", repro.__version__)


def test_metadata_stand_in_one_order(folder: Path, tmp_path: Path) -> None:
    data = (folder / "encoder.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    keys = list(json.loads(data[8 : 8 + length])["__metadata__"])
    assert keys[:3] == ["format", "repro_format", "input"]


def test_a_file_alone_is_enough(folder: Path, encoder: TrainedEncoder, tmp_path: Path) -> None:
    shutil.copy(folder / "encoder.safetensors", tmp_path / "mine.safetensors")
    alone = repro.load(tmp_path / "mine.safetensors")
    assert isinstance(alone, LoadedEncoder)
    assert alone.facts == encoder.facts
    images = noise(3, 40, 50, 3)
    assert torch.equal(alone.encoder()(images), encoder(images))


def test_an_older_file_is_read_through_its_run(folder: Path, encoder: TrainedEncoder, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    save_file(load_file(folder / "encoder.safetensors"), old / "encoder.safetensors")
    images = noise(3, 40, 50, 3)
    for place in (old, old / "encoder.safetensors"):
        loaded = repro.load(place).encoder()
        assert torch.equal(loaded(images), encoder(images))
        assert loaded.width == encoder.width == loaded.facts.width
    shutil.move(old / "encoder.safetensors", tmp_path / "encoder.safetensors")
    with pytest.raises(RunError, match="does not say which encoder it holds"):
        repro.load(tmp_path / "encoder.safetensors")


def test_what_is_wrong_with_a_file_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", {"encoder.width": 8}, seed=1)
    shutil.copy(folder / "encoder.safetensors", other / "encoder.safetensors")
    with pytest.raises(RunError, match="belongs to another run"):
        find_encoder(other)
    (tmp_path / "torn.safetensors").write_bytes((folder / "encoder.safetensors").read_bytes()[:-9])
    with pytest.raises(RunError, match="is no whole safetensors file"):
        repro.load(tmp_path / "torn.safetensors")
    (other / "encoder.safetensors").unlink()
    with pytest.raises(RunError, match="copy the whole folder again"):
        find_encoder(other)
    (other / "summary.json").unlink()
    with pytest.raises(RunError, match=r"has not finished; `repro run --resume"):
        find_encoder(other)
    for place in (tmp_path / "nowhere", tmp_path / "nowhere.safetensors"):
        with pytest.raises(RunError, match="is not there"):
            find_encoder(place)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"repro_format": "2"}, "metadata of format '2'"),
        ({"width": "wide"}, "metadata that cannot be read"),
        ({"architecture": '{"name": "vit"}'}, "has no encoder 'vit'"),
        ({"architecture": '{"name": "small_resnet", "wide": 3}'}, "cannot build this small_resnet"),
        ({"architecture": '{"name": "small_resnet", "width": 5}'}, "does not hold the weights"),
        ({"input": '{"kind": "clip", "samples": 9}'}, "takes clips"),
    ],
)
def test_metadata_of_a_stranger_are_checked(
    folder: Path, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    path = folder / "encoder.safetensors"
    with safe_open(path, framework="numpy") as file:
        told = file.metadata()
    save_file(load_file(path), tmp_path / "odd.safetensors", {**told, **change})
    with pytest.raises((RunError, UsageError), match=says):
        repro.load(tmp_path / "odd.safetensors").encoder()


# What it takes


def test_files_go_the_way_of_a_data_set(folder: Path, encoder: TrainedEncoder) -> None:
    """The features of files are those that probes were fitted on, to the last bit."""
    config = read_file(folder / "config.json", Config).config
    dataset = ImageFolder(CPU, **{k: v for k, v in config["data"].items() if k != "name"})
    views = ImageViews(dataset.example, **{k: v for k, v in config["views"].items() if k != "name"})
    wanted = dataset.features(lambda batch: encoder.network(views.plain(batch)))
    paths = sorted(Path(config["data"]["path"]).glob("*/*"))
    found = {tuple(row) for row in encoder(paths).tolist()}
    near = torch.tensor(sorted(found))
    both = torch.tensor(sorted(tuple(row) for row in torch.cat([wanted.train, wanted.test]).tolist()))
    same(near, both)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_pictures_files_and_paths_are_one(encoder: TrainedEncoder, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"large.{suffix}"
    Pillow.fromarray(noise(500, 700, 3)).save(path)  # a large JPEG is decoded at an eighth
    with Pillow.open(path) as picture:
        same(encoder(picture), encoder(path))
        assert picture.size == (700, 500)  # and is as it was
        same(encoder([picture, picture]), encoder([str(path)] * 2))


def test_arrays_of_every_layout_are_one(encoder: TrainedEncoder) -> None:
    batch = noise(2, 40, 56, 3)
    wanted = encoder([Pillow.fromarray(image) for image in batch])
    assert wanted.shape == (2, encoder.width)
    same(encoder(batch), wanted)
    same(encoder(torch.from_numpy(batch)), wanted)
    same(encoder(batch.transpose(0, 3, 1, 2)), wanted)
    same(encoder(list(batch)), wanted)
    same(encoder(batch[0]), wanted[:1])
    same(encoder(batch[0].transpose(2, 0, 1)), wanted[:1])
    gray = noise(40, 56)
    same(encoder(gray), encoder(Pillow.fromarray(gray)))
    same(encoder(gray[:, :, None]), encoder(gray))


def test_an_image_of_the_right_size_keeps_its_pixels() -> None:
    pixels = noise(2, 3, 32, 32)
    wanted = torch.from_numpy(pixels).float() / 255
    for images in (
        pixels,
        torch.from_numpy(pixels),
        wanted,
        [Pillow.fromarray(i.transpose(1, 2, 0)) for i in pixels],
    ):
        assert torch.equal(as_batch(images, EXAMPLE), wanted)


def test_transparency_lies_on_white_and_photographs_are_turned(tmp_path: Path) -> None:
    clear = np.zeros((32, 32, 4), np.uint8)
    assert torch.equal(as_batch(clear, EXAMPLE), torch.ones(1, 3, 32, 32))
    assert torch.equal(as_batch(Pillow.fromarray(clear), EXAMPLE), torch.ones(1, 3, 32, 32))
    turned = Pillow.fromarray(noise(32, 32, 3))
    exif = Pillow.Exif()
    exif[0x0112] = 3
    turned.save(tmp_path / "turned.png", exif=exif)
    wanted = torch.from_numpy(read_images([str(tmp_path / "turned.png")], 32).images.numpy()).float() / 255
    with Pillow.open(tmp_path / "turned.png") as picture:
        assert torch.equal(as_batch(picture, EXAMPLE), wanted)


def test_colours_are_grayed_for_an_encoder_of_one_channel() -> None:
    gray = noise(30, 40)
    one = Image(1, 24)
    same(as_batch(np.stack([gray] * 3, 2), one), as_batch(gray, one))
    assert as_batch(noise(2, 3, 24, 24), one).shape == (2, 1, 24, 24)


def test_nothing_gives_nothing(encoder: TrainedEncoder) -> None:
    for images in ([], np.zeros((0, 32, 32, 3), np.uint8), torch.zeros(0, 3, 32, 32)):
        assert encoder(images).shape == (0, encoder.width)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (7, "int is no image"),
        (np.zeros((2, 32, 32, 3), np.int64), "array of int64 is no image"),
        (np.zeros((5, 40, 50), np.uint8), "shape .5, 40, 50. is no image"),
        (np.zeros(9, np.uint8), "is no image"),
        (torch.rand(2, 3, 40, 40), r"own shape \(3, 32, 32\)"),
        (torch.rand(2, 3, 32, 32) * 2 - 1, r"must lie in \[0, 1\]"),
        (torch.full((2, 3, 32, 32), float("nan")), r"must lie in \[0, 1\]"),
        ([np.zeros((2, 2), bool)], "array of bool is no image"),
    ],
)
def test_what_is_no_image_is_refused(encoder: TrainedEncoder, images: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        encoder(images)


def test_a_damaged_picture_is_a_sentence(encoder: TrainedEncoder, tmp_path: Path) -> None:
    Pillow.fromarray(noise(90, 90, 3)).save(tmp_path / "whole.png")
    path = tmp_path / "torn.png"
    path.write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    with Pillow.open(path) as picture, pytest.raises(DataError, match=r"torn\.png cannot be read"):
        encoder(picture)
    with pytest.raises(DataError, match=r"torn\.png"):
        encoder(path)


# As a module


def test_gradients_are_kept_only_while_it_trains(encoder: TrainedEncoder) -> None:
    images = noise(4, 3, 32, 32)
    assert not encoder(images).requires_grad
    assert encoder.train()(images).requires_grad
    method = repro.method("simsiam", encoder=encoder, dim=8)
    views = repro.views("simsiam", on="images")(torch.from_numpy(images))
    method.loss(views, repro.Progress()).backward()
    assert all(p.grad is not None for p in encoder.network.parameters())


def test_the_untrained_network_is_that_of_the_run(folder: Path) -> None:
    config = read_file(folder / "config.json", Config)
    begun = build_method(
        ResolvedConfig.model_validate(config.config), config.seed, EXAMPLE, CPU
    ).encoder.state_dict()
    again = untrained_network(facts_of(config, 16)).state_dict()
    assert all(torch.equal(begun[name], again[name]) for name in begun)
