"""How Does SimSiam Avoid Collapse (arXiv 2203.16262): centre and residual, and predictors on both sides."""

import numpy as np
import torch
from torch import nn

from repro.learning.identities.arithmetic import minus_cosine, towards, turned, unit
from repro.learning.identities.identity import SINGLE, Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, Curve, gradients
from repro.learning.losses import negative_cosine
from repro.learning.methods.simsiam_collapse import SimSiamCollapse, split
from repro.learning.probes.spread import relative_std


def centre_and_residual(draw: Draw) -> Compared:
    """Z = o + r. The spread that runs report is the residual, where all channels vary alike."""
    d = draw.whole(2, 32)
    z, _ = draw.views(draw.whole(3, 40), d)
    even = turned(draw.normal(draw.whole(1, 4), d)) + draw.between(0.5, 2.0)  # off centre, but evenly so
    equal = np.repeat(z[:1], 5, axis=0)
    centre, residual = (part.numpy() for part in split(tensors(z)[0][None]))
    return compare(
        "|o|^2 plus the mean of |r|^2 beside 1, with r by hand and as the reported spread, 0 where |o| is 1",
        ((centre**2).sum() + (residual**2).sum(axis=2).mean(), 1.0),
        (residual[0], unit(z) - unit(z).mean(axis=0)),
        (_centre(even) + relative_std(*tensors(even)) ** 2, 1.0),
        ((_centre(equal), relative_std(*tensors(equal))), (1.0, 0.0)),
        tolerance=SINGLE,
    )


def _centre(z: Array) -> float:
    """Squared length of the mean of the normalised rows."""
    return float((unit(z).mean(axis=0) ** 2).sum())


def own_direction_has_no_gradient(draw: Draw) -> Compared:
    """-Z . sg(Z) in float64, beside the same with another direction, whose gradient is not 0."""
    z, other = draw.views(draw.whole(2, 12), draw.whole(2, 12))
    (rows,) = (tensor.requires_grad_() for tensor in tensors(z))
    own = negative_cosine(rows, rows.detach())
    return compare(
        "the loss beside -1, its gradient beside 0, and that of another direction beside the one by hand",
        (own, -1.0),
        (torch.autograd.grad(own, rows)[0], np.zeros_like(z)),
        (torch.autograd.grad(negative_cosine(rows, *tensors(other)), rows)[0], towards(z, other)),
    )


def symmetric_predictor_is_naive(draw: Draw) -> Compared:
    """Fig. 2: a network without predictor around an encoder that ends with one, beside both predictions."""
    dim = draw.whole(3, 8)
    both = SimSiamCollapse(Curve(5, 7), objective="symmetric", dim=dim, hidden=4).double()
    naive = SimSiamCollapse(both.encoder, objective="naive", dim=dim, hidden=4).double()
    naive.projector = nn.Sequential(both.projector, both.predictor)
    x = tensors(*draw.views(draw.whole(4, 12), 5))
    symmetric, found, weights = both.loss(x, START), naive.loss(x, START), list(naive.parameters())
    p1, p2 = (naive.project(view).detach().numpy() for view in x)
    return compare(
        "loss and gradient with the predictor on both sides beside those without, and the loss written out",
        (found, symmetric),
        (found, minus_cosine(p1, p2)),
        (gradients(found, weights), gradients(symmetric, weights)),
    )
