"""SimCLR: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020.

Two views of an image should be more alike than either is to any view of another image of the batch. The
similarity is measured after a small head g, which is thrown away: the layer before it, h, is the better
representation (Sec. 4.2, Fig. 8).

Paper    https://arxiv.org/abs/2002.05709 (section, table and equation numbers are its own)
Symbols  h = f(x) (encoder), z = g(h) (projector), tau = temperature, N = B images, 2N views
Shapes   B rows in a batch, W encoder width, D output width

Form: the loss is the mean over all 2N views, as in Eq. 1 and Algorithm 1; the official code sums the two
halves' means, which is twice that. As there, BN follows each layer of the head, the last without an offset.
Each view is normalised by its own batch statistics, as most later codes do; the official one passes both
views at once and shares them.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import AboveZero, Count, Positive
from repro.learning.losses import in_float32, negative_cosine
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp, scale_only_norm
from repro.learning.parallel import everyone
from repro.learning.settings import bounded


def view_logits(z1: Tensor, z2: Tensor, temperature: float, normalise: bool = True) -> tuple[Tensor, Tensor]:
    """Similarities of each of the 2N views to the 2N - 1 others, and where its partner stands.

    (N, D) x2 -> logits (2N, 2N) with minus infinity on the diagonal, targets (2N,).
    """
    n = len(z1)
    z = torch.cat([z1, z2])
    if normalise:
        z = F.normalize(z, dim=1)
    logits = (z @ z.T / temperature).fill_diagonal_(float("-inf"))  # k != i in Eq. 1
    partner = torch.arange(2 * n, device=z.device).roll(n)
    return logits, partner


@in_float32
def nt_xent(z1: Tensor, z2: Tensor, temperature: float, normalise: bool = True) -> Tensor:
    """Eq. 1 averaged over all ordered positive pairs: (N, D) x2 -> scalar; ln(2N - 1) when collapsed."""
    return F.cross_entropy(*view_logits(z1, z2, temperature, normalise))


class SimCLR(Method):
    """f and g of Sec. 2.1; the defaults are its ImageNet setting with the best temperature of Table 5."""

    views_needed = 2

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 128,  # D, width of z
        hidden: Count = 0,  # width of the head's hidden layer; 0 = that of the encoder, as in the paper
        projector: Literal["mlp", "linear", "none"] = "mlp",  # g of Fig. 8
        projector_norm: bool = True,  # BN after each layer of the head, as in the official code
        temperature: AboveZero = 0.1,  # tau (Table 5)
        normalise: bool = True,  # cosine similarity; false: plain dot products (Table 5)
        negatives: bool = True,  # false leaves only the pull between partners, and collapses
        evaluate: Literal["h", "z"] = "h",  # layer that is evaluated: before or after g (Sec. 4.2)
    ) -> None:
        super().__init__(encoder)
        self.projector = _head(projector, encoder.width, hidden or encoder.width, dim, projector_norm)
        self.temperature = temperature
        self.normalise = normalise
        self.negatives = negatives
        self.evaluate = evaluate

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L of Algorithm 1."""
        z1, z2 = (self.project(x) for x in views)  # (B, D) each
        if not self.negatives:
            return negative_cosine(z1, z2)
        return nt_xent(everyone(z1), everyone(z2), self.temperature, self.normalise)

    def encode(self, batch: Any) -> Tensor:
        """h = f(x), (B, W), or z where that is evaluated, (B, D)."""
        return self.project(batch) if self.evaluate == "z" else super().encode(batch)

    def project(self, batch: Any) -> Tensor:
        """z = g(h): (B, D)."""
        z: Tensor = self.projector(self.encoder(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Contrastive accuracy of Table 5: the share of views whose partner is the nearest of all others."""
        logits, partner = view_logits(
            self.project(views[0]), self.project(views[1]), self.temperature, self.normalise
        )
        return {"contrastive_accuracy": (logits.argmax(dim=1) == partner).float().mean().item()}


def _head(kind: str, width: int, hidden: int, dim: int, norm: bool) -> nn.Sequential:
    if kind == "none":
        return nn.Sequential()
    head = mlp([width, hidden, dim] if kind == "mlp" else [width, dim], hidden_norm=norm)
    return head.append(scale_only_norm(dim)) if norm else head
