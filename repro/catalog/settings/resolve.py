"""From a paper, a benchmark and settings beside them to one complete, typed configuration."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.reading.bind import KNOWN_KEYS, REQUIRED_KEYS, TYPED_VALUES, MismatchError, validate
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.config import (
    BudgetConfig,
    OptimizerConfig,
    ProbesConfig,
    ResolvedConfig,
    StartConfig,
)
from repro.catalog.records.kinds import describe_plain, nearest, words
from repro.catalog.settings.fit import misfits
from repro.catalog.settings.layers import (
    ORIGINS,
    Leaf,
    Leaves,
    SettingError,
    benchmark_leaves,
    flatten,
    leaves,
    nested,
)

FIXED_SECTIONS: dict[str, type[BaseModel]] = {
    "optimizer": OptimizerConfig,
    "budget": BudgetConfig,
    "probes": ProbesConfig,
    "start": StartConfig,
}
Wrong = tuple[Leaf, Rule, str]  # where, which rule, in a sentence


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a configuration, for people: a row of ``repro show PAPER --config``."""

    key: str
    value: Any
    kind: str
    help: str
    origin: str  # default, benchmark, recipe or override


def resolve(
    catalog: Catalog, paper: str, benchmark: str | None = None, settings: Mapping[str, Any] = {}
) -> ResolvedConfig:
    """The configuration of a paper on a benchmark, its default if None.

    ``settings`` are laid over those of the recipe: {dotted key: value}, such as ``{"budget.epochs": 2}``.

    Raises:
        UsageError: an unknown paper or benchmark.
        SettingError: a key of ``settings`` names nothing, or its value does not fit; also a UsageError.
        CatalogError: a file of the catalog is wrong.
    """
    given = leaves(catalog, paper, benchmark, settings)
    sections = _typed(catalog, given, (*SECTIONS, *FIXED_SECTIONS))
    benchmark = catalog.recipe(paper, benchmark).benchmark
    return ResolvedConfig.model_validate({"paper": paper, "benchmark": benchmark, **sections})


def check_benchmark(catalog: Catalog, benchmark: str) -> None:
    """Raise :class:`repro.errors.CatalogError` if the components of a benchmark do not take its settings."""
    _typed(catalog, benchmark_leaves(catalog, benchmark), ("data", "encoder", "views", "budget", "probes"))


def settable(
    catalog: Catalog, paper: str, benchmark: str | None = None, settings: Mapping[str, Any] = {}
) -> list[Setting]:
    """Every setting of a resolved configuration with its value, type, help and origin."""
    config = resolve(catalog, paper, benchmark, settings)
    given = leaves(catalog, paper, benchmark, settings)
    rows = []
    for key, value in flatten(config.model_dump(mode="json", exclude={"paper", "benchmark"})):
        kind, help_ = _about(catalog, config, key)
        rows.append(Setting(key, value, kind, help_, given[key].origin if key in given else "default"))
    return rows


def canonical_json(value: BaseModel | dict[str, Any] | list[Any]) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(config: ResolvedConfig, seed: int, data_checksum: str) -> str:
    """The identity of a run, 64 hexadecimal digits: what is asked for, on which data, whatever the code."""
    plain = config.model_dump(mode="json")
    plain["data"].pop("path", None)  # where a copy lies says nothing; its checksum says everything
    plain.get("start", {}).pop("weights", None)  # nor does the name of a file
    parts = {"config": plain, "seed": seed, "data": data_checksum}
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def _typed(catalog: Catalog, given: Leaves, sections: Sequence[str]) -> dict[str, Any]:
    """The sections as typed values that fit each other; every fault of every section is raised at once."""
    models = {section: _model(catalog, section, given) for section in sections}
    known = {section: _keys(section, model) for section, model in models.items()}
    faults = [
        (leaf, KNOWN_KEYS, _unknown(key, known)) for key, leaf in given.items() if not _is_known(key, known)
    ]
    if faults:
        raise _error(faults)
    typed: dict[str, Any] = {}
    for section, model in models.items():
        values = nested((leaf.path[1:], leaf.value) for leaf in given.values() if leaf.path[0] == section)
        name = {"name": values.pop("name")} if section in SECTIONS else {}
        try:
            typed[section] = name | validate(model, values, section).model_dump()
        except MismatchError as mismatch:
            faults += [(_leaf(given, section, path), rule, text) for path, rule, text in mismatch.faults]
    faults = faults or _misfits(catalog, given, typed)
    if faults:
        raise _error(faults)
    return typed


def _misfits(catalog: Catalog, given: Leaves, typed: dict[str, Any]) -> list[Wrong]:
    """What does not fit, each at what was written last of the settings that could be to blame."""
    signature = catalog.signatures.signature
    facts = [signature(section, typed[section]["name"]).facts for section in SECTIONS if section in typed]
    settings = dict(flatten(typed)) | {name: value for stated in facts for name, value in stated.items()}
    return [(_blamed(given, keys), TYPED_VALUES, sentence) for keys, sentence in misfits(settings)]


def _blamed(given: Leaves, keys: Sequence[str]) -> Leaf:
    """The leaf of the topmost layer; without any, the name of the first key's component."""
    written = [given[key] for key in keys if key in given]
    if written:
        return max(written, key=lambda leaf: ORIGINS.index(leaf.origin))
    return _leaf(given, keys[0].partition(".")[0], ())


def _model(catalog: Catalog, section: str, given: Leaves) -> type[BaseModel]:
    if section in FIXED_SECTIONS:
        return FIXED_SECTIONS[section]
    names = catalog.signatures.names(section)
    leaf = given.get(f"{section}.name")
    if leaf is None:
        fault = f"{section}.name is missing; there are {', '.join(names)}."
        written = [leaf for leaf in given.values() if leaf.document]
        beside = [leaf for leaf in written if leaf.path[0] == section]
        raise _error([((beside or written)[-1], REQUIRED_KEYS, fault)])
    if leaf.value not in names:
        close = nearest(str(leaf.value), names)
        fault = f"there is no {section} {describe_plain(leaf.value)}; there are {', '.join(names)}.{close}"
        raise _error([(leaf, TYPED_VALUES, fault)])
    return catalog.signatures.model(section, leaf.value)


def _keys(section: str, model: type[BaseModel]) -> list[str]:
    """Every dotted key of a section."""
    names = [f"{section}.name"] if section in SECTIONS else []
    return names + [".".join((section, *path)) for path, _ in _fields(model)]


def _fields(model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (((name, *path), inner) for path, inner in _fields(field.annotation))
        else:
            yield (name,), field


def _is_known(key: str, known: dict[str, list[str]]) -> bool:
    return key in known.get(key.partition(".")[0], ())


def _unknown(key: str, known: dict[str, list[str]]) -> str:
    section = key.partition(".")[0]
    everything = [other for keys in known.values() for other in keys]
    if section not in known:
        return f"there is no section '{section}'; there are {', '.join(known)}.{nearest(key, everything)}"
    takes = ", ".join(other.partition(".")[2] for other in known[section] if other != "method.name")
    return f"there is no setting '{key}'; {section} takes {takes}.{nearest(key, known[section] + everything)}"


def _leaf(given: Leaves, section: str, path: Sequence[str | int]) -> Leaf:
    """The leaf a fault is about; for a missing key, the name of the component that asks for it."""
    key = ".".join([section, *(step for step in path if isinstance(step, str))])
    return given.get(key) or given.get(f"{section}.name") or next(iter(given.values()))


def _error(faults: Sequence[Wrong]) -> SettingError | CatalogFileError:
    """What is wrong with given settings, which can be mended at once; else all that is wrong in the files."""
    given = [(".".join(leaf.path), text) for leaf, _, text in faults if leaf.document is None]
    if given:
        return SettingError(given)
    return CatalogFileError([_fault(leaf, rule, text) for leaf, rule, text in faults])


def _fault(leaf: Leaf, rule: Rule, text: str) -> Fault:
    assert leaf.document is not None, "a leaf without one is a given setting"
    return leaf.document.fault(rule, leaf.path, text, key=rule == KNOWN_KEYS)


def _about(catalog: Catalog, config: ResolvedConfig, key: str) -> tuple[str, str]:
    """The type in words and the help of a setting."""
    section, _, rest = key.partition(".")
    if section in FIXED_SECTIONS:
        field = next(field for path, field in _fields(FIXED_SECTIONS[section]) if ".".join(path) == rest)
        return words(field.rebuild_annotation()), field.description or ""
    signature = catalog.signatures.signature(section, getattr(config, section).name)
    if rest == "name":
        return f"one of {', '.join(catalog.signatures.names(section))}", signature.summary
    parameter = next(parameter for parameter in signature.parameters if parameter.name == rest)
    return parameter.kind, parameter.help
