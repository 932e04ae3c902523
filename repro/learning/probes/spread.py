"""Whether a representation has collapsed: how far its rows are from being one vector, or a few directions."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def spread(z: Tensor) -> dict[str, float]:
    """``std`` and ``effective_rank`` of the rows of z, (B, D). Read them together.

    A small std is complete collapse; a small rank beside a healthy std is dimensional collapse. After
    complete collapse the rank measures rounding noise and says nothing.
    """
    return {"std": relative_std(z), "effective_rank": effective_rank(z)}


def relative_std(z: Tensor) -> float:
    """Mean per-channel standard deviation of z / |z|, times sqrt(D): about 1 spread out, 0 collapsed.

    SimSiam Fig. 2; rows drawn from an isotropic Gaussian give 1 (its footnote 3).
    """
    unit = F.normalize(z.float(), dim=1)
    return float(unit.std(dim=0, correction=0).mean()) * math.sqrt(z.shape[1])


def effective_rank(z: Tensor) -> float:
    """Exponential of the entropy of the singular values of the centred z / |z|: in [1, min(B, D)].

    Roy & Vetterli, "The effective rank", EUSIPCO 2007. Not a number if z is not finite.
    """
    unit = F.normalize(z.double(), dim=1)
    if not unit.isfinite().all():
        return math.nan  # the decomposition would fail; the caller sees that training went wrong
    values = torch.linalg.svdvals(unit - unit.mean(dim=0))
    share = values / values.sum().clamp_min(1e-12)
    return float(torch.special.entr(share).sum().exp())
