"""Graph Barlow Twins: Bielak et al., "Graph Barlow Twins", Knowledge-Based Systems 256, 2022.

The loss of Barlow Twins on the nodes of two views of one graph. Nothing stands between encoder and loss: no
projector, no predictor, no stop-gradient, no slow copy. The weight of the off-diagonal term is one over the
width, so it is not tuned.

Paper    https://arxiv.org/abs/2106.02466
Symbols  Z^A, Z^B = embeddings of the nodes in two views, C = their cross-correlation, lambda = ``lambda_``
Shapes   N nodes, d encoder width, which is the width of the embedding

Form: the cross-correlation is that of ``methods/barlow_twins.py``, with the biased variance; the official
code (``gssl/loss.py`` at ec62580) divides by the unbiased deviation, which keeps C_ii at (N - 1) / N or less.
Its scripts also try other values of lambda and a linear projector; both are settings here.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from repro.catalog.records.bounds import Count, NotNegative
from repro.learning.methods.barlow_twins import cross_correlation, invariance, redundancy
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded


class GraphBarlowTwins(Method):
    """An encoder and nothing else."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        lambda_: NotNegative | None = None,  # weight of the off-diagonal term; null for one over the width
        projector: Count = 0,  # outputs of a linear projector; 0 for none, as in the paper
    ) -> None:
        super().__init__(encoder)
        self.projector = nn.Linear(encoder.width, projector) if projector else nn.Identity()
        self.lambda_ = 1 / (projector or encoder.width) if lambda_ is None else lambda_

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2."""
        za, zb = (self.project(y) for y in views)  # (N, d) each
        c = cross_correlation(za, zb)  # (d, d)
        return invariance(c) + self.lambda_ * redundancy(c)

    def project(self, batch: Any) -> Tensor:
        """Z, not normalised: (N, d)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Means of what the two terms act on: C_ii (goal 1) and |C_ij| (goal 0)."""
        c = cross_correlation(*(self.project(y) for y in views[:2]))
        off = (c.abs().sum() - c.diagonal().abs().sum()) / (c.numel() - len(c))
        return {"on_diagonal": c.diagonal().mean().item(), "off_diagonal": off.item()}
