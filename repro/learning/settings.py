"""Checks of the views' settings: each returns the value, or says in one sentence what is wrong with it."""

import math

from repro.errors import UsageError


def at_least(key: str, value: int, low: int) -> int:
    """A whole number of at least ``low``."""
    if value < low:
        raise UsageError(f"views.{key} is {value}; give a whole number of at least {low}.")
    return value


def amount(key: str, value: float, high: float = math.inf) -> float:
    """A finite number from 0 to ``high``."""
    if not (0 <= value <= high and math.isfinite(value)):
        limit = "that is not negative" if high == math.inf else f"from 0 to {high:g}"
        raise UsageError(f"views.{key} is {value:g}; give a number {limit}.")
    return value


def interval(key: str, value: list[float], high: float = math.inf) -> list[float]:
    """Two finite numbers above 0 and at most ``high``, the smaller first."""
    if len(value) != 2 or not (0 < value[0] <= value[1] <= high and math.isfinite(value[1])):
        limit = "above 0" if high == math.inf else f"above 0 and at most {high:g}"
        raise UsageError(f"views.{key} is {value}; give two numbers {limit}, the smaller first.")
    return value


def per_view(key: str, value: float | list[float], views: int) -> list[float]:
    """A probability for each view, from one for all of them or a list."""
    listed = value if isinstance(value, list) else [value] * views
    if len(listed) != views:
        raise UsageError(f"views.{key} is {value}; give one probability, or {views}: one for each view.")
    return [amount(key, each, 1) for each in listed]


def statistics(mean: list[float], std: list[float], channels: int) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, or two empty lists."""
    for key, value in {"mean": mean, "std": std}.items():
        if len(value) not in ({0, channels} if not (mean or std) else {channels}):
            raise UsageError(
                f"views.{key} is {value}; give views.mean and views.std one number for each of the "
                f"{channels} channels, or leave both empty."
            )
        if not all(math.isfinite(each) and (key == "mean" or each > 0) for each in value):
            raise UsageError(f"views.{key} is {value}; give finite numbers, and for views.std above 0.")
    return mean, std


def need_colour(channels: int, strengths: dict[str, float]) -> None:
    """Steps that mean nothing without three channels must be off where there are not three."""
    given = [f"views.{key}" for key, strength in strengths.items() if strength]
    if channels != 3 and given:
        raise UsageError(
            f"{' and '.join(given)} need images of 3 channels, and these have {channels}; set them to 0."
        )
