"""A graph whose nodes are the examples: training sees all of it without labels, probes see a part with them.

Transductive, as in the papers on graphs: a tenth of the nodes fits the probes, a tenth chooses settings and
the rest is the test. Shapes: N nodes, F features of a node, E directed edges.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repro.errors import DataError
from repro.learning.data import in_memory
from repro.learning.data.base import Encode, Features
from repro.learning.graph import Graph, Node, normalised_adjacency, spread_rows

TENTH = 10  # one part in so many fits the probes, another chooses settings
HOPS = 2  # that features are spread in the baseline without parameters


class NodeGraph:
    """One graph (N, F), (2, E) with int64 labels (N,), living on ``device``; a batch is the whole graph.

    ``names`` says in words what each node is; it may be empty. ``split`` counts the ways to cut the nodes
    into tenths: each is a permutation of NumPy's legacy generator, whose stream is guaranteed.
    """

    unit = "node"  # what reports call an example

    def __init__(
        self,
        graph: Graph,
        labels: Tensor,
        classes: Sequence[str],
        names: Sequence[str],
        device: torch.device,
        *,
        label: str,
        split: int,
        evaluate: Literal["test", "validation"],
    ) -> None:
        self.classes = tuple(classes)
        self.names = tuple(names)
        self.example = Node(*graph.features.shape)
        self.label = label if evaluate == "test" else f"{label} (validation split)"
        self.train_nodes, self.test_nodes = split_nodes(len(labels), split, evaluate)
        self.checksum = in_memory.checksum(*graph, labels, self.train_nodes, self.test_nodes)
        self.device = device
        self.graph = graph.to(device)
        self.labels = labels

    def __len__(self) -> int:
        """Number of nodes, all of which are trained on."""
        return len(self.labels)

    @property
    def test_size(self) -> int:
        """Number of evaluation nodes."""
        return len(self.test_nodes)

    def raw(self, batch: Graph) -> Tensor:
        """The features as they are: (N, F)."""
        return batch.features

    def propagate(self, batch: Graph) -> Tensor:
        """The features averaged over neighbours and their neighbours, nothing learnt: (N, F) -> (N, F).

        The baseline of simple graph convolution (Wu et al. 2019, arXiv:1902.07153).
        """
        adjacency, rows = normalised_adjacency(batch.edges, len(batch.features)), batch.features
        for _ in range(HOPS):
            rows = spread_rows(adjacency, rows)
        return rows

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Graph]:
        """One epoch. The graph is never cut: each of its N // size batches is the whole graph.

        DataError if there is not even one.
        """
        if len(self) < size:
            raise DataError(
                f"the graph has {len(self)} nodes, fewer than one batch of {size}; a step takes the whole "
                f"graph, so give `--set budget.batch={len(self)}`"
            )
        return iter([self.graph] * (len(self) // size))

    @torch.no_grad()
    def features(self, encode: Encode, limit: int = 0) -> Features:
        """Encode the graph once, and hand out the rows of the labelled and of the evaluation nodes.

        ``limit`` keeps that many evenly spaced nodes of each; 0 keeps all.
        """
        rows = encode(self.graph).float().cpu()
        train, test = (
            nodes[in_memory.spaced(len(nodes), limit)] for nodes in (self.train_nodes, self.test_nodes)
        )
        return Features(rows[train], self.labels[train], rows[test], self.labels[test])


def split_nodes(count: int, split: int, evaluate: Literal["test", "validation"]) -> tuple[Tensor, Tensor]:
    """The nodes that fit the probes, and those they are evaluated on, each in order."""
    order: NDArray[np.int64] = np.random.RandomState(split).permutation(count).astype(np.int64)
    tenth = max(1, count // TENTH)
    held = order[tenth : 2 * tenth] if evaluate == "validation" else order[2 * tenth :]
    return torch.from_numpy(np.sort(order[:tenth])), torch.from_numpy(np.sort(held))


def both_ways(pairs: NDArray[np.int64]) -> Tensor:
    """Undirected edges as directed ones, each once and without loops, in order: (2, E) -> (2, 2E)."""
    pairs = pairs[:, pairs[0] != pairs[1]]
    return torch.from_numpy(np.unique(np.concatenate([pairs, pairs[::-1]], axis=1), axis=1))
