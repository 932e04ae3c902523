"""A small graph, as Graph Barlow Twins has one (Bielak et al. 2021, arXiv:2106.02466): a node is a row."""

from collections.abc import Iterator

import torch
from torch import Tensor

from repro.learning.data.base import Encode, Features
from repro.learning.graph import Graph, Node


class OneGraph:
    """One graph of two communities; its nodes are the rows, and a batch is all of them."""

    unit = "node"

    def __init__(self, nodes: int = 24, channels: int = 6) -> None:
        draw = torch.Generator().manual_seed(3)
        self.labels = torch.arange(nodes) % 2
        alike = self.labels[:, None] == self.labels[None, :]
        linked = torch.rand(nodes, nodes, generator=draw) < torch.where(alike, 0.4, 0.05)
        features = torch.rand(nodes, channels, generator=draw) + self.labels[:, None]
        self.graph = Graph(features, linked.nonzero().T.contiguous())
        self.example = Node(nodes, channels)
        self.classes = ("one", "other")
        self.names = tuple(f"node {number}" for number in range(nodes))
        self.checksum = "sha256:" + "1" * 64
        self.device = torch.device("cpu")
        self.label = "toy graph"
        self.train_nodes, self.test_nodes = torch.arange(nodes).split([nodes - nodes // 4, nodes // 4])

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def test_size(self) -> int:
        return len(self.test_nodes)

    def raw(self, batch: Graph) -> Tensor:
        return batch.features

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Graph]:
        assert size == len(self), "a graph is not cut into batches"
        yield self.graph

    @torch.no_grad()
    def features(self, encode: Encode, limit: int = 0) -> Features:
        rows, cut = encode(self.graph), slice(limit or None)
        train, test = self.train_nodes[cut], self.test_nodes[cut]
        return Features(rows[train], self.labels[train], rows[test], self.labels[test])
