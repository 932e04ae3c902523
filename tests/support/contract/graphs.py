"""A graph, as Graph Barlow Twins has it (Bielak et al. 2021, arXiv:2106.02466): a node is a row."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from repro.learning.data.base import Encode, Features
from repro.learning.nn.encoder import Encoder


class Graph(NamedTuple):
    """Nodes with features (N, F), and directed edges (2, E) between them."""

    features: Tensor
    edges: Tensor

    def to(self, device: torch.device) -> "Graph":
        return Graph(self.features.to(device), self.edges.to(device))


class Nodes(NamedTuple):
    """A graph of so many nodes, each with a vector of ``channels`` numbers."""

    nodes: int
    channels: int


def spread_over_edges(rows: Tensor, edges: Tensor) -> Tensor:
    """D^-1/2 (A + I) D^-1/2 rows (Kipf & Welling 2017, Eq. 2): (N, W) -> (N, W)."""
    loops = torch.arange(len(rows), device=rows.device).expand(2, -1)
    source, target = torch.cat([edges, loops], dim=1)
    degree = torch.zeros(len(rows), device=rows.device).index_add(
        0, target, torch.ones_like(target, dtype=torch.float)
    )
    weight = (degree[source] * degree[target]).rsqrt().unsqueeze(1).to(rows.dtype)
    return torch.zeros_like(rows).index_add(0, target, weight * rows[source])


class GCN(Encoder):
    """Two graph convolutions: Graph with N nodes -> (N, width)."""

    def __init__(self, example: Nodes, *, width: int = 8) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Linear(example.channels, 2 * width, bias=False)
        self.norm = nn.BatchNorm1d(2 * width, momentum=0.01)
        self.bend = nn.PReLU()
        self.second = nn.Linear(2 * width, width)

    def forward(self, batch: Graph) -> Tensor:
        hidden = self.bend(self.norm(spread_over_edges(self.first(batch.features), batch.edges)))
        return spread_over_edges(self.second(hidden), batch.edges)


class GraphViews:
    """Features masked alike for all nodes, edges dropped one by one."""

    def __init__(self, example: Nodes, *, mask_p: float = 0.2, drop_p: float = 0.3) -> None:
        self.mask_p, self.drop_p = mask_p, drop_p

    def __call__(self, batch: Graph, generator: Generator) -> list[Graph]:
        return [self._view(batch, generator) for _ in range(2)]

    count = 2

    def plain(self, batch: Graph) -> Graph:
        return batch

    def _view(self, batch: Graph, generator: Generator) -> Graph:
        kept = torch.rand(batch.features.shape[1], generator=generator) >= self.mask_p
        edges = torch.rand(batch.edges.shape[1], generator=generator) >= self.drop_p
        return Graph(batch.features * kept, batch.edges[:, edges])


class OneGraph:
    """One graph of two communities; its nodes are the rows, and a batch is all of them."""

    def __init__(self, nodes: int = 24, channels: int = 6) -> None:
        draw = torch.Generator().manual_seed(3)
        self.labels = torch.arange(nodes) % 2
        alike = self.labels[:, None] == self.labels[None, :]
        linked = torch.rand(nodes, nodes, generator=draw) < torch.where(alike, 0.4, 0.05)
        features = torch.rand(nodes, channels, generator=draw) + self.labels[:, None]
        self.graph = Graph(features, linked.nonzero().T.contiguous())
        self.example = Nodes(nodes, channels)
        self.classes = ("one", "other")
        self.checksum = "sha256:" + "1" * 64
        self.device = torch.device("cpu")
        self.label = "toy graph"
        self.train = nodes - nodes // 4

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def test_size(self) -> int:
        return len(self) - self.train

    def raw(self, batch: Graph) -> Tensor:
        return batch.features

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Graph]:
        assert size == len(self), "a graph is not cut into batches"
        yield self.graph

    @torch.no_grad()
    def features(self, encode: Encode, limit: int = 0) -> Features:
        rows, cut = encode(self.graph), slice(limit or None)
        train, test = slice(None, self.train), slice(self.train, None)
        return Features(rows[train][cut], self.labels[train][cut], rows[test][cut], self.labels[test][cut])
