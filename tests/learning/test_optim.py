"""Optimisers, rates and slow copies against their equations, a step and a number at a time."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from repro.catalog.records.config import OptimizerConfig
from repro.learning.methods.base import Group, Progress
from repro.learning.methods.byol import BYOL, target_decay
from repro.learning.methods.simsiam import SimSiam
from repro.learning.nn.encoder import Encoder
from repro.learning.optim import LARS, Optimisation, peak_lr, schedule_factor

Array = NDArray[np.float64]


def config(name: str = "sgd", lr: float = 0.1, **others: Any) -> OptimizerConfig:
    return OptimizerConfig(name=name, lr=lr, **others)  # type: ignore[arg-type]


def weights(*arrays: Any) -> list[nn.Parameter]:
    return [nn.Parameter(torch.tensor(np.asarray(array, dtype=np.float64))) for array in arrays]


def make_step(
    optimisation: Optimisation, parameters: list[nn.Parameter], gradients: list[Array], n: int
) -> float:
    """One update with the gradients given: the loss is linear in the parameters."""
    terms = [(p * torch.from_numpy(g)).sum() for p, g in zip(parameters, gradients, strict=True)]
    return optimisation.step(torch.stack(terms).sum(), n)


def gradients_of(parameters: list[nn.Parameter], steps: int, seed: int = 0) -> list[list[Array]]:
    random = np.random.default_rng(seed)
    return [[random.normal(size=tuple(p.shape)) for p in parameters] for _ in range(steps)]


def same(parameter: Tensor, expected: Any) -> None:
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-10, atol=1e-12)


# The rate


def rate_by_hand(step: int, steps: int, warmup: int, final: float) -> float:
    if step < warmup:
        return (step + 1) / warmup
    angle = math.pi * (step - warmup) / (steps - warmup)
    return final + (1 - final) * 0.5 * (1 + math.cos(angle))


@pytest.mark.parametrize(("warmup_epochs", "warmup"), [(0, 0), (1, 4), (2.5, 10)])
@pytest.mark.parametrize("final_lr", [0.0, 0.001, 0.3])
def test_every_step_of_a_small_run(warmup_epochs: float, warmup: int, final_lr: float) -> None:
    chosen = config(warmup_epochs=warmup_epochs, final_lr=final_lr)
    for step in range(20):
        expected = rate_by_hand(step, 20, warmup, final_lr)
        assert schedule_factor(chosen, step, 20, 4) == pytest.approx(expected, rel=1e-12)


def test_the_cosine_in_numbers() -> None:
    """Eight steps after two of warm-up, worked out on paper: cos 0, 45, 90, 135 degrees."""
    chosen = config(warmup_epochs=1, final_lr=0.1)
    factors = [schedule_factor(chosen, step, 10, 2) for step in range(10)]
    half = math.sqrt(0.5)
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[4] == pytest.approx(0.1 + 0.9 * (1 + half) / 2)
    assert factors[6] == pytest.approx(0.1 + 0.9 / 2)
    assert factors[8] == pytest.approx(0.1 + 0.9 * (1 - half) / 2)
    assert 0.1 < factors[9] < 0.15


def test_a_constant_rate_follows_its_warm_up() -> None:
    chosen = config(schedule="constant", warmup_epochs=1, final_lr=0.3)
    assert [schedule_factor(chosen, step, 8, 4) for step in range(8)] == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("scaling", "batch", "expected"),
    [
        ("linear", 512, 0.6),
        ("linear", 128, 0.15),
        ("sqrt", 4096, 1.2),
        ("sqrt", 64, 0.15),
        ("none", 4096, 0.3),
        ("linear", 256, 0.3),
        ("sqrt", 256, 0.3),
    ],
)
def test_the_rate_is_stated_for_a_batch_of_256(scaling: str, batch: int, expected: float) -> None:
    assert peak_lr(config(lr=0.3, lr_scaling=scaling), batch) == pytest.approx(expected)


def test_simclrs_square_root_rule() -> None:
    """App. B.1: lr = 0.075 sqrt(N) is 1.2 at the batch of 256 for which a recipe states it."""
    assert peak_lr(config(lr=1.2, lr_scaling="sqrt"), 4096) == pytest.approx(0.075 * math.sqrt(4096))


# Groups


def test_rates_and_decay_of_every_group() -> None:
    trunk, head = weights(np.ones((2, 2)), np.ones(2)), weights(np.ones((3, 2)), np.ones(3), 1.0)
    groups = [Group(tuple(trunk)), Group(tuple(head), constant_lr=True, lr_scale=10.0)]
    chosen = config(lr=0.2, lr_1d=0.0048, weight_decay=0.5, decay_1d=False, warmup_epochs=1)
    optimisation = Optimisation(groups, chosen, batch=512, steps=8, steps_per_epoch=2)
    for step in range(8):
        optimisation.set_rates(step)
        factor = rate_by_hand(step, 8, 2, 0.0)
        found = {
            id(p): (group["lr"], group["weight_decay"])
            for group in optimisation.optimizer.param_groups
            for p in group["params"]
        }
        assert len(found) == 5
        assert found[id(trunk[0])] == pytest.approx((0.4 * factor, 0.5))
        assert found[id(trunk[1])] == pytest.approx((0.0096 * factor, 0.0))
        assert found[id(head[0])] == pytest.approx((4.0, 0.5))
        assert found[id(head[1])] == found[id(head[2])] == pytest.approx((0.096, 0.0))


@pytest.mark.parametrize("decay_1d", [True, False])
def test_one_rate_and_decay_for_all_unless_asked(decay_1d: bool) -> None:
    matrix, bias = weights(np.ones((2, 2)), np.ones(2))
    chosen = config(lr=0.2, weight_decay=0.5, decay_1d=decay_1d)
    groups = Optimisation([Group((matrix, bias))], chosen, 256, 8, 2).optimizer.param_groups
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert {group["peak_lr"] for group in groups} == {0.2}
    assert (decay[id(matrix)], decay[id(bias)]) == (0.5, 0.5 if decay_1d else 0.0)


def test_the_rate_that_is_told_is_the_rate_that_is_used() -> None:
    [matrix] = weights(np.ones((2, 2)))
    optimisation = Optimisation([Group((matrix,))], config(lr=0.2), batch=512, steps=4, steps_per_epoch=2)
    told = make_step(optimisation, [matrix], [np.ones((2, 2))], 1)
    assert told == pytest.approx(0.4 * rate_by_hand(1, 4, 0, 0.0))
    assert told == optimisation.optimizer.param_groups[0]["lr"]


# Updates


def test_sgd() -> None:
    """v = momentum v + (g + decay w);  w -= lr v."""
    parameters = weights([[1.0, -2.0], [0.5, 3.0]], [1.0, -1.0])
    expected = [p.detach().numpy().copy() for p in parameters]
    moving = [np.zeros_like(w) for w in expected]
    chosen = config(lr=0.3, weight_decay=0.1, decay_1d=False, momentum=0.8, lr_1d=0.05)
    optimisation = Optimisation([Group(tuple(parameters))], chosen, 128, 6, 3)
    for n, gradients in enumerate(gradients_of(parameters, 6)):
        make_step(optimisation, parameters, gradients, n)
        for k, (rate, decay) in enumerate([(0.15, 0.1), (0.025, 0.0)]):
            for place in np.ndindex(expected[k].shape):
                d = gradients[k][place] + decay * expected[k][place]
                moving[k][place] = 0.8 * moving[k][place] + d
                expected[k][place] -= rate * rate_by_hand(n, 6, 0, 0.0) * moving[k][place]
            same(parameters[k], expected[k])


def test_adamw() -> None:
    """Loshchilov & Hutter, Algorithm 2: the decay is no part of the moments."""
    parameters = weights([[1.0, -2.0], [0.5, 3.0]], [1.0, -1.0])
    expected = [p.detach().numpy().copy() for p in parameters]
    first, second = ([np.zeros_like(w) for w in expected] for _ in range(2))
    chosen = config("adamw", lr=0.03, weight_decay=0.2, decay_1d=False, momentum=0.8, beta2=0.95)
    optimisation = Optimisation([Group(tuple(parameters))], chosen, 256, 6, 3)
    for n, gradients in enumerate(gradients_of(parameters, 6)):
        make_step(optimisation, parameters, gradients, n)
        rate, t = 0.03 * rate_by_hand(n, 6, 0, 0.0), n + 1
        for k, decay in enumerate([0.2, 0.0]):
            for place in np.ndindex(expected[k].shape):
                g = gradients[k][place]
                first[k][place] = 0.8 * first[k][place] + 0.2 * g
                second[k][place] = 0.95 * second[k][place] + 0.05 * g * g
                m, v = first[k][place] / (1 - 0.8**t), second[k][place] / (1 - 0.95**t)
                expected[k][place] -= rate * (m / (math.sqrt(v) + 1e-8) + decay * expected[k][place])
            same(parameters[k], expected[k])


def lars_by_hand(
    w: Array, g: Array, m: Array, rate: float, decay: float, eta: float, adapt: bool
) -> tuple[Array, Array]:
    """One update, momentum 0.9: weight and buffer after it."""
    d = g + decay * w
    if adapt:
        length = math.sqrt(sum(float(x) ** 2 for x in w.flat))
        slope = math.sqrt(sum(float(x) ** 2 for x in d.flat))
        if length > 0 and slope > 0:
            d = d * (eta * length / slope)
    m = 0.9 * m + d
    return w - rate * m, m


@pytest.mark.parametrize("decay_1d", [True, False])
def test_lars(decay_1d: bool) -> None:
    """A matrix, a matrix of zeros, one without any gradient, a kernel, and a bias, which is never adapted."""
    random = np.random.default_rng(1)
    parameters = weights(
        random.normal(size=(3, 2)),
        np.zeros((2, 2)),
        np.ones((2, 2)),
        random.normal(size=(2, 1, 3, 3)),
        [1, -2],
    )
    expected = [p.detach().numpy().copy() for p in parameters]
    buffers = [np.zeros_like(w) for w in expected]
    chosen = config(
        "lars",
        lr=2.0,
        lr_1d=0.5,
        weight_decay=0.01,
        decay_1d=decay_1d,
        trust_coefficient=0.02,
        warmup_epochs=1,
    )
    optimisation = Optimisation([Group(tuple(parameters))], chosen, 512, 6, 2)
    for n, gradients in enumerate(gradients_of(parameters, 6)):
        gradients[2][:] = 0
        make_step(optimisation, parameters, gradients, n)
        factor = rate_by_hand(n, 6, 2, 0.0)
        for k, gradient in enumerate(gradients):
            bias = k == 4
            rate, decay = (1.0 if bias else 4.0) * factor, 0.01 if decay_1d or not bias else 0.0
            expected[k], buffers[k] = lars_by_hand(
                expected[k], gradient, buffers[k], rate, decay, 0.02, not bias
            )
            same(parameters[k], expected[k])


def test_a_lars_step_in_numbers() -> None:
    """|w| = 5 and g + 0.1 w = (0.6, 0.8), of length 1: w moves by lr x 0.001 x 5 x (0.6, 0.8)."""
    w = nn.Parameter(torch.tensor([[3.0, 4.0]], dtype=torch.float64))
    optimizer = LARS([{"params": [w]}], lr=2.0, weight_decay=0.1)
    w.grad = torch.tensor([[0.3, 0.4]], dtype=torch.float64)
    optimizer.step()
    same(w, [[3 - 0.006, 4 - 0.008]])
    w.data.zero_()
    w.grad = torch.zeros_like(w)
    optimizer.step()  # nothing to adapt to: only the momentum, 0.9 of the step before, moves the weight
    same(w, [[-0.9 * 0.006, -0.9 * 0.008]])
    w.data.zero_()
    optimizer.step()
    same(w, [[-0.81 * 0.006, -0.81 * 0.008]])


def test_lars_leaves_alone_what_has_no_gradient() -> None:
    used, unused = weights(np.ones((2, 2)), np.ones((2, 2)))
    optimizer = LARS([{"params": [used, unused]}], lr=1.0, weight_decay=0.1)
    used.grad = torch.ones_like(used)
    optimizer.step()
    same(unused, np.ones((2, 2)))
    assert not torch.equal(used.detach(), torch.ones(2, 2, dtype=torch.float64))


@pytest.mark.parametrize("name", ["sgd", "adamw", "lars"])
def test_an_optimiser_goes_on_from_its_state(name: str) -> None:
    start = [np.ones((2, 2)), np.ones(2)]
    whole, first, second = (weights(*start) for _ in range(3))
    gradients = gradients_of(whole, 6)
    chosen = config(name, weight_decay=0.1)

    def build(parameters: list[nn.Parameter]) -> Optimisation:
        return Optimisation([Group(tuple(parameters))], chosen, 256, 6, 3)

    straight, before, after = build(whole), build(first), build(second)
    for n in range(6):
        make_step(straight, whole, gradients[n], n)
        make_step(before if n < 3 else after, first if n < 3 else second, gradients[n], n)
        if n == 2:
            for kept, fresh in zip(first, second, strict=True):
                fresh.data.copy_(kept.data)
            after.optimizer.load_state_dict(before.optimizer.state_dict())
    for one, other in zip(whole, second, strict=True):
        assert torch.equal(one, other)


# Slow copies


class Bend(Encoder):
    """A linear map and a batch normalisation, which brings buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 3
        self.layers = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))

    def forward(self, batch: Tensor) -> Tensor:
        out: Tensor = self.layers(batch)
        return out


def byol(**options: Any) -> BYOL:
    torch.manual_seed(0)
    return BYOL(Bend(), dim=3, hidden=8, **options).double()


def online(method: BYOL) -> list[Tensor]:
    return [p.detach() for module in (method.encoder, method.projector) for p in module.parameters()]


def follow(method: BYOL, steps: int = 5) -> tuple[list[Array], list[float]]:
    """Move the online weights at random for some steps; the target by hand, and tau at each step."""
    random = np.random.default_rng(0)
    expected, taus = [w.numpy().copy() for w in online(method)], []
    for step in range(steps):
        if method.tau_schedule == "constant" or method.tau == 0:
            tau = method.tau
        else:
            tau = 1 - (1 - method.tau) * (math.cos(math.pi * step / steps) + 1) / 2
        taus.append(tau)
        for weight, slow in zip(online(method), expected, strict=True):
            weight.add_(torch.from_numpy(random.normal(size=tuple(weight.shape))))
            for place in np.ndindex(slow.shape):
                slow[place] = tau * slow[place] + (1 - tau) * weight[place].item()
        method.after_step(Progress(step, steps, 0, 1))
    return expected, taus


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
@pytest.mark.parametrize("tau", [0.0, 0.3, 0.9, 1.0])
def test_byols_target_is_eq1_step_by_step(tau: float, schedule: str) -> None:
    method = byol(tau=tau, tau_schedule=schedule)
    expected, taus = follow(method)
    assert taus[0] == pytest.approx(tau)
    for slow, value in zip(method.target.parameters(), expected, strict=True):
        same(slow, value)


def test_byols_target_starts_as_the_online_network_and_keeps_its_own_buffers() -> None:
    method = byol(tau=0.5)
    for slow, weight in zip(method.target.parameters(), online(method), strict=True):
        assert torch.equal(slow, weight)
    before = [buffer.clone() for buffer in method.target.buffers()]
    method.encoder.layers[1].running_mean.add_(1.0)  # type: ignore[operator, union-attr]
    method.after_step(Progress(0, 5, 0, 1))
    for buffer, kept in zip(method.target.buffers(), before, strict=True):
        assert torch.equal(buffer, kept)


def test_fixed_and_copied_targets() -> None:
    """tau 1 never moves; tau 0, held constant as the note of Table 5a says, is the online network itself."""
    fixed, copied = byol(tau=1.0), byol(tau=0.0, tau_schedule="constant")
    drawn = [p.clone() for p in fixed.target.parameters()]
    for method in (fixed, copied):
        follow(method)
    assert all(torch.equal(a, b) for a, b in zip(fixed.target.parameters(), drawn, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(copied.target.parameters(), online(copied), strict=True))


@pytest.mark.parametrize("tau", [0.0, 0.97, 0.996])
def test_x11_tau_rises_from_its_base_to_one(tau: float) -> None:
    values = [target_decay(tau, step / 100) for step in range(101)]
    assert values[0] == pytest.approx(tau, abs=1e-15)
    assert values[50] == pytest.approx((1 + tau) / 2)
    assert values[100] == 1.0
    assert all(a < b for a, b in pairwise(values))


def test_byols_optimiser_never_sees_the_target() -> None:
    method = byol(predictor_lr_scale=10.0)
    groups = list(method.parameter_groups())
    seen = {id(p) for group in groups for p in group.parameters}
    assert not seen & {id(p) for p in method.target.parameters()}
    assert {id(p) for p in groups[1].parameters} == {id(p) for p in method.predictor.parameters()}
    assert [group.lr_scale for group in groups] == [1.0, 10.0]


def test_simsiams_predictor_keeps_its_rate() -> None:
    method = SimSiam(Bend(), dim=4, hidden=2)
    optimisation = Optimisation(method.parameter_groups(), config(lr=0.05), 512, 4, 2)
    optimisation.set_rates(3)
    rates = {id(p): g["lr"] for g in optimisation.optimizer.param_groups for p in g["params"]}
    assert all(rates[id(p)] == pytest.approx(0.1) for p in method.predictor.parameters())
    slow = 0.1 * rate_by_hand(3, 4, 0, 0.0)
    assert all(rates[id(p)] == pytest.approx(slow) for p in method.encoder.parameters())
