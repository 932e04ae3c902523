"""Round numbers for an axis."""

import math
from collections.abc import Iterable

STEPS = (1, 2, 2.5, 5, 10)


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """About ``count`` round numbers within [low, high], at least two."""
    if not high > low:
        low, high = low - 0.5, low + 0.5
    raw = (high - low) / count
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(step * scale for step in STEPS if step * scale >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last <= first:
        return (low, high)
    return tuple(round(index * step, 12) + 0.0 for index in range(first, last + 1))


def padded(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """The range of the finite values with a little room on both sides; (0, 1) when there are none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return (0.0, 1.0)
    low, high = min(finite), max(finite)
    room = share * (high - low) or 0.05 * abs(high) or 0.5
    return (low - room, high + room)


def labels(ticks: tuple[float, ...]) -> tuple[str, ...]:
    """One text a tick, all with the same count of decimals; thousands as ``2k`` when every tick allows it."""
    if max(abs(tick) for tick in ticks) >= 10_000 and all(tick % 100 == 0 for tick in ticks):
        return tuple(f"{tick / 1000:g}k" if tick else "0" for tick in ticks)
    digits = max(_digits(tick) for tick in ticks)
    return tuple(f"{tick:,.{digits}f}".replace("-", "\u2212") for tick in ticks)


def _digits(value: float) -> int:
    text = f"{value:.6g}"
    return len(text.partition(".")[2]) if "e" not in text else 6
