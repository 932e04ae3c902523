"""Crop, flip and blur against torchvision, one image at a time with the same parameters."""

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from repro.learning.views.geometry import Interpolation, blur, blur_kernel, crop, flip

BOXES = [
    [0, 0, 24, 24],
    [0, 0, 1, 1],
    [23, 23, 1, 1],
    [3, 5, 7, 13],
    [10, 0, 14, 24],
    [0, 9, 24, 3],
    [8, 8, 8, 8],
]


def images(count: int, channels: int, height: int, width: int) -> Tensor:
    return torch.rand(
        count, channels, height, width, generator=torch.Generator().manual_seed(height + channels)
    )


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("channels", "height", "width"), [(3, 32, 32), (1, 24, 24), (3, 25, 40)])
@pytest.mark.parametrize("size", [24, 32, 9])
def test_crop_is_torchvisions(
    interpolation: Interpolation, channels: int, height: int, width: int, size: int
) -> None:
    batch = images(len(BOXES) + 1, channels, height, width)
    boxes = torch.tensor([*BOXES, [0, 0, height, width]])
    mode = InterpolationMode(interpolation)
    expected = [
        reference.resized_crop(image, *box.tolist(), [size, size], interpolation=mode, antialias=True)
        for image, box in zip(batch, boxes, strict=True)
    ]
    torch.testing.assert_close(
        crop(batch, boxes, size, interpolation), torch.stack(expected).clamp(0, 1), atol=2e-5, rtol=0
    )


def test_a_box_of_the_whole_image_at_its_size_changes_nothing() -> None:
    batch = images(2, 3, 16, 16)
    torch.testing.assert_close(crop(batch, torch.tensor([[0, 0, 16, 16]] * 2), 16), batch, atol=1e-6, rtol=0)


def test_pixels_outside_the_box_are_not_seen() -> None:
    batch = torch.full((1, 1, 12, 12), torch.nan)
    batch.nan_to_num_(1.0)
    batch[:, :, 4:8, 4:8] = 0.25
    torch.testing.assert_close(crop(batch, torch.tensor([[4, 4, 4, 4]]), 9), torch.full((1, 1, 9, 9), 0.25))


def test_bicubic_stays_within_the_range_of_images() -> None:
    batch = images(4, 1, 24, 24).round()
    boxes = torch.tensor([[2, 2, 6, 6]] * 4)
    out = crop(batch, boxes, 24, "bicubic")
    assert out.min() == 0
    assert out.max() == 1


def test_flip_mirrors_the_samples_of_the_mask_only() -> None:
    batch = images(3, 3, 8, 10)
    out = flip(batch, torch.tensor([True, False, True]))
    assert torch.equal(out[0], reference.horizontal_flip(batch[0]))
    assert torch.equal(out[1], batch[1])
    assert torch.equal(out[2], reference.horizontal_flip(batch[2]))


@pytest.mark.parametrize(("channels", "height", "width"), [(3, 32, 32), (1, 24, 24), (3, 12, 20)])
@pytest.mark.parametrize("kernel", [3, 7, 23])
def test_blur_is_torchvisions(channels: int, height: int, width: int, kernel: int) -> None:
    if kernel // 2 >= min(height, width):
        kernel = 2 * min(height, width) - 1  # the widest that reflection allows
    batch = images(5, channels, height, width)
    sigmas = torch.tensor([0.1, 0.4, 1.0, 2.0, 5.0])
    expected = [
        reference.gaussian_blur(image, [kernel, kernel], [sigma, sigma])
        for image, sigma in zip(batch, sigmas.tolist(), strict=True)
    ]
    torch.testing.assert_close(blur(batch, sigmas, kernel), torch.stack(expected), atol=1e-5, rtol=0)


def test_a_sigma_of_zero_blurs_nothing() -> None:
    batch = images(2, 3, 32, 32)
    out = blur(batch, torch.tensor([0.0, 1.0]), 3)
    assert torch.equal(out[0], batch[0])
    assert not torch.allclose(out[1], batch[1], atol=0.01)


@pytest.mark.parametrize(("size", "kernel"), [(224, 23), (96, 9), (32, 3), (24, 3), (8, 3)])
def test_the_blur_kernel_is_a_tenth_of_the_side_made_odd(size: int, kernel: int) -> None:
    assert blur_kernel(size) == kernel
