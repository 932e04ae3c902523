"""Two graphs of papers that cite each other, Cora and Citeseer, read from a file of one's own.

Sen et al., "Collective classification in network data", 2008; the archives are those of
https://github.com/shchur/gnn-benchmark (``data/npz`` at 1e72912): NumPy arrays, sparse matrices as their
parts. No licence of the data is stated, so none are shipped or downloaded. The reader takes plain arrays
alone, never a pickle, and refuses what is not one of these two graphs.
"""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from repro.catalog.records.bounds import Seed
from repro.errors import DataError, UsageError
from repro.learning.data.graphs import NodeGraph, both_ways
from repro.learning.graph import Graph, Node
from repro.learning.settings import bounded

SOURCE = "https://github.com/shchur/gnn-benchmark, data/npz at 1e72912"
SHAPES = {"cora": Node(2708, 1433), "citeseer": Node(3312, 3703)}
LARGEST = 64 * 2**20  # bytes of a file, and of an array in it; both graphs stay far below
DAMAGED = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
KINDS = {"attr_data": "iuf", "class_names": "U"}  # of an array; whole numbers in all others
PARTS = ("adj_indices", "adj_indptr", "attr_data", "attr_indices", "attr_indptr", "labels", "class_names")


class Citations(NodeGraph):
    """Papers and who cites whom, topics as labels, which words a paper uses as features."""

    takes_file = True  # ``path`` may be a file; `--data` looks here

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Node:
        """The graph that is named."""
        return SHAPES[str(params["graph"])]

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        graph: Literal["cora", "citeseer"] = "cora",  # which of the two
        path: str = "",  # cora.npz or citeseer.npz, or the folder it is in
        split: Seed = 0,  # which of the ways to cut the nodes into a tenth, a tenth and the rest
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        arrays = read_arrays(existing_file(path, graph), SHAPES[graph])
        features, edges = _features(arrays, SHAPES[graph]), both_ways(_pairs(arrays))
        labels = torch.from_numpy(arrays["labels"].astype(np.int64))
        names = [str(name).replace("_", " ") for name in arrays["class_names"]]
        about: dict[str, Any] = {"label": graph.capitalize(), "split": split, "evaluate": evaluate}
        super().__init__(Graph(features, edges), labels, names, (), device, **about)


def existing_file(path: str, graph: str) -> Path:
    """The archive that ``path`` names. UsageError if it names none, DataError if there is none."""
    name = f"{graph}.npz"
    if not path:
        raise UsageError(f"no file is named; give {name} (from {SOURCE}) with `--on {graph} --data PATH`")
    try:
        place = Path(path).expanduser()
        file = place / name if place.is_dir() else place
        size = file.stat().st_size
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read ({reason}); give {name} from {SOURCE}") from error
    if size > LARGEST:
        raise DataError(f"{file} has {size} bytes, and {name} fewer than {LARGEST}; it is another file")
    return file


def read_arrays(file: Path, shape: Node) -> dict[str, NDArray[Any]]:
    """The parts of the graph. DataError if the file is no archive of plain arrays, or of another graph."""
    try:
        with zipfile.ZipFile(file) as archive:
            largest = max((member.file_size for member in archive.infolist()), default=0)
        if largest > LARGEST:
            raise ValueError(f"it holds an array of {largest} bytes")
        with np.load(file, allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in PARTS}
    except DAMAGED as error:
        raise DataError(f"{file} is not an archive of a graph ({error}); take it from {SOURCE}") from error
    if fault := _type_fault(parts, shape) or _matrix_fault(parts, shape):
        raise DataError(f"{file} is another graph than the one asked for: {fault}; take it from {SOURCE}")
    return parts


def _type_fault(parts: Mapping[str, NDArray[Any]], shape: Node) -> str:
    """What is wrong with the labels, or with what an array holds; empty if nothing is."""
    for name, part in parts.items():
        if part.ndim != 1 or part.dtype.kind not in KINDS.get(name, "iu"):
            return f"{name} is {part.dtype} {part.shape}"
    labels, names = parts["labels"], parts["class_names"]
    if len(labels) != shape.nodes:
        return f"it has {len(labels)} nodes, not {shape.nodes}"
    if not 0 <= int(labels.min()) <= int(labels.max()) < len(names):
        return f"labels run from {labels.min()} to {labels.max()}, and {len(names)} classes are named"
    return ""


def _matrix_fault(parts: Mapping[str, NDArray[Any]], shape: Node) -> str:
    """What is wrong with the parts of the two sparse matrices; empty if nothing is."""
    for matrix, columns in (("adj", shape.nodes), ("attr", shape.channels)):
        starts, index = parts[f"{matrix}_indptr"].astype(np.int64), parts[f"{matrix}_indices"]
        if len(starts) != shape.nodes + 1:
            return f"{matrix} has no row for each of {shape.nodes} nodes"
        if starts[0] != 0 or starts[-1] != len(index) or (np.diff(starts) < 0).any():
            return f"the rows of {matrix} do not follow each other"
        if len(index) and not 0 <= int(index.min()) <= int(index.max()) < columns:
            return f"{matrix} has columns from {index.min()} to {index.max()}, expected 0 to {columns - 1}"
    if len(parts["attr_data"]) != len(parts["attr_indices"]) or not np.isfinite(parts["attr_data"]).all():
        return "its features are not one number for each place"
    return ""


def _pairs(parts: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Who cites whom: (2, E)."""
    rows = np.repeat(np.arange(len(parts["labels"])), np.diff(parts["adj_indptr"]))
    return np.stack([rows, parts["adj_indices"].astype(np.int64)])


def _features(parts: Mapping[str, NDArray[Any]], shape: Node) -> torch.Tensor:
    """The words of each paper: (N, F) float32."""
    features = np.zeros(shape, dtype=np.float32)
    rows = np.repeat(np.arange(shape.nodes), np.diff(parts["attr_indptr"]))
    features[rows, parts["attr_indices"]] = parts["attr_data"]
    return torch.from_numpy(features)
