"""What lies in a folder: links, files that are not read, names of splits."""

import os
from pathlib import Path

import pytest

from repro.errors import DataError
from repro.learning.data.formats import EXTENSIONS
from repro.learning.data.listing import find_images
from repro.learning.data.scan import arrange
from repro.learning.data.splits import role_of


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.name.encode())


def names(root: Path) -> list[str]:
    return ["/".join(image.name) for image in find_images(root).images]


ROLES = {
    "train": "train TRAIN training train_images trainSet train2017 seg_train train-v2 训练集 TrainingImages",
    "test": "test Testing test1 test_set TestImages eval holdout 测试集",
    "val": "val valid VALIDATION val2017 dev valid_images 验证",
    None: "trains test_tube train-station validated cats 2017 train_test images",
}


@pytest.mark.parametrize(("name", "role"), [(name, role) for role in ROLES for name in ROLES[role].split()])
def test_names_of_splits(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_links_are_followed_once(tmp_path: Path) -> None:
    """Linked classes and files are read; a loop, a link back and a second link are counted."""
    outside = tmp_path / "outside"
    touch(outside / "birds" / "0.png", outside / "birds" / "1.png", outside / "single.png", outside / "x.txt")
    root = tmp_path / "pets"
    touch(root / "cats" / "0.png", root / "dogs" / "0.png")
    (root / "birds").symlink_to(outside / "birds")
    (root / "cats" / "one.png").symlink_to(outside / "single.png")
    (root / "dogs" / "one.png").symlink_to(outside / "single.png")  # the second link to it
    (root / "dogs" / "same.png").symlink_to(root / "cats" / "0.png")  # an image of the folder itself
    (root / "dogs" / "round").symlink_to(root)
    (root / "dogs" / "up").symlink_to(tmp_path)
    (root / "dogs" / "self.png").symlink_to(root / "dogs" / "self.png")
    (root / "dogs" / "gone.png").symlink_to(outside / "nothing.png")
    (root / "dogs" / "text.txt").symlink_to(outside / "x.txt")
    listing = find_images(root)
    assert names(root) == ["birds/0.png", "birds/1.png", "cats/0.png", "cats/one.png", "dogs/0.png"]
    assert listing.links == 3
    assert dict(listing.unused) == {"linked twice or in a loop": 5, "linked to nothing": 1, ".txt": 1}


def test_what_stands_in_the_folder_goes_before_links_to_it(tmp_path: Path) -> None:
    touch(tmp_path / "z_real" / "0.png")
    (tmp_path / "a_link").symlink_to(tmp_path / "z_real")
    assert names(tmp_path) == ["z_real/0.png"]


@pytest.mark.parametrize("by_folder", [False, True])
def test_links_that_sort_a_pool_stand_for_its_images(tmp_path: Path, by_folder: bool) -> None:
    """all/ holds the images, train/ and test/ links to them: the splits count, and all/ is told."""
    for split, count in (("train", 4), ("test", 2)):
        for name in "ab":
            pool = [tmp_path / "all" / f"{name}_{split}" / f"{index}.png" for index in range(count)]
            touch(*pool)
            place = tmp_path / split / name
            if by_folder:
                place.parent.mkdir(exist_ok=True)
                place.symlink_to(pool[0].parent)
                continue
            place.mkdir(parents=True)
            for path in pool:
                (place / path.name).symlink_to(path)
    touch(tmp_path / "all" / "other.png")
    layout = arrange(find_images(tmp_path), 0.5, tmp_path)
    assert (len(layout.train), len(layout.test), layout.classes) == (8, 4, ("a", "b"))
    assert dict(layout.unused) == {"in all/, which links sort": 13}
    assert layout.notes == ("12 reached by symbolic links",)


def test_a_linked_folder_of_linked_folders(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    touch(pool / "a" / "0.png", pool / "b" / "0.png")
    (pool / "a" / "back").symlink_to(pool)
    root = tmp_path / "root"
    root.mkdir()
    (root / "all").symlink_to(pool)
    assert names(root) == ["all/a/0.png", "all/b/0.png"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "real" / "a" / "0.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(tmp_path / "link") == ["a/0.png"]


def test_images_reached_by_links_are_told(tmp_path: Path) -> None:
    touch(*(tmp_path / "pool" / f"{index}.png" for index in range(4)))
    root = tmp_path / "root"
    root.mkdir()
    (root / "photos").symlink_to(tmp_path / "pool")
    layout = arrange(find_images(root), 0.5, root)
    assert layout.notes == ("4 reached by symbolic links",)
    assert (len(layout.train) + len(layout.test), dict(layout.unused)) == (4, {})


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_extensions_are_taken_in_any_case(tmp_path: Path, extension: str) -> None:
    touch(tmp_path / f"a{extension}", tmp_path / f"b{extension.upper()}")
    assert len(names(tmp_path)) == 2


def test_all_that_is_not_read_is_counted_by_reason(tmp_path: Path) -> None:
    touch(
        tmp_path / "a.png",
        tmp_path / "b.HEIC",
        tmp_path / "c.heic",
        tmp_path / "notes",
        tmp_path / "e.\x1b[31m",
    )
    touch(
        tmp_path / ".hidden.png",
        tmp_path / ".git" / "a" / "b",
        tmp_path / "__MACOSX" / "a.png",
        tmp_path / "t.csv",
    )
    os.mkfifo(tmp_path / "pipe.png")
    listing = find_images(tmp_path)
    expected = {".heic": 2, "without a usual extension": 2, "hidden": 3, "neither file nor folder": 1}
    assert dict(listing.unused) == expected
    assert [table.name for table in listing.tables] == [("t.csv",)]


def test_a_folder_of_dead_links_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "gone")
    with pytest.raises(DataError, match=r"holds no images: expected \.png, .*; found 1 linked to nothing"):
        find_images(tmp_path)
