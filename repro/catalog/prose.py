"""Words put together as in a sentence; below everything that speaks to people."""

import math
from collections.abc import Sequence

NBSP = "\u00a0"


def join_words(words: Sequence[str]) -> str:
    """A list in a sentence: ``A``, ``A and B``, ``A, B and C``; nothing for no words."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def plural(number: float, noun: str) -> str:
    """``1 epoch``, ``24 epochs``."""
    return f"{number:,g}{NBSP}{noun}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """98.2 -> ``98 s``, 200 -> ``3 min 20 s``, 7300 -> ``2 h 2 min``."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 9.95:
        return f"{seconds:.1f}{NBSP}s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole}{NBSP}s"
    if whole < 7200:
        return f"{whole // 60}{NBSP}min {whole % 60}{NBSP}s"
    return f"{whole // 3600}{NBSP}h {whole % 3600 // 60}{NBSP}min"
