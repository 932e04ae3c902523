"""Barlow Twins (arXiv 2103.03230): what a correlation, and a sum of squares of it, can be."""

import numpy as np
from torch import nn

from repro.learning.identities.arithmetic import correlation, off_diagonal
from repro.learning.identities.identity import LARGE, Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, PassOn
from repro.learning.methods.barlow_twins import BarlowTwins, cross_correlation


def twins(width: int, lambda_: float) -> BarlowTwins:
    """The method on embeddings as they are given."""
    method = BarlowTwins(PassOn(width), dim=width, hidden=width, lambda_=lambda_)
    method.projector = nn.Sequential()
    return method


def written_out(c: Array, lambda_: float) -> float:
    """Eq. 1 of a correlation matrix (D, D)."""
    return float(((1 - np.diag(c)) ** 2).sum() + lambda_ * (off_diagonal(c) ** 2).sum())


def shift_and_scale_invariant(draw: Draw) -> Compared:
    """Eq. 2 in Eq. 1: each channel of each view is moved and stretched by itself."""
    d, lambda_ = draw.whole(2, 12), draw.between(0.001, 1.0)
    za, zb = draw.views(draw.whole(d + 2, 40), d, LARGE)
    moved = [z * np.exp(draw.normal(d)) + LARGE * draw.normal(d) for z in (za, zb)]
    method, expected = twins(d, lambda_), written_out(correlation(za, zb), lambda_)
    return compare(
        "the loss as it is, and with every feature of one view and of both changed, beside Eq. 1 written out",
        (method.loss(tensors(za, zb), START), expected),
        (method.loss(tensors(moved[0], zb), START), expected),
        (method.loss(tensors(*moved), START), expected),
    )


def correlation_bounded(draw: Draw) -> Compared:
    """Eq. 2, at its extremes too: a feature with itself gives 1, with its negative -1."""
    d = draw.whole(2, 12)
    za, zb = draw.views(draw.whole(3, 40), d, LARGE)
    c, same, opposed = (cross_correlation(*tensors(za, z)).numpy() for z in (zb, za, -za))
    beyond = np.maximum(np.abs([c, same, opposed]) - 1, 0)
    return compare(
        "the correlations beside NumPy's, what of them lies beyond 1 beside 0, and extremes beside 1 and -1",
        (c, correlation(za, zb)),
        (beyond, np.zeros_like(beyond)),
        (np.diag(same), np.ones(d)),
        (np.diag(opposed), -np.ones(d)),
    )


def zero_at_identity(draw: Draw) -> Compared:
    """Eq. 1: squares of C - I with positive weights, so 0 where C is the identity and nowhere else."""
    d, lambda_ = draw.whole(2, 10), draw.between(0.001, 1.0)
    rows = draw.whole(d + 2, 40)
    za, zb = draw.views(rows, d, LARGE)
    away = correlation(za, zb) - np.eye(d)
    weights = np.where(np.eye(d) == 1, 1.0, lambda_)
    apart, _ = np.linalg.qr(za - za.mean(axis=0))  # centred columns of one length, at right angles
    z = LARGE * np.sqrt(rows) * apart
    return compare(
        "the loss beside the weighted squares of C - I, and beside 0 for features without correlation",
        (twins(d, lambda_).loss(tensors(za, zb), START), (weights * away**2).sum()),
        (twins(d, lambda_).loss(tensors(z, z), START), 0.0),
    )
