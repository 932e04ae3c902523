"""SimSiam (arXiv 2011.10566): one predictor, one stop-gradient, and an output that is normalised."""

import math

import numpy as np
import torch
from torch import nn

from repro.learning.identities.arithmetic import towards, turned, unit
from repro.learning.identities.identity import LARGE, SINGLE, Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, Curve, PassOn, gradients
from repro.learning.methods.simsiam import SimSiam
from repro.learning.probes.spread import relative_std


def half_gradient(draw: Draw) -> Compared:
    """Sec. 4.2: Eq. 4 without a predictor, differentiated by hand for z = W x, and through a deep head."""
    x = draw.views(draw.whole(4, 12), 5)
    plain = SimSiam(PassOn(5), dim=draw.whole(3, 8), layers=1, projector_norm="none", predictor="none")
    deep = SimSiam(Curve(5, 7), dim=draw.whole(3, 8), layers=3, predictor="none")
    stopped, moving = _both_gradients(plain.double(), x)
    by_hand = _of_linear_map(plain, x)
    deep_stopped, deep_moving = _both_gradients(deep.double(), x)
    return compare(
        "gradients with and without stop-gradient beside the derivative of Eq. 4 written out",
        (stopped, by_hand / 2),
        (moving, by_hand),
        (2 * deep_stopped, deep_moving),
    )


def _both_gradients(method: SimSiam, x: tuple[Array, Array]) -> list[torch.Tensor]:
    found = []
    for stop in (True, False):
        method.stop_gradient = stop
        found.append(gradients(method.loss(tensors(*x), START), method.parameters()))
    return found


def _of_linear_map(method: SimSiam, x: tuple[Array, Array]) -> Array:
    """Gradient of the mean of -cos(W x1 + b, W x2 + b) in W and b."""
    layer = method.projector[0]
    assert isinstance(layer, nn.Linear)
    weight, bias = (part.detach().numpy() for part in (layer.weight, layer.bias))
    z1, z2 = (view @ weight.T + bias for view in x)
    pulls = towards(z1, z2), towards(z2, z1)
    in_weight = sum(pull.T @ view for pull, view in zip(pulls, x, strict=True))
    in_bias = sum(pull.sum(axis=0) for pull in pulls)
    return np.concatenate([np.ravel(in_weight), in_bias])


def unit_sphere_spread(draw: Draw) -> Compared:
    """Footnote of Sec. 4.1, and the spread that the project watches.

    A normal distribution stays what it is when channels are shifted around or change sign. A sample that is
    closed under both has its mean and its deviations without any error of sampling.
    """
    d = draw.whole(2, 64)
    sample = turned(draw.normal(draw.whole(1, 4), d))
    return compare(
        "deviation of each channel, and the spread that runs report, beside 1 / sqrt(d)",
        (unit(sample).std(axis=0), np.full(d, 1 / math.sqrt(d))),
        (relative_std(*tensors(sample)) / math.sqrt(d), 1 / math.sqrt(d)),
        tolerance=SINGLE,
    )


def output_norm_forbids_constant(draw: Draw) -> Compared:
    """Sec. 4.4: the default head, whose last layer is batch normalisation without scale and offset."""
    rows, d = draw.whole(4, 32), draw.whole(2, 12)
    x, _ = draw.views(rows, 5)
    deep = SimSiam(Curve(5, 7), dim=d, layers=draw.whole(1, 3)).double()
    short = SimSiam(PassOn(5), dim=d, layers=1).double()
    z, wide = deep.project(*tensors(x)), short.project(*tensors(LARGE * x))
    constant = short.project(*tensors(np.repeat(x[:1], rows, axis=0)))
    return compare(
        "means of the output beside 0, its deviations beside 1, and the output for equal inputs beside 0",
        (z.mean(dim=0), np.zeros(d)),
        (wide.mean(dim=0), np.zeros(d)),
        (wide.std(dim=0, correction=0), np.ones(d)),
        (constant, np.zeros((rows, d))),
    )
