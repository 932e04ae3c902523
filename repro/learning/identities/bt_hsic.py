"""The HSIC note on Barlow Twins (arXiv 2104.13712), beside Barlow Twins."""

import numpy as np
from torch import nn

from repro.learning.identities.arithmetic import correlation, off_diagonal, turned
from repro.learning.identities.barlow_twins import twins
from repro.learning.identities.identity import LARGE, Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, PassOn
from repro.learning.methods.barlow_twins import cross_correlation
from repro.learning.methods.bt_hsic import HsicSSL


def standardised(rows: Array) -> Array:
    """Every channel with mean 0 and deviation 1: (B, D) -> (B, D)."""
    centred: Array = rows - rows.mean(axis=0)
    deviations: Array = np.sqrt((centred**2).mean(axis=0))
    return centred / deviations


def hsic(x: Array, y: Array) -> float:
    """Eq. 4 with linear kernels: tr(K_x H K_y H) / B^2 of (B, D) x2."""
    rows = len(x)
    centring = np.eye(rows) - 1 / rows
    return float(np.trace(x @ x.T @ centring @ y @ y.T @ centring)) / rows**2


def hsic_is_squared_norm(draw: Draw) -> Compared:
    """Eq. 4."""
    d = draw.whole(2, 12)
    za, zb = draw.views(draw.whole(3, 40), d, LARGE)
    return compare(
        "the sum of all squared correlations beside HSIC computed from the kernels",
        (cross_correlation(*tensors(za, zb)).square().sum(), hsic(standardised(za), standardised(zb))),
    )


def losses_differ_by_linear_term(draw: Draw) -> Compared:
    """Eq. 5, which pulls the correlations off the diagonal to -1, less Eq. 1, which pulls them to 0."""
    d, lambda_ = draw.whole(2, 12), draw.between(0.001, 1.0)
    za, zb = draw.views(draw.whole(3, 40), d, LARGE)
    c = correlation(za, zb)
    towards_minus_one = ((1 - np.diag(c)) ** 2).sum() + lambda_ * ((1 + off_diagonal(c)) ** 2).sum()
    hsic_ssl, barlow = (
        way.loss(tensors(za, zb), START) for way in (_hsic_ssl(d, lambda_), twins(d, lambda_))
    )
    return compare(
        "the HSIC loss beside Eq. 5, and less Barlow Twins' beside lambda (2 sum C_ij + d (d - 1))",
        (hsic_ssl, towards_minus_one),
        (hsic_ssl - barlow, lambda_ * (2 * off_diagonal(c).sum() + d * (d - 1))),
    )


def _hsic_ssl(width: int, lambda_: float) -> HsicSSL:
    """The method on embeddings as they are given."""
    method = HsicSSL(PassOn(width), dim=width, hidden=width, lambda_=lambda_, feature_normalise=False)
    method.projector = nn.Sequential()
    return method


def minus_one_out_of_reach(draw: Draw) -> Compared:
    """Eq. 5 for equal views: the correlations are of one batch, and its summed features vary by 0 at least.

    The bound is met exactly by features that always sum to the same.
    """
    d = draw.whole(3, 12)
    z, _ = draw.views(draw.whole(3, 40), d, LARGE)
    found = _mean_off_diagonal(z)
    balanced = turned(LARGE * draw.normal(2, d))  # channels of one deviation ...
    balanced -= balanced.mean(axis=1, keepdims=True)  # ... that sum to 0 in each row
    return compare(
        "the mean off the diagonal beside the variance of the summed features, and its bound -1 / (d - 1)",
        (found, (standardised(z).sum(axis=1).var() - d) / (d * (d - 1))),
        (min(found + 1 / (d - 1), 0.0), 0.0),
        (_mean_off_diagonal(balanced), -1 / (d - 1)),
    )


def _mean_off_diagonal(z: Array) -> float:
    return float(off_diagonal(cross_correlation(*tensors(z, z)).numpy()).mean())
