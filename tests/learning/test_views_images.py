"""The views as a whole: what is drawn for whom, what comes out, and what is refused."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from repro.errors import UsageError
from repro.learning.examples import Image
from repro.learning.views.images import ImageViews

PLAIN: dict[str, Any] = {
    "crop_scale": [1.0, 1.0],
    "flip_p": 0.0,
    "jitter_p": 0.0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
    "hue": 0.0,
    "gray_p": 0.0,
    "blur_p": 0.0,
}


def plain(size: int = 16, channels: int = 3, **changes: Any) -> ImageViews:
    """Views in which nothing happens but what is asked for."""
    return ImageViews(Image(channels, size), **(PLAIN | changes))


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int, channels: int = 3, side: int = 16) -> Tensor:
    return torch.rand(count, channels, side, side, generator=seeded(7))


def gray(*values: float, channels: int = 1, side: int = 16) -> Tensor:
    """Flat images of the values given."""
    return torch.tensor(values).view(-1, 1, 1, 1).repeat(1, channels, side, side)


def test_views_have_the_shape_asked_for() -> None:
    made = ImageViews(Image(3, 12), views=3)(images(5, side=20), seeded())
    assert [tuple(view.shape) for view in made] == [(5, 3, 12, 12)] * 3
    assert {view.dtype for view in made} == {torch.float32}


def test_one_seed_gives_one_set_of_views() -> None:
    views = ImageViews(Image(3, 16), solarize_p=0.5, noise=0.1)
    batch = images(40)
    first, again, other = views(batch, seeded(1)), views(batch, seeded(1)), views(batch, seeded(2))
    assert all(map(torch.equal, first, again))
    assert not any(map(torch.equal, first, other))


def test_no_other_random_numbers_are_drawn() -> None:
    before = torch.get_rng_state()
    ImageViews(Image(3, 16), solarize_p=0.5, noise=0.1)(images(4), seeded())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "step",
    [
        {"crop_scale": [0.1, 0.5]},
        {"jitter_p": 1.0, "brightness": 0.8},
        {"jitter_p": 1.0, "contrast": 0.8},
        {"jitter_p": 1.0, "saturation": 0.8},
        {"jitter_p": 1.0, "hue": 0.4},
        {"blur_p": 1.0},
        {"noise": 0.1},
    ],
    ids=str,
)
def test_each_sample_of_each_view_has_its_own_draw(step: dict[str, Any]) -> None:
    batch = images(1).repeat(6, 1, 1, 1)
    rows = torch.cat(plain(**step)(batch, seeded()))
    assert len(torch.unique(rows.flatten(1), dim=0)) == 12


@pytest.mark.parametrize("step", [{"flip_p": 0.5}, {"gray_p": 0.5}, {"solarize_p": 0.5}], ids=str)
def test_steps_that_are_made_or_not_are_drawn_for_each_sample(step: dict[str, Any]) -> None:
    first, second = plain(**step)(images(1).repeat(40, 1, 1, 1), seeded())
    assert len(torch.unique(first.flatten(1), dim=0)) == 2
    assert not torch.equal(first, second)


@pytest.mark.parametrize("key", ["flip_p", "gray_p", "blur_p", "solarize_p"])
@pytest.mark.parametrize("probability", [0.1, 0.7, 1.0])
def test_a_step_is_made_as_often_as_asked(key: str, probability: float) -> None:
    batch = images(600)
    settings: dict[str, Any] = {key: probability, "blur_sigma": [1.0, 2.0], "views": 1}
    view = plain(**settings)(batch, seeded())[0]
    share = (view != batch).flatten(1).any(1).float().mean().item()
    assert share == pytest.approx(probability, abs=0.05)
    assert (share == 1) == (probability == 1)


def test_large_batches_are_taken_in_parts_with_draws_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.learning.views.images.CACHED", 1)
    batch = images(1).repeat(40, 1, 1, 1)  # parts of 16, 16 and 8
    view = plain(jitter_p=1.0, brightness=0.8)(batch, seeded())[0]
    assert len(torch.unique(view.flatten(1), dim=0)) == 40


def test_parts_keep_the_order_of_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.learning.views.images.CACHED", 1)
    batch = images(40)
    assert torch.equal(plain()(batch, seeded())[0], batch)


def test_without_steps_views_are_copies_of_the_batch() -> None:
    batch = images(3)
    generator = seeded()
    before = generator.get_state()
    first, second = plain()(batch, generator)
    assert torch.equal(first, batch)
    assert torch.equal(second, batch)
    assert len({view.data_ptr() for view in (batch, first, second)}) == 3
    assert torch.equal(generator.get_state(), before)  # what is off draws nothing


def test_the_batch_is_left_as_it_was() -> None:
    batch = images(8)
    kept = batch.clone()
    ImageViews(Image(3, 16), solarize_p=0.5, noise=0.1, mean=[0.5] * 3, std=[0.2] * 3)(batch, seeded())
    assert torch.equal(batch, kept)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_views_stay_in_range(interpolation: Any) -> None:
    batch = images(60).round()  # black and white pixels: bicubic and jitter overshoot the most
    views = ImageViews(Image(3, 16), interpolation=interpolation, solarize_p=0.5, noise=0.2, brightness=1.0)
    for view in views(batch, seeded()):
        assert view.min() >= 0
        assert view.max() <= 1


def test_a_list_gives_each_view_its_probability() -> None:
    batch = gray(*[0.75] * 400)
    first, second = plain(channels=1, solarize_p=[0.0, 0.2])(batch, seeded())
    assert torch.equal(first, batch)
    assert 0.1 < second.eq(0.25).float().mean() < 0.3
    batch = images(300, channels=1)
    first, second = plain(channels=1, blur_p=[1.0, 0.1], blur_sigma=[1.0, 2.0])(batch, seeded())
    assert (first != batch).flatten(1).any(1).all()
    assert 0.03 < (second != batch).flatten(1).any(1).float().mean() < 0.2


def test_the_threshold_decides_what_is_inverted() -> None:
    batch = gray(0.25, 0.5, 0.75)
    view = plain(channels=1, solarize_p=1.0, solarize_threshold=0.7)(batch, seeded())[0]
    assert view[:, 0, 0, 0].tolist() == [0.25, 0.5, 0.25]


def test_noise_has_the_deviation_given() -> None:
    view = plain(channels=1, noise=0.08)(gray(*[0.5] * 100), seeded())[0]
    assert view.std().item() == pytest.approx(0.08, rel=0.02)
    assert view.mean().item() == pytest.approx(0.5, abs=0.002)


def test_normalisation_comes_last_and_can_be_undone() -> None:
    settings: dict[str, Any] = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}
    batch = images(6)
    bare = ImageViews(Image(3, 16))(batch, seeded())
    views = ImageViews(Image(3, 16), **settings)
    for view, expected in zip(views(batch, seeded()), bare, strict=True):
        channel = (expected[:, 1] - 0.5) / 0.3
        torch.testing.assert_close(view[:, 1], channel)
        torch.testing.assert_close(views.restore(view), expected, atol=1e-6, rtol=1e-5)


def test_a_view_needs_no_restoring_without_normalisation() -> None:
    batch = images(2)
    assert torch.equal(plain().restore(batch), batch)


def test_half_precision_around_the_views_does_not_reach_them() -> None:
    batch = images(4)
    views = ImageViews(Image(3, 16))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = views(batch, seeded())
    assert all(map(torch.equal, inside, views(batch, seeded())))


@pytest.mark.parametrize(
    "batch",
    [torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.zeros(2, 3, 8, 8).double(), torch.zeros(3, 8, 8)],
)
def test_only_batches_of_float32_images_are_taken(batch: Tensor) -> None:
    with pytest.raises(TypeError, match="float32"):
        plain()(batch, seeded())


def test_a_batch_of_other_channels_is_refused() -> None:
    with pytest.raises(TypeError, match=r"\(B, 3, H, W\)"):
        plain()(images(2, channels=1), seeded())


@pytest.mark.parametrize("key", ["saturation", "hue", "gray_p"])
def test_gray_images_have_no_colour_to_change(key: str) -> None:
    with pytest.raises(UsageError, match=rf"views\.{key} need.* 3 channels.* have 1"):
        ImageViews(Image(1, 16), **(PLAIN | {key: 0.1}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("crop_scale", [1.0, 0.2]),
        ("crop_scale", [0.0, 1.0]),
        ("crop_scale", [0.5, 1.5]),
        ("crop_scale", [0.5]),
        ("crop_ratio", [2.0, 0.5]),
        ("crop_ratio", [1.0, float("inf")]),
        ("crop_ratio", [float("nan"), 1.0]),
        ("flip_p", 1.5),
        ("flip_p", -0.1),
        ("jitter_p", float("nan")),
        ("gray_p", 2.0),
        ("brightness", -0.1),
        ("contrast", float("inf")),
        ("saturation", -1.0),
        ("hue", 0.6),
        ("blur_p", [0.5]),
        ("blur_p", [0.5, 1.1]),
        ("blur_sigma", [2.0, 0.1]),
        ("blur_sigma", [0.0, 0.1]),
        ("solarize_p", [0.0, 0.2, 0.2]),
        ("solarize_p", -1.0),
        ("solarize_threshold", 128.0),
        ("noise", -0.1),
        ("mean", [0.5]),
        ("std", [0.2, 0.2, 0.2]),
        ("views", 0),
    ],
)
def test_a_setting_out_of_range_is_named(key: str, value: Any) -> None:
    with pytest.raises(UsageError, match=rf"^views\.{key}: found .*, expected|^views\.(mean|std|{key}) is"):
        plain(**{key: value})


def test_deviations_must_be_positive() -> None:
    with pytest.raises(UsageError, match=r"views\.std: found .*, expected a list of numbers above 0"):
        plain(mean=[0.5] * 3, std=[0.2, 0.0, 0.2])
