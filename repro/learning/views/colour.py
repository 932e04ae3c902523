"""Colour jitter, grayscale, solarisation and noise with parameters of their own for every sample.

Brightness, contrast and saturation all blend an image with something darker, flatter or grayer, then clamp:

    brightness  f x                          contrast  f x + (1 - f) mean(gray(x))
    saturation  f x + (1 - f) gray(x)        each clamped to [0, 1]

The order of the steps is drawn anew for each sample. All samples go through the same rounds and in each round
every sample makes its own blend (or none), so any mixture of orders costs a fixed number of passes and never
waits for the device. Hue, which is no blend and costs more, is done once: samples make the blends that come
before it in the rounds before, the others in the rounds after.

Shapes: images (B, C, H, W) in [0, 1]; one parameter for each sample, (B,). Nothing here draws random numbers.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Step = Literal["brightness", "contrast", "saturation", "hue"]


class Jitter(NamedTuple):
    """Parameters of the colour jitter of B samples, a column for each of n steps, hue the last.

    ``factors`` (B, n): 1 keeps the image (0 for hue, a shift in turns of the colour circle). ``ranks``
    (B, n): when the step is made, 0 first; each row is a permutation of 0 ... n-1.
    """

    steps: tuple[Step, ...]
    factors: Tensor
    ranks: Tensor

    def of(self, rows: slice) -> "Jitter":
        """Those of some rows."""
        return Jitter(self.steps, self.factors[rows], self.ranks[rows])


def jitter(images: Tensor, parameters: Jitter) -> Tensor:
    """Brightness, contrast, saturation and hue, each sample in its own order."""
    steps, factors, ranks = parameters
    blends = [step for step in steps if step != "hue"]
    count = len(blends)
    change, order = 1 - factors[:, :count], ranks[:, :count]
    if "hue" not in steps:
        return blend_rounds(images, blends, change, order, range(count))
    turn = ranks[:, count:]
    images = blend_rounds(images, blends, change * (order < turn), order, range(count))
    images = shift_hue(images, factors[:, count])
    return blend_rounds(images, blends, change * (order > turn), order, range(1, count + 1))


def blend_rounds(
    images: Tensor, names: Sequence[Step], change: Tensor, order: Tensor, rounds: range
) -> Tensor:
    """Make the blends whose turn it is, round by round; a ``change`` of 0 leaves the sample as it is."""
    for turn in rounds:
        amounts = dict(zip(names, (change * (order == turn)).unbind(1), strict=True))
        images = blend(images, **amounts)
    return images


def blend(
    images: Tensor,
    brightness: Tensor | None = None,
    contrast: Tensor | None = None,
    saturation: Tensor | None = None,
) -> Tensor:
    """Blend each sample, by an amount (B,) of 1 - f, with black, its mean gray or its gray image, and clamp.

    At most one of the amounts of a sample may differ from 0.
    """
    given = [amount for amount in (brightness, contrast, saturation) if amount is not None]
    keep = _spread(1 - sum(given[1:], given[0]))
    if contrast is None and saturation is None:
        return (images * keep).clamp_(0, 1)
    gray = luminance(images)
    shade = torch.zeros_like(keep) if saturation is None else gray * _spread(saturation)
    if contrast is not None:
        shade += gray.mean((1, 2, 3), keepdim=True) * _spread(contrast)
    return torch.addcmul(shade, images, keep).clamp_(0, 1)


def _spread(amount: Tensor) -> Tensor:
    return amount.view(-1, 1, 1, 1)


def luminance(images: Tensor) -> Tensor:
    """The gray image, (B, 1, H, W): ITU-R 601 weights for three channels, the mean of any other number."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    red, green, blue = images.unbind(1)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114).unsqueeze(1)


def grayscale(images: Tensor, mask: Tensor) -> Tensor:
    """Replace every channel by the gray image where ``mask`` (B,) is true."""
    # lerp, here and below: exact at 0 and 1, and many times faster on a CPU than where.
    return torch.lerp(images, luminance(images), _spread(mask.float()))


def shift_hue(images: Tensor, shifts: Tensor) -> Tensor:
    """Turn the hue of RGB images by ``shifts`` (B,) in [-1/2, 1/2] turns; value and saturation stay.

    With v the largest channel, d the distance to the smallest and h the hue in sixths of a turn, a channel
    is v - d m(h - c), where c is its own hue (0, 2, 4) and m grows from 0 within 1 of it to 1 beyond 2.
    """
    red, green, blue = (images[:, channel : channel + 1] for channel in range(3))
    high = red.maximum(green).maximum(blue)
    spread = high - red.minimum(green).minimum(blue)
    hue = (red - green).add_(spread, alpha=4)
    hue = hue.lerp_((blue - red).add_(spread, alpha=2), (high == green).float())
    hue = hue.lerp_(green - blue, (high == red).float())
    hue = hue.div_(spread.clamp(min=1e-12)).add_(_spread(6 * shifts))
    own = torch.arange(0, 6, 2, device=images.device).view(1, 3, 1, 1)
    away = hue - own
    away -= (away / 6).round_().mul_(6)  # the shorter way round the circle: [-3, 3]
    return torch.addcmul(high, away.abs_().sub_(1).clamp_(0, 1), spread, value=-1)


def solarize(images: Tensor, mask: Tensor, threshold: float) -> Tensor:
    """Invert the pixels at or above ``threshold`` where ``mask`` (B,) is true."""
    return torch.lerp(images, 1 - images, (images >= threshold).float() * _spread(mask))


def add_noise(images: Tensor, noise: Tensor, deviation: float) -> Tensor:
    """Add standard normal ``noise`` times ``deviation``, clamped to [0, 1]."""
    return torch.add(images, noise, alpha=deviation).clamp_(0, 1)


def normalise(images: Tensor, mean: list[float], std: list[float]) -> Tensor:
    """(x - mean) / std, channel by channel."""
    # Numbers rather than tensors: nothing is copied to the device, which would wait for it.
    pairs = zip(images.unbind(1), mean, std, strict=True)
    return torch.stack([(channel - centre) / width for channel, centre, width in pairs], 1)
