"""CIFAR-10 from a copy in class folders and from torchvision, without a network."""

from pathlib import Path
from typing import ClassVar
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from repro.errors import DataError, UsageError
from repro.learning.data.cache import describe, fetch
from repro.learning.data.cifar10 import CIFAR10, CLASSES, stratified_order
from repro.learning.data.pack import packs

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """A copy with 20 training and 4 test images a class; each image's red value is its number."""
    for split, count in (("train", 20), ("test", 4)):
        for label, name in enumerate(CLASSES):
            folder = tmp_path / "copy" / split / name
            folder.mkdir(parents=True)
            for index in range(count):
                Image.new("RGB", (32, 32), (label * 20 + index, 0, 0)).save(folder / f"{index:02}.png")
    return str(tmp_path / "copy")


class Downloaded:
    """Stands for torchvision's class: the same attributes, a few images, no network."""

    calls: ClassVar[list[bool]] = []

    def __init__(self, root: Path, train: bool, download: bool) -> None:
        assert download
        self.calls.append(train)
        count = 50 if train else 20
        self.data = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        self.targets = [index % 10 for index in range(count)]


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    monkeypatch.setattr(Downloaded, "calls", [])
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", Downloaded)
    return Downloaded.calls


def test_a_copy_in_class_folders(copy: str) -> None:
    data = CIFAR10(CPU, path=copy)
    assert (*data.example, data.classes) == (3, 32, CLASSES)
    assert (len(data), len(data.test)) == (200, 40)
    assert data.train[:, 0, 0, 0].tolist() == list(range(200))
    assert data.train_labels.tolist() == [index // 20 for index in range(200)]


def test_a_part_has_the_classes_in_equal_numbers_and_grows(copy: str) -> None:
    small, large = (CIFAR10(CPU, path=copy, train=count, test=20) for count in (30, 70))
    assert torch.bincount(small.train_labels).tolist() == [3] * 10
    assert torch.bincount(large.train_labels).tolist() == [7] * 10
    assert torch.bincount(small.test_labels).tolist() == [2] * 10
    seen = [set(data.train[:, 0, 0, 0].tolist()) for data in (small, large)]
    assert len(seen[0]) == 30
    assert seen[0] < seen[1]


def test_validation_is_held_out_of_the_training_images(copy: str) -> None:
    data = CIFAR10(CPU, path=copy, evaluate="validation")
    kept, held = (set(images[:, 0, 0, 0].tolist()) for images in (data.train, data.test))
    assert (len(kept), len(held), kept | held) == (180, 20, set(range(200)))
    assert torch.bincount(data.test_labels).tolist() == [2] * 10
    part = CIFAR10(CPU, path=copy, evaluate="validation", train=50)
    assert not set(part.train[:, 0, 0, 0].tolist()) & held


def test_a_part_larger_than_the_whole_is_refused(copy: str) -> None:
    with pytest.raises(UsageError, match=r"data\.train is 201; there are 200 such images"):
        CIFAR10(CPU, path=copy, train=201)


def test_other_classes_are_not_cifar10(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(2):
            Image.new("RGB", (32, 32)).save(tmp_path / "pets" / name / f"{index}.png")
    with pytest.raises(DataError, match=r"not a copy of CIFAR-10.*found cats, dogs.*data\.name=folder"):
        CIFAR10(CPU, path=str(tmp_path / "pets"))


def test_the_order_is_fixed_and_every_prefix_keeps_the_proportions() -> None:
    labels = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)
    order = stratified_order(labels)
    assert sorted(order.tolist()) == list(range(100))
    assert order.tolist() == stratified_order(labels).tolist()
    for end in range(10, 101, 10):
        counts = torch.bincount(labels[order[:end]], minlength=3)
        assert (counts - end * torch.tensor([0.6, 0.3, 0.1])).abs().max() <= 1
    assert stratified_order(torch.zeros(5, dtype=torch.int64)).tolist() == [4, 3, 0, 1, 2]


def test_the_original_is_downloaded_once_and_packed(downloads: list[bool]) -> None:
    data = CIFAR10(CPU)
    again = CIFAR10(CPU)
    assert downloads == [True, False]
    assert again.checksum == data.checksum
    assert (len(data), len(data.test)) == (50, 20)
    theirs = torch.from_numpy(Downloaded(Path(), True, True).data)
    assert torch.equal(data.train.permute(0, 2, 3, 1), theirs)
    assert data.test_labels.tolist() == [index % 10 for index in range(20)]


def test_a_damaged_pack_is_built_from_the_download_again(downloads: list[bool]) -> None:
    before = CIFAR10(CPU).checksum
    (path,) = packs("cifar10")
    path.write_bytes(path.read_bytes()[:-1])
    assert CIFAR10(CPU).checksum == before
    assert len(downloads) == 4


@pytest.mark.parametrize(
    "failure",
    [
        URLError("Name or service not known"),
        RuntimeError("File not found or corrupted."),
        TimeoutError("timed out"),
    ],
)
def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fail)
    with pytest.raises(DataError, match=r"could not be downloaded .*; try again.*`--data PATH`") as caught:
        CIFAR10(CPU)
    assert str(failure) in str(caught.value)
    assert packs("cifar10") == []


def test_fetch_downloads_and_describe_knows(downloads: list[bool]) -> None:
    before = next(row for row in describe() if row.name == "cifar10")
    assert (before.name, before.present, before.where, before.bytes) == ("cifar10", False, None, 170_498_071)
    row = fetch("cifar10")
    assert (row.present, row.images) == (True, 70)
    assert row == next(row for row in describe() if row.name == "cifar10")
    fetch("cifar10")
    assert downloads == [True, False]


@pytest.mark.parametrize("name", ["digits", "wordnet"])
def test_what_is_inside_the_package_needs_no_fetching(name: str) -> None:
    assert fetch(name).present


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean cifar10"):
        fetch("cifar-10")
