"""MoCo v2 (arXiv 2003.04297): what InfoNCE over a queue is worth at collapse."""

import math

import numpy as np

from repro.learning.identities.arithmetic import unit
from repro.learning.identities.identity import Array, Compared, Draw, compare, tensors
from repro.learning.methods.moco_v2 import info_nce
from repro.learning.methods.simclr import nt_xent


def collapsed_loss(draw: Draw) -> Compared:
    """Eq. 1 of equal vectors; that it is Eq. 1 shows with other vectors, written out and as NT-Xent."""
    temperature, d, n = draw.between(0.1, 1.0), draw.whole(2, 8), draw.whole(2, 8)
    row, size = unit(draw.normal(1, d)), draw.whole(1, 200)
    same, remembered = np.repeat(row, n, axis=0), np.repeat(row, size, axis=0)
    z1, z2 = draw.views(n, d)
    queue = unit(draw.normal(size, d))
    return compare(
        f"the loss of equal vectors with K = {size} beside ln(1 + K), and others beside Eq. 1 and NT-Xent",
        (info_nce(*tensors(same, same, remembered), temperature), math.log(1 + size)),
        (info_nce(*tensors(z1, z2, queue), temperature), _eq_1(unit(z1), unit(z2), queue, temperature)),
        (_over_queues(z1, z2, temperature), nt_xent(*tensors(z1, z2), temperature)),
    )


def _eq_1(q: Array, k: Array, queue: Array, temperature: float) -> float:
    """Mean over queries: unit rows (B, D), (B, D), (K, D)."""
    own, others = np.exp((q * k).sum(axis=1) / temperature), np.exp(q @ queue.T / temperature)
    return float(-np.log(own / (own + others.sum(axis=1))).mean())


def _over_queues(z1: Array, z2: Array, temperature: float) -> float:
    """Mean loss of each of the 2N views as a query, its partner as the key, all others as the queue."""
    z, partners, n = np.concatenate([z1, z2]), np.concatenate([z2, z1]), len(z1)
    losses = []
    for i in range(2 * n):
        others = unit(np.delete(z, [i, (i + n) % (2 * n)], axis=0))
        losses.append(info_nce(*tensors(z[[i]], partners[[i]], others), temperature).item())
    return float(np.mean(losses))
