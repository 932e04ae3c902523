"""Plain NumPy that the identities of several papers compare with. B rows, D columns."""

import numpy as np

from repro.learning.identities.identity import Array


def unit(rows: Array) -> Array:
    """Each row divided by its length: (B, D) -> (B, D)."""
    lengths: Array = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / lengths


def cosines(a: Array, b: Array) -> Array:
    """The cosine of each pair of rows: (B, D) x2 -> (B,)."""
    found: Array = (unit(a) * unit(b)).sum(axis=1)
    return found


def squared(a: Array, b: Array) -> float:
    """Mean squared distance of the normalised rows, BYOL Eq. 2: (B, D) x2."""
    return float(((unit(a) - unit(b)) ** 2).sum(axis=1).mean())


def minus_cosine(a: Array, b: Array) -> float:
    """SimSiam Eq. 1, averaged over the rows: (B, D) x2."""
    return -float(cosines(a, b).mean())


def towards(a: Array, b: Array) -> Array:
    """Gradient of :func:`minus_cosine` in its first argument: (B, D) x2 -> (B, D)."""
    lengths: Array = np.sqrt((a * a).sum(axis=1, keepdims=True))
    return -(unit(b) - cosines(a, b)[:, None] * unit(a)) / lengths / len(a)


def correlation(za: Array, zb: Array) -> Array:
    """Correlation of each channel of za with each of zb, Barlow Twins Eq. 2: (B, D) x2 -> (D, D)."""
    width = za.shape[1]
    both: Array = np.corrcoef(za, zb, rowvar=False)
    return both[:width, width:]


def off_diagonal(c: Array) -> Array:
    """The entries off the diagonal: (D, D) -> (D * (D - 1),)."""
    return c[~np.eye(len(c), dtype=bool)]


def turned(rows: Array) -> Array:
    """The rows with their channels shifted around in every way, and all of these with the other sign.

    (B, D) -> (2 * B * D, D). Every channel of the result holds the same numbers, and minus each of them.
    """
    shifted = np.concatenate([np.roll(rows, step, axis=1) for step in range(rows.shape[1])])
    return np.concatenate([shifted, -shifted])
