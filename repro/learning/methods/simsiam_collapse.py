"""Zhang et al., "How Does SimSiam Avoid Collapse Without Negative Samples? A Unified Understanding with
Self-supervised Contrastive Learning", ICLR 2022.

Every l2-normalised output is split into a centre, shared by all images, and a residual of its own: Z = o + r.
Collapse is a centre of length one. The variants of SimSiam below test what keeps the centre small: not the
average over augmentations that SimSiam's authors saw in the predictor, but gradients against the centre.

Paper    https://arxiv.org/abs/2203.16262 (tables and figures as numbered there)
Symbols  z = f(x), Z = z / |z|, h = predictor, P = h(z) / |h(z)|, o = mean of Z, r = Z - o,
         sg = stop-gradient, m_o = |o|, m_r = mean |r|; a and b are different views
Shapes   B rows in a batch, V views, W encoder width, D output width

    objective   loss, averaged over rows and ordered pairs (a, b) or views a
    simsiam     -P_a . sg(Z_b)
    naive       -Z_a . sg(Z_b)                                (Table 2)
    symmetric   -P_a . sg(P_b)                                (Table 2, Fig. 2)
    average     -Z_a . sg(A_a), A_a = direction of the mean of all Z_b     (Table 1)
    centre      -Z_a . sg(o)                                  (Fig. 4)
    residual    -Z_a . sg(r_a)                                (Fig. 4)

Our reading, since no official code is known: o is the mean over the rows of all views of the batch; the
average is normalised, for without that its loss would be the naive one, as it is with two views; the bias
predictor adds a learnt vector, zero at first, to Z. Heads and the predictor's constant learning rate are
those of SimSiam.
"""

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import Positive
from repro.learning.losses import in_float32, negative_cosine
from repro.learning.methods.base import Group, Method, Progress, trainable
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.parallel import everyone
from repro.learning.settings import bounded


def pairwise(p: Tensor, z: Tensor) -> Tensor:
    """Minus the cosine of each view's p with each other view's z, held constant. (V, B, D) x2 -> scalar."""
    pairs = list(permutations(range(len(p)), 2))
    return torch.stack([negative_cosine(p[a], z[b].detach()) for a, b in pairs]).mean()


@in_float32
def unit(z: Tensor) -> Tensor:
    """Z: rows of length one. (V, B, D) -> (V, B, D)."""
    return F.normalize(z, dim=2)


@in_float32
def against_average(z: Tensor) -> Tensor:
    """Minus the cosine of each Z with the mean of the other views', held constant. (V, B, D) -> scalar."""
    rows = unit(z)
    others = (rows.sum(dim=0) - rows) / (len(z) - 1)
    return -F.cosine_similarity(rows, others.detach(), dim=2).mean()


def split(z: Tensor) -> tuple[Tensor, Tensor]:
    """o and r of all rows: (V, B, D) -> (D,), (V, B, D)."""
    rows = unit(z)
    centre = rows.mean(dim=(0, 1))
    return centre, rows - centre


def towards(z: Tensor, part: Tensor) -> Tensor:
    """-Z . sg(part), averaged over all rows: (V, B, D), a part that fits it -> scalar."""
    return -(unit(z) * part.detach()).sum(dim=2).mean()


class SimSiamCollapse(Method):
    """SimSiam and the variants of the paper; the defaults are SimSiam's own."""

    views_needed = (2, None)  # at least two

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        objective: Literal[
            "simsiam", "naive", "symmetric", "average", "centre", "residual"
        ] = "simsiam",  # the loss; all but simsiam and symmetric are without predictor
        dim: Positive = 2048,  # D, width of z and h(z)
        hidden: Positive = 512,  # width of the MLP predictor's bottleneck
        layers: Positive = 3,  # linear layers of the projector
        projector_norm: Literal["all", "hidden"] = "all",  # BN in the projector; on its output as well?
        predictor: Literal["mlp", "bias"] = "mlp",  # h; bias: Z plus one learnt vector
    ) -> None:
        super().__init__(encoder)
        self.projector = mlp([encoder.width] + [dim] * layers, output_bias=projector_norm == "hidden")
        if projector_norm == "all":
            self.projector.append(nn.BatchNorm1d(dim, affine=False))
        self.objective = objective
        self.predictor: nn.Module = nn.Identity()
        if objective in ("simsiam", "symmetric"):
            head = mlp([dim, hidden, dim], output_bias=True)
            self.predictor = head if predictor == "mlp" else AddedBias(dim)

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """The objective of the table above."""
        z = self._outputs(views)  # (V, B, D)
        if self.objective == "average":
            return against_average(z)
        if self.objective in ("centre", "residual"):
            z = everyone(z, dim=1)
            centre, residual = split(z)
            return towards(z, centre if self.objective == "centre" else residual)
        p = torch.stack([self.predictor(rows) for rows in z])  # (V, B, D); z itself for naive
        return pairwise(p, p if self.objective == "symmetric" else z)

    def _outputs(self, views: Sequence[Any]) -> Tensor:
        """z of every view, each with batch statistics of its own: (V, B, D)."""
        return torch.stack([self._z(x) for x in views])

    def parameter_groups(self) -> Iterable[Group]:
        """As in SimSiam, the predictor's learning rate is not decayed."""
        head = trainable(self.predictor)
        groups = [Group(trainable(self.encoder, self.projector))]
        return [*groups, Group(head, constant_lr=True)] if head else groups

    def _z(self, batch: Any) -> Tensor:
        """f(x), not normalised: (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def project(self, batch: Any) -> Tensor:
        """z, or h(z) where the predictor is on both sides and so part of the encoder (Fig. 2): (B, D)."""
        z = self._z(batch)
        p: Tensor = self.predictor(z) if self.objective == "symmetric" else z
        return p

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """m_o and m_r, which tell collapse, and the cosine of the first two views' z."""
        z = self._outputs(views)
        centre, residual = split(z)
        return {
            "m_o": centre.norm().item(),
            "m_r": residual.norm(dim=2).mean().item(),
            "positive_cosine": F.cosine_similarity(z[0], z[1], dim=1).mean().item(),
        }


class AddedBias(nn.Module):
    """The smallest predictor: z / |z| + b. (B, D) -> (B, D)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, z: Tensor) -> Tensor:
        """(B, D) -> (B, D)."""
        return F.normalize(z, dim=1) + self.bias
