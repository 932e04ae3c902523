"""The embedded benchmark: the same bytes everywhere, splits without a common digit, labels in balance."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from sklearn.datasets import load_digits

from repro.learning.data.digits import CANVAS, Digits, _originals, _split, render

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def built() -> tuple[Digits, float]:
    start = time.perf_counter()
    data = Digits(CPU)
    return data, time.perf_counter() - start


def few(**options: object) -> Digits:
    return Digits(CPU, placements=1, **options)  # type: ignore[arg-type]


def test_it_is_drawn_in_seconds(built: tuple[Digits, float]) -> None:
    assert built[1] < 10


def test_its_checksum_is_the_one_of_the_benchmark(built: tuple[Digits, float], root: Path) -> None:
    benchmark = yaml.safe_load((root / "catalog/benchmarks/digits.yaml").read_text(encoding="utf-8"))
    options = {key: value for key, value in benchmark["data"].items() if key != "name"}
    data = Digits(CPU, **options) if options else built[0]
    assert benchmark["checksum"] == data.checksum


def test_what_it_holds(built: tuple[Digits, float]) -> None:
    data, _ = built
    assert (*data.example, data.classes) == (1, CANVAS, tuple("0123456789"))
    assert (len(data), data.test_size) == (1400 * 6, 397 * 6)
    assert data.train.dtype == torch.uint8
    assert data.label == "placed digits"


def test_labels_are_in_balance(built: tuple[Digits, float]) -> None:
    data, _ = built
    for labels in (data.train_labels, data.test_labels):
        assert labels is not None
        share = torch.bincount(labels, minlength=10) / len(labels)
        assert share.min() > 0.07
        assert share.max() < 0.13


def test_a_seed_decides_every_byte() -> None:
    assert few().checksum == few().checksum
    assert few().checksum != few(seed=1).checksum
    assert torch.equal(few().train, few().train)


@pytest.mark.parametrize("options", [{"noise": 0.2}, {"angle": 5.0}, {"min_scale": 0.4}, {"max_scale": 0.8}])
def test_every_setting_changes_the_images(options: dict[str, float]) -> None:
    assert few(**options).checksum != few().checksum


def test_rendering_draws_from_no_global_generator() -> None:
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr] # noqa: NPY002
    few()
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state  # type: ignore[index, union-attr] # noqa: NPY002


# Splits


def test_no_original_digit_is_in_two_splits() -> None:
    train, test = (set(part.tolist()) for part in _split("test"))
    fewer, validation = (set(part.tolist()) for part in _split("validation"))
    assert (len(train), len(test), len(fewer), len(validation)) == (1400, 397, 1120, 280)
    assert not train & test
    assert train | test == set(range(1797))
    assert not fewer & validation
    assert fewer | validation == train


def test_images_carry_the_labels_of_their_originals() -> None:
    """Drawn without any nuisance, a placed digit is nearest to its own original."""
    digits, labels = _originals()
    train, test = _split("test")
    data = few(min_scale=1.0, max_scale=1.0, angle=0.0, noise=0.0)
    assert data.train_labels is not None
    assert data.test_labels is not None
    assert data.train_labels.tolist() == labels[train].tolist()
    assert data.test_labels.tolist() == labels[test].tolist()
    for images, chosen in ((data.train, train), (data.test, test)):
        shrunk = images[:, 0].double().reshape(-1, 8, 3, 8, 3).mean(dim=(2, 4)).flatten(1)
        originals = torch.from_numpy(digits[chosen]).flatten(1)
        centred = [rows - rows.mean(dim=1, keepdim=True) for rows in (shrunk, originals)]
        alike = torch.nn.functional.cosine_similarity(*centred, dim=1)
        assert alike.min() > 0.9


def test_several_placements_of_a_digit_stand_together() -> None:
    data = Digits(CPU, placements=2)
    _, labels = _originals()
    train, _ = _split("test")
    assert data.train_labels is not None
    assert data.train_labels.tolist() == np.repeat(labels[train], 2).tolist()
    assert not torch.equal(data.train[0], data.train[1])


def test_validation_is_cut_from_the_training_digits() -> None:
    data = few(evaluate="validation")
    _, labels = _originals()
    kept, held = _split("validation")
    assert data.train_labels is not None
    assert data.test_labels is not None
    assert data.train_labels.tolist() == labels[kept].tolist()
    assert data.test_labels.tolist() == labels[held].tolist()
    assert data.label != few().label  # nobody takes a validation score for a test score


# Rendering


def test_originals_are_scikits_digits() -> None:
    digits, labels = _originals()
    theirs = load_digits()
    assert digits.shape == (1797, 8, 8)
    assert (digits.min(), digits.max()) == (0.0, 1.0)
    assert np.array_equal(digits * 16, theirs.images)
    assert np.array_equal(labels, theirs.target)


def dot() -> np.ndarray:
    """A digit that is one bright pixel, off centre: row 1, column 5."""
    digit = np.zeros((1, 8, 8))
    digit[0, 1, 5] = 1.0
    return digit


def bright_spot(side: float, angle: float) -> tuple[float, float]:
    """Row and column of the drawn dot's centre of brightness, in pixels from the corner, over many draws."""
    count = 200
    images = render(np.repeat(dot(), count, axis=0), np.random.RandomState(0), (side, side), angle, 0.0)
    ink = images.astype(float) - images.min()
    total = ink.sum(axis=(1, 2))
    grid = np.arange(CANVAS) + 0.5
    rows, columns = (ink.sum(axis=2) @ grid) / total, (ink.sum(axis=1) @ grid) / total
    return float(rows.mean()), float(columns.mean())


def test_geometry_of_a_digit_that_fills_the_canvas() -> None:
    """Pixel (1, 5) of 8 has its centre at 1.5 and 5.5, three canvas pixels to one of the digit."""
    row, column = bright_spot(1.0, 0.0)
    assert (row, column) == (pytest.approx(4.5, abs=0.1), pytest.approx(16.5, abs=0.1))


def test_a_smaller_digit_stays_on_the_canvas() -> None:
    digits = np.ones((300, 8, 8))
    images = render(digits, np.random.RandomState(0), (0.5, 0.5), 0.0, 0.0)
    inside = images > (images.min() + 20)
    assert inside.sum(axis=(1, 2)).min() > 11 * 11
    assert inside[:, 0, :].mean() < 0.5  # not glued to one edge
    assert inside.any(axis=(0,)).all()  # and every pixel of the canvas is reached


def test_noise_has_the_deviation_asked_for() -> None:
    images = render(np.zeros((50, 8, 8)), np.random.RandomState(0), (0.5, 0.5), 0.0, 0.02)
    assert images.std() / 255 == pytest.approx(0.02, rel=0.1)
