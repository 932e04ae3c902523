"""Crop, resize, flip and blur with parameters of their own for every sample.

Resampling and blurring a picture are linear along each axis, so both are two matrix products a sample:
``out = rows @ image @ columns^T``. The matrices hold the weights of the filter, which makes them exact for
every box and every sigma at once, on any device, without a loop over samples.

Shapes: B images in a batch, C channels, H x W pixels in, S x S pixels out. Nothing here draws random numbers.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Interpolation = Literal["bilinear", "bicubic"]


def apply_separable(rows: Tensor, images: Tensor, columns: Tensor) -> Tensor:
    """``rows @ image @ columns^T`` for every channel: (B, S, H), (B, C, H, W), (B, S, W) -> (B, C, S, S)."""
    count, channels, height, width = images.shape
    down = torch.bmm(rows, images.transpose(1, 2).reshape(count, height, channels * width))
    size = down.shape[1]
    across = torch.bmm(down.view(count, size * channels, width), columns.transpose(1, 2))
    return across.view(count, size, channels, -1).transpose(1, 2).contiguous()


def crop(images: Tensor, boxes: Tensor, size: int, interpolation: Interpolation = "bilinear") -> Tensor:
    """Cut one box out of each image and resize it, with antialiasing: (B, C, H, W) -> (B, C, size, size).

    ``boxes`` is (B, 4) int64: top, left, height, width, inside the image. The pixels are those of
    torchvision's ``resized_crop(..., antialias=True)``; bicubic, whose filter overshoots, is clamped to
    [0, 1] as it is for 8-bit images.
    """
    top, left, height, width = boxes.unbind(1)
    rows = resampling_matrix(top, height, images.shape[2], size, interpolation)
    columns = resampling_matrix(left, width, images.shape[3], size, interpolation)
    resized = apply_separable(rows, images, columns)
    return resized.clamp_(0, 1) if interpolation == "bicubic" else resized


def resampling_matrix(
    start: Tensor, length: Tensor, pixels: int, size: int, interpolation: Interpolation
) -> Tensor:
    """Weights that resize ``[start, start + length)`` of an axis: (B, size, pixels).

    Shrinking stretches the filter over the pixels that fall on one output pixel (antialiasing). Pixels
    outside the box have no weight and each row sums to 1.
    """
    first, scale = start.view(-1, 1, 1), length.view(-1, 1, 1) / size
    output = torch.arange(size, device=start.device, dtype=torch.float32).view(1, -1, 1)
    pixel = torch.arange(pixels, device=start.device).view(1, 1, -1)
    centre, stretch = first + scale * (output + 0.5), scale.clamp(min=1)
    distance = ((pixel + 0.5) / stretch - centre / stretch).abs_()
    weights = triangle(distance) if interpolation == "bilinear" else cubic(distance)
    weights *= ((pixel >= first) & (pixel < first + length.view(-1, 1, 1))).float()
    return weights.div_(weights.sum(2, keepdim=True))


def triangle(distance: Tensor) -> Tensor:
    """The bilinear filter at a distance >= 0 in pixels."""
    return F.relu_(1 - distance)


def cubic(distance: Tensor) -> Tensor:
    """Keys' bicubic filter (a = -1/2) at a distance >= 0 in pixels."""
    near, far = distance.clamp(max=1), distance.clamp(1, 2)  # each piece is 0 where it meets the next
    inner = (1.5 * near - 2.5) * near.square() + 1
    return inner + (((-0.5 * far + 2.5) * far - 4) * far + 2)


def flip(images: Tensor, mask: Tensor) -> Tensor:
    """Mirror left and right where ``mask`` (B,) is true."""
    # lerp is exact at 0 and 1, and many times faster on a CPU than where.
    return torch.lerp(images, images.flip(3), mask.float().view(-1, 1, 1, 1))


def blur_kernel(size: int) -> int:
    """Width of the blur filter: 10 % of the side made odd (SimCLR, App. A; 23 at 224), at least 3."""
    return max(3, size // 10 + (size // 10 + 1) % 2)


def blur(images: Tensor, sigmas: Tensor, kernel: int) -> Tensor:
    """Gaussian blur with a standard deviation (pixels) for each sample, (B,), and reflected borders.

    A sigma of 0 leaves the sample as it is. ``kernel`` is the odd width of the filter, at most twice
    the shorter side less one.
    """
    rows = blur_matrix(sigmas, kernel, images.shape[2])
    columns = rows if images.shape[2] == images.shape[3] else blur_matrix(sigmas, kernel, images.shape[3])
    return apply_separable(rows, images, columns)


def blur_matrix(sigmas: Tensor, kernel: int, pixels: int) -> Tensor:
    """The blur of one axis, borders reflected, as a matrix: (B, pixels, pixels)."""
    offsets = torch.arange(kernel, device=sigmas.device) - kernel // 2
    taps = torch.softmax(-0.5 * (offsets / sigmas.clamp(min=1e-3).view(-1, 1)).square(), dim=1)
    axis = torch.arange(pixels, device=sigmas.device)
    source = (axis + offsets.view(-1, 1)).abs()  # -1 is 1, -2 is 2 ...
    source = pixels - 1 - (pixels - 1 - source).abs()  # ... and the same at the far end
    taken = (source.unsqueeze(2) == axis).float()  # (kernel, pixels, pixels): tap k of row i reads pixel j
    return (taps @ taken.view(kernel, -1)).view(-1, pixels, pixels)
