"""The networks of each paper, layer by layer, and what each of its switches changes."""

import inspect
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from repro.learning.methods.barlow_twins import BarlowTwins, cross_correlation
from repro.learning.methods.base import Method, Progress
from repro.learning.methods.byol import BYOL
from repro.learning.methods.simclr import SimCLR
from repro.learning.methods.simsiam import SimSiam
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.heads import mlp, scale_only_norm
from repro.learning.registry import METHODS

MIDDLE = Progress(step=5, steps=10, epoch=1, epochs=2)
ROWS, WIDTH = 8, 6


class Bend(Encoder):
    """Vectors through one layer with batch normalisation."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(nn.Linear(WIDTH, width), nn.BatchNorm1d(width), nn.ReLU())

    def forward(self, batch: Tensor) -> Tensor:
        out: Tensor = self.layers(batch)
        return out


@pytest.fixture(autouse=True)
def _same_weights_every_time() -> None:
    torch.manual_seed(0)


def two_views(rows: int = ROWS) -> list[Tensor]:
    return [torch.randn(rows, WIDTH, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]


def plan(head: nn.Module) -> list[str]:
    """A head in words: widths of linear layers with a ``b`` for a bias, and of norms with what they learn."""
    words = []
    for layer in head.children():
        if isinstance(layer, nn.Linear):
            words.append(
                f"{layer.in_features}-{layer.out_features}" + ("b" if layer.bias is not None else "")
            )
        elif isinstance(layer, nn.BatchNorm1d):
            learnt = [n for n, p in layer.named_parameters() if p.requires_grad]
            words.append("norm" + "".join(f" {name}" for name in learnt))
        else:
            words.append(type(layer).__name__.lower())
    return words


BN = "norm weight bias"


# Heads


def test_a_head_in_general() -> None:
    assert plan(mlp([6, 4])) == ["6-4"]
    assert plan(mlp([6, 5, 4], output_bias=True)) == ["6-5", BN, "relu", "5-4b"]
    assert plan(mlp([6, 5, 4], hidden_bias=True)) == ["6-5b", BN, "relu", "5-4"]
    assert plan(mlp([6, 5, 4], hidden_norm=False)) == ["6-5b", "relu", "5-4"]
    assert plan(nn.Sequential(scale_only_norm(4))) == ["norm weight"]


@pytest.mark.parametrize(
    ("options", "projector"),
    [
        ({}, ["6-6", BN, "relu", "6-4", "norm weight"]),
        ({"hidden": 9}, ["6-9", BN, "relu", "9-4", "norm weight"]),
        ({"projector_norm": False}, ["6-6b", "relu", "6-4"]),
        ({"projector": "linear"}, ["6-4", "norm weight"]),
        ({"projector": "linear", "projector_norm": False}, ["6-4"]),
        ({"projector": "none"}, []),
    ],
)
def test_simclrs_head(options: dict[str, Any], projector: list[str]) -> None:
    assert plan(SimCLR(Bend(), dim=4, **options).projector) == projector


@pytest.mark.parametrize(
    ("options", "projector", "predictor"),
    [
        ({}, ["6-9b", BN, "relu", "9-4"], ["4-9b", BN, "relu", "9-4"]),
        ({"projector_layers": 1}, ["6-4"], ["4-9b", BN, "relu", "9-4"]),
        (
            {"projector_layers": 3, "predictor_layers": 1},
            ["6-9b", BN, "relu", "9-9b", BN, "relu", "9-4"],
            ["4-4"],
        ),
        ({"predictor": "linear"}, ["6-9b", BN, "relu", "9-4"], ["4-4"]),
        ({"predictor": "none"}, ["6-9b", BN, "relu", "9-4"], []),
    ],
)
def test_byols_heads(options: dict[str, Any], projector: list[str], predictor: list[str]) -> None:
    method = BYOL(Bend(), dim=4, hidden=9, **options)
    assert plan(method.projector) == projector
    assert plan(method.predictor) == predictor
    assert plan(method.target[1].requires_grad_(True)) == projector  # type: ignore[index, union-attr]


@pytest.mark.parametrize(
    ("options", "projector"),
    [
        ({}, ["6-9", BN, "relu", "9-9", BN, "relu", "9-4"]),
        ({"layers": 2}, ["6-9", BN, "relu", "9-4"]),
        ({"layers": 1}, ["6-4"]),
        ({"projector_norm": False}, ["6-9b", "relu", "9-9b", "relu", "9-4"]),
    ],
)
def test_barlow_twins_projector(options: dict[str, Any], projector: list[str]) -> None:
    assert plan(BarlowTwins(Bend(), dim=4, hidden=9, **options).projector) == projector


@pytest.mark.parametrize(
    ("options", "projector", "predictor"),
    [
        ({}, ["6-8", BN, "relu", "8-8", BN, "relu", "8-8", "norm"], ["8-2", BN, "relu", "2-8b"]),
        ({"layers": 2}, ["6-8", BN, "relu", "8-8", "norm"], ["8-2", BN, "relu", "2-8b"]),
        ({"layers": 2, "output_affine": True}, ["6-8", BN, "relu", "8-8", BN], ["8-2", BN, "relu", "2-8b"]),
        (  # Table 3b
            {"layers": 2, "projector_norm": "hidden"},
            ["6-8", BN, "relu", "8-8b"],
            ["8-2", BN, "relu", "2-8b"],
        ),
        (  # Table 3a
            {"layers": 2, "projector_norm": "none", "predictor_norm": "none"},
            ["6-8b", "relu", "8-8b"],
            ["8-2b", "relu", "2-8b"],
        ),
        (  # Table 3d
            {"layers": 2, "predictor_norm": "all"},
            ["6-8", BN, "relu", "8-8", "norm"],
            ["8-2", BN, "relu", "2-8b", BN],
        ),
        ({"layers": 2, "predictor": "none"}, ["6-8", BN, "relu", "8-8", "norm"], []),
    ],
)
def test_simsiams_heads(options: dict[str, Any], projector: list[str], predictor: list[str]) -> None:
    method = SimSiam(Bend(), dim=8, hidden=2, **options)
    assert plan(method.projector) == projector
    assert plan(method.predictor) == predictor


def test_defaults_are_the_papers_settings_for_imagenet() -> None:
    papers = {
        "simclr": {
            "dim": 128,
            "projector": "mlp",
            "temperature": 0.1,
            "normalise": True,
        },  # Sec. 2.3, Table 5
        "byol": {"dim": 256, "hidden": 4096, "projector_layers": 2, "predictor_layers": 2, "tau": 0.996},
        "barlow_twins": {"dim": 8192, "hidden": 8192, "layers": 3, "lambda_": 0.005},  # Sec. 2.2
        "simsiam": {"dim": 2048, "hidden": 512, "layers": 3, "symmetric": True},  # Sec. 3
        "moco_v2": {
            "dim": 128,
            "projector": "mlp",
            "temperature": 0.2,
            "queue": 65536,
            "momentum": 0.999,
        },  # Sec. 3
    }
    assert set(papers) <= set(METHODS)
    for name, expected in papers.items():
        parameters = inspect.signature(METHODS[name].__init__).parameters
        assert {key: parameters[key].default for key in expected} == expected


# What is symmetric, and what is not


def train_loss(method: Method, views: list[Tensor]) -> float:
    return method.train().loss(views, MIDDLE).item()


@pytest.mark.parametrize("name", ["simclr", "byol", "barlow_twins", "simsiam"])
def test_the_views_can_be_swapped(name: str) -> None:
    method, (one, other) = METHODS[name](Bend(), dim=4, hidden=9), two_views()  # type: ignore[call-arg]
    assert train_loss(method, [one, other]) == pytest.approx(train_loss(method, [other, one]), rel=1e-5)


@pytest.mark.parametrize("kind", [SimSiam, BYOL])
def test_one_direction_is_not_symmetric(kind: type[Any]) -> None:
    method, (one, other) = kind(Bend(), dim=4, hidden=9, symmetric=False), two_views()
    method.symmetric = True
    both = train_loss(method, [one, other])
    method.symmetric = False
    single = [train_loss(method, [one, other]), train_loss(method, [other, one])]
    assert single[0] != pytest.approx(single[1], rel=1e-3)
    assert both == pytest.approx(sum(single) / (2 if kind is SimSiam else 1), rel=1e-5)


@pytest.mark.parametrize("name", ["simclr", "byol", "barlow_twins", "simsiam"])
def test_the_order_of_rows_does_not_matter_but_their_pairing_does(name: str) -> None:
    method, (one, other) = METHODS[name](Bend(), dim=4, hidden=9), two_views()  # type: ignore[call-arg]
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(3))
    paired = train_loss(method, [one, other])
    assert train_loss(method, [one[order], other[order]]) == pytest.approx(paired, rel=1e-4)
    assert train_loss(method, [one, other[order]]) != pytest.approx(paired, rel=1e-4)


# Where gradients go


def gradients(method: Method) -> dict[str, float]:
    """Largest gradient of the encoder and of the predictor, after one loss."""
    method.train().loss(two_views(), MIDDLE).backward()
    found = {}
    for name in ("encoder", "predictor"):
        grads = [p.grad.abs().max().item() for p in getattr(method, name).parameters() if p.grad is not None]
        found[name] = max(grads, default=0.0)
    return found


def test_a_fixed_predictor_is_no_parameter_but_lets_gradients_through() -> None:
    method = SimSiam(Bend(), dim=8, hidden=4, predictor="fixed")
    found = gradients(method)
    assert found["encoder"] > 1e-5
    assert found["predictor"] == 0.0
    assert len(list(method.parameter_groups())) == 1


@pytest.mark.parametrize("kind", [SimSiam, BYOL])
def test_without_a_predictor_there_is_one_group(kind: type[Any]) -> None:
    method = kind(Bend(), dim=8, hidden=4, predictor="none")
    groups = list(method.parameter_groups())
    assert len(groups) == 1
    assert gradients(method)["encoder"] > 1e-5


def test_stop_gradient_cuts_the_path_through_the_target() -> None:
    """One direction only: view 2 is the target, and no gradient reaches the image it was made from."""
    for stop, reached in ((True, False), (False, True)):
        torch.manual_seed(0)
        method = SimSiam(Bend(), dim=8, hidden=4, symmetric=False, stop_gradient=stop).eval()
        one, other = (view.requires_grad_() for view in two_views())
        method.loss([one, other], MIDDLE).backward()
        assert one.grad is not None
        assert one.grad.abs().max() > 1e-6
        assert (other.grad is not None and bool(other.grad.abs().max() > 1e-6)) == reached


def test_byols_target_is_not_reached_by_gradients() -> None:
    method = BYOL(Bend(), dim=8, hidden=4, symmetric=False).eval()
    one, other = (view.requires_grad_() for view in two_views())
    method.loss([one, other], MIDDLE).backward()
    assert one.grad is not None
    assert other.grad is None
    assert all(p.grad is None for p in method.target.parameters())


def test_byols_target_has_batch_statistics_of_its_own() -> None:
    method = BYOL(Bend(), dim=8, hidden=4).train()
    norm: Any = method.target[0].layers[1]  # type: ignore[index, union-attr]
    online: Any = method.encoder.layers[1]  # type: ignore[index, union-attr]
    assert norm is not online
    method.loss(two_views(), MIDDLE)
    assert int(norm.num_batches_tracked) == 2
    method.after_step(MIDDLE)
    assert int(norm.num_batches_tracked) == 2


# What is watched, and what is measured


def test_the_projection_is_where_the_loss_acts() -> None:
    for name in METHODS.keys() - {
        "graph_bt",
        "speech_simclr",
    }:  # which take other data, and have tests of their own
        method = METHODS[name](Bend(), dim=4, **({} if name == "simclr" else {"hidden": 9})).eval()  # type: ignore[call-arg]
        with torch.no_grad():
            assert method.project(two_views()[0]).shape == (ROWS, 4)
            assert method.encode(two_views()[0]).shape == (ROWS, WIDTH)


def test_simclr_evaluates_h_or_z_and_trains_the_same() -> None:
    before, after = SimCLR(Bend(), dim=4), SimCLR(Bend(), dim=4, evaluate="z")
    after.load_state_dict(before.state_dict())
    assert train_loss(before, two_views()) == train_loss(after, two_views())
    one, _ = two_views()
    before.eval(), after.eval()
    h, z = before.encoder(one), before.projector(before.encoder(one))
    for method, expected in ((before, h), (after, z)):
        assert torch.equal(method.encode(one), expected)
        assert torch.equal(method.project(one), z)


@torch.no_grad()
def test_watched_cosines() -> None:
    simsiam, byol = SimSiam(Bend(), dim=8, hidden=4).eval(), BYOL(Bend(), dim=8, hidden=4, tau=0.5).eval()
    one, other = two_views()
    z1, z2 = simsiam.project(one), simsiam.project(other)
    expected = sum((a @ b / (a.norm() * b.norm())).item() for a, b in zip(z1, z2, strict=True)) / ROWS
    assert simsiam.watch([one, other]) == {"positive_cosine": pytest.approx(expected, rel=1e-5)}
    assert byol.watch([one, other]) == {"target_cosine": pytest.approx(1.0)}
    byol.encoder.layers[0].weight.mul_(-1)  # type: ignore[operator, union-attr, index]
    assert byol.watch([one, other])["target_cosine"] < 0.99


@torch.no_grad()
def test_watched_correlations() -> None:
    method = BarlowTwins(Bend(), dim=4, hidden=9).eval()
    views = two_views()
    c = cross_correlation(*(method.project(view) for view in views))
    on = sum(c[i, i].item() for i in range(4)) / 4
    off = sum(abs(c[i, j].item()) for i in range(4) for j in range(4) if i != j) / 12
    assert method.watch(views) == {
        "on_diagonal": pytest.approx(on, rel=1e-5),
        "off_diagonal": pytest.approx(off, rel=1e-5),
    }


def test_collapse_is_the_minimum_without_its_guard_only() -> None:
    """Constant outputs reach the least loss of alignment alone, and by far not that of NT-Xent."""
    z = torch.ones(ROWS, WIDTH)
    pull = SimCLR(Bend(), projector="none", negatives=False)
    push = SimCLR(Bend(), projector="none", temperature=0.5)
    for method in (pull, push):
        method.encoder = nn.Identity()  # type: ignore[assignment]
    spread = F.one_hot(torch.arange(ROWS), ROWS).float()
    assert train_loss(pull, [z, z]) == pytest.approx(-1.0)
    assert train_loss(push, [z, z]) == pytest.approx(math.log(2 * ROWS - 1), rel=1e-5)
    assert train_loss(push, [spread, spread]) < train_loss(push, [z, z]) - 0.5


def test_normalised_features_of_identical_views_correlate_fully() -> None:
    """At D = 2048 a unit vector's channels vary by 1/2048: the epsilon of the variance must not cap C_ii."""
    method = BarlowTwins(Bend(), dim=2048, hidden=16, feature_normalise=True, off_diagonal=False).double()
    batch = torch.randn(64, WIDTH, dtype=torch.float64)
    assert method.loss([batch, batch], MIDDLE).item() / 2048 < 1e-6
