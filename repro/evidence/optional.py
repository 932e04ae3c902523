"""Libraries that only some commands need: one sentence with the line to type where one is missing."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from repro.errors import UsageError

DISTRIBUTIONS = {"onnxscript": "onnx onnxscript", "onnx": "onnx onnxscript"}  # what to install for a module


def require(module: str, purpose: str) -> None:
    """Look for a library without loading it. UsageError, with the line that installs it, if it is missing."""
    if find_spec(module) is None:
        raise missing(module, purpose)


def load_optional(module: str, purpose: str) -> Any:
    """A module of a library that may be missing. UsageError, with the line that installs it, if it is."""
    require(module.partition(".")[0], purpose)
    return import_module(module)


def missing(module: str, purpose: str) -> UsageError:
    """The sentence for a library that is not installed."""
    line = f"pip install {DISTRIBUTIONS.get(module, module)}"
    return UsageError(f"{purpose} needs the library {module}, which is not installed here; `{line}` adds it")
