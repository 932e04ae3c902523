"""Graphs: what a batch is where rows are nodes, what an example is, and how rows spread over edges."""

from typing import NamedTuple

import torch
from torch import Tensor


class Node(NamedTuple):
    """A node of a graph of so many nodes, with a vector of ``channels`` numbers."""

    nodes: int
    channels: int


class Graph(NamedTuple):
    """Nodes with features (N, F) float32, and directed edges (2, E) int64 from the first row to the second.

    An undirected edge is two directed ones. There are no loops: whoever spreads rows adds them.
    """

    features: Tensor
    edges: Tensor

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self.features.device

    def to(self, device: torch.device) -> "Graph":
        """The same graph on another device."""
        return Graph(self.features.to(device), self.edges.to(device))


def normalised_adjacency(edges: Tensor, count: int) -> Tensor:
    """D^-1/2 (A + I) D^-1/2 of Kipf & Welling 2017, Eq. 2: edges (2, E) -> sparse (count, count) float32.

    Degrees are those of the nodes an edge leads to, so that dropping one direction of an edge is allowed.

    Example:
        >>> two = normalised_adjacency(torch.tensor([[0, 1], [1, 0]]), 2)
        >>> two.to_dense().tolist()
        [[0.5, 0.5], [0.5, 0.5]]
    """
    loops = torch.arange(count, device=edges.device).expand(2, -1)
    source, target = torch.cat([edges, loops], dim=1)
    degree = torch.bincount(target, minlength=count).float()
    weight = (degree[source] * degree[target]).rsqrt()
    places, shape, device = torch.stack([target, source]), (count, count), edges.device
    return torch.sparse_coo_tensor(places, weight, shape, device=device, check_invariants=False).coalesce()


def spread_rows(adjacency: Tensor, rows: Tensor) -> Tensor:
    """The rows of each node's neighbours and its own, weighted and summed in float32: (N, W) -> (N, W)."""
    spread: Tensor = torch.sparse.mm(adjacency, rows.float())
    return spread
