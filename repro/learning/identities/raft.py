"""RAFT (arXiv 2011.10944): what its loss, its bound and that of BYOL are to each other.

Symbols  alpha, beta = weights, align = alignment of the two predictions, cross = distance to the teacher
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from repro.learning.identities.arithmetic import unit
from repro.learning.identities.identity import Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import HIDDEN, START, Curve
from repro.learning.methods.base import Progress, trainable
from repro.learning.methods.byol import regression_loss
from repro.learning.methods.raft import RAFT, align

STEPS = 12
RATE = 0.05
State = list[Tensor]  # what a rule remembers of a weight: means of its gradient and of its square
Rule = Callable[[Tensor, State], Tensor]


def _student(draw: Draw, alpha: float, beta: float, predictor: Literal["linear", "mlp"] = "linear") -> RAFT:
    """RAFT with an identity's small networks, and a teacher that is not the online network."""
    encoder, dim = Curve(5, 7), draw.whole(3, 6)
    method = RAFT(encoder, alpha=alpha, beta=beta, dim=dim, hidden=HIDDEN, predictor=predictor, tau=0.9)
    with torch.no_grad():
        for weight in method.double().teacher.parameters():
            weight.mul_(draw.between(0.5, 1.5))
    return method


def _with(method: RAFT, objective: Literal["raft", "bound", "byol"]) -> RAFT:
    """The same networks under another loss."""
    other = deepcopy(method)
    other.objective = objective
    return other


def upper_bound(draw: Draw) -> Compared:
    """Theorem 4.1. What the bound leaves over is a square, by App. F, so it can never be negative."""
    alpha, beta = draw.between(0.1, 3.0), draw.between(0.1, 3.0)
    method, x = _student(draw, alpha, beta, "mlp"), tensors(*draw.views(draw.whole(4, 12), 5))
    with torch.no_grad():
        bound, byol = (_with(method, kind).loss(x, START) for kind in ("bound", "byol"))
        p, t = ([unit(rows.numpy()) for rows in pair] for pair in (method.predictions(x), method.targets(x)))
    return compare(
        "bound less loss beside the mean square of App. F, which is at least 0",
        (
            (1 / alpha + 1 / beta) * bound - byol,
            (_square(p, t, alpha, beta) + _square(p[::-1], t[::-1], alpha, beta)) / 2,
        ),
    )


def _square(p: Sequence[Array], t: Sequence[Array], alpha: float, beta: float) -> float:
    """Mean of |sqrt(alpha / beta) (p1 - p2) - sqrt(beta / alpha) (p2 - t2)|^2."""
    ratio = np.sqrt(alpha / beta)
    return float(((ratio * (p[0] - p[1]) - (p[1] - t[1]) / ratio) ** 2).sum(axis=1).mean())


def mirrored_loss(draw: Draw) -> Compared:
    """Theorem 5.1 for the losses."""
    alpha, beta = draw.between(0.1, 3.0), draw.between(0.1, 3.0)
    method, x = _student(draw, alpha, beta), tensors(*draw.views(draw.whole(4, 12), 5))
    mirrored = _mirror(method)
    with torch.no_grad():
        raft, bound = method.loss(x, START), mirrored.loss(x, START)
        aligned = [align(found.predictions(x)) for found in (mirrored, method)]
    return compare(
        "the bound of BYOL at (theta, -W) beside RAFT at (theta, W) plus 4 beta",
        (bound, raft + 4 * beta),
        (aligned[0], aligned[1]),
    )


def _mirror(method: RAFT) -> RAFT:
    """The bound of BYOL around the same networks with the predictor -W."""
    mirrored = _with(method, "bound")
    with torch.no_grad():
        for weight in mirrored.predictor.parameters():
            weight.neg_()
    return mirrored


def mirrored_runs(draw: Draw) -> Compared:
    """Theorem 5.1 for training: each rule, each step, the target following both encoders."""
    alpha, beta = draw.between(0.5, 1.5), draw.between(0.5, 1.5)
    pairs = [pair for rule in RULES.values() for pair in _run_both(draw, rule, alpha, beta)]
    return compare(
        f"weights of both runs after each of {STEPS} steps of {', '.join(RULES)}: the encoders beside each "
        "other, and one predictor beside minus the other",
        *pairs,
    )


def _run_both(draw: Draw, rule: Rule, alpha: float, beta: float) -> list[tuple[Tensor, Tensor]]:
    raft = _student(draw, alpha, beta)
    bound = _mirror(raft)
    states = [(raft, _memory(raft)), (bound, _memory(bound))]
    pairs = []
    for step in range(STEPS):
        x, progress = tensors(*draw.views(8, 5)), Progress(step, STEPS, 0, 1)
        for method, state in states:
            _step(trainable(method), method.loss(x, progress), rule, state)
            method.after_step(progress)
        pairs += [(_encoder(raft), _encoder(bound)), (_predictor(raft), -_predictor(bound))]
    return pairs


def _memory(method: RAFT) -> list[State]:
    return [[torch.zeros_like(weight) for _ in range(2)] for weight in trainable(method)]


def _step(weights: Sequence[Tensor], loss: Tensor, rule: Rule, memory: list[State]) -> None:
    found = torch.autograd.grad(loss, weights)
    with torch.no_grad():
        for weight, gradient, state in zip(weights, found, memory, strict=True):
            weight.sub_(rule(gradient, state), alpha=RATE)


# Rules that turn with the sign of the gradient. They stand here and not in the form of optim.py because
# loading PyTorch's optimisers takes longer than all exact claims together.


def _descent(gradient: Tensor, state: State) -> Tensor:
    return gradient


def _momentum(gradient: Tensor, state: State) -> Tensor:
    return state[0].mul_(0.9).add_(gradient)


def _adam(gradient: Tensor, state: State) -> Tensor:
    state[0].lerp_(gradient, 0.1)
    state[1].lerp_(gradient.square(), 0.001)
    return state[0] / (state[1].sqrt() + 1e-8)


RULES = {"gradient descent": _descent, "momentum": _momentum, "Adam": _adam}


def _encoder(method: RAFT) -> Tensor:
    """Every weight but the predictor's, the teacher's among them."""
    parts = (method.encoder, method.projector, method.teacher)
    return torch.cat([weight.detach().flatten() for part in parts for weight in part.parameters()])


def _predictor(method: RAFT) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in method.predictor.parameters()])


def tangential_loss(draw: Draw) -> Compared:
    """Sec. 5: the part of the gradient at right angles to z, which normalising leaves too."""
    z, t = (unit(rows) for rows in draw.views(1, draw.whole(3, 12)))
    inner = float((z * t).sum())
    radial = 2 * (z - t)
    tangential = radial - (radial * z).sum() * z
    (free,) = (rows.requires_grad_() for rows in tensors(z))
    target = tensors(t)[0]
    scaled = regression_loss(inner * free, target, normalise=False) / inner
    return compare(
        "gradients of the scaled distance and of the normalised loss beside the tangential part by hand",
        (torch.autograd.grad(scaled, free)[0], tangential),
        (torch.autograd.grad(regression_loss(free, target), free)[0], tangential),
        (torch.autograd.grad(regression_loss(free, target, normalise=False), free)[0], radial),
    )
