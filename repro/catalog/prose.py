"""Words put together as in a sentence; below everything that speaks to people."""

from collections.abc import Sequence


def join_words(words: Sequence[str]) -> str:
    """A list in a sentence: ``A``, ``A and B``, ``A, B and C``; nothing for no words."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
