"""The reader of citation graphs: a file somebody brings is read without pickles, or refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import repro
from repro.errors import DataError, UsageError
from repro.learning.data import citations
from repro.learning.data.citations import Citations
from repro.learning.graph import Node

CPU = torch.device("cpu")
NODES, WORDS = citations.SHAPES["cora"]


def parts(**changed: Any) -> dict[str, Any]:
    """A ring of as many nodes as Cora has, a word for each node."""
    ring = (np.arange(NODES) + 1) % NODES
    every = {
        "adj_data": np.ones(NODES, np.float32),
        "adj_indices": ring.astype(np.int32),
        "adj_indptr": np.arange(NODES + 1, dtype=np.int32),
        "attr_data": np.ones(NODES, np.float32),
        "attr_indices": (np.arange(NODES) % WORDS).astype(np.int32),
        "attr_indptr": np.arange(NODES + 1, dtype=np.int32),
        "labels": (np.arange(NODES) % 7).astype(np.int8),
        "class_names": np.array([f"Topic_{number}" for number in range(7)]),
    }
    return {name: array for name, array in (every | changed).items() if array is not None}


def saved(folder: Path, **changed: Any) -> Path:
    file = folder / "cora.npz"
    np.savez_compressed(file, **parts(**changed))
    return file


def test_a_graph_is_read_from_its_file_or_its_folder(tmp_path: Path) -> None:
    file = saved(tmp_path)
    graph = Citations(CPU, path=str(file))
    assert graph.checksum == Citations(CPU, path=str(tmp_path)).checksum
    assert graph.example == Citations.example_of({"graph": "cora"}) == Node(2708, 1433)
    assert (len(graph), graph.test_size, graph.label) == (2708, 2168, "Cora")
    assert graph.classes[:2] == ("Topic 0", "Topic 1")
    assert graph.graph.features.sum() == 2708
    assert graph.graph.features[1500, 1500 - 1433] == 1
    neighbours = graph.graph.edges[1][graph.graph.edges[0] == 5]
    assert neighbours.tolist() == [4, 6]
    assert Citations(CPU, path=str(file), split=1).checksum != graph.checksum


WRONG: dict[str, dict[str, Any]] = {
    "it has 5 nodes": {"labels": np.zeros(5, np.int8)},
    "labels run from 0 to 9": {"labels": np.full(NODES, 9, np.int8) * (np.arange(NODES) > 0)},
    "is not an archive of a graph": {"adj_indptr": None},
    "adj has columns from": {"adj_indices": np.full(NODES, NODES, np.int32)},
    "attr has columns from -1": {"attr_indices": np.full(NODES, -1, np.int32)},
    "attr has no row for each": {"attr_indptr": np.arange(9)},
    "rows of adj do not follow": {"adj_indptr": np.arange(NODES + 1, dtype=np.int32)[::-1]},
    "not one number": {"attr_data": np.full(NODES, np.nan, np.float32)},
    "attr_data is <U1": {"attr_data": np.array(["1"] * NODES)},
    "allow_pickle": {"class_names": np.array([print, print], dtype=object)},
}


@pytest.mark.parametrize(("said", "changed"), WRONG.items(), ids=WRONG)
def test_what_is_no_such_graph_is_refused(said: str, changed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said) as caught:
        Citations(CPU, path=str(saved(tmp_path, **changed)))
    assert citations.SOURCE in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no file is named; give cora\.npz"):
        Citations(CPU)
    with pytest.raises(DataError, match="cannot be read"):
        Citations(CPU, path=str(tmp_path / "none.npz"))
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(DataError, match="is not an archive"):
        Citations(CPU, path=str(tmp_path / "text.npz"))
    file = saved(tmp_path, bomb=np.zeros(10**6, np.int8))
    assert file.stat().st_size < 200_000
    monkeypatch.setattr(citations, "LARGEST", 200_000)
    with pytest.raises(DataError, match="it holds an array of 1000128 bytes"):
        Citations(CPU, path=str(file))
    monkeypatch.setattr(citations, "LARGEST", 2_000)
    with pytest.raises(DataError, match="it is another file"):
        Citations(CPU, path=str(file))


def test_the_other_graph_is_told_from_the_one_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another graph"):
        Citations(CPU, graph="citeseer", path=str(saved(tmp_path)))


def test_a_run_takes_the_file_with_data(tmp_path: Path) -> None:
    saved(tmp_path)
    small = {"budget.epochs": 1, "optimizer.warmup_epochs": 0, "encoder.width": 4, "encoder.hidden": 8}
    run = repro.run("graph-bt", on="cora", data=tmp_path, set=small, out=tmp_path / "run", threads=1)
    assert run.summary.data.label == "Cora"
    assert run.pictures.named is None  # its nodes have no names
    assert run.pictures.map is not None
    assert run.summary.baselines.propagated["linear"] is not None
