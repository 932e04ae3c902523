"""BYOL-A (arXiv 2103.06695). The project has no audio views yet: the two formulas at stake stand here."""

import math

import numpy as np
import torch
from torch import Tensor

from repro.learning.identities.identity import Compared, Draw, compare, tensors

BOUNDARY = 1.5  # Sec. III-C: the largest share of the spectrogram that the range of a crop reaches to
SMALLEST = 0.6


def log_mixup_exp(x: Tensor, other: Tensor, ratio: float) -> Tensor:
    """Eq. 2: log((1 - ratio) exp(x) + ratio exp(other)), without leaving the range of numbers."""
    shares = torch.tensor([1 - ratio, ratio], dtype=x.dtype).log()
    return torch.logaddexp(x + shares[0], other + shares[1])


def crop_height(bins: int, share: float) -> int:
    """Sec. III-C: floor(min(share, 1) F) of F frequency bins, for a share drawn from the range."""
    return math.floor(min(share, 1.0) * bins)


def mixup_is_linear_in_power(draw: Draw) -> Compared:
    """Eq. 2 in both directions."""
    x, other = draw.normal(8, 12), draw.normal(8, 12)
    ratio = draw.between(0.0, 0.4)
    one, second = tensors(x, other)
    mixed, unmixed = (log_mixup_exp(one, second, share) for share in (ratio, 0.0))
    return compare(
        "the exponential of the mix beside the mix of exponentials, and at ratio 0 beside the original",
        (mixed.exp(), (1 - ratio) * np.exp(x) + ratio * np.exp(other)),
        (unmixed, x),
    )


def crop_stays_in_band(draw: Draw) -> Compared:
    """Sec. III-C: heights over the whole range of shares, its end included."""
    bins = draw.whole(8, 128)
    shares = [BOUNDARY, 1.0, *(draw.between(SMALLEST, BOUNDARY) for _ in range(500))]
    heights = np.array([crop_height(bins, share) for share in shares])
    return compare(
        f"what of 502 crop heights lies beyond {bins} bins beside 0, and the highest beside all of them",
        (np.maximum(heights - bins, 0), np.zeros(len(heights))),
        (heights.max(), bins),
    )
