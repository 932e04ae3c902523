"""A graph convolutional network (Kipf & Welling 2017, arXiv:1609.02907), as Graph Barlow Twins trains it.

Official code: ``gssl/full_batch/encoders.py`` at ec62580. There a convolution has a bias; here it has none,
because batch normalisation, and the loss after the last one, take the mean of a feature out again.
"""

from itertools import pairwise

from torch import Tensor, nn

from repro.catalog.records.bounds import Positive
from repro.learning.graph import Graph, Node, normalised_adjacency, spread_rows
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded

MOMENTUM = 0.01  # of batch normalisation: its statistics are means over about a hundred views


class GCN(Encoder):
    """Graph convolutions with BN and PReLU between them: a graph of N nodes -> (N, width)."""

    @bounded("encoder")
    def __init__(
        self,
        example: Node,
        *,
        width: Positive = 128,  # d, length of a node's embedding
        hidden: Positive = 256,  # width of the layers before the last; 2d in the official code
        layers: Positive = 2,  # convolutions: nodes this many edges away are seen
        use_edges: bool = True,  # false: every node by itself, a plain MLP
    ) -> None:
        super().__init__()
        widths = [example.channels, *[hidden] * (layers - 1), width]
        self.linears = nn.ModuleList(nn.Linear(wide, narrow, bias=False) for wide, narrow in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm1d(hidden, momentum=MOMENTUM) for _ in widths[1:-1])
        self.bends = nn.ModuleList(nn.PReLU() for _ in widths[1:-1])
        self.use_edges = use_edges
        self.width = width
        for linear in self.linears:
            nn.init.xavier_uniform_(linear.weight)  # type: ignore[arg-type]

    def forward(self, batch: Graph) -> Tensor:
        """Embeddings of the nodes: (N, F) features and (2, E) edges -> (N, width)."""
        rows = batch.features
        adjacency = normalised_adjacency(batch.edges, len(rows)) if self.use_edges else None
        *first, last = self.linears
        for linear, norm, bend in zip(first, self.norms, self.bends, strict=True):
            rows = bend(norm(_convolve(linear, rows, adjacency)))
        return _convolve(last, rows, adjacency)


def _convolve(linear: nn.Module, rows: Tensor, adjacency: Tensor | None) -> Tensor:
    """One layer, over the edges if there are any: narrower rows spread faster, so the linear map is first."""
    rows = linear(rows)
    return rows if adjacency is None else spread_rows(adjacency, rows)
