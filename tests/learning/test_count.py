"""What a folder is before torch is loaded: its images, classes and sizes."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from repro.catalog.settings.own_images import OwnImages
from repro.errors import DataError
from repro.learning.data.count import count_images
from repro.learning.data.folder import read_folder
from tests.support.photos import SHORT, write_photos


def test_what_is_counted_is_what_trains(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", 30)
    pack = read_folder(str(folder), 16, 0.2)
    assert count_images(str(folder), 0.2) == OwnImages(len(pack.pack.train), 3, SHORT)


def test_a_folder_without_classes(tmp_path: Path) -> None:
    assert count_images(str(write_photos(tmp_path, 12, classes=False)), 0.2).classes == 0


def test_most_images_decide_the_size(tmp_path: Path) -> None:
    for number in range(9):
        side = 500 if number == 0 else 28
        Image.new("RGB", (side, side + 4), (number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    assert count_images(str(tmp_path), 0.2).side == 28


def test_too_few_images(tmp_path: Path) -> None:
    write_photos(tmp_path, 3, classes=False)
    with pytest.raises(DataError, match="leaves 2 images to train on, and training needs 4; add images"):
        count_images(str(tmp_path), 0.2)


def test_counting_loads_no_torch() -> None:
    code = "import sys, repro.learning.data.count; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
