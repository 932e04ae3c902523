"""RAFT: Shi et al., "Run Away From your Teacher: Understanding BYOL by a Novel Self-Supervised Approach",
arXiv 2020.

BYOL's loss is bounded by two simpler terms: the two views' predictions should agree, and each should stay
near what the slow teacher makes of the same view. RAFT turns the second sign: the network aligns its views
and flees its own past. With a linear predictor both train the same encoder (Theorem 5.1).

Paper    https://arxiv.org/abs/2011.10944 (section, table and theorem numbers are its own)
Symbols  theta = online (encoder, projector f, predictor q), xi = teacher (encoder, f), outputs l2-normalised,
         align = E|q(f(x1)) - q(f(x2))|^2, cross = E|q(f(x)) - f_xi(x)|^2 averaged over the views,
         alpha, beta = their weights, tau = decay of the teacher
Shapes   B rows in a batch, W encoder width, D output width

Form: ``bound`` is the paper's BYOL', and ``byol`` the mean of BYOL's loss over both directions, so that all
three are of one size. Sec. 3 has a BN in the MLP predictor and App. B none; the default follows App. B. The
linear predictor has no bias, as the theorem needs.
"""

import math
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import Fraction, NotNegative, Positive
from repro.learning.losses import in_float32
from repro.learning.methods.base import Method, Progress
from repro.learning.methods.byol import regression_loss
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.settings import bounded

Pair = tuple[Tensor, Tensor]


def align(q: Pair) -> Tensor:
    """L_align of Sec. 4: mean squared distance of the views' predictions. (B, D) x2 -> scalar in [0, 4]."""
    return regression_loss(*q)


def cross(q: Pair, t: Pair) -> Tensor:
    """L_cross of Sec. 4: mean squared distance to the teacher of the same view. (B, D) x4 -> scalar."""
    return (regression_loss(q[0], t[0]) + regression_loss(q[1], t[1])) / 2


def byol(q: Pair, t: Pair) -> Tensor:
    """L_BYOL: mean squared distance to the teacher of the other view. (B, D) x4 -> scalar."""
    return (regression_loss(q[0], t[1]) + regression_loss(q[1], t[0])) / 2


@in_float32
def alignment(a: Tensor, b: Tensor) -> Tensor:
    """align as it is watched: (B, D) x2 -> scalar in [0, 4].

    From differences and not, like the loss, from cosines: without a predictor it falls to 1e-10 (Table 1),
    far below what rounding leaves of one minus a cosine.
    """
    return (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(dim=1).mean()


@in_float32
def uniformity(u: Tensor) -> Tensor:
    """log E exp(-2 |u - v|^2) over the pairs of different rows, normalised: (B, D) -> scalar in [-8, 0]."""
    u = F.normalize(u, dim=1)
    exponents = (4 * u @ u.T - 4).fill_diagonal_(float("-inf"))  # |u - v|^2 = 2 - 2 u.v
    return exponents.flatten().logsumexp(dim=0) - math.log(len(u) * (len(u) - 1))


class RAFT(Method):
    """Online network and mean teacher; the defaults are the CIFAR-10 setting of App. B."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        objective: Literal["raft", "bound", "byol"] = "raft",  # flee the teacher, stay near it, or BYOL
        alpha: NotNegative = 1.0,  # weight of align; byol has none
        beta: NotNegative = 1.0,  # weight of cross, whose sign the objective gives; byol has none (Table 3)
        dim: Positive = 128,  # D, width of the projection
        hidden: Positive = 512,  # width of the hidden layer of projector and MLP predictor
        predictor: Literal["mlp", "linear", "none"] = "mlp",  # q (Table 1)
        predictor_norm: bool = False,  # BN in the MLP predictor's hidden layer
        tau: Fraction = 0.996,  # decay of the teacher, constant: a rate of 0.004
    ) -> None:
        super().__init__(encoder)
        self.projector = mlp([encoder.width, hidden, dim], hidden_bias=True)
        self.teacher = deepcopy(nn.Sequential(self.encoder, self.projector)).requires_grad_(False)
        self.predictor = _predictor(predictor, dim, hidden, predictor_norm)
        self.objective = objective
        self.alpha = alpha
        self.beta = beta
        self.tau = tau

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """alpha align - beta cross (Sec. 4.2), with plus its bound (Sec. 4.1), or the loss of BYOL."""
        q, t = self.predictions(views), self.targets(views)
        if self.objective == "byol":
            return byol(q, t)
        beta = -self.beta if self.objective == "raft" else self.beta
        return self.alpha * align(q) + beta * cross(q, t)

    def predictions(self, views: Sequence[Any]) -> Pair:
        """q(f(x)) of two views, not normalised: (B, D) each."""
        one, other = (self.predictor(self.project(x)) for x in views)
        return one, other

    @torch.no_grad()
    def targets(self, views: Sequence[Any]) -> Pair:
        """f_xi(x) of two views, not normalised, with batch statistics of the teacher's own: (B, D) each."""
        one, other = (self.teacher(x) for x in views)
        return one, other

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        """xi <- tau xi + (1 - tau) theta after each step; BN's running statistics are the teacher's own."""
        online: list[Tensor] = [*self.encoder.parameters(), *self.projector.parameters()]
        torch._foreach_lerp_([*self.teacher.parameters()], online, 1 - self.tau)

    def project(self, batch: Any) -> Tensor:
        """f(x) of the online network, before the predictor: (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Both measures of Table 1 on q(f(x)), where align acts; uniformity over the first views."""
        q1, q2 = self.predictions(views[:2])
        return {"alignment": alignment(q1, q2).item(), "uniformity": uniformity(q1).item()}


def _predictor(kind: str, dim: int, hidden: int, norm: bool) -> nn.Module:
    """q: (B, D) -> (B, D)."""
    if kind == "none":
        return nn.Identity()
    return mlp([dim, hidden, dim] if kind == "mlp" else [dim, dim], hidden_norm=norm, hidden_bias=True)
