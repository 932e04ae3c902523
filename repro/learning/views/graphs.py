"""Views of graphs: some features hidden in all nodes alike, and some edges dropped.

Those of GRACE and BGRL, as Graph Barlow Twins takes them over (``gssl/augment.py`` of its official code at
ec62580). A feature is hidden in every node of the view or in none. An edge of the graph is two directed ones,
and each direction is dropped by itself. A step of probability 0 is not made and draws nothing.
"""

import torch
from torch import Generator, Tensor

from repro.catalog.records.bounds import Fraction, Positive
from repro.learning.graph import Graph, Node
from repro.learning.settings import bounded


class GraphViews:
    """Makes the views of a graph: the same nodes, in the same order. The graph itself is not changed."""

    @bounded("views")
    def __init__(
        self,
        example: Node,
        *,
        mask_p: Fraction | list[Fraction] = 0.1,  # probability of hiding a feature, or one for each view
        drop_p: Fraction | list[Fraction] = 0.2,  # probability of dropping an edge, or one for each view
        views: Positive = 2,  # how many
    ) -> None:
        self.channels = example.channels
        self.views = views
        self.mask_p = mask_p if isinstance(mask_p, list) else [mask_p] * views
        self.drop_p = drop_p if isinstance(drop_p, list) else [drop_p] * views

    @property
    def count(self) -> int:
        """How many views there are of the graph."""
        return self.views

    @torch.no_grad()
    def __call__(self, batch: Graph, generator: Generator) -> list[Graph]:
        """The views of a graph, whose device is the generator's. TypeError if it is not what was promised."""
        if batch.features.ndim != 2 or batch.features.shape[1] != self.channels:
            shape = tuple(batch.features.shape)
            raise TypeError(f"A graph must have features (N, {self.channels}); these are {shape}.")
        return [
            Graph(
                mask_features(batch.features, mask_p, generator), drop_edges(batch.edges, drop_p, generator)
            )
            for mask_p, drop_p in zip(self.mask_p, self.drop_p, strict=True)
        ]

    def plain(self, batch: Graph) -> Graph:
        """The graph as it is."""
        return batch


def mask_features(features: Tensor, probability: float, generator: Generator) -> Tensor:
    """Each column set to zero with the probability given: (N, F) -> (N, F)."""
    return features * _kept(features.shape[1], probability, generator) if probability else features


def drop_edges(edges: Tensor, probability: float, generator: Generator) -> Tensor:
    """Each column left out with the probability given: (2, E) -> (2, at most E)."""
    return edges[:, _kept(edges.shape[1], probability, generator)] if probability else edges


def _kept(count: int, probability: float, generator: Generator) -> Tensor:
    """False with the probability given: (count,) bool."""
    return torch.rand(count, generator=generator, device=generator.device) >= probability
