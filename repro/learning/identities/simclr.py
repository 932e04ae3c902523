"""SimCLR (arXiv 2002.05709): what NT-Xent is worth at collapse, whom it compares, and where it pulls."""

import math

import numpy as np
import torch

from repro.learning.identities.arithmetic import unit
from repro.learning.identities.identity import Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, PassOn
from repro.learning.methods.simclr import SimCLR, nt_xent, view_logits

PAPER_BATCH, PAPER_NEGATIVES = 8192, 16382  # Sec. 2.2


def collapsed_loss(draw: Draw) -> Compared:
    """Eq. 1 where every similarity is the same."""
    sizes = [2, *(draw.whole(3, 40) for _ in range(3))]
    method = SimCLR(PassOn(5), projector="none", temperature=draw.between(0.05, 1.0))
    row = draw.normal(1, 5)
    found = [method.loss(tensors(*2 * [np.repeat(row, n, axis=0)]), START).item() for n in sizes]
    return compare(
        f"the loss of equal embeddings for {', '.join(map(str, sizes))} images beside ln(2N - 1)",
        (found, [math.log(2 * n - 1) for n in sizes]),
    )


def negatives_per_pair(draw: Draw) -> Compared:
    """Sec. 2.2: of the views that one is compared with, all but its partner.

    The similarities of N = 8192 would fill 2 GB, so two small batches are counted and their line continued.
    """
    temperature, sizes = draw.between(0.05, 1.0), np.array([draw.whole(2, 10), draw.whole(11, 30)])
    counted = [_negatives(draw.views(int(n), 5), temperature) for n in sizes]
    one, other = (float(counts[0]) for counts in counted)
    slope = (other - one) / (sizes[1] - sizes[0])
    return compare(
        "views compared with, less the partner, counted beside 2(N - 1), and for N = 8192 beside 16382",
        *((counts, np.full(2 * n, 2 * (n - 1))) for counts, n in zip(counted, sizes, strict=True)),
        (one + slope * (PAPER_BATCH - sizes[0]), PAPER_NEGATIVES),
    )


def _negatives(x: tuple[Array, Array], temperature: float) -> Array:
    """How many views each of 2N is compared with, its partner apart; no number if that is not among them."""
    z1, z2 = tensors(*x)
    logits, partner = view_logits(z1, z2, temperature)
    n, compared = len(x[0]), logits.isfinite().numpy()
    views = np.arange(2 * n)
    right = compared[views, partner] & (partner.numpy() == (views + n) % (2 * n))
    return np.where(right, compared.sum(axis=1) - 1.0, np.nan)


def gradient_weighs_negatives(draw: Draw) -> Compared:
    """Table 2, for each view as the anchor and as what others are compared with."""
    n, temperature = draw.whole(2, 10), draw.between(0.1, 1.0)
    z = np.concatenate(draw.views(n, draw.whole(3, 8)))
    expected = _table_2(unit(z), temperature)
    free = _gradient(unit(z), temperature, normalise=False)
    whole = _gradient(z, temperature, normalise=True)
    # Normalising inside the loss leaves the part at right angles to the embedding, over its length.
    along = (expected * unit(z)).sum(axis=1, keepdims=True) * unit(z)
    lengths = np.sqrt((z * z).sum(axis=1, keepdims=True))
    return compare(
        "the gradient of NT-Xent beside the weights of Table 2, with and without its own normalisation",
        (free, expected),
        (whole, (expected - along) / lengths),
    )


def _gradient(z: Array, temperature: float, *, normalise: bool) -> torch.Tensor:
    (rows,) = (tensor.requires_grad_() for tensor in tensors(z))
    loss = nt_xent(*rows.chunk(2), temperature, normalise)
    return torch.autograd.grad(loss, rows)[0]


def _table_2(u: Array, temperature: float) -> Array:
    """Gradient of the loss in unit rows: -(1 - p+) v+ / tau + sum p- v- / tau, averaged over 2N anchors."""
    similar = np.exp(u @ u.T / temperature) * (1 - np.eye(len(u)))
    share = similar / similar.sum(axis=1, keepdims=True)
    positive = np.roll(np.eye(len(u)), len(u) // 2, axis=1)
    as_anchor = share - positive  # p+ - 1 at the partner, p- at all others
    pulls: Array = (as_anchor + as_anchor.T) @ u / temperature
    return pulls / len(u)
