"""MoCo v2 (arXiv 2003.04297): InfoNCE over a queue. The project has no queue, but the same sum in NT-Xent."""

import math

import numpy as np

from repro.claims.identities.arithmetic import unit
from repro.claims.identity import Array, Compared, Draw, compare, tensors
from repro.methods.simclr import nt_xent


def info_nce(q: Array, k: Array, queue: Array, temperature: float) -> Array:
    """Eq. 1: unit queries and keys (B, D), unit queue (K, D) -> the loss of each query (B,)."""
    positive = (q * k).sum(axis=1) / temperature
    both = np.concatenate([positive[:, None], q @ queue.T / temperature], axis=1)
    losses: Array = np.log(np.exp(both).sum(axis=1)) - positive
    return losses


def collapsed_loss(draw: Draw) -> Compared:
    """Eq. 1 of equal vectors. That it is the sum in NT-Xent shows with SimCLR's negatives as each queue."""
    temperature, d, n = draw.between(0.1, 1.0), draw.whole(2, 8), draw.whole(2, 8)
    row, size = unit(draw.normal(1, d)), draw.whole(1, 200)
    queries, queue = np.repeat(row, n, axis=0), np.repeat(row, size, axis=0)
    z1, z2 = draw.views(n, d)
    same = np.repeat(row, size // 2 + 1, axis=0)  # its NT-Xent has an even number of negatives
    return compare(
        f"the loss at collapse with K = {size} beside ln(1 + K), and beside NT-Xent as its queue grows",
        (info_nce(queries, queries, queue, temperature), np.full(n, math.log(1 + size))),
        (nt_xent(*tensors(same, same), temperature), math.log(1 + 2 * (len(same) - 1))),
        (nt_xent(*tensors(z1, z2), temperature), _over_queues(unit(z1), unit(z2), temperature)),
    )


def _over_queues(z1: Array, z2: Array, temperature: float) -> float:
    """Mean loss of each of the 2N views as a query, its partner as the key, all others as the queue."""
    z, partners, n = np.concatenate([z1, z2]), np.concatenate([z2, z1]), len(z1)
    losses = [
        info_nce(z[[i]], partners[[i]], np.delete(z, [i, (i + n) % (2 * n)], axis=0), temperature)
        for i in range(2 * n)
    ]
    return float(np.mean(losses))
