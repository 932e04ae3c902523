"""Each loss against the paper's equation in loops, its gradients, and the papers' exact identities."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from repro.learning.losses import negative_cosine
from repro.learning.methods.barlow_twins import BarlowTwins, cross_correlation, invariance, redundancy
from repro.learning.methods.base import Progress
from repro.learning.methods.byol import BYOL, regression_loss
from repro.learning.methods.simclr import SimCLR, nt_xent, view_logits
from repro.learning.methods.simsiam import SimSiam, cross_entropy
from repro.learning.nn.encoder import Encoder

Array = NDArray[np.float64]
MIDDLE = Progress(step=5, steps=10, epoch=1, epochs=2)
N, D = 6, 5


@pytest.fixture(autouse=True)
def _same_weights_every_time() -> None:
    torch.manual_seed(0)


class PassOn(Encoder):
    """Hands its batch on, so that a test chooses the embeddings themselves."""

    def __init__(self, width: int = D) -> None:
        super().__init__()
        self.width = width

    def forward(self, batch: Tensor) -> Tensor:
        return batch


def draw(*shape: int, seed: int = 0, scale: float = 1.0) -> Array:
    return np.random.default_rng(seed).normal(size=shape) * scale


def pair(seed: int = 0, scale: float = 1.0, rows: int = N) -> tuple[Array, Array]:
    """Two views that are alike, as in training, and not centred."""
    base = draw(rows, D, seed=seed)
    return tuple(scale * (base + 0.5 * draw(rows, D, seed=seed + k) + 0.3) for k in (1, 2))  # type: ignore[return-value]


def tensors(*arrays: Array, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    return [torch.from_numpy(array).to(dtype) for array in arrays]


PRECISIONS = pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float64, 1e-10), (torch.float32, 1e-6)],
    ids=["float64", "float32"],
)


def close(value: Tensor, expected: float, dtype: torch.dtype, tolerance: float) -> None:
    assert value.shape == ()
    assert value.dtype == dtype
    assert value.item() == pytest.approx(expected, rel=tolerance, abs=tolerance)


# The equations, a row and a channel at a time.


def dot(a: Array, b: Array) -> float:
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True))


def cosine(a: Array, b: Array) -> float:
    return dot(a, b) / (math.sqrt(dot(a, a)) * math.sqrt(dot(b, b)))


def d_cosine(p: Array, z: Array) -> float:
    """SimSiam Eq. 1."""
    return sum(-cosine(p[b], z[b]) for b in range(len(p))) / len(p)


def softmax(row: Array) -> list[float]:
    total = sum(math.exp(x) for x in row)
    return [math.exp(x) / total for x in row]


def d_entropy(p: Array, z: Array) -> float:
    """SimSiam Sec. 4.5."""
    total = 0.0
    for b in range(len(p)):
        target, predicted = softmax(z[b]), softmax(p[b])
        total -= sum(t * math.log(q) for t, q in zip(target, predicted, strict=True))
    return total / len(p)


def byol_eq2(q: Array, z: Array, normalise: bool = True) -> float:
    """BYOL Eq. 2, as the squared distance and not as the cosine."""
    total = 0.0
    for b in range(len(q)):
        nq = math.sqrt(dot(q[b], q[b])) if normalise else 1.0
        nz = math.sqrt(dot(z[b], z[b])) if normalise else 1.0
        total += sum((x / nq - y / nz) ** 2 for x, y in zip(q[b], z[b], strict=True))
    return total / len(q)


def simclr_eq1(z1: Array, z2: Array, temperature: float, normalise: bool) -> float:
    """SimCLR Algorithm 1: views 2k-1 and 2k are of image k, l(i, j) over every ordered pair."""
    views = [view for both in zip(z1, z2, strict=True) for view in both]
    similarity = cosine if normalise else dot

    def l(i: int, j: int) -> float:  # noqa: E743 - the paper's name
        others = [k for k in range(len(views)) if k != i]
        below = sum(math.exp(similarity(views[i], views[k]) / temperature) for k in others)
        return -math.log(math.exp(similarity(views[i], views[j]) / temperature) / below)

    pairs = [(2 * k, 2 * k + 1) for k in range(len(z1))]
    return sum(l(i, j) + l(j, i) for i, j in pairs) / len(views)


def barlow_c(za: Array, zb: Array, normalise: bool = True) -> Array:
    """Barlow Twins Eq. 2 on embeddings centred over the batch; without ``normalise`` the covariance."""
    n, d = za.shape
    a = [[za[b, i] - sum(za[:, i]) / n for i in range(d)] for b in range(n)]
    b_ = [[zb[b, i] - sum(zb[:, i]) / n for i in range(d)] for b in range(n)]
    c = np.zeros((d, d))
    for i in range(d):
        for j in range(d):
            above = sum(a[b][i] * b_[b][j] for b in range(n))
            na = math.sqrt(sum(a[b][i] ** 2 for b in range(n)))
            nb = math.sqrt(sum(b_[b][j] ** 2 for b in range(n)))
            c[i, j] = above / (na * nb) if normalise else above / n
    return c


def barlow_terms(c: Array) -> tuple[float, float]:
    """Barlow Twins Eq. 1: the invariance term, and the redundancy term without its lambda."""
    d = len(c)
    on = sum((1 - c[i, i]) ** 2 for i in range(d))
    off = sum(c[i, j] ** 2 for i in range(d) for j in range(d) if i != j)
    return on, off


# Golden parity


@PRECISIONS
def test_negative_cosine_is_simsiam_eq1(dtype: torch.dtype, tolerance: float) -> None:
    p, z = pair()
    close(negative_cosine(*tensors(p, z, dtype=dtype)), d_cosine(p, z), dtype, tolerance)


@PRECISIONS
def test_cross_entropy_is_simsiam_sec45(dtype: torch.dtype, tolerance: float) -> None:
    p, z = pair(3)
    close(cross_entropy(*tensors(p, z, dtype=dtype)), d_entropy(p, z), dtype, tolerance)
    assert d_entropy(p, z) != pytest.approx(d_entropy(z, p), rel=1e-3)  # which side is the target matters


@PRECISIONS
@pytest.mark.parametrize("normalise", [True, False])
def test_regression_loss_is_byol_eq2(normalise: bool, dtype: torch.dtype, tolerance: float) -> None:
    q, z = pair(5)
    value = regression_loss(*tensors(q, z, dtype=dtype), normalise)
    close(value, byol_eq2(q, z, normalise), dtype, tolerance)


@PRECISIONS
@pytest.mark.parametrize("temperature", [0.07, 0.1, 0.5, 1.0, 10.0])
@pytest.mark.parametrize("normalise", [True, False])
def test_nt_xent_is_simclr_eq1(
    normalise: bool, temperature: float, dtype: torch.dtype, tolerance: float
) -> None:
    z1, z2 = pair(7)
    value = nt_xent(*tensors(z1, z2, dtype=dtype), temperature, normalise)
    close(value, simclr_eq1(z1, z2, temperature, normalise), dtype, tolerance)


def test_nt_xent_stands_extreme_logits() -> None:
    z1, z2 = tensors(*pair(7, scale=1000.0), dtype=torch.float32)
    assert nt_xent(z1, z2, 0.01, normalise=False).isfinite()


@pytest.mark.parametrize("normalise", [True, False])
def test_cross_correlation_is_barlow_eq2(normalise: bool) -> None:
    # Far from the 1e-5 that batch normalisation adds to a variance, nothing of it is left to see.
    za, zb = pair(9, scale=1e4)
    c = cross_correlation(*tensors(za, zb), normalise).numpy()
    np.testing.assert_allclose(c, barlow_c(za, zb, normalise), rtol=1e-10, atol=1e-10)


def test_cross_correlation_adds_the_epsilon_of_batch_normalisation() -> None:
    za, zb = tensors(*pair(9, scale=0.01))
    norm = nn.BatchNorm1d(D, affine=False).double()
    torch.testing.assert_close(cross_correlation(za, zb), norm(za).T @ norm(zb) / N, rtol=1e-12, atol=1e-12)


@PRECISIONS
def test_barlow_terms_are_eq1(dtype: torch.dtype, tolerance: float) -> None:
    c = draw(D, D, seed=11)
    on, off = barlow_terms(c)
    close(invariance(*tensors(c, dtype=dtype)), on, dtype, tolerance)
    close(redundancy(*tensors(c, dtype=dtype)), off, dtype, tolerance)


# The methods put the pieces together as the papers do.


def siamese(**options: Any) -> SimSiam:
    method = SimSiam(PassOn(), dim=D, hidden=16, **options).double()
    method.projector = nn.Sequential()
    return method


def head(method: nn.Module, z: Array) -> Array:
    with torch.no_grad():
        out: Array = method.predictor(torch.from_numpy(z)).numpy()  # type: ignore[operator]
    return out


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize(("similarity", "d"), [("cosine", d_cosine), ("cross_entropy", d_entropy)])
def test_simsiam_is_eq4(similarity: str, d: Callable[[Array, Array], float], symmetric: bool) -> None:
    method, (z1, z2) = siamese(similarity=similarity, symmetric=symmetric), pair(13)
    p1, p2 = head(method, z1), head(method, z2)
    expected = d(p1, z2) / 2 + d(p2, z1) / 2 if symmetric else d(p1, z2)
    close(method.loss(tensors(z1, z2), MIDDLE), expected, torch.float64, 1e-10)


def twins(**options: Any) -> BYOL:
    """BYOL whose target is a map of its own, so that a swapped online and target would show."""
    method = BYOL(PassOn(), dim=D, hidden=16, **options).double()
    method.projector = nn.Sequential()
    method.target = nn.Sequential(nn.Linear(D, D)).double().requires_grad_(False)
    return method


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("normalise", [True, False])
def test_byol_is_the_sum_of_both_directions(normalise: bool, symmetric: bool) -> None:
    method, (z1, z2) = twins(normalise=normalise, symmetric=symmetric), pair(15)
    q1, q2 = head(method, z1), head(method, z2)
    t1, t2 = (method.target(z).numpy() for z in tensors(z1, z2))
    expected = byol_eq2(q1, t2, normalise)
    if symmetric:
        expected += byol_eq2(q2, t1, normalise)
    close(method.loss(tensors(z1, z2), MIDDLE), expected, torch.float64, 1e-10)


@pytest.mark.parametrize("normalise", [True, False])
def test_simclr_is_algorithm_1(normalise: bool) -> None:
    method, (z1, z2) = SimCLR(PassOn(), projector="none", temperature=0.3, normalise=normalise), pair(17)
    close(method.loss(tensors(z1, z2), MIDDLE), simclr_eq1(z1, z2, 0.3, normalise), torch.float64, 1e-10)


def test_simclr_without_negatives_only_pulls() -> None:
    z1, z2 = pair(17)
    method = SimCLR(PassOn(), projector="none", negatives=False)
    close(method.loss(tensors(z1, z2), MIDDLE), d_cosine(z1, z2), torch.float64, 1e-10)


def test_contrastive_accuracy_counts_partners_that_are_nearest() -> None:
    z1, z2 = pair(19, rows=12)
    views = np.concatenate([z1, z2])
    right = 0
    for i in range(24):
        others = [k for k in range(24) if k != i]
        right += max(others, key=lambda k: cosine(views[i], views[k])) == (i + 12) % 24
    assert 0 < right < 24
    method = SimCLR(PassOn(), projector="none").eval()
    assert method.watch(tensors(z1, z2))["contrastive_accuracy"] == pytest.approx(right / 24)


def barlow(**options: Any) -> BarlowTwins:
    method = BarlowTwins(PassOn(), dim=D, hidden=16, **options)
    method.projector = nn.Sequential()
    return method


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({"lambda_": 0.005}, (1, 0.005)),
        ({"lambda_": 0.7}, (1, 0.7)),
        ({"lambda_": 0.7, "off_diagonal": False}, (1, 0)),
        ({"lambda_": 0.7, "on_diagonal": False}, (0, 0.7)),
        ({"lambda_": 0.7, "loss_scale": 0.024}, (0.024, 0.7 * 0.024)),
        ({"lambda_": 0.7, "normalise": False}, (1, 0.7)),
    ],
)
def test_barlow_twins_is_eq1(options: dict[str, Any], weights: tuple[float, float]) -> None:
    za, zb = pair(21, scale=1e4)
    on, off = barlow_terms(barlow_c(za, zb, options.get("normalise", True)))
    value = barlow(**options).loss(tensors(za, zb), MIDDLE)
    close(value, weights[0] * on + weights[1] * off, torch.float64, 1e-9)


def test_barlow_twins_can_normalise_each_embedding_first() -> None:
    za, zb = pair(23)
    lengths = [np.array([[math.sqrt(dot(row, row))] for row in z]) for z in (za, zb)]
    on, off = barlow_terms(barlow_c(za / lengths[0], zb / lengths[1]))
    value = barlow(lambda_=0.7, feature_normalise=True).loss(tensors(za, zb), MIDDLE)
    close(value, on + 0.7 * off, torch.float64, 1e-3)  # rows of length 1: the epsilon of the variance shows
    assert value.item() != pytest.approx(barlow(lambda_=0.7).loss(tensors(za, zb), MIDDLE).item(), rel=0.01)


# Gradients


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "negative_cosine": negative_cosine,
    "cross_entropy": cross_entropy,
    "regression": regression_loss,
    "regression, not normalised": lambda q, z: regression_loss(q, z, False),
    "nt_xent": lambda a, b: nt_xent(a, b, 0.2),
    "nt_xent, not normalised": lambda a, b: nt_xent(a, b, 3.0, False),
    "invariance": lambda a, b: invariance(cross_correlation(a, b)),
    "redundancy": lambda a, b: redundancy(cross_correlation(a, b)),
    "covariance": lambda a, b: redundancy(cross_correlation(a, b, False)),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_are_finite_differences(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    inputs = [tensor[:4, :3].contiguous().requires_grad_() for tensor in tensors(*pair(25))]
    assert torch.autograd.gradcheck(loss, inputs, eps=1e-6, atol=1e-7, rtol=1e-6)


def slope(value: Callable[[], float], weight: Tensor, place: int, eps: float = 1e-6) -> float:
    """Central difference of ``value`` in one number of ``weight``."""
    flat = weight.data.view(-1)
    start = flat[place].item()
    flat[place] = start + eps
    above = value()
    flat[place] = start - eps
    below = value()
    flat[place] = start
    return (above - below) / (2 * eps)


def test_simsiam_holds_the_target_constant() -> None:
    """The gradient is that of Eq. 4 with z held where it stands: not zero, not that of the moving target."""
    encoder = nn.Sequential(nn.Linear(3, D), nn.Tanh()).double()
    method, x = siamese(), tensors(draw(N, 3, seed=1), draw(N, 3, seed=2))
    method.projector = encoder
    method.loss(x, MIDDLE).backward()
    fixed = [encoder(view).detach().numpy() for view in x]

    def value() -> float:
        z = [encoder(view).detach().numpy() for view in x]
        return d_cosine(head(method, z[0]), fixed[1]) / 2 + d_cosine(head(method, z[1]), fixed[0]) / 2

    for weight in (encoder[0].weight, encoder[0].bias, method.predictor[0].weight):
        for place in (0, 3):
            expected = slope(value, weight, place)
            assert abs(expected) > 1e-4
            assert weight.grad.view(-1)[place].item() == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_byol_gives_its_target_no_gradient() -> None:
    encoder = nn.Linear(3, D).double()
    method, x = twins(), tensors(draw(N, 3, seed=3), draw(N, 3, seed=4))
    method.projector, method.target = encoder, nn.Linear(3, D).double()  # a target that could take one
    method.loss(x, MIDDLE).backward()
    targets = [method.target(view).detach().numpy() for view in x]

    def value() -> float:
        q = [head(method, encoder(view).detach().numpy()) for view in x]
        return byol_eq2(q[0], targets[1]) + byol_eq2(q[1], targets[0])

    assert all(weight.grad is None for weight in method.target.parameters())
    for place in (0, 7):
        expected = slope(value, encoder.weight, place)
        assert abs(expected) > 1e-4
        assert encoder.weight.grad.view(-1)[place].item() == pytest.approx(expected, rel=1e-5, abs=1e-9)


# Precision


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_losses_are_float32_under_autocast(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    a, b = tensors(*pair(27), dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(a, b)
    assert value.dtype == torch.float32
    assert torch.equal(value, loss(a.float(), b.float()))


# Identities of the papers


def test_x1_stop_gradient_alone_only_halves_the_gradient() -> None:
    """SimSiam Sec. 4.2: without a predictor, the gradients with and without stop-gradient differ by 2."""
    gradients = []
    for stop in (True, False):
        torch.manual_seed(0)
        method = SimSiam(PassOn(3), dim=D, layers=2, predictor="none", stop_gradient=stop).double()
        method.loss(tensors(draw(N, 3, seed=1), draw(N, 3, seed=2)), MIDDLE).backward()
        gradients.append([p.grad for p in method.parameters()])
    for stopped, moving in zip(*gradients, strict=True):
        assert moving.abs().max() > 1e-4 or stopped.ndim == 1
        torch.testing.assert_close(2 * stopped, moving, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("d", [16, 256])
def test_x3_byol_is_four_plus_four_simsiam(d: int) -> None:
    p1, p2, z1, z2 = (draw(N, d, seed=seed) for seed in range(4))
    q1, q2, t1, t2 = tensors(p1, p2, z1, z2)
    both = regression_loss(q1, t2) + regression_loss(q2, t1)
    simsiam = negative_cosine(q1, t2) / 2 + negative_cosine(q2, t1) / 2
    assert both.item() == pytest.approx(4 + 4 * simsiam.item(), abs=1e-12)
    assert both.item() == pytest.approx(byol_eq2(p1, z2) + byol_eq2(p2, z1), abs=1e-12)


def test_x3_holds_for_the_methods_with_the_same_weights() -> None:
    """A fresh BYOL, whose target still is the online network, and SimSiam around the same networks."""
    byol = BYOL(PassOn(3), dim=D, hidden=16).double()
    simsiam = SimSiam(PassOn(3), dim=D, hidden=16).double()
    simsiam.projector, simsiam.predictor = byol.projector, byol.predictor
    x = tensors(draw(N, 3, seed=1), draw(N, 3, seed=2))
    losses = [method.loss(x, MIDDLE).item() for method in (byol, simsiam)]
    assert losses[0] == pytest.approx(4 + 4 * losses[1], abs=1e-10)


def test_x6_linear_hsic_is_the_norm_of_the_correlation() -> None:
    za, zb = (z - z.mean(axis=0) for z in pair(29, scale=1e4))
    za, zb = za / za.std(axis=0), zb / zb.std(axis=0)
    centre = np.eye(N) - 1 / N
    hsic = np.trace(za @ za.T @ centre @ zb @ zb.T @ centre) / N**2
    c = cross_correlation(*tensors(1e4 * za, 1e4 * zb))
    assert c.square().sum().item() == pytest.approx(hsic, rel=1e-9)


@pytest.mark.parametrize("n", [2, 6, 128])
def test_x8_nt_xent_of_a_collapsed_network(n: int) -> None:
    z = torch.ones(n, D, dtype=torch.float64) * 3
    assert nt_xent(z, z, 0.1).item() == pytest.approx(math.log(2 * n - 1), abs=1e-12)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_x9_every_view_has_one_partner_and_the_rest_as_negatives(n: int) -> None:
    """SimCLR Sec. 2.1: 2 (N - 1) negatives, and never the view itself."""
    logits, partner = view_logits(*tensors(draw(n, D, seed=1), draw(n, D, seed=2)), 0.5)
    assert logits.shape == (2 * n, 2 * n)
    assert (logits.isfinite().sum(dim=1) - 1).tolist() == [2 * (n - 1)] * (2 * n)
    assert logits.diagonal().isinf().all()
    assert partner.tolist() == [*range(n, 2 * n), *range(n)]


def test_x10_barlow_twins_ignores_shift_and_positive_scale() -> None:
    za, zb = pair(31, scale=1e4)
    moved = za * np.abs(draw(D, seed=1)) * 10 + 1e5 * draw(D, seed=2)
    losses = [barlow().loss(tensors(z, zb), MIDDLE).item() for z in (za, moved)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-7)
    assert barlow().loss(tensors(-za, zb), MIDDLE).item() != pytest.approx(losses[0], rel=0.1)


def test_x12_an_output_norm_without_affine_cannot_collapse() -> None:
    """The mean of every channel over a training batch is 0, so no vector but 0 can be every row."""
    z = SimSiam(PassOn(3), dim=D).double().project(*tensors(draw(N, 3) + 100))
    assert z.detach().mean(dim=0).abs().max() < 1e-12
    constant = SimSiam(PassOn(3), dim=D).double().project(torch.full((N, 3), 7.0, dtype=torch.float64))
    assert constant.abs().max() < 1e-9
