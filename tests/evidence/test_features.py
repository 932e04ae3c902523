"""Features as files: what is written is read back, by NumPy, csv and pyarrow."""

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from repro.errors import UsageError
from repro.evidence import optional
from repro.evidence.features import FeatureTable, require_writable, write_features

TABLE = FeatureTable(
    names=("cats/a.png", 'odd, "name"\n.png', "猫.png"),
    splits=("train", "", "test"),
    classes=("cats", "", "猫"),
    features=np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32),
)
HEADS = ["name", "split", "class", "f0", "f1", "f2", "f3", "f4"]


def test_numpy_reads_it_without_pickle(tmp_path: Path) -> None:
    write_features(tmp_path / "x.npz", TABLE)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert set(file) == {"features", "name", "split", "class"}
        assert file["features"].dtype == np.float32
        np.testing.assert_array_equal(file["features"], TABLE.features)
        assert tuple(file["name"]) == TABLE.names
        assert tuple(file["split"]) == TABLE.splits
        assert tuple(file["class"]) == TABLE.classes


def test_csv_gives_every_digit_back(tmp_path: Path) -> None:
    write_features(tmp_path / "x.csv", TABLE)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        heads, *rows = csv.reader(file)
    assert heads == HEADS
    assert tuple(row[0] for row in rows) == TABLE.names
    np.testing.assert_array_equal(np.array([row[3:] for row in rows], np.float32), TABLE.features)


def test_parquet_has_a_column_for_each(tmp_path: Path) -> None:
    write_features(tmp_path / "x.parquet", TABLE)
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names == HEADS
    assert tuple(table["name"].to_pylist()) == TABLE.names
    np.testing.assert_array_equal(table["f3"].to_numpy(), TABLE.features[:, 3])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x.txt", "must end in one of .npz, .csv, .parquet"),
        ("x", "must end in"),
        ("nowhere/x.npz", "there is no folder"),
        ("folder.npz", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(UsageError, match=says):
        require_writable(tmp_path / name)
    require_writable(tmp_path / "x.NPZ")


def test_a_missing_library_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs the library pyarrow.*`pip install pyarrow` adds it"):
        require_writable(tmp_path / "x.parquet")
    require_writable(tmp_path / "x.csv")
