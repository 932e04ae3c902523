"""A hash of the code a configuration runs through, blind to comments, docstrings and layout.

Counted are the modules of its components, of training and of evaluation, and all they import from this
package. Left out are those that cannot move a number: the registry, errors, files, pictures, the record side.
"""

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from repro.catalog.config import ResolvedConfig
from repro.catalog.resolve import canonical_json
from repro.catalog.signatures import SECTIONS, Signatures, installed
from repro.catalog.source import Source

ALWAYS = ("train", "optim", "execute")
LEFT_OUT = ("registry", "errors", "paths", "folder", "pictures", "catalog", "report", "pages", "cli")
NOT_CODE = {"ctx", "kind", "type_comment", "type_ignores"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of each module, and one over all of them."""

    modules: dict[str, str]

    @property
    def combined(self) -> str:
        """64 hexadecimal digits that stand for all modules."""
        return hashlib.sha256(canonical_json(self.modules).encode()).hexdigest()


def fingerprint(config: ResolvedConfig, signatures: Signatures | None = None) -> Fingerprint:
    """The fingerprint of the code that ``config`` uses, in this installation's source."""
    signatures = signatures or installed()
    modules = used_modules(config, signatures)
    return Fingerprint({module: module_hash(signatures.source, module) for module in modules})


def used_modules(config: ResolvedConfig, signatures: Signatures) -> list[str]:
    """Every module of the package that a run of ``config`` depends on, sorted."""
    source = signatures.source
    top = source.package.name
    starts = {signatures.signature(section, getattr(config, section).name).module for section in SECTIONS}
    starts |= {f"{top}.{name}" for name in ALWAYS if source.file(f"{top}.{name}")}
    starts |= set(source.modules(f"{top}.probes"))
    return sorted(_closure(starts, source, top))


def _closure(starts: Iterable[str], source: Source, top: str) -> set[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module in found or module == top or module.split(".")[1] in LEFT_OUT:
            continue
        found.add(module)
        waiting.extend(source.imports(module))
    return found


@cache
def module_hash(source: Source, module: str) -> str:
    """sha256 over the code of a module, without comments, docstrings and layout."""
    return hashlib.sha256(repr(_skeleton(source.tree(module))).encode()).hexdigest()


def _skeleton(node: Any) -> Any:
    """A syntax tree as nested tuples, without what is empty: the same in every version of Python."""
    if isinstance(node, ast.Constant):
        return ("Constant", type(node.value).__name__, repr(node.value))
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if name not in NOT_CODE]
        inner = [(name, _skeleton(_without_docstring(node, name, value))) for name, value in fields]
        return (type(node).__name__, *((name, value) for name, value in inner if value not in (None, ())))
    if isinstance(node, list):
        return tuple(_skeleton(item) for item in node)
    return node


def _without_docstring(node: ast.AST, name: str, value: Any) -> Any:
    has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if name != "body" or not has_docstring or not value or not isinstance(value[0], ast.Expr):
        return value
    first = value[0].value
    return value[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else value
