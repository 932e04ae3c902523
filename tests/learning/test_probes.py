"""Probes against a loop over neighbours, against scikit-learn, and on representations of known spread."""

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import KnnConfig, LinearConfig, ProbesConfig
from repro.errors import UsageError
from repro.learning import evaluate
from repro.learning.data.base import Features
from repro.learning.probes import knn as knn_module
from repro.learning.probes.knn import knn, nearest, vote
from repro.learning.probes.linear import fit, linear
from repro.learning.probes.spread import effective_rank, relative_std, spread
from repro.learning.registry import PROBES

Array = NDArray[np.float64]


def rows(count: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def clouds(train: int = 120, test: int = 50, width: int = 5, noise: float = 1.0) -> Features:
    """Four overlapping classes, features of unequal scale and off centre."""
    labels = torch.arange(train + test) * 7 % 4
    centres = rows(4, width, seed=8)
    scale = torch.linspace(0.2, 5, width)
    points = (centres[labels] + noise * rows(train + test, width, seed=9)) * scale + 1
    return Features(points[:train], labels[:train], points[train:], labels[train:])


# Nearest neighbours


def votes_by_hand(features: Features, k: int, temperature: float) -> list[list[float]]:
    """Wu et al. 2018, Sec. 3.4: each of the k nearest votes with exp(cosine / temperature)."""
    bank, queries = features.train.double().numpy(), features.test.double().numpy()
    found = []
    for query in queries:
        similar = []
        for row, label in zip(bank, features.train_labels.tolist(), strict=True):
            lengths = math.sqrt(sum(x * x for x in query)) * math.sqrt(sum(x * x for x in row))
            similar.append((sum(x * y for x, y in zip(query, row, strict=True)) / lengths, label))
        votes = [0.0] * 4
        for cosine, label in sorted(similar, reverse=True)[:k]:
            votes[label] += math.exp(cosine / temperature)
        found.append(votes)
    return found


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.1), (5, 0.07), (30, 0.1), (120, 1.0), (500, 0.1)])
def test_knn_is_a_loop_over_all_rows(k: int, temperature: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knn_module, "CHUNK", 16)  # several chunks, the last one short
    features, config = clouds(), KnnConfig(k=k, temperature=temperature)
    expected = votes_by_hand(features, k, temperature)
    unit = [part / part.norm(dim=1, keepdim=True) for part in (features.test, features.train)]
    found = vote(unit[0], unit[1], features.train_labels, 4, config)
    shares = [[vote / sum(votes) for vote in votes] for votes in expected]  # a common factor is nobody's vote
    np.testing.assert_allclose(found / found.sum(dim=1, keepdim=True), shares, rtol=1e-4, atol=1e-7)
    right = [np.argmax(v) == label for v, label in zip(expected, features.test_labels.tolist(), strict=True)]
    assert 0.3 < np.mean(right) < 1
    assert knn(features, config) == pytest.approx(np.mean(right))


def test_knn_uses_the_direction_alone() -> None:
    features = clouds()
    longer = features._replace(train=features.train * (1 + torch.arange(120).unsqueeze(1)))
    assert knn(longer, KnnConfig(k=5)) == knn(features, KnnConfig(k=5))


def test_votes_stay_finite_at_a_small_temperature() -> None:
    """exp(1 / 0.005) is beyond float32; the order of the votes is not."""
    features = clouds()
    expected = votes_by_hand(features, 5, 0.005)
    right = [np.argmax(v) == label for v, label in zip(expected, features.test_labels.tolist(), strict=True)]
    assert knn(features, KnnConfig(k=5, temperature=0.005)) == pytest.approx(np.mean(right))


def test_labels_of_the_test_split_that_training_never_saw_are_wrong() -> None:
    features = clouds()
    strange = features._replace(test_labels=torch.full_like(features.test_labels, 9))
    assert knn(strange, KnnConfig(k=5)) == 0.0


def test_nearest_rows_come_first() -> None:
    features = clouds()
    similarity, index = nearest(features, torch.tensor([3, 0]), 4)
    for query, found, places in zip([3, 0], similarity, index, strict=True):
        all_cosines = torch.cosine_similarity(features.test[query : query + 1], features.train)
        order = sorted(range(120), key=lambda place: -all_cosines[place].item())[:4]
        assert places.tolist() == order
        torch.testing.assert_close(found, all_cosines[order])


# The linear probe


def by_scikit(data: Array, labels: Array, l2: float) -> LogisticRegression:
    """Its objective is a sum over rows with 1/2 |w|^2, ours the mean with l2 |w|^2: C = 1 / (2 l2 N)."""
    model = LogisticRegression(C=1 / (2 * l2 * len(data)), tol=1e-10, max_iter=5000)
    model.fit(data, labels)
    return model


@pytest.mark.parametrize("l2", [1e-4, 1e-2, 1.0])
def test_the_linear_probe_is_scikits_solution(l2: float) -> None:
    features = clouds()
    data, labels = features.train.double(), features.train_labels
    expected = by_scikit(data.numpy(), labels.numpy(), l2)
    weight, bias = fit(data, labels, l2)
    np.testing.assert_allclose(weight.numpy(), expected.coef_, rtol=0.02, atol=1e-3)
    shift = bias.numpy() - expected.intercept_
    np.testing.assert_allclose(shift - shift.mean(), 0, atol=5e-3)  # one number may be added to all classes


def objective(data: Array, labels: Array, weight: Array, bias: Array, l2: float) -> float:
    logits = data @ weight.T + bias
    peak = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - peak).sum(axis=1)) + peak[:, 0]
    return float((log_sum - logits[np.arange(len(data)), labels]).mean() + l2 * (weight**2).sum())


def test_the_linear_probe_reaches_the_minimum_in_float32() -> None:
    """On correlated features of very unequal scale, standardised as the probe does it."""
    features = clouds(train=400, width=24)
    mixed = features.train @ rows(24, 24, seed=4)
    data = ((mixed - mixed.mean(dim=0)) / mixed.std(dim=0, correction=0)).float()
    labels = features.train_labels
    weight, bias = fit(data, labels, 1e-4)
    wide, names = data.double().numpy(), labels.numpy()
    best = by_scikit(wide, names, 1e-4)
    least = objective(wide, names, best.coef_, best.intercept_, 1e-4)
    ours = objective(wide, names, weight.double().numpy(), bias.double().numpy(), 1e-4)
    assert ours == pytest.approx(least, abs=1e-5)


def test_linear_accuracy_is_scikits_on_standardised_features() -> None:
    features = clouds(test=200)
    mean, scale = features.train.mean(dim=0), features.train.std(dim=0, correction=0)
    train, test = (((part - mean) / scale).double().numpy() for part in (features.train, features.test))
    expected = by_scikit(train, features.train_labels.numpy(), 1e-3)
    accuracy = expected.score(test, features.test_labels.numpy())
    assert 0.4 < accuracy < 1
    assert linear(features, LinearConfig(l2=1e-3)) == pytest.approx(accuracy, abs=1e-6)


def test_linear_ignores_shift_and_scale_and_dead_features() -> None:
    features = clouds()
    dead = [
        torch.cat([part, torch.full((len(part), 1), 3.0)], dim=1) for part in (features.train, features.test)
    ]
    moved = features._replace(train=dead[0] * 10 + 4, test=dead[1] * 10 + 4)
    assert linear(moved, LinearConfig()) == pytest.approx(linear(features, LinearConfig()), abs=0.021)


def test_a_collapsed_representation_reads_at_the_largest_class() -> None:
    features = Features(torch.ones(20, 3), torch.arange(20) % 2, torch.ones(10, 3), torch.arange(10) % 2)
    assert linear(features, LinearConfig()) == 0.5


# Spread


def test_an_isotropic_gaussian_is_spread_out() -> None:
    """SimSiam footnote 3: each channel of z / |z| deviates by 1 / sqrt(d)."""
    for width in (16, 256):
        assert relative_std(rows(4000, width)) == pytest.approx(1.0, abs=0.02)


def test_a_constant_representation_has_collapsed() -> None:
    assert spread(torch.ones(50, 8)) == {
        "std": pytest.approx(0.0, abs=1e-6),
        "effective_rank": pytest.approx(1.0, abs=0.01),
    }


def test_length_does_not_count_as_spread() -> None:
    z = torch.ones(50, 8) * torch.arange(1, 51).unsqueeze(1)
    assert relative_std(z) == pytest.approx(0.0, abs=1e-5)
    assert spread(rows(40, 8) * 1000) == {
        k: pytest.approx(v, rel=1e-4) for k, v in spread(rows(40, 8)).items()
    }


@pytest.mark.parametrize("rank", [1, 2, 5, 16])
def test_effective_rank_of_rows_in_some_directions(rank: int) -> None:
    """Rows +e_i and -e_i for ``rank`` directions: equal singular values, so their number exactly."""
    directions, _ = torch.linalg.qr(rows(16, 16))
    basis = directions[:rank]
    assert effective_rank(torch.cat([basis, -basis])) == pytest.approx(rank, rel=1e-4)


def test_effective_rank_is_the_entropy_of_singular_values() -> None:
    """Singular values in the ratio 3 : 1 : exp(-(3/4 ln 3/4 + 1/4 ln 1/4)), rows of length 1 and mean 0."""
    angle = math.atan(1 / 3)
    pair = torch.tensor([[math.cos(angle), math.sin(angle)], [math.cos(angle), -math.sin(angle)]])
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert effective_rank(torch.cat([pair, -pair])) == pytest.approx(expected, rel=1e-5)


def test_std_and_rank_tell_two_collapses_apart() -> None:
    flat = torch.zeros(64, 16)
    flat[:, 0] = torch.where(torch.arange(64) % 2 == 0, 1.0, -1.0)
    whole = rows(64, 16)
    tight: Any = torch.ones(64, 16) + 1e-3 * whole
    assert effective_rank(flat) == pytest.approx(1.0, abs=1e-3)
    assert effective_rank(whole) > 12
    assert relative_std(tight) < 0.01
    assert effective_rank(tight) > 12  # of noise: after complete collapse the rank says nothing


def test_every_registered_probe_keeps_the_contract() -> None:
    assert set(PROBES) == set(ProbesConfig.model_fields)
    features = Features(torch.rand(40, 3), torch.arange(40) % 2, torch.rand(20, 3), torch.arange(20) % 2)
    for name, kind in PROBES.items():
        probe = kind()
        settings = getattr(ProbesConfig(), name).model_dump()
        assert probe.config.model_dump() == settings  # type: ignore[attr-defined]
        scores = probe(features)
        assert set(scores) == set(probe.metrics)
        assert all(0 <= value <= 1 for value in scores.values())
        assert re.fullmatch(rf"{name}/[a-z0-9.-]+@[0-9]+", probe.protocol)
        assert probe.protocol in Catalog.load().vocabulary("protocols")


def test_a_probe_without_labels_says_nothing() -> None:
    assert evaluate.probe(None, [kind() for kind in PROBES.values()]) == {"knn": None, "linear": None}


def test_a_probe_refuses_what_the_catalog_refuses() -> None:
    with pytest.raises(UsageError, match=r"probes\.knn\.k: found 0, expected a whole number of at least 1"):
        PROBES["knn"](k=0)  # type: ignore[call-arg]
