"""MoCo v2 (Chen et al. 2020, arXiv:2003.04297): keys of a slow encoder, negatives from a queue of them."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.losses import in_float32
from repro.methods.base import Method, Progress
from repro.nn.encoder import Encoder


@in_float32
def info_nce(q: Tensor, k: Tensor, queue: Tensor, temperature: float) -> Tensor:
    """Eq. 1: unit rows q and k (B, D), queue (K, D) -> scalar; ln(1 + K) when collapsed."""
    positive = (q * k).sum(dim=1, keepdim=True)
    logits = torch.cat([positive, q @ queue.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long, device=q.device))


class MoCo(Method):
    """Queries f_q, keys f_k and a queue of ``size`` keys, a multiple of the batch."""

    queue: Tensor
    cursor: Tensor

    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: int = 8,
        size: int = 32,
        momentum: float = 0.9,
        temperature: float = 0.2,
    ) -> None:
        super().__init__(encoder)
        self.head = nn.Sequential(
            nn.Linear(encoder.width, encoder.width), nn.ReLU(), nn.Linear(encoder.width, dim)
        )
        self.keys = deepcopy(nn.Sequential(self.encoder, self.head)).requires_grad_(False)
        self.register_buffer("queue", F.normalize(torch.randn(size, dim), dim=1))
        self.register_buffer("cursor", torch.zeros((), dtype=torch.long))
        self.momentum = momentum
        self.temperature = temperature

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        q = F.normalize(self.project(views[0]), dim=1)
        with torch.no_grad():
            k = F.normalize(self.keys(views[1]), dim=1)
        # The logits need the queue as it is now until the backward pass is over, so it is not written to but
        # replaced below.
        value = info_nce(q, k, self.queue, self.temperature)
        if self.training:
            self._enqueue(k)
        return value

    def _enqueue(self, keys: Tensor) -> None:
        places = (self.cursor + torch.arange(len(keys), device=keys.device)) % len(self.queue)
        self.queue = self.queue.index_copy(0, places, keys.to(self.queue.dtype))
        self.cursor = (self.cursor + len(keys)) % len(self.queue)

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        online = [*self.encoder.parameters(), *self.head.parameters()]
        for slow, weight in zip(self.keys.parameters(), online, strict=True):
            slow.lerp_(weight, 1 - self.momentum)

    def project(self, batch: Any) -> Tensor:
        z: Tensor = self.head(self.encode(batch))
        return z
