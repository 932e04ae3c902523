"""Barlow Twins: Zbontar et al., "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML 2021.

The cross-correlation of the two views' embeddings, measured over the batch, is pulled towards the identity:
ones on the diagonal make features invariant, zeros off it keep them from repeating each other. The twins are
symmetric; there is no predictor, stop-gradient or slow copy.

Paper    https://arxiv.org/abs/2103.03230 (section, table and equation numbers are its own)
Symbols  Z^A, Z^B = embeddings of the views, C = cross_correlation(Z^A, Z^B), lambda = ``lambda_``
Shapes   B rows in a batch, W encoder width, D embedding width

Form: statistics use the biased variance, as the official code's batch normalisation does; the paper's
pseudo-code takes the unbiased one, which would keep C_ii at (B - 1) / B or less. Official lambda is 0.0051.
Under LARS the scale of the loss acts only on biases and norms, which is why the paper gives them a rate of
their own (0.0048 = 0.2 x 0.024). Under SGD it acts on everything: there ``loss_scale`` brings the loss, in
the thousands at D = 8192, to the size of the other methods' losses. Set one or the other, never both.
"""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from repro.catalog.records.bounds import AboveZero, NotNegative, Positive
from repro.learning.losses import in_float32
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.parallel import everyone
from repro.learning.settings import bounded

EPSILON = 1e-5  # added to a variance, as batch normalisation does


@in_float32
def cross_correlation(za: Tensor, zb: Tensor, normalise: bool = True) -> Tensor:
    """C of Eq. 2: (B, D) x2 -> (D, D), in [-1, 1]; without ``normalise`` the cross-covariance of Table 5."""
    za, zb = za - za.mean(dim=0), zb - zb.mean(dim=0)
    if normalise:
        za = za / (za.var(dim=0, correction=0) + EPSILON).sqrt()
        zb = zb / (zb.var(dim=0, correction=0) + EPSILON).sqrt()
    return za.T @ zb / len(za)


def invariance(c: Tensor) -> Tensor:
    """First term of Eq. 1: sum_i (1 - C_ii)^2. (D, D) -> scalar."""
    return (1 - c.diagonal()).square().sum()


def redundancy(c: Tensor) -> Tensor:
    """Second term of Eq. 1 without lambda: sum_{i != j} C_ij^2. (D, D) -> scalar."""
    return c.square().sum() - c.diagonal().square().sum()


class BarlowTwins(Method):
    """Encoder and projector of Sec. 2.2; the defaults are its ImageNet setting."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 8192,  # D, width of the embedding
        hidden: Positive = 8192,  # width of the projector's hidden layers
        layers: Positive = 3,  # linear layers of the projector (Fig. 4)
        lambda_: NotNegative = 0.005,  # weight of the redundancy term (Fig. 5)
        on_diagonal: bool = True,  # keep the invariance term (Table 5)
        off_diagonal: bool = True,  # keep the redundancy term (Table 5)
        normalise: bool = True,  # correlation; false: cross-covariance (Table 5)
        feature_normalise: bool = False,  # l2-normalise each embedding first (Table 5)
        projector_norm: bool = True,  # BN in the projector's hidden layers (Table 5)
        loss_scale: AboveZero = 1.0,  # factor on the whole loss, for optimisers without LARS
    ) -> None:
        super().__init__(encoder)
        self.projector = mlp([encoder.width] + [hidden] * (layers - 1) + [dim], hidden_norm=projector_norm)
        self.lambda_ = lambda_
        self.on_diagonal = on_diagonal
        self.off_diagonal = off_diagonal
        self.normalise = normalise
        self.feature_normalise = feature_normalise
        self.loss_scale = loss_scale

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L_BT of Eq. 1 and Algorithm 1."""
        za, zb = (everyone(self.project(y)) for y in views)  # (B, D) each
        c = self._correlation(za, zb)  # (D, D)
        total = c.new_zeros(())
        if self.on_diagonal:
            total = total + invariance(c)
        if self.off_diagonal:
            total = total + self.lambda_ * redundancy(c)
        return self.loss_scale * total

    def _correlation(self, za: Tensor, zb: Tensor) -> Tensor:
        if self.feature_normalise:
            # C does not see a common factor; sqrt(D) keeps variances well above EPSILON.
            scale = za.shape[1] ** 0.5
            za, zb = scale * F.normalize(za, dim=1), scale * F.normalize(zb, dim=1)
        return cross_correlation(za, zb, self.normalise)

    def project(self, batch: Any) -> Tensor:
        """Z, not normalised: (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Means of what the two terms act on: C_ii (goal 1) and |C_ij| (goal 0)."""
        za, zb = (self.project(y) for y in views[:2])
        c = self._correlation(za, zb)
        off = (c.abs().sum() - c.diagonal().abs().sum()) / (c.numel() - len(c))
        return {"on_diagonal": c.diagonal().mean().item(), "off_diagonal": off.item()}
