"""HSIC_SSL: Tsai et al., "A Note on Connecting Barlow Twins with Negative-Sample-Free Contrastive Learning",
arXiv 2021.

With linear kernels HSIC, a measure of dependence, is the sum of all squared correlations of two standardised
views. Making the views depend on each other is what contrastive methods do. The note's own loss is that of
Barlow Twins with another goal off the diagonal: correlations are pulled to -1 instead of 0. For equal views
of D features their mean cannot fall below -1 / (D - 1), so the two goals ask for nearly the same.

Paper    https://arxiv.org/abs/2104.13712 (section and equation numbers are its own)
Symbols  Z^A, Z^B = embeddings of the views, C = their cross-correlation, lambda = ``lambda_`` = 1 / D
Shapes   B rows in a batch, W encoder width, D embedding width

Form: heads and defaults are those of the official code for CIFAR-10, which l2-normalises each embedding
before it standardises the features. Goal 0 gives Barlow Twins, with this head.
"""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from repro.catalog.records.bounds import AboveZero, Correlation, NotNegative, Positive
from repro.learning.methods.barlow_twins import cross_correlation, invariance
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.parallel import everyone
from repro.learning.settings import bounded


def off_goal(c: Tensor, goal: float) -> Tensor:
    """Second term of Eq. 5 without lambda: sum_{i != j} (C_ij - goal)^2. (D, D) -> scalar."""
    away = (c - goal).square()
    return away.sum() - away.diagonal().sum()


class HsicSSL(Method):
    """Encoder and projector of the experiments; the defaults are their CIFAR-10 setting."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 128,  # D, width of the embedding (Fig. 1)
        hidden: Positive = 512,  # width of the projector's hidden layers
        layers: Positive = 2,  # linear layers of the projector
        goal: Correlation = -1.0,  # what correlations off the diagonal are pulled to (Eq. 5); 0: Barlow Twins
        lambda_: NotNegative = 0.0078125,  # weight of the terms off the diagonal, 1 / D
        feature_normalise: bool = True,  # l2-normalise each embedding first, as in the official code
        loss_scale: AboveZero = 1.0,  # factor on the whole loss, for optimisers that see its size
    ) -> None:
        super().__init__(encoder)
        self.projector = mlp([encoder.width] + [hidden] * (layers - 1) + [dim])
        self.goal = goal
        self.lambda_ = lambda_
        self.feature_normalise = feature_normalise
        self.loss_scale = loss_scale

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L_HSIC of Eq. 5."""
        za, zb = (everyone(self.project(x)) for x in views)  # (B, D) each
        c = self._correlation(za, zb)  # (D, D)
        return self.loss_scale * (invariance(c) + self.lambda_ * off_goal(c, self.goal))

    def _correlation(self, za: Tensor, zb: Tensor) -> Tensor:
        if self.feature_normalise:
            # C does not see a common factor; sqrt(D) keeps variances well above what is added to them.
            scale = za.shape[1] ** 0.5
            za, zb = scale * F.normalize(za, dim=1), scale * F.normalize(zb, dim=1)
        return cross_correlation(za, zb)

    def project(self, batch: Any) -> Tensor:
        """Z, not normalised: (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Means of C_ii (goal 1), and of C_ij and |C_ij|: goal -1 would show in the sign."""
        za, zb = (self.project(x) for x in views[:2])
        c = self._correlation(za, zb)
        pairs = c.numel() - len(c)
        off = (c.sum() - c.diagonal().sum()) / pairs
        size = (c.abs().sum() - c.diagonal().abs().sum()) / pairs
        return {
            "on_diagonal": c.diagonal().mean().item(),
            "off_diagonal": size.item(),
            "signed_off_diagonal": off.item(),
        }
