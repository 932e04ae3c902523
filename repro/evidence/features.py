"""Features as a file for other programs: NumPy, CSV or Parquet. No torch."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repro.errors import RunError, UsageError
from repro.evidence.optional import load_optional, require
from repro.files import write_whole


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features (N, W) float32 with the name, split and class of each row; empty text where not known."""

    names: tuple[str, ...]
    splits: tuple[str, ...]
    classes: tuple[str, ...]
    features: NDArray[np.float32]

    def columns(self) -> dict[str, Any]:
        """Columns by name: name, split, class, then f0, f1, ..."""
        told = {"name": self.names, "split": self.splits, "class": self.classes}
        return told | {f"f{index}": column for index, column in enumerate(self.features.T)}


def write_features(path: Path, table: FeatureTable) -> None:
    """Write a table in the format that the suffix of ``path`` names, whole or not at all.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        write_whole(path, WRITERS[path.suffix.lower()](table))
    except OSError as error:
        raise RunError(f"{path} could not be written ({error.strerror or error})") from None


def require_writable(path: Path) -> None:
    """UsageError unless :func:`write_features` can write there: by suffix, by library, by folder."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise UsageError(f"--out {path} must end in one of {', '.join(WRITERS)}")
    if suffix == ".parquet":
        require("pyarrow", "a .parquet file")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--out {path}: there is no folder {path.absolute().parent}; make it first")
    if path.is_dir():
        raise UsageError(f"--out {path} is a folder; name a file in it")


def _npz(table: FeatureTable) -> bytes:
    """Arrays ``features`` (N, W) float32 and ``name``, ``split``, ``class`` (N,) text."""
    buffer = io.BytesIO()
    told = {"name": table.names, "split": table.splits, "class": table.classes}
    arrays: dict[str, Any] = {key: np.array(column, np.str_) for key, column in told.items()}
    np.savez_compressed(buffer, **arrays, features=table.features)
    return buffer.getvalue()


def _csv(table: FeatureTable) -> bytes:
    """A head, then a line for each image; float32 in as few digits as give it back."""
    buffer = io.StringIO()
    columns = table.columns()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue().encode()


def _parquet(table: FeatureTable) -> bytes:
    arrow = load_optional("pyarrow", "a .parquet file")
    buffer = io.BytesIO()
    load_optional("pyarrow.parquet", "a .parquet file").write_table(arrow.table(table.columns()), buffer)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[FeatureTable], bytes]] = {".npz": _npz, ".csv": _csv, ".parquet": _parquet}
