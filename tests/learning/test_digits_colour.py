"""The coloured digits: geometry and splits of the digits, a dark ground and a bright digit in every image."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from repro.errors import UsageError
from repro.learning.data.digits import CANVAS, Digits, _originals, _split
from repro.learning.data.digits_colour import BRIGHT, DARK, DigitsColour, render

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def built() -> DigitsColour:
    return DigitsColour(CPU)


def few(**options: object) -> DigitsColour:
    return DigitsColour(CPU, placements=1, **options)  # type: ignore[arg-type]


def test_its_checksum_is_the_one_of_the_benchmark(built: DigitsColour, root: Path) -> None:
    benchmark = yaml.safe_load((root / "catalog/benchmarks/digits-colour.yaml").read_text(encoding="utf-8"))
    assert benchmark["data"] == {"name": "digits_colour"}
    assert benchmark["checksum"] == built.checksum


def test_what_it_holds(built: DigitsColour) -> None:
    assert (*built.example, built.classes) == (3, CANVAS, tuple("0123456789"))
    assert (len(built), built.test_size) == (1400 * 6, 397 * 6)
    assert built.train.dtype == torch.uint8
    assert built.label == "placed digits in colour"
    assert few(evaluate="validation").label == "placed digits in colour (validation split)"


def test_a_seed_decides_every_byte() -> None:
    assert few().checksum == few().checksum
    assert few().checksum != few(seed=1).checksum


@pytest.mark.parametrize("options", [{"noise": 0.2}, {"angle": 5.0}, {"min_scale": 0.4}, {"max_scale": 0.8}])
def test_every_setting_changes_the_images(options: dict[str, float]) -> None:
    assert few(**options).checksum != few().checksum


@pytest.mark.parametrize(
    "wrong", [{"placements": 0}, {"noise": -1.0}, {"min_scale": 0.0}, {"max_scale": 1.5}, {"seed": -1}]
)
def test_a_setting_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        DigitsColour(CPU, **wrong)  # type: ignore[arg-type]


def test_rendering_draws_from_no_global_generator() -> None:
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr] # noqa: NPY002
    few()
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state  # type: ignore[index, union-attr] # noqa: NPY002


# Splits


@pytest.mark.parametrize("evaluate", ["test", "validation"])
def test_images_carry_the_labels_of_their_originals(evaluate: str) -> None:
    """Without any nuisance but colour, every image is its own original between two colours."""
    digits, labels = _originals()
    data = few(min_scale=1.0, max_scale=1.0, angle=0.0, noise=0.0, evaluate=evaluate)
    assert data.train_labels is not None
    assert data.test_labels is not None
    splits = [(data.train, data.train_labels), (data.test, data.test_labels)]
    for (images, found), chosen in zip(splits, _split(evaluate), strict=True):
        assert found.tolist() == labels[chosen].tolist()
        shrunk = images.double().reshape(-1, 3, 8, 3, 8, 3).mean(dim=(3, 5)).flatten(2)
        originals = torch.from_numpy(digits[chosen]).flatten(1)[:, None]
        centred = [rows - rows.mean(dim=2, keepdim=True) for rows in (shrunk, originals)]
        assert torch.cosine_similarity(*centred, dim=2).min() > 0.9


def test_it_holds_the_digits_of_the_grey_benchmark(built: DigitsColour) -> None:
    grey = Digits(CPU)
    for ours, theirs in ((built.train_labels, grey.train_labels), (built.test_labels, grey.test_labels)):
        assert ours is not None
        assert theirs is not None
        assert torch.equal(ours, theirs)


# Colours


def painted(ink: float, count: int = 400) -> np.ndarray:
    """One colour a canvas, in [0, 1]: all ink or all ground. (count, 3)."""
    images = render(np.full((count, 8, 8), ink), np.random.RandomState(0), (1.0, 1.0), 0.0, 0.0) / 255
    middle = images[:, :, 8:16, 8:16]
    assert np.ptp(middle, axis=(2, 3)).max() == 0
    return np.asarray(middle[:, :, 0, 0])


@pytest.mark.parametrize(("ink", "extent"), [(0.0, DARK), (1.0, BRIGHT)])
def test_each_image_has_one_ground_and_one_ink_of_random_colour(
    ink: float, extent: tuple[float, float]
) -> None:
    colours = painted(ink)
    rounding = 0.5 / 255
    assert colours.min() >= extent[0] - rounding
    assert colours.max() <= extent[1] + rounding
    assert np.allclose(colours.mean(axis=0), sum(extent) / 2, atol=0.03)
    assert np.allclose(colours.std(axis=0), (extent[1] - extent[0]) / np.sqrt(12), atol=0.01)
    between = np.corrcoef(colours, rowvar=False)[np.triu_indices(3, 1)]
    assert np.abs(between).max() < 0.15


def test_a_digit_is_brighter_than_its_ground_in_every_channel() -> None:
    images = few(noise=0.0).train
    spread = images.amax(dim=(2, 3)).int() - images.amin(dim=(2, 3)).int()
    assert spread.min() > 0.75 * (BRIGHT[0] - DARK[1]) * 255


def test_noise_has_the_deviation_asked_for() -> None:
    images = render(np.full((50, 8, 8), 0.5), np.random.RandomState(0), (1.0, 1.0), 0.0, 0.02) / 255
    middle = images[:, :, 8:16, 8:16]
    assert (middle - middle.mean(axis=(2, 3), keepdims=True)).std() == pytest.approx(0.02, rel=0.1)
