"""Losses of related papers, beside arithmetic in NumPy, and where their gradients go."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from repro.errors import UsageError
from repro.learning.methods.barlow_twins import BarlowTwins
from repro.learning.methods.base import Method, Progress
from repro.learning.methods.bt_hsic import HsicSSL
from repro.learning.methods.byol import BYOL
from repro.learning.methods.moco_v2 import MoCoV2, info_nce
from repro.learning.methods.raft import RAFT, alignment, uniformity
from repro.learning.methods.simsiam import SimSiam
from repro.learning.methods.simsiam_collapse import AddedBias, SimSiamCollapse
from repro.learning.nn.encoder import Encoder

MIDDLE = Progress(step=5, steps=10, epoch=1, epochs=2)
ROWS, WIDTH, DIM = 9, 6, 4
Array = NDArray[np.float64]


class Bend(Encoder):
    """Vectors through one smooth layer."""

    def __init__(self) -> None:
        super().__init__()
        self.width = WIDTH
        self.layer = nn.Linear(WIDTH, WIDTH)

    def forward(self, batch: Tensor) -> Tensor:
        out: Tensor = self.layer(batch).tanh()
        return out


@pytest.fixture(autouse=True)
def _same_weights_every_time() -> None:
    torch.manual_seed(0)


def some_views(count: int = 2) -> list[Tensor]:
    """Views of the same rows: alike, and off centre."""
    draw = torch.Generator().manual_seed(1)
    base = torch.randn(ROWS, WIDTH, generator=draw, dtype=torch.float64) + 1
    noise = torch.randn(count, ROWS, WIDTH, generator=draw, dtype=torch.float64)
    return list(base + 0.5 * noise)


def numbers(tensor: Tensor) -> Array:
    found: Array = tensor.detach().numpy()
    return found


def unit(rows: Array) -> Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def off(c: Array) -> Array:
    return c[~np.eye(len(c), dtype=bool)]


def loss(method: Method, views: list[Tensor]) -> float:
    return method.loss(views, MIDDLE).item()


def gradients_into_views(method: Method, views: list[Tensor]) -> list[Tensor]:
    inputs = [view.clone().requires_grad_() for view in views]
    method.eval().loss(inputs, MIDDLE).backward()
    return [torch.zeros_like(view) if view.grad is None else view.grad for view in inputs]


# The HSIC note


def correlations(method: HsicSSL, normalise: bool) -> Array:
    za, zb = (numbers(method.project(view)) for view in some_views())
    if normalise:
        za, zb = unit(za), unit(zb)
    return np.asarray(np.corrcoef(za, zb, rowvar=False)[:DIM, DIM:])


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("goal", [-1.0, -0.25, 0.0])
def test_hsic_pulls_correlations_to_the_goal(goal: float, normalise: bool) -> None:
    options: dict[str, Any] = {"dim": DIM, "hidden": 8, "lambda_": 0.3, "goal": goal, "loss_scale": 0.5}
    method = HsicSSL(Bend(), feature_normalise=normalise, **options).double()
    c = correlations(method, normalise)
    expected = ((1 - np.diag(c)) ** 2).sum() + 0.3 * ((off(c) - goal) ** 2).sum()
    assert loss(method, some_views()) == pytest.approx(0.5 * expected, rel=2e-3)  # 1e-5 added to variances


def test_hsic_with_goal_zero_is_barlow_twins() -> None:
    options: dict[str, Any] = {
        "dim": DIM,
        "hidden": 8,
        "layers": 2,
        "lambda_": 0.3,
        "feature_normalise": True,
    }
    ours, theirs = HsicSSL(Bend(), goal=0.0, **options), BarlowTwins(Bend(), **options)
    theirs.load_state_dict(ours.state_dict())
    assert loss(ours.double(), some_views()) == pytest.approx(loss(theirs.double(), some_views()), rel=1e-12)


def test_hsic_watches_the_sign_of_correlations() -> None:
    method = HsicSSL(Bend(), dim=DIM, hidden=8).double().eval()
    c = correlations(method, True)
    assert method.watch(some_views()) == {
        "on_diagonal": pytest.approx(np.diag(c).mean(), rel=2e-3),
        "off_diagonal": pytest.approx(np.abs(off(c)).mean(), rel=2e-3),
        "signed_off_diagonal": pytest.approx(off(c).mean(), rel=2e-3),
    }


# RAFT


def raft(**options: Any) -> RAFT:
    method = RAFT(Bend(), dim=DIM, hidden=8, **options).double().eval()
    with torch.no_grad():
        for weight in method.teacher.parameters():
            weight.mul_(0.5).add_(0.1)
    return method


def squared(a: Array, b: Array) -> float:
    return float(((unit(a) - unit(b)) ** 2).sum(axis=1).mean())


@pytest.mark.parametrize("predictor", ["mlp", "linear", "none"])
def test_rafts_three_objectives(predictor: Any) -> None:
    found = {}
    for objective in ("raft", "bound", "byol"):
        torch.manual_seed(0)
        method = raft(objective=objective, predictor=predictor, alpha=0.7, beta=0.4)
        found[objective] = loss(method, some_views())
    q = [numbers(method.predictor(method.project(view))) for view in some_views()]
    t = [numbers(method.teacher(view)) for view in some_views()]
    align, cross = squared(*q), (squared(q[0], t[0]) + squared(q[1], t[1])) / 2
    assert found == {
        "raft": pytest.approx(0.7 * align - 0.4 * cross),
        "bound": pytest.approx(0.7 * align + 0.4 * cross),
        "byol": pytest.approx((squared(q[0], t[1]) + squared(q[1], t[0])) / 2),
    }
    assert align > 1e-3
    assert cross > 1e-2


def test_rafts_byol_is_half_the_sum_of_both_directions() -> None:
    method = RAFT(Bend(), dim=DIM, hidden=8, objective="byol", predictor_norm=True)
    theirs = BYOL(Bend(), dim=DIM, hidden=8)
    states = {name.replace("teacher", "target"): value for name, value in method.state_dict().items()}
    theirs.load_state_dict(states)
    views = some_views()
    assert 2 * loss(method.double(), views) == pytest.approx(loss(theirs.double(), views), rel=1e-9)


def test_rafts_predictor_and_its_norm() -> None:
    kinds = {
        "mlp": [type(layer) for layer in raft().predictor.children()],
        "norm": [type(layer) for layer in raft(predictor_norm=True).predictor.children()],
    }
    assert kinds == {
        "mlp": [nn.Linear, nn.ReLU, nn.Linear],
        "norm": [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear],
    }
    assert [name for name, _ in raft(predictor="linear").predictor.named_parameters()] == ["0.weight"]
    assert list(raft(predictor="none").predictor.parameters()) == []


def test_gradients_do_not_reach_rafts_teacher() -> None:
    method = raft()
    method.loss(some_views(), MIDDLE).backward()
    assert all(p.grad is None for p in method.teacher.parameters())
    assert all(p.grad is not None for p in method.encoder.parameters())


def test_gradients_of_align_flow_into_both_views_and_those_of_byol_into_the_predicting_one() -> None:
    """View 1's gradient is that of its own prediction alone: as a target it is a constant."""
    views = some_views()
    aligned = gradients_into_views(raft(beta=0.0), views)
    assert all(gradient.abs().max() > 1e-6 for gradient in aligned)
    method = raft(objective="byol")
    whole = gradients_into_views(method, views)
    q = method.predictor(method.project(inputs := views[0].clone().requires_grad_()))
    forward = -torch.cosine_similarity(q, method.teacher(views[1]), dim=1).mean()  # half of 2 - 2 cos
    torch.testing.assert_close(whole[0], torch.autograd.grad(forward, inputs)[0])


def test_rafts_teacher_follows_at_a_constant_rate() -> None:
    method = RAFT(Bend(), dim=DIM, hidden=8, tau=0.75)
    old = [p.clone() for p in method.teacher.parameters()]
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    with torch.no_grad():
        for weight in online:
            weight.add_(1.0)
    for progress in (MIDDLE, Progress(9, 10, 1, 2)):
        method.after_step(progress)
    for slow, start in zip(method.teacher.parameters(), old, strict=True):
        torch.testing.assert_close(slow.detach(), start + 1 - 0.75**2)


def test_alignment_is_seen_where_a_cosine_rounds_to_one() -> None:
    one = torch.ones(5, 4)
    near = one + 1e-5 * torch.tensor([1.0, -1.0, 1.0, -1.0])
    assert alignment(one, near).item() == pytest.approx(1e-10, rel=0.02)
    assert alignment(one, 3 * one).item() == 0.0


def test_uniformity_of_known_places() -> None:
    corners = torch.tensor([[1.0, 0], [3.0, 0], [-1.0, 0], [0, 2.0]], dtype=torch.float64)
    distances = [0.0, 4, 2, 4, 2, 2]  # squared, between the six pairs of directions
    expected = np.log(np.exp(-2 * np.array(distances)).mean())
    assert uniformity(corners).item() == pytest.approx(expected, rel=1e-9)
    assert uniformity(torch.ones(5, 3)).item() == pytest.approx(0.0, abs=1e-5)


def test_raft_watches_predictions() -> None:
    method = raft(predictor="linear")
    q = [numbers(method.predictor(method.project(view))) for view in some_views()]
    u = unit(q[0])
    pairs = [((u[i] - u[j]) ** 2).sum() for i in range(ROWS) for j in range(i)]
    assert method.watch(some_views()) == {
        "alignment": pytest.approx(squared(*q)),
        "uniformity": pytest.approx(np.log(np.exp(-2 * np.array(pairs)).mean())),
    }


# How SimSiam avoids collapse


def variant(objective: Any = "simsiam", **options: Any) -> SimSiamCollapse:
    options = {"projector_norm": "hidden", "layers": 2} | options
    return SimSiamCollapse(Bend(), objective=objective, dim=DIM, hidden=3, **options).double().eval()


def outputs(method: SimSiamCollapse, views: list[Tensor]) -> tuple[list[Array], list[Array]]:
    """Z and P of each view, both of length one."""
    z = [method.projector(method.encode(view)) for view in views]
    return [unit(numbers(rows)) for rows in z], [unit(numbers(method.predictor(rows))) for rows in z]


def written_out(objective: str, z: list[Array], p: list[Array]) -> float:
    """The table of the module, view by view."""
    pairs = list(permutations(range(len(z)), 2))
    centre = np.concatenate(z).mean(axis=0)
    average = [unit(np.mean([z[b] for b in range(len(z)) if b != a], axis=0)) for a in range(len(z))]
    products = {
        "simsiam": [p[a] * z[b] for a, b in pairs],
        "naive": [z[a] * z[b] for a, b in pairs],
        "symmetric": [p[a] * p[b] for a, b in pairs],
        "average": [rows * target for rows, target in zip(z, average, strict=True)],
        "centre": [rows * centre for rows in z],
        "residual": [rows * (rows - centre) for rows in z],
    }
    return -float(np.mean([product.sum(axis=1).mean() for product in products[objective]]))


OBJECTIVES = ["simsiam", "naive", "symmetric", "average", "centre", "residual"]


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("predictor", ["mlp", "bias"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_objectives_of_the_collapse_paper(objective: str, predictor: Any, count: int) -> None:
    method, views = variant(objective, predictor=predictor), some_views(count)
    if isinstance(method.predictor, AddedBias):
        nn.init.normal_(method.predictor.bias)
    expected = written_out(objective, *outputs(method, views))
    assert loss(method, views) == pytest.approx(expected, rel=1e-9)
    assert abs(expected) > 1e-2


def test_its_simsiam_is_that_of_simsiam() -> None:
    options: dict[str, Any] = {"dim": DIM, "hidden": 3, "layers": 2}
    for norm in ("all", "hidden"):
        ours = SimSiamCollapse(Bend(), projector_norm=norm, **options)  # type: ignore[arg-type]
        theirs = SimSiam(Bend(), projector_norm=norm, **options)  # type: ignore[arg-type]
        theirs.load_state_dict(ours.state_dict())
        views = some_views()
        assert loss(ours.double(), views) == pytest.approx(loss(theirs.double(), views), rel=1e-9)


def test_only_simsiam_and_its_symmetric_form_have_a_predictor() -> None:
    for objective in OBJECTIVES:
        groups = list(variant(objective).parameter_groups())
        assert len(groups) == (2 if objective in ("simsiam", "symmetric") else 1)
        assert [group.constant_lr for group in groups] == [False, True][: len(groups)]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_collapse_is_measured_where_the_loss_compares(objective: str) -> None:
    """With the predictor on both sides it belongs to the encoder (Fig. 2), else it does not."""
    method, views = variant(objective), some_views()
    z, p = outputs(method, views)
    found = unit(numbers(method.project(views[0])))
    assert found == pytest.approx(p[0] if objective == "symmetric" else z[0])
    assert (objective == "symmetric") == (found != pytest.approx(z[0]))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_stop_where_the_paper_stops_them(objective: str) -> None:
    """The whole gradient beside that of the first factor alone, its partner kept as a number."""
    method, views = variant(objective), some_views(3)
    z, p = outputs(method, views)
    pairs = list(permutations(range(3), 2))
    centre = np.concatenate(z).mean(axis=0)
    average = [unit(np.mean([z[b] for b in range(3) if b != a], axis=0)) for a in range(3)]
    targets: dict[str, list[tuple[int, Array]]] = {
        "simsiam": [(a, z[b]) for a, b in pairs],
        "naive": [(a, z[b]) for a, b in pairs],
        "symmetric": [(a, p[b]) for a, b in pairs],
        "average": list(enumerate(average)),
        "centre": [(a, np.broadcast_to(centre, z[a].shape)) for a in range(3)],
        "residual": [(a, z[a] - centre) for a in range(3)],
    }
    inputs = [view.clone().requires_grad_() for view in views]
    moving = [
        nn.functional.normalize(method.predictor(method.projector(method.encode(x))), dim=1) for x in inputs
    ]
    terms = [
        (moving[a] * torch.from_numpy(target.copy())).sum(dim=1).mean() for a, target in targets[objective]
    ]
    expected = torch.autograd.grad(-torch.stack(terms).mean(), inputs)
    for found, wanted in zip(gradients_into_views(method, views), expected, strict=True):
        torch.testing.assert_close(found, wanted)
        assert found.abs().max() > 1e-6


def test_centre_and_residual_are_watched() -> None:
    method, views = variant(), some_views()
    z, _ = outputs(method, views)
    rows = np.concatenate(z)
    residual = rows - rows.mean(axis=0)
    assert method.watch(views) == {
        "m_o": pytest.approx(np.linalg.norm(rows.mean(axis=0))),
        "m_r": pytest.approx(np.linalg.norm(residual, axis=1).mean()),
        "positive_cosine": pytest.approx((z[0] * z[1]).sum(axis=1).mean()),
    }
    assert 0.01 < np.linalg.norm(rows.mean(axis=0)) < 0.99


def test_the_bias_predictor_adds_to_outputs_of_length_one() -> None:
    predictor, z = AddedBias(2), torch.tensor([[3.0, 4.0], [0.0, -2.0]])
    assert torch.equal(predictor(z), nn.functional.normalize(z, dim=1))
    with torch.no_grad():
        predictor.bias.copy_(torch.tensor([1.0, -1.0]))
    torch.testing.assert_close(predictor(z), torch.tensor([[1.6, -0.2], [1.0, -2.0]]))


# Settings out of range


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (HsicSSL, {"dim": 0}),
        (HsicSSL, {"layers": 0}),
        (HsicSSL, {"goal": -1.5}),
        (HsicSSL, {"lambda_": -0.1}),
        (RAFT, {"hidden": 0}),
        (RAFT, {"alpha": -1.0}),
        (RAFT, {"beta": -1.0}),
        (RAFT, {"tau": 1.5}),
        (SimSiamCollapse, {"layers": 0}),
        (SimSiamCollapse, {"hidden": 0}),
    ],
)
def test_a_setting_out_of_range_is_refused(kind: type[Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        kind(Bend(), **({"dim": DIM, "hidden": 8} | wrong))


# MoCo v2


def moco(**options: Any) -> MoCoV2:
    """With a key network that has fallen behind."""
    method = MoCoV2(Bend(), dim=DIM, queue=20, **options).double()
    with torch.no_grad():
        for weight in method.key_network.parameters():
            weight.mul_(0.5).add_(0.1)
    return method


@pytest.mark.parametrize("projector", ["mlp", "linear"])
def test_moco_is_eq1_over_its_queue(projector: Any) -> None:
    method, (one, other) = moco(projector=projector, temperature=0.3).eval(), some_views()
    q, k = unit(numbers(method.project(one))), unit(numbers(method.key_network(other)))
    own, others = np.exp((q * k).sum(axis=1) / 0.3), np.exp(q @ numbers(method.queue).T / 0.3)
    expected = -np.log(own / (own + others.sum(axis=1))).mean()
    assert loss(method, [one, other]) == pytest.approx(expected, rel=1e-9)
    assert method.watch([one, other]) == {
        "positive_cosine": pytest.approx((q * k).sum(axis=1).mean()),
        "queue_cosine": pytest.approx((q @ numbers(method.queue).T).mean()),
    }


def test_mocos_keys_take_no_gradient() -> None:
    first, second = gradients_into_views(moco(), some_views())
    assert first.abs().max() > 1e-6
    assert second.abs().max() == 0
    assert {id(p) for group in moco().parameter_groups() for p in group.parameters}.isdisjoint(
        {id(p) for p in moco().key_network.parameters()}
    )


def test_mocos_queue_takes_the_newest_keys_and_forgets_the_oldest() -> None:
    method, views = moco().train(), some_views()
    before, keys = method.queue.clone(), nn.functional.normalize(method._keys(views[1]), dim=1)
    method.loss(views, MIDDLE)
    torch.testing.assert_close(method.queue, torch.cat([keys, before])[:20])
    again = method.queue.clone()
    method.eval().loss(views, MIDDLE)
    assert torch.equal(method.queue, again)


def test_mocos_queue_may_be_shorter_than_the_batch() -> None:
    method, views = MoCoV2(Bend(), dim=DIM, queue=4).double().train(), some_views()
    keys = nn.functional.normalize(method._keys(views[1]), dim=1)
    assert method.loss(views, MIDDLE).isfinite()
    torch.testing.assert_close(method.queue, keys[:4])


def test_mocos_key_network_follows_slowly() -> None:
    method = moco(momentum=0.9)
    before = [p.clone() for p in method.key_network.parameters()]
    method.after_step(MIDDLE)
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    for slow, old, weight in zip(method.key_network.parameters(), before, online, strict=True):
        torch.testing.assert_close(slow.detach(), 0.9 * old + 0.1 * weight.detach())


def test_mocos_head_has_no_normalisation() -> None:
    kinds = [type(layer).__name__ for layer in moco().projector]
    assert kinds == ["Linear", "ReLU", "Linear"]
    assert [type(layer).__name__ for layer in moco(projector="linear").projector] == ["Linear"]


def test_moco_of_equal_vectors_is_the_log_of_all_it_compares() -> None:
    same = torch.ones(4, 6, dtype=torch.float64)
    queue = nn.functional.normalize(same[:1], dim=1).expand(31, -1)
    assert info_nce(same, same, queue, 0.2).item() == pytest.approx(np.log(1 + 31))
