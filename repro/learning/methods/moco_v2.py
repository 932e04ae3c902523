"""MoCo v2: Chen et al., "Improved Baselines with Momentum Contrastive Learning", arXiv 2020.

A view should be more alike to another view of its image than to the many other images that a queue remembers.
The queue holds what a slowly moving copy of the network made of earlier batches, so the number of negatives
does not depend on the batch. v2 is MoCo with SimCLR's two-layer head, its blur, and another temperature.

Paper    https://arxiv.org/abs/2003.04297; queue and key network are those of MoCo,
         https://arxiv.org/abs/1911.05722
Symbols  q = f_q(x_q), k+ = f_k(x_k), both l2-normalised, k- = an entry of the queue, tau = temperature,
         m = ``momentum``, K = ``queue``, the number of entries
Shapes   B rows in a batch, W encoder width, D output width

Form: one direction, the first view asks and the second answers, and a queue that starts with random
directions, both as in the official code. On one device each network normalises its batch as a whole; the
shuffling of batches between devices, which keeps batch statistics from giving the partner away (MoCo,
Sec. 3.3), has nothing to shuffle here.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.catalog.records.bounds import AboveZero, Count, Fraction, Positive
from repro.learning.losses import in_float32
from repro.learning.methods.base import Group, Method, Progress, trainable
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp
from repro.learning.parallel import everyone
from repro.learning.settings import bounded


@in_float32
def similarities(q: Tensor, k: Tensor, queue: Tensor) -> Tensor:
    """Cosine of each query with its own key, then with each entry of the queue.

    (B, D) x2, a queue of rows of length one (K, D) -> (B, 1 + K).
    """
    q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
    return torch.cat([(q * k).sum(dim=1, keepdim=True), q @ queue.T], dim=1)


@in_float32
def info_nce(q: Tensor, k: Tensor, queue: Tensor, temperature: float) -> Tensor:
    """Eq. 1 averaged over queries: (B, D) x2, (K, D) -> scalar; ln(1 + K) when collapsed."""
    logits = similarities(q, k, queue) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long, device=q.device))


class MoCoV2(Method):
    """f_q, f_k and the queue; the defaults are the ImageNet setting of Sec. 3."""

    views_needed = 2
    queue: Tensor

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 128,  # D, width of the output
        hidden: Count = 0,  # width of the head's hidden layer; 0 = that of the encoder, as in the paper
        projector: Literal["mlp", "linear"] = "mlp",  # head; linear is that of MoCo v1 (Table 1)
        temperature: AboveZero = 0.2,  # tau; MoCo v1 has 0.07 (Sec. 3)
        queue: Positive = 65536,  # K, number of negatives
        momentum: Fraction = 0.999,  # m: how slowly the key network follows
    ) -> None:
        super().__init__(encoder)
        widths = [encoder.width, hidden or encoder.width, dim] if projector == "mlp" else [encoder.width, dim]
        self.projector = mlp(widths, hidden_norm=False, output_bias=True)
        self.key_network = deepcopy(nn.Sequential(self.encoder, self.projector)).requires_grad_(False)
        self.register_buffer("queue", F.normalize(torch.randn(queue, dim), dim=1))
        self.temperature = temperature
        self.momentum = momentum

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """L of Eq. 1; the keys join the queue once they have been compared with it."""
        q, k = self.project(views[0]), self._keys(views[1])  # (B, D) each
        loss: Tensor = info_nce(q, k, self.queue, self.temperature)
        if self.training:
            self._remember(everyone(k))
        return loss

    @torch.no_grad()
    def _keys(self, batch: Any) -> Tensor:
        """k of the key network, with batch statistics of its own, not normalised: (B, D)."""
        k: Tensor = self.key_network(batch)
        return k

    @torch.no_grad()
    def _remember(self, k: Tensor) -> None:
        """The newest keys go first, and as many of the oldest are forgotten."""
        size = len(self.queue)
        newest = F.normalize(k.to(self.queue.dtype), dim=1)[:size]
        self.queue = torch.cat([newest, self.queue[: size - len(newest)]])

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        """theta_k <- m theta_k + (1 - m) theta_q (MoCo, Eq. 2); BN's running statistics are its own."""
        online: list[Tensor] = [*self.encoder.parameters(), *self.projector.parameters()]
        torch._foreach_lerp_([*self.key_network.parameters()], online, 1 - self.momentum)

    def parameter_groups(self) -> Iterable[Group]:
        """The query network; the key network takes no gradient."""
        return [Group(trainable(self.encoder, self.projector))]

    def project(self, batch: Any) -> Tensor:
        """q before it is normalised: (B, D)."""
        q: Tensor = self.projector(self.encode(batch))
        return q

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """Mean cosine of queries with their own keys, and with the queue."""
        found = similarities(self.project(views[0]), self._keys(views[1]), self.queue)
        return {"positive_cosine": found[:, 0].mean().item(), "queue_cosine": found[:, 1:].mean().item()}
