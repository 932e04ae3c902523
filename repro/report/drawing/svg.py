"""Inline SVG: the elements that every drawing is made of, and round numbers for its axes.

Drawings have the size they are shown at, take every colour from CSS variables of the page (so that they
follow its light and dark palette), carry a title and a description, and are the same bytes for the same
numbers. All text is escaped here.
"""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

Points = Sequence[tuple[float, float]]

TONES = 10  # colours of the page, --c0 to --c9
STEPS = (1, 2, 2.5, 5, 10)  # between ticks, times a power of ten


def drawing(name: str, title: str, description: str, size: tuple[int, int], body: Sequence[Markup]) -> Markup:
    """An ``<svg>`` that a screen reader announces by title and description; ``name`` is unique on a page."""
    head = Markup(
        '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-title {n}-desc" class="chart">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{description}</desc>'
    ).format(w=size[0], h=size[1], n=name, title=title, description=description)
    return one_line(head + Markup("").join(body) + Markup("</svg>"))


def one_line(markup: Markup) -> Markup:
    """Markup without line ends: inside a Markdown page, a new line can begin a block of code."""
    return Markup(" ".join(str(markup).split()))  # noqa: S704 - it was markup before


def shape(tag: str, kind: str, **attributes: str | float) -> Markup:
    """An empty element of a CSS class; the names are this package's own, the values are escaped."""
    text = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f'<{tag} class="{escape(kind)}"{text}/>')  # noqa: S704 - a drawing has hundreds; format is slow


def text_at(x: float, y: float, words: str, kind: str) -> Markup:
    """A ``<text>`` element of a CSS class, escaped."""
    place = f'x="{short(x)}" y="{short(y)}"'
    return Markup(f'<text class="{escape(kind)}" {place}>{escape(words)}</text>')  # noqa: S704 - escaped here


def short(value: float) -> str:
    """A coordinate with at most two decimals, without trailing zeros or a negative zero."""
    return f"{round(value, 2) + 0.0:.8g}"


def tone(index: int) -> str:
    """The CSS class of a colour; colours come again after the last."""
    return f"c{index % TONES}"


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


def tick_labels(ticks: tuple[float, ...]) -> tuple[str, ...]:
    """One text a tick, all with the same count of decimals; thousands as ``2k`` when every tick allows it."""
    if max(abs(tick) for tick in ticks) >= 10_000 and all(tick % 100 == 0 for tick in ticks):
        return tuple(f"{tick / 1000:g}k" if tick else "0" for tick in ticks)
    digits = max(_decimals(tick) for tick in ticks)
    return tuple(f"{tick:,.{digits}f}".replace("-", "\u2212") for tick in ticks)


def _decimals(value: float) -> int:
    text = f"{value:.6g}"
    return len(text.partition(".")[2]) if "e" not in text else 6


def pad_range(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """The range of the finite values with a little room on both sides; (0, 1) when there are none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return (0.0, 1.0)
    low, high = min(finite), max(finite)
    room = share * (high - low) or 0.05 * abs(high) or 0.5
    return (low - room, high + room)
