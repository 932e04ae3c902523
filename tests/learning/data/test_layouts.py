"""Layouts of folders: which images of a tree train, which evaluate, with which classes, and what is left."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.errors import DataError
from repro.learning.data.scan import ImageFile, Layout, Listing, arrange, find_images


def grow(root: Path, tree: dict[str, int | str]) -> Path:
    """Files below ``root``: ``cats/*.jpg`` with how many there are, or a file with its text."""
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content)
        elif name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        for index in range(content if isinstance(content, int) else 0):
            path.with_name(path.name.replace("*", str(index))).write_bytes(b"not opened here")
    return root


def arranged(root: Path, share: float = 0.25) -> Layout:
    return arrange(find_images(root), share, root)


def by_class(files: list[ImageFile], labels: list[int], classes: tuple[str, ...]) -> dict[str, int]:
    return dict(Counter(classes[label] for label in labels)) if classes else {"": len(files)}


ROBOFLOW = {
    "data.yaml": "nc: 2",
    "README.roboflow.txt": "exported",
    "train/images/*.jpg": 6,
    "train/labels/*.txt": 6,
    "valid/images/*.jpg": 4,
    "valid/labels/*.txt": 4,
    "test/images/*.jpg": 2,
    "test/labels/*.txt": 2,
}
TABLE = "id,label\n" + "".join(f"{index},{'ab'[index % 2]}\n" for index in range(6))
TWICE = "".join(f"{i}.png,x,30\n" for i in range(4)) + "0.jpg,y,31\n1.jpg,y,32\n"
SPLIT_TABLE = "id,class,split\n0,a,train\n1,b,train\n2,a,valid\n3,b,Test\n4,a,test\n"

# tree -> images to train by class, images to evaluate by class, files left out by reason
GIVEN: dict[str, tuple[dict[str, int | str], dict[str, int], dict[str, int], dict[str, int]]] = {
    "train and test": (
        {"train/a/*.png": 3, "train/b/*.png": 2, "test/a/*.png": 1, "test/b/*.png": 4},
        {"a": 3, "b": 2},
        {"a": 1, "b": 4},
        {},
    ),
    "train and valid": (
        {"train/a/*.png": 3, "train/b/*.png": 3, "valid/a/*.png": 2, "valid/b/*.png": 2},
        {"a": 3, "b": 3},
        {"a": 2, "b": 2},
        {},
    ),
    "capital letters": (
        {"Train/a/*.PNG": 3, "Train/b/*.PNG": 3, "Val/a/*.PNG": 2, "Val/b/*.PNG": 2},
        {"a": 3, "b": 3},
        {"a": 2, "b": 2},
        {},
    ),
    "training_set and test_set": (
        {"training_set/a/*.png": 3, "training_set/b/*.png": 3, "test_set/a/*.png": 2, "test_set/b/*.png": 2},
        {"a": 3, "b": 3},
        {"a": 2, "b": 2},
        {},
    ),
    "all three: test evaluates": (
        {f"{split}/{name}/*.png": 2 for split in ("train", "val", "test") for name in "ab"},
        {"a": 2, "b": 2},
        {"a": 2, "b": 2},
        {"in val/ (test/ evaluates)": 4},
    ),
    "two to choose by": (
        {f"{split}/{name}/*.png": 2 for split in ("train", "dev", "validation") for name in "ab"},
        {"a": 2, "b": 2},
        {"a": 2, "b": 2},
        {"in dev/ (validation/ evaluates)": 4},
    ),
    "Roboflow, boxes": (
        ROBOFLOW,
        {"": 6},
        {"": 2},
        {".txt": 13, ".yaml": 1, "in valid/ (test/ evaluates)": 4},
    ),
    "Ultralytics, boxes": (
        {"images/train/*.jpg": 5, "images/val/*.jpg": 3, "labels/train/*.txt": 5, "labels/val/*.txt": 3},
        {"": 5},
        {"": 3},
        {".txt": 8},
    ),
    "COCO": (
        {"train2017/*.jpg": 5, "val2017/*.jpg": 3, "annotations/instances.json": "{}"},
        {"": 5},
        {"": 3},
        {".json": 1},
    ),
    "folders twice in each other": (
        {"seg_train/seg_train/a/*.jpg": 3, "seg_train/seg_train/b/*.jpg": 3}
        | {"seg_test/seg_test/a/*.jpg": 2, "seg_test/seg_test/b/*.jpg": 2},
        {"a": 3, "b": 3},
        {"a": 2, "b": 2},
        {},
    ),
    "ImageNet with its classes": (
        {"train/n01440764/*.JPEG": 3, "train/n01443537/*.JPEG": 3}
        | {"val/n01440764/*.JPEG": 2, "val/n01443537/*.JPEG": 2},
        {"n01440764": 3, "n01443537": 3},
        {"n01440764": 2, "n01443537": 2},
        {},
    ),
    "a class that is not evaluated": (
        {"train/a/*.png": 3, "train/b/*.png": 3, "test/a/*.png": 2},
        {"a": 3, "b": 3},
        {"a": 2},
        {},
    ),
    "test without classes, val with": (
        {"train/a/*.png": 3, "train/b/*.png": 3, "val/a/*.png": 2, "val/b/*.png": 1, "test/*.png": 5},
        {"a": 3, "b": 3},
        {"a": 2, "b": 1},
        {"in test/ (no classes there)": 5},
    ),
    "no classes": ({"train/*.png": 4, "test/*.png": 2}, {"": 4}, {"": 2}, {}),
    "splits inside classes": (
        {f"{name}/{split}/*.png": 2 for name in ("cats", "dogs") for split in ("Train", "test")}
        | {"cats/masks/*.png": 3},
        {"cats": 2, "dogs": 2},
        {"cats": 2, "dogs": 2},
        {"beside the splits of a class": 3},
    ),
    "a folder around": (
        {"pets/train/a/*.png": 2, "pets/train/b/*.png": 2, "pets/test/a/*.png": 2, "pets/test/b/*.png": 2},
        {"a": 2, "b": 2},
        {"a": 2, "b": 2},
        {},
    ),
    "an image beside the splits": (
        {"train/a/*.png": 2, "train/b/*.png": 2, "test/a/*.png": 2, "test/b/*.png": 2, "banner.png": 1},
        {"a": 2, "b": 2},
        {"a": 2, "b": 2},
        {"directly beside the splits": 1},
    ),
    "an empty class": (
        {"train/a/*.png": 2, "train/b/*.png": 2, "train/c/": 0, "test/a/*.png": 2, "test/b/*.png": 2},
        {"a": 2, "b": 2},
        {"a": 2, "b": 2},
        {"folders without images (c/)": 1},
    ),
    "masks beside images": (
        {"train/images/*.png": 4, "train/masks/*.png": 4, "test/images/*.png": 2, "test/masks/*.png": 2},
        {"": 4},
        {"": 2},
        {"in masks/": 6},
    ),
    "a table with splits": (
        {"images/*.png": 6, "labels.csv": SPLIT_TABLE},
        {"a": 1, "b": 1},
        {"a": 1, "b": 1},
        {"in val of labels.csv": 1, "not in labels.csv": 1},
    ),
    "tables named for splits over one folder": (
        {"images/*.png": 7, "labels.csv": "id,label\n0,a\n", "train.csv": "id,label\n0,a\n1,b\n2,b\n"}
        | {"valid.csv": "id,label\n3,a\n", "test.csv": "id,label\n4,a\n5,b\n"},
        {"a": 1, "b": 2},
        {"a": 1, "b": 1},
        {"in val of labels.csv and 3 other tables": 1} | {"not in labels.csv and 3 other tables": 1},
    ),
    "fastai's is_valid": (
        {
            "*.png": 4,
            "data.csv": "name,label,is_valid\n0.png,a,False\n1.png,b,False\n2.png,a,True\n3.png,b,True\n",
        },
        {"a": 1, "b": 1},
        {"a": 1, "b": 1},
        {},
    ),
    "a table for each split": (
        {"train/*.png": 4, "test/*.png": 2}
        | {"train.csv": "id,breed\n0,a\n1,b\n2,a\n3,b\n", "test.csv": "id,breed\n0,b\n1,a\n"},
        {"a": 2, "b": 2},
        {"a": 1, "b": 1},
        {},
    ),
}


@pytest.mark.parametrize("case", GIVEN)
def test_splits_that_are_given(case: str, tmp_path: Path) -> None:
    tree, train, test, unused = GIVEN[case]
    layout = arranged(grow(tmp_path, tree))
    assert by_class(layout.train, layout.train_labels, layout.classes) == train
    assert by_class(layout.test, layout.test_labels, layout.classes) == test
    assert dict(layout.unused) == unused
    assert "evaluates" in layout.splits


# tree -> images of both splits by class, files left out by reason
DIVIDED: dict[str, tuple[dict[str, int | str], dict[str, int], dict[str, int]]] = {
    "class folders": ({"cats/*.png": 6, "dogs/in/*.png": 4, "dogs/out/*.png": 4}, {"cats": 6, "dogs": 8}, {}),
    "no classes": ({"*.png": 6}, {"": 6}, {}),
    "one folder": ({"photos/*.png": 6}, {"": 6}, {}),
    "train alone, as archives have it": ({"train/a/*.png": 4, "train/b/*.png": 4}, {"a": 4, "b": 4}, {}),
    "a contest: test without classes": (
        {"train/a/*.jpg": 4, "train/b/*.jpg": 4, "test1/*.jpg": 7},
        {"a": 4, "b": 4},
        {"in test1/ (no classes there)": 7},
    ),
    "ImageNet as it is given": (
        {"train/n01440764/*.JPEG": 4, "train/n01443537/*.JPEG": 4, "val/*.JPEG": 5},
        {"n01440764": 4, "n01443537": 4},
        {"in val/ (no classes there)": 5},
    ),
    "a contest: train.csv": (
        {"train/*.jpg": 6, "test/*.jpg": 3, "train.csv": TABLE, "sample_submission.csv": "id,label\n0,a\n"},
        {"a": 3, "b": 3},
        {"in test/ (no classes there)": 3, "sample_submission.csv (no classes in it)": 1},
    ),
    "images/ and a table": ({"images/*.jpg": 6, "labels.csv": TABLE}, {"a": 3, "b": 3}, {}),
    "a table that knows some": (
        {"*.jpg": 8, "labels.csv": TABLE + "77,a\n6,\n"},
        {"a": 3, "b": 3},
        {"not in labels.csv": 2, "rows of labels.csv without an image": 1}
        | {"rows of labels.csv without a class": 1},
    ),
    "a table of all images goes before folders": (
        {"part_1/*.jpg": 4, "part_2/*.png": 4}
        | {
            "meta.csv": "image_id,dx\n"
            + "".join(f"part_{p}/{i},{'xy'[i % 2]}\n" for p in (1, 2) for i in range(4))
        },
        {"x": 4, "y": 4},
        {},
    ),
    "numbered pieces with a table": (
        {"images_001/images/*.png": 4, "images_002/images/*.jpg": 4}
        | {"Data_Entry.csv": "Image Index,Finding Labels,Age\n" + TWICE},
        {"x": 4, "y": 2},
        {"not in Data_Entry.csv": 2},
    ),
    "numbered pieces": ({"photos_part1/*.png": 4, "photos_part2/*.png": 4}, {"": 8}, {}),
    "numbered classes": ({"class1/*.png": 4, "class2/*.png": 4}, {"class1": 4, "class2": 4}, {}),
    "digits": ({"0/*.png": 4, "1/*.png": 4}, {"0": 4, "1": 4}, {}),
    "class folders with a table of something else": (
        {
            "cats/*.jpg": 4,
            "dogs/*.jpg": 4,
            "sizes.csv": "width,height\n3,4\n",
            "broken.csv": "id,label\nx,y\n",
        },
        {"cats": 4, "dogs": 4},
        {"other tables": 2},
    ),
    "boxes in a table": (
        {"*.jpg": 4, "_annotations.csv": "filename,class,xmin,ymin\n0.jpg,cat,0,0\n0.jpg,dog,1,1\n"},
        {"": 4},
        {"other tables": 1},
    ),
    "other files": (
        {"a/*.png": 4, "b/*.jpg": 4, "a/x.heic": 1, "b/Thumbs.db": "x", "a/.DS_Store": "x", "LICENSE": "x"}
        | {"__MACOSX/a/*.png": 3, ".git/objects/x/*.png": 2, "c/": 0, "d/movie.mp4": "x"},
        {"a": 4, "b": 4},
        {".heic": 1, ".db": 1, "hidden": 6, "without a usual extension": 1, ".mp4": 1}
        | {"folders without images (c/, d/)": 2},
    ),
    "a class whose files are TIFF": (
        {"cat/*.png": 4, "scan/*.tif": 4, "old/*.gif": 4},
        {"cat": 4, "scan": 4, "old": 4},
        {},
    ),
    "names that say more than a split": (
        {"test_tube/*.png": 4, "training_shoe/*.png": 4},
        {"test_tube": 4, "training_shoe": 4},
        {},
    ),
}


@pytest.mark.parametrize("case", DIVIDED)
def test_a_share_is_held_out(case: str, tmp_path: Path) -> None:
    tree, both, unused = DIVIDED[case]
    layout = arranged(grow(tmp_path, tree))
    files, labels = [*layout.train, *layout.test], [*layout.train_labels, *layout.test_labels]
    assert by_class(files, labels, layout.classes) == both
    assert len({file.path for file in files}) == len(files)
    assert dict(layout.unused) == unused
    assert set(layout.test_labels) == set(layout.train_labels)
    assert layout.splits == "a share of 0.25 is held out"


REFUSED = {
    "train beside classes": (
        {"train/*.png": 3, "cats/*.png": 3},
        "holds train/ beside cats/ and no folder such as test/",
    ),
    "valid beside classes": (
        {"valid/*.png": 3, "cats/*.png": 3},
        "holds valid/ beside cats/ and no folder such as train/",
    ),
    "splits without train": (
        {"valid/a/*.png": 3, "test/a/*.png": 3},
        "holds test/, valid/ and no folder such as",
    ),
    "two that train": ({"Train/*.png": 3, "train/*.png": 3, "test/*.png": 3}, "not clear which trains"),
    "splits and classes": ({"train/*.png": 3, "test/*.png": 3, "cows/*.png": 3}, "but also cows/"),
    "images beside train": ({"train/a/*.png": 3, "*.png": 3}, "holds train/ beside images and no folder"),
    "splits in some classes": (
        {"a/train/*.png": 3, "a/test/*.png": 3, "b/*.png": 3},
        "holds splits in a/ and none in b/",
    ),
    "images and folders": ({"*.png": 3, "a/*.png": 3, "b/*.png": 3}, "both directly and in sub-folders"),
    "a class that training lacks": (
        {"train/a/*.png": 3, "train/b/*.png": 3, "test/a/*.png": 3, "test/c/*.png": 3},
        "same classes: c only in test/",
    ),
    "one image": ({"a/*.png": 3, "b/*.png": 1}, "b holds only one image"),
    "one image by a table": (
        {"*.png": 3, "labels.csv": "id,label\n0,a\n1,a\n2,b\n"},
        "class b of labels.csv holds only one image",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_unclear_layout_is_refused(case: str, tmp_path: Path) -> None:
    tree, sentence = REFUSED[case]
    with pytest.raises(DataError, match=sentence):
        arranged(grow(tmp_path, tree))


names = st.sampled_from(["train", "Test", "valid", "cats", "dogs", "images", "masks", "x"])
places = st.lists(names, max_size=3).map(tuple)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(places, st.integers(1, 4), min_size=1, max_size=6), st.floats(0.05, 0.95))
def test_every_image_trains_or_evaluates_or_is_counted(
    tree: dict[tuple[str, ...], int], share: float
) -> None:
    listed = [
        ImageFile("/".join((*place, f"{index}.png")), (*place, f"{index}.png"), 1, 1)
        for place, count in tree.items()
        for index in range(count)
    ]
    folders = frozenset(place[:depth] for place in tree for depth in range(len(place) + 1))
    try:
        layout = arrange(
            Listing(sorted(listed, key=lambda file: file.name), folders=folders), share, Path("x")
        )
    except DataError as error:
        sentence = str(error)
        assert sentence.isprintable()
        return
    used = [file.path for file in (*layout.train, *layout.test)]
    left_out = sum(count for reason, count in layout.unused.items() if not reason.startswith("folders"))
    assert len(used) == len(set(used)) == len(listed) - left_out
    assert layout.train
    assert layout.test
    assert len(layout.train_labels) == (len(layout.train) if layout.classes else 0)
    assert set(layout.train_labels) == set(range(len(layout.classes))) >= set(layout.test_labels)
