"""How a configuration compares with the paper and its official code: computed, never typed.

The keys compared are those that the followed settings of the paper name. Ours is held against the paper;
where the paper is silent, against the official code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.kinds import NUMBER, as_text
from repro.catalog.records.paper import PaperSettings
from repro.catalog.settings.layers import flatten


@dataclass(frozen=True, slots=True)
class Comparison:
    """One setting of the paper, of its official code and ours, as YAML writes them; None if not said."""

    key: str
    paper: str | None
    code: str | None
    ours: str | None
    differs: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Every comparison of a configuration, and reasons that explain nothing."""

    settings: PaperSettings
    rows: tuple[Comparison, ...]
    idle_reasons: tuple[str, ...]

    @property
    def differing(self) -> tuple[Comparison, ...]:
        """The rows in which ours differs."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def unexplained(self) -> tuple[Comparison, ...]:
        """The differing rows without a reason."""
        return tuple(row for row in self.differing if row.why is None)


def fidelity(catalog: Catalog, config: ResolvedConfig) -> Fidelity | None:
    """The comparison of ``config`` with what its recipe follows; None if the paper has no such settings."""
    paper = catalog.paper(config.paper)
    recipe = catalog.recipe(config.paper, config.benchmark)
    settings = next((known for known in paper.settings if known.id == recipe.follows), None)
    return compare(config, settings, recipe.why) if settings else None


def compare(config: ResolvedConfig, settings: PaperSettings, why: Mapping[str, str]) -> Fidelity:
    """Every key of ``settings`` against ``config``; reasons come from ``why`` by key or ``section.*``."""
    ours = dict(flatten(config.model_dump(mode="json")))
    keys = list(dict.fromkeys([*settings.paper, *settings.code]))
    rows = tuple(_row(key, settings, ours, why) for key in keys)
    idle = _idle(why, [row.key for row in rows if row.differs])
    return Fidelity(settings, rows, tuple(key for key in idle if not _explains_code(key, rows)))


def _row(key: str, settings: PaperSettings, ours: dict[str, Any], why: Mapping[str, str]) -> Comparison:
    stated = settings.paper[key] if key in settings.paper else settings.code[key]
    differs = key not in ours or _plain(stated) != _plain(ours[key])
    return Comparison(
        key,
        as_text(settings.paper[key]) if key in settings.paper else None,
        as_text(settings.code[key]) if key in settings.code else None,
        as_text(ours[key]) if key in ours else None,
        differs,
        _reason(key, why) if differs else why.get(key),
    )


def _reason(key: str, why: Mapping[str, str]) -> str | None:
    sections = [f"{key.rsplit('.', depth)[0]}.*" for depth in range(1, key.count(".") + 1)]
    return next((why[known] for known in [key, *sections] if known in why), None)


def _explains_code(key: str, rows: Sequence[Comparison]) -> bool:
    """True if a reason is for a setting that is the paper's, but not what the official code does."""
    return any(
        row.key == key and row.code is not None and _plain(row.code) != _plain(row.ours) for row in rows
    )


def _idle(why: Mapping[str, str], differing: Sequence[str]) -> tuple[str, ...]:
    """Reasons whose key, or every key of whose section, does not differ or has a reason of its own."""
    left = [key for key in differing if key not in why]
    return tuple(
        known
        for known in why
        if not (
            any(key.startswith(known[:-1]) for key in left) if known.endswith("*") else known in differing
        )
    )


def _plain(value: Any) -> Any:
    """Text from YAML and typed values made comparable: ``"2048"`` is 2048, ``"true"`` is True, 1 is 1.0."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        if NUMBER.fullmatch(value):
            return ("number", float(value))
        return {"true": True, "false": False}.get(value, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ("number", float(value))
    return value
