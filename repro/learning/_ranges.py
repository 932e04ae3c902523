"""Checks of settings that a recipe or ``--set`` may give: out of range is one sentence, never a traceback."""

from repro.errors import UsageError


def at_least(low: float, **settings: float) -> None:
    """UsageError naming the first setting below ``low``, as ``section__key=value`` (``method__dim=0``)."""
    for name, value in settings.items():
        if not value >= low:
            raise UsageError(f"{_key(name)} is {value}; it must be at least {low:g}")


def above(low: float, **settings: float) -> None:
    """UsageError naming the first setting not above ``low``."""
    for name, value in settings.items():
        if not value > low:
            raise UsageError(f"{_key(name)} is {value}; it must be above {low:g}")


def between(low: float, high: float, **settings: float) -> None:
    """UsageError naming the first setting outside [``low``, ``high``]."""
    for name, value in settings.items():
        if not low <= value <= high:
            raise UsageError(f"{_key(name)} is {value}; it must lie between {low:g} and {high:g}")


def _key(name: str) -> str:
    return name.replace("__", ".", 1)
