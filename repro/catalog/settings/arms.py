"""The arms of an experiment as configurations, and what a run of them measures."""

import ast
from collections.abc import Iterable
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import Signatures
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.experiment import Experiment
from repro.catalog.settings.resolve import resolve

ACCURACIES = ("knn", "linear")
SPREADS = ("std", "effective_rank")
# What each baseline of a run is measured by.
BASELINES = {"untrained": (*ACCURACIES, *SPREADS), "pixels": ACCURACIES}


def arm_settings(experiment: Experiment, arm: str) -> dict[str, Any]:
    """What an arm sets by dotted key, the base included."""
    return {**experiment.base, **experiment.arms[arm]}


def arm_config(catalog: Catalog, paper: str, experiment: Experiment, arm: str) -> ResolvedConfig:
    """The configuration of an arm. SettingError if one of its settings does not fit."""
    return resolve(catalog, paper, experiment.benchmark, arm_settings(experiment, arm))


def measured(classes: int, config: ResolvedConfig, signatures: Signatures) -> tuple[str, ...]:
    """Every metric that a run of ``config`` on a benchmark with so many classes leaves."""
    accuracies = ACCURACIES if classes else ()
    return (*accuracies, *SPREADS, "loss", *diagnostics(config.method.name, signatures))


def diagnostics(method: str, signatures: Signatures) -> tuple[str, ...]:
    """The names that a method's ``watch`` gives, read from its source."""
    found = signatures.signature("method", method)
    tree = signatures.source.tree(found.module)
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    owner = next(node for node in classes if node.name == found.class_name)
    watch = [node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == "watch"]
    return tuple(_keys(watch))


def _keys(functions: Iterable[ast.FunctionDef]) -> Iterable[str]:
    returns = (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Return))
    dicts = (node.value for node in returns if isinstance(node.value, ast.Dict))
    keys = (key for found in dicts for key in found.keys)
    return (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
