"""SimSiam: Chen & He, "Exploring Simple Siamese Representation Learning", CVPR 2021.

Two views pass through one network; a predictor on one side is asked to match the other side, which is held
constant. No negatives, no slow teacher, no large batch: what keeps the output from becoming one constant
vector is the stop-gradient (Sec. 4.1, Fig. 2).

Paper    https://arxiv.org/abs/2011.10566 (section, table and equation numbers are its own)
Symbols  f = projector(encoder), z = f(x), h = predictor, p = h(z), D = similarity
Shapes   B rows in a batch, W encoder width, D output width (the paper's d)

Differences from the official code: it keeps a frozen bias before the last batch normalisation; we leave that
bias out, which the normalisation makes the same function.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import Positive
from repro.learning.losses import in_float32, negative_cosine
from repro.learning.methods.base import Group, Method, Progress, trainable
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.settings import bounded


@in_float32
def cross_entropy(p: Tensor, z: Tensor) -> Tensor:
    """-softmax(z) . log softmax(p) over channels, averaged (Sec. 4.5). (B, D) x2 -> scalar >= 0."""
    return -(z.softmax(dim=1) * p.log_softmax(dim=1)).sum(dim=1).mean()


SIMILARITIES = {"cosine": negative_cosine, "cross_entropy": cross_entropy}


class SimSiam(Method):
    """f and h of Sec. 3; the defaults are the ImageNet baseline of Sec. 4."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 2048,  # D, width of z and p
        hidden: Positive = 512,  # width of the predictor's bottleneck
        layers: Positive = 3,  # linear layers of the projector; 2 on CIFAR-10 (App. D)
        stop_gradient: bool = True,  # hold the target constant; false collapses (Fig. 2)
        predictor: Literal["learned", "fixed", "none"] = "learned",  # h of Table 1
        constant_predictor_lr: bool = True,  # leave the predictor's learning rate undecayed (Table 1c)
        similarity: Literal["cosine", "cross_entropy"] = "cosine",  # D of Eq. 1, or of Sec. 4.5
        symmetric: bool = True,  # both directions, or view 1 predicts view 2 only (Sec. 4.6)
        projector_norm: Literal["all", "hidden", "none"] = "all",  # BN in the projector (Table 3)
        predictor_norm: Literal["all", "hidden", "none"] = "hidden",  # BN in the predictor (Table 3)
        output_affine: bool = False,  # scale and offset of the projector's last BN; off in official code
    ) -> None:
        super().__init__(encoder)
        self.projector = mlp(
            [encoder.width] + [dim] * layers,
            hidden_norm=projector_norm != "none",
            output_bias=projector_norm != "all",
        )
        if projector_norm == "all":
            self.projector.append(nn.BatchNorm1d(dim, affine=output_affine))
        self.predictor = nn.Identity() if predictor == "none" else _predictor(dim, hidden, predictor_norm)
        if predictor == "fixed":
            self.predictor.requires_grad_(False)
        self.similarity = SIMILARITIES[similarity]
        self.stop_gradient = stop_gradient
        self.symmetric = symmetric
        self.constant_predictor_lr = constant_predictor_lr

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L of Eq. 4 and Algorithm 1: each view predicts the other, which is held constant."""
        z1, z2 = (self.project(x) for x in views)  # (B, D) each
        p1, p2 = self.predictor(z1), self.predictor(z2)  # (B, D) each
        if self.stop_gradient:
            z1, z2 = z1.detach(), z2.detach()
        forward = self.similarity(p1, z2)
        return (forward + self.similarity(p2, z1)) / 2 if self.symmetric else forward

    def parameter_groups(self) -> Iterable[Group]:
        """The predictor's learning rate is not decayed (Sec. 4.2): it should follow the newest z."""
        head = trainable(self.predictor)
        groups = [Group(trainable(self.encoder, self.projector))]
        return [*groups, Group(head, constant_lr=self.constant_predictor_lr)] if head else groups

    def project(self, batch: Any) -> Tensor:
        """z = f(x): (B, D). Fig. 2 watches the spread of z / |z|."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Cosine of the two views' z: 1 for a collapsed network, and for a perfectly invariant one."""
        z1, z2 = (self.project(x) for x in views[:2])
        return {"positive_cosine": F.cosine_similarity(z1, z2, dim=1).mean().item()}


def _predictor(dim: int, hidden: int, norm: str) -> nn.Sequential:
    """h: a bottleneck without BN on its output, which Table 3d found unstable. (B, D) -> (B, D)."""
    head = mlp([dim, hidden, dim], hidden_norm=norm != "none", output_bias=True)
    return head.append(nn.BatchNorm1d(dim)) if norm == "all" else head
