"""Images of a folder, an image, a benchmark: their names, splits and classes; neighbours and other labels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from repro.catalog.records.config import ComponentConfig
from repro.errors import DataError, UsageError
from repro.evidence.encoder import StoredEncoder, find_encoder
from repro.learning.use.encoder import load_encoder
from repro.learning.use.features import embed
from repro.learning.use.neighbours import centred_cosines, find_neighbours
from repro.learning.use.sources import open_source, packed_images
from repro.learning.use.transfer import _dataset, transfer
from tests.support.tiny import CPU
from tests.support.trained import photos, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("use")
    photos(place / "photos")
    trained(place / "run", {"data.size": 32, "encoder.width": 4, "data.path": str(place / "photos")})
    return place


@pytest.fixture
def stored(place: Path) -> StoredEncoder:
    return find_encoder(place / "run")


def files(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(folder / name)
    return folder


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a/1.png", "b/2.png"], [("", "a"), ("", "b")]),
        (["a/1.png", "2.png"], [("", ""), ("", "a")]),
        (["1.png", "2.png"], [("", ""), ("", "")]),
        (["top/a/1.png", "top/b/deep/2.png"], [("", "a"), ("", "b")]),
        (["train/a/1.png", "test/b/2.png"], [("test", "b"), ("train", "a")]),
        (["train/1.png", "val/2.png"], [("train", ""), ("val", "")]),
        (["train/a/1.png", "train/b/1.png"], [("train", "a"), ("train", "b")]),
    ],
)
def test_folders_say_split_and_class(names: list[str], told: list[tuple[str, str]], tmp_path: Path) -> None:
    source = open_source(str(files(tmp_path / "images", names)), None)
    assert list(zip(source.splits, source.classes, strict=True)) == told
    assert sorted(source.names) == sorted(names)


def test_a_benchmark_is_its_own_data(stored: StoredEncoder) -> None:
    source = open_source("digits", stored.config)
    assert len(source) == 6 * 1797
    assert (source.names[0], source.splits[0]) == ("train/0", "train")
    assert (source.names[-1], source.splits[-1]) == ("test/2381", "test")
    dataset = packed_images(ComponentConfig.model_validate({"name": "digits"}))
    assert source.classes[3] == str(int(dataset.train_labels[3]))


def test_the_benchmark_of_the_run_is_what_it_ran_on(stored: StoredEncoder) -> None:
    assert len(open_source("images", stored.config)) == 30
    with pytest.raises(UsageError, match="images has no images of its own"):
        open_source("images", None)


def test_features_do_not_depend_on_their_company(stored: StoredEncoder, place: Path) -> None:
    encoder = load_encoder(stored)
    source = open_source(str(place / "photos"), None)
    features = embed(encoder, source)
    assert features.shape == (30, encoder.width)
    for row in (0, 17, 29):
        alone = open_source(str(place / "photos" / source.names[row]), None)
        torch.testing.assert_close(embed(encoder, alone)[0], features[row], rtol=1e-5, atol=1e-5)


def test_neighbours_share_the_colour_and_leave_the_image_out(stored: StoredEncoder, place: Path) -> None:
    listed = find_neighbours(stored, place / "photos" / "red" / "3.png", None, 5)
    assert [near.class_name for near in listed.nearest] == ["red"] * 5
    assert "red/3.png" not in {near.name for near in listed.nearest}
    assert listed.count == 29
    cosines = [near.cosine for near in listed.nearest]
    assert cosines == sorted(cosines, reverse=True)
    assert listed.pictures.shape == (6, 3, 32, 32)
    everything = find_neighbours(stored, place / "photos" / "red" / "3.png", None, 1000)
    assert len(everything.nearest) == 29
    assert everything.nearest[-1].cosine < 0  # about the mean, others lie on the other side


def test_a_cosine_is_taken_about_the_mean() -> None:
    bank = torch.tensor([[11.0, 10], [9, 10], [10, 11], [10, 9]])
    found = centred_cosines(torch.tensor([[12.0, 10]]), bank)
    torch.testing.assert_close(found, torch.tensor([[1.0, -1, 0, 0]]))


def test_one_image_has_no_neighbours(stored: StoredEncoder, place: Path, tmp_path: Path) -> None:
    only = files(tmp_path / "one", ["1.png"])
    with pytest.raises(DataError, match="neighbours need two"):
        find_neighbours(stored, place / "photos" / "red" / "3.png", str(only), 5)


def test_other_labels_are_read_by_the_probes_of_the_run(stored: StoredEncoder, tmp_path: Path) -> None:
    read = transfer(stored, str(photos(tmp_path / "other", 20)), CPU)
    assert read.classes == ("blue", "green", "red")
    assert (read.train + read.test, read.protocols) == (60, ("knn/k200-t0.1@1", "linear/lbfgs@1"))
    for scores in (read.trained, read.untrained, read.pixels):
        assert scores.keys() == {"knn", "linear"}
    assert read.trained["linear"] == 1.0  # flat colours are told apart by anything


def test_images_of_another_kind_are_as_the_encoder_takes_them(place: Path, tmp_path: Path) -> None:
    """Colour photographs for an encoder of gray digits of 24 pixels; pixels are those that it is given."""
    gray = find_encoder(trained(tmp_path / "gray", {"encoder.width": 4}, "digits"))
    read = transfer(gray, str(place / "photos"), CPU)
    assert (read.train + read.test, read.encoder) == (30, "gray")
    dataset = _dataset(str(place / "photos"), gray, load_encoder(gray), CPU)
    assert dataset.train.shape[1:] == (1, 24, 24)
    assert dataset.train.dtype == torch.uint8


def test_without_labels_nothing_can_be_read(stored: StoredEncoder, tmp_path: Path) -> None:
    folder = files(tmp_path / "bare", [f"{number}.png" for number in range(9)])
    with pytest.raises(DataError, match="put the images of each class into a sub-folder"):
        transfer(stored, str(folder), CPU)


def test_numbers_are_the_same_twice(stored: StoredEncoder, place: Path) -> None:
    first, again = (transfer(stored, str(place / "photos"), CPU) for _ in range(2))
    assert first == again
    assert np.isfinite([value for value in first.trained.values() if value is not None]).all()
