"""BYOL: Grill et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", NeurIPS 2020.

An online network predicts what a slowly moving average of itself makes of another view of the same image.
No negatives: the predictor and the slow target keep the solution from being constant (Sec. 3, Table 5).

Paper    https://arxiv.org/abs/2006.07733 (appendix tables as numbered in arXiv v3)
Symbols  theta = online (encoder f, projector g, predictor q), xi = target (f, g), z = g(f(x)),
         tau = target decay, k / K = share of training done
Shapes   B rows in a batch, W encoder width, D output width

tau = 0 makes the target the online network of the previous step (stop-gradient only) throughout, tau = 1
leaves it as the online network was drawn: both are rows of Table 5a. The official code draws the two networks
apart and reports no difference.
"""

import math
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import Fraction, NotNegative, Positive
from repro.learning.losses import in_float32, negative_cosine
from repro.learning.methods.base import Group, Method, Progress, trainable
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.settings import bounded


def target_decay(tau_base: float, fraction: float) -> float:
    """tau_k = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2 (App. J): from tau_base to 1 along a half cosine."""
    return 1 - (1 - tau_base) * (math.cos(math.pi * fraction) + 1) / 2


@in_float32
def regression_loss(q: Tensor, z: Tensor, normalise: bool = True) -> Tensor:
    """Eq. 2: squared distance of the (l2-normalised) prediction and target, averaged. (B, D) x2 -> scalar."""
    if normalise:
        return 2 + 2 * negative_cosine(q, z)
    return (q - z).square().sum(dim=1).mean()


class BYOL(Method):
    """Online and target networks of Fig. 2; the defaults are Sec. 3.3's ImageNet setting."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 256,  # D, width of the projection
        hidden: Positive = 4096,  # width of the hidden layers of projector and predictor
        projector_layers: Positive = 2,  # linear layers of g (Table 14a)
        predictor_layers: Positive = 2,  # linear layers of q (Table 14a)
        predictor: Literal["mlp", "linear", "none"] = "mlp",  # q; none collapses (Table 5b)
        predictor_lr_scale: NotNegative = 1.0,  # learning rate of q relative to the rest (Table 21)
        tau: Fraction = 0.996,  # tau_base; 0 = stop-gradient only, 1 = fixed random target (Table 5a)
        tau_schedule: Literal["cosine", "constant"] = "cosine",  # rise to 1, or stay at tau
        normalise: bool = True,  # l2-normalise both sides of the loss (Table 20)
        symmetric: bool = True,  # add the loss with the views swapped (Sec. 3.1)
    ) -> None:
        super().__init__(encoder)
        projector = [encoder.width] + [hidden] * (projector_layers - 1) + [dim]
        # The official code keeps the bias of a hidden layer in front of its BN and drops that of the last.
        self.projector = mlp(projector, hidden_bias=True)
        self.target = deepcopy(nn.Sequential(self.encoder, self.projector)).requires_grad_(False)
        widths = [dim] + [hidden] * ((predictor_layers - 1) if predictor == "mlp" else 0) + [dim]
        self.predictor = nn.Identity() if predictor == "none" else mlp(widths, hidden_bias=True)
        self.predictor_lr_scale = predictor_lr_scale
        self.tau = tau
        self.tau_schedule = tau_schedule
        self.normalise = normalise
        self.symmetric = symmetric

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L + L~ of Sec. 3.1: the sum, not the mean, of both directions (in [0, 8] when normalised)."""
        v1, v2 = views
        forward = regression_loss(self.predictor(self.project(v1)), self._targets(v2), self.normalise)
        if not self.symmetric:
            return forward
        return forward + regression_loss(self.predictor(self.project(v2)), self._targets(v1), self.normalise)

    @torch.no_grad()
    def _targets(self, batch: Any) -> Tensor:
        """z' of the target network, with batch statistics of its own: (B, D)."""
        z: Tensor = self.target(batch)
        return z

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        """xi <- tau xi + (1 - tau) theta, Eq. 1, after each step; BN's running statistics are not."""
        constant = self.tau_schedule == "constant" or self.tau == 0  # Table 5a: tau = 0 is kept
        tau = self.tau if constant else target_decay(self.tau, progress.fraction)
        online: list[Tensor] = [*self.encoder.parameters(), *self.projector.parameters()]
        torch._foreach_lerp_([*self.target.parameters()], online, 1 - tau)

    def parameter_groups(self) -> Iterable[Group]:
        """Online weights only; the predictor may move faster (Sec. 5, Table 21)."""
        head = trainable(self.predictor)
        groups = [Group(trainable(self.encoder, self.projector))]
        return [*groups, Group(head, lr_scale=self.predictor_lr_scale)] if head else groups

    def project(self, batch: Any) -> Tensor:
        """z of the online network: (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Cosine of online and target projections of the same view: how far the target trails."""
        z, slow = self.project(views[0]), self._targets(views[0])
        return {"target_cosine": F.cosine_similarity(z, slow, dim=1).mean().item()}
