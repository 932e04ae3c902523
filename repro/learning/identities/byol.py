"""BYOL (arXiv 2006.07733): the loss is a cosine, and the target slows down to a halt."""

import math

import numpy as np
import torch

from repro.learning.identities.arithmetic import cosines, squared
from repro.learning.identities.identity import Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import HIDDEN, START, Curve, PassOn, gradients
from repro.learning.methods.base import Progress
from repro.learning.methods.byol import BYOL, regression_loss
from repro.learning.methods.simsiam import SimSiam


def loss_is_cosine(draw: Draw) -> Compared:
    """Eq. 2."""
    q, z = draw.views(draw.whole(2, 12), draw.whole(2, 64))
    found = regression_loss(*tensors(q, z))
    return compare(
        "the loss beside the squared distance of the normalised rows, and beside 2 - 2 cos",
        (found, squared(q, z)),
        (found, (2 - 2 * cosines(q, z)).mean()),
    )


def four_plus_four_simsiam(draw: Draw) -> Compared:
    """Eq. 2 in both directions against SimSiam around the same networks, before the target moves apart."""
    byol = BYOL(Curve(5, 7), dim=draw.whole(3, 8), hidden=HIDDEN).double()
    simsiam = SimSiam(byol.encoder, dim=8).double()
    simsiam.projector, simsiam.predictor = byol.projector, byol.predictor
    x = tensors(*draw.views(draw.whole(4, 12), 5))
    z = [byol.project(view) for view in x]
    p = [byol.predictor(rows).detach().numpy() for rows in z]
    t = [rows.detach().numpy() for rows in z]
    found, other = byol.loss(x, START), simsiam.loss(x, START)
    weights = list(simsiam.parameters())
    return compare(
        "loss and gradient of BYOL beside 4 + 4 times and 4 times SimSiam's, and beside Eq. 2 written out",
        (found, 4 + 4 * other),
        (found, squared(p[0], t[1]) + squared(p[1], t[0])),
        (gradients(found, weights), 4 * gradients(other, weights)),
    )


def target_decay_ends(draw: Draw) -> Compared:
    """Sec. 3.3: one step of the target at each moment of training, beside half-angles of the schedule."""
    base, steps = draw.between(0.9, 0.999), draw.whole(5, 50)
    method = BYOL(PassOn(3), dim=4, projector_layers=1, tau=base).double()
    found = np.array([_decay(method, Progress(step, steps, 0, 1)) for step in range(steps + 1)])
    moments = np.arange(steps + 1) / steps
    return compare(
        "the decay by which the target moves beside 1 - (1 - tau_base) cos^2(pi k / 2K), its ends, its rise",
        (found, 1 - (1 - base) * np.cos(math.pi * moments / 2) ** 2),
        (found[[0, -1]], [base, 1.0]),
        (np.minimum(np.diff(found), 0), np.zeros(steps)),
    )


@torch.no_grad()
def _decay(method: BYOL, progress: Progress) -> float:
    """The share of itself that the target keeps: its weights are set to 1, the online ones to 0."""
    for weight in method.target.parameters():
        weight.fill_(1.0)
    for weight in method.projector.parameters():
        weight.fill_(0.0)
    method.after_step(progress)
    kept: Array = torch.cat([weight.flatten() for weight in method.target.parameters()]).numpy()
    return float(kept[0]) if np.ptp(kept) == 0 else math.nan
