"""The embedded graph: 3,600 nouns of WordNet with the words that define them and the relations between them.

WordNet 3.1 (Princeton University; its licence lies beside the file). ``speed/make_wordnet.py`` made the file
and says how nouns, edges and words were chosen. A label is the topic under which WordNet files a noun; there
are 300 nouns of each. Nothing is downloaded.
"""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from repro.catalog.records.bounds import Seed
from repro.errors import DataError
from repro.learning.data.graphs import NodeGraph, both_ways
from repro.learning.graph import Graph, Node
from repro.learning.settings import bounded

FILE = Path(__file__).parent / "files" / "wordnet.npz"
SHA256 = "1d6023c5f1d9e8a1a5a696138b7c6e39f9f84e089c6a57c67cbfd850ba404567"


class WordNet(NodeGraph):
    """WordNet nouns, twelve topics, which words a definition uses as features."""

    nodes = 3600

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Node:
        """The graph, whatever the settings."""
        return Node(cls.nodes, 1500)

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        split: Seed = 0,  # which of the ways to cut the nodes into a tenth, a tenth and the rest
        evaluate: Literal["test", "validation"] = "test",  # choose settings on validation, report on test
    ) -> None:
        arrays = read_arrays()
        graph = Graph(words(arrays, self.example_of({})), both_ways(arrays["edge"].astype(np.int64)))
        labels = torch.from_numpy(arrays["label"].astype(np.int64))
        topics, lemmas = (_lines(arrays[name]) for name in ("topic", "lemma"))
        about: dict[str, Any] = {"label": "WordNet nouns", "split": split, "evaluate": evaluate}
        super().__init__(graph, labels, topics, lemmas, device, **about)


def read_arrays() -> dict[str, NDArray[Any]]:
    """What the file holds. DataError if it is not the file that was shipped."""
    try:
        data = FILE.read_bytes()
    except OSError as error:
        raise DataError(f"{FILE} cannot be read ({error.strerror}); install repro again") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise DataError(f"{FILE} is not the file that repro came with; install repro again")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)


def words(arrays: Mapping[str, NDArray[Any]], example: Node) -> torch.Tensor:
    """1 where a definition uses a word: (N, F) float32."""
    features = np.zeros(example, dtype=np.float32)
    features[np.repeat(np.arange(example.nodes), arrays["count"]), arrays["word"]] = 1
    return torch.from_numpy(features)


def _lines(text: NDArray[np.uint8]) -> list[str]:
    return text.tobytes().decode("utf-8").split("\n")
