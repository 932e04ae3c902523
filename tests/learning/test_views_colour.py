"""Colour steps against torchvision, one image at a time with the same parameters and the same order."""

from itertools import permutations

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as reference

from repro.learning.views.colour import (
    Jitter,
    Step,
    add_noise,
    blend,
    grayscale,
    jitter,
    luminance,
    normalise,
    shift_hue,
    solarize,
)

STEPS: tuple[Step, ...] = ("brightness", "contrast", "saturation", "hue")
FACTORS = torch.tensor([0.0, 0.3, 1.0, 1.4, 1.8])
SHIFTS = torch.tensor([-0.5, -0.2, 0.0, 0.13, 0.5])


def images(count: int, channels: int = 3, side: int = 24) -> Tensor:
    """Random images, with black, white, gray and pure colours among the pixels of each."""
    batch = torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(channels))
    batch[:, :, 0, :8] = torch.tensor([[(i >> c) & 1 for i in range(8)] for c in range(channels)]).float()
    batch[:, :, 1, :8] = 0.4
    return batch


def adjusted(step: Step, image: Tensor, factor: float) -> Tensor:
    """What torchvision makes of one image."""
    out: Tensor = getattr(reference, f"adjust_{step}")(image, factor)
    return out


@pytest.mark.parametrize("step", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("side", [24, 32])
def test_a_blend_is_torchvisions(step: Step, side: int) -> None:
    batch = images(len(FACTORS), side=side)
    expected = [adjusted(step, image, f) for image, f in zip(batch, FACTORS.tolist(), strict=True)]
    torch.testing.assert_close(blend(batch, **{step: 1 - FACTORS}), torch.stack(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("step", ["brightness", "contrast"])
def test_a_blend_of_gray_images_is_torchvisions(step: Step) -> None:
    batch = images(len(FACTORS), channels=1)
    expected = [adjusted(step, image, f) for image, f in zip(batch, FACTORS.tolist(), strict=True)]
    torch.testing.assert_close(blend(batch, **{step: 1 - FACTORS}), torch.stack(expected), atol=1e-5, rtol=0)


def test_hue_is_torchvisions() -> None:
    batch = images(len(SHIFTS))
    expected = [adjusted("hue", image, s) for image, s in zip(batch, SHIFTS.tolist(), strict=True)]
    torch.testing.assert_close(shift_hue(batch, SHIFTS), torch.stack(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("steps", [STEPS, STEPS[:3], STEPS[:2], STEPS[1:], STEPS[::3], STEPS[3:]])
def test_jitter_in_every_order_is_torchvisions(steps: tuple[Step, ...]) -> None:
    ranks = torch.tensor(list(permutations(range(len(steps)))))
    # Strong factors make clamping, and with it the order, matter.
    factors = torch.rand(ranks.shape, generator=torch.Generator().manual_seed(0)) * 1.6 + 0.2
    if "hue" in steps:
        factors[:, -1] = factors[:, -1] * 0.5 - 0.5
    batch = images(len(ranks))
    out = jitter(batch, Jitter(steps, factors, ranks))
    for row, image in enumerate(batch):
        for column in ranks[row].argsort().tolist():
            image = adjusted(steps[column], image, factors[row, column].item())
        torch.testing.assert_close(out[row], image, atol=1e-5, rtol=0)


def test_the_order_of_the_jitter_matters() -> None:
    batch = images(2)
    factors = torch.tensor([[1.7, 1.7]] * 2)
    out = jitter(batch[:1].repeat(2, 1, 1, 1), Jitter(STEPS[:2], factors, torch.tensor([[0, 1], [1, 0]])))
    assert (out[0] - out[1]).abs().max() > 0.1


def test_neutral_factors_change_nothing() -> None:
    batch = images(1)
    out = jitter(batch, Jitter(STEPS, torch.tensor([[1.0, 1.0, 1.0, 0.0]]), torch.tensor([[0, 3, 1, 2]])))
    torch.testing.assert_close(out, batch, atol=1e-6, rtol=0)


def test_grayscale_is_torchvisions() -> None:
    batch = images(2)
    out = grayscale(batch, torch.tensor([True, False]))
    torch.testing.assert_close(out[0], reference.rgb_to_grayscale(batch[0], 3), atol=1e-6, rtol=0)
    assert torch.equal(out[1], batch[1])


def test_the_luminance_of_a_gray_image_is_itself() -> None:
    batch = images(2, channels=1)
    assert torch.equal(luminance(batch), batch)


def test_solarize_is_torchvisions() -> None:
    batch = images(2)
    out = solarize(batch, torch.tensor([True, False]), 0.4)
    torch.testing.assert_close(out[0], reference.solarize(batch[0], 0.4), atol=1e-6, rtol=0)
    assert out[0, 0, 1, 0] == pytest.approx(0.6)  # a pixel at the threshold is inverted
    assert torch.equal(out[1], batch[1])


def test_noise_is_scaled_and_clamped() -> None:
    batch = torch.tensor([0.5, 0.5, 0.5]).view(1, 1, 1, 3)
    out = add_noise(batch, torch.tensor([1.0, 30.0, -30.0]).view(1, 1, 1, 3), 0.1)
    torch.testing.assert_close(out.flatten(), torch.tensor([0.6, 1.0, 0.0]))


def test_normalise_is_torchvisions() -> None:
    batch = images(2)
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    torch.testing.assert_close(normalise(batch, mean, std), reference.normalize(batch, mean, std))
