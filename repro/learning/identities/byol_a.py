"""BYOL-A (arXiv 2103.06695): the two formulas of its views, as ``views/spectrogram.py`` has them."""

import numpy as np
import torch

from repro.learning.identities.identity import Compared, Draw, compare, tensors
from repro.learning.views.spectrogram import crop_heights, log_mixup_exp

BOUNDARY = 1.5  # Sec. III-C: the largest share of the spectrogram that the range of a crop reaches to
SMALLEST = 0.6


def mixup_is_linear_in_power(draw: Draw) -> Compared:
    """Eq. 2 in both directions."""
    x, other = draw.normal(8, 12), draw.normal(8, 12)
    ratio = draw.between(0.0, 0.4)
    one, second = (part[None, None] for part in tensors(x, other))
    shares = (torch.tensor([share], dtype=one.dtype) for share in (ratio, 0.0))
    mixed, unmixed = (log_mixup_exp(one, second, share)[0, 0] for share in shares)
    return compare(
        "the exponential of the mix beside the mix of exponentials, and at ratio 0 beside the original",
        (mixed.exp(), (1 - ratio) * np.exp(x) + ratio * np.exp(other)),
        (unmixed, x),
    )


def crop_stays_in_band(draw: Draw) -> Compared:
    """Sec. III-C: heights over the whole range of shares, its end included."""
    bins = draw.whole(8, 128)
    shares = [BOUNDARY, 1.0, *(draw.between(SMALLEST, BOUNDARY) for _ in range(500))]
    heights = crop_heights(torch.tensor(shares), bins).numpy()
    return compare(
        f"what of 502 crop heights lies beyond {bins} bins beside 0, and the highest beside all of them",
        (np.maximum(heights - bins, 0), np.zeros(len(heights))),
        (heights.max(), bins),
    )
