"""A hash of the code a configuration runs through: awake to what can move a number, blind to all else.

Counted are the modules of its components, of training and of evaluation, and all they import from this
package. Left out are modules that cannot move a number: the record side, the registry, errors, pictures,
what a machine is, the format of checkpoints, the check of settings.

Blind to comments, docstrings, layout, annotations and what an error says, and to where things stand: an
import line counts for nothing, and an imported name stands for the code it leads to. So a module can move or
take another name, and nothing ages.
"""

import ast
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from repro.catalog.code.signatures import SECTIONS, Signatures, installed
from repro.catalog.code.source import PackageSource, imports, running
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.resolve import canonical_json

LOOP = "learning.job"  # from here training, optimisers and evaluation are reached
COUNTED = "learning"
LEFT_OUT = ("registry", "pictures", "environment", "checkpoint", "settings")
NOT_CODE = {"ctx", "kind", "type_comment", "type_ignores", "type_params", "annotation", "returns"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of each module with all that it uses of others, and one that stands for everything."""

    modules: dict[str, str]
    combined: str  # 64 hexadecimal digits


def fingerprint(config: ResolvedConfig, signatures: Signatures | None = None) -> Fingerprint:
    """The fingerprint of the code that ``config`` uses, in this installation's source."""
    signatures = signatures or installed()
    source, starts = signatures.source, _starts(config, signatures)
    modules = {module: module_hash(source, module) for module in sorted(_closure(starts, source))}
    return Fingerprint(modules, _sha256(canonical_json(sorted(modules[start] for start in starts))))


def _starts(config: ResolvedConfig, signatures: Signatures) -> set[str]:
    """The modules that a run of ``config`` begins in; all others are reached from them."""
    parts = {signatures.signature(section, getattr(config, section).name).module for section in SECTIONS}
    return parts | {*signatures.probe_modules(), f"{signatures.source.package.name}.{LOOP}"}


def _closure(starts: Iterable[str], source: PackageSource) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module not in reached and _counts(module):
            reached.add(module)
            waiting.extend(source.imports(module))
    return reached


def _counts(module: str) -> bool:
    """True if the code of a module can move a number."""
    _, package, *inner = [*module.split("."), ""]
    return package == COUNTED and inner[0] not in LEFT_OUT


@cache
def module_hash(source: PackageSource, module: str) -> str:
    """sha256 over the code of a module, in which an imported name stands for the code it leads to."""
    return _sha256(repr(_Skeleton(source, module).whole()))


class _Skeleton:
    """The syntax tree of a module as nested tuples, the same in every version of Python."""

    def __init__(self, source: PackageSource, module: str) -> None:
        self.source = source
        self.tree = source.tree(module)
        self.imported = dict(_bindings(self.tree, source))

    def whole(self) -> Any:
        """The code of the module, and of what it imports by its full dotted name."""
        plain = (imports(node, self.source) for node in running(self.tree) if isinstance(node, ast.Import))
        modules = {name for names in plain for name in names if _counts(name)}
        return self._of(self.tree), sorted(module_hash(self.source, name) for name in modules)

    def _of(self, node: Any) -> Any:
        if isinstance(node, list):
            return tuple(self._of(item) for item in node if not self._is_own_import(item))
        if not isinstance(node, ast.AST):
            return node
        if isinstance(node, ast.Constant):
            return ("Constant", type(node.value).__name__, repr(node.value))
        if isinstance(node, ast.Raise):
            return ("Raise",)  # no number follows from what an error says
        if isinstance(node, ast.Name) and node.id in self.imported:
            return ("Imported", *self.imported[node.id])
        fields = [(name, value) for name, value in ast.iter_fields(node) if name not in NOT_CODE]
        inner = [(name, self._of(_without_docstring(node, name, value))) for name, value in fields]
        return (type(node).__name__, *((name, value) for name, value in inner if value not in (None, ())))

    def _is_own_import(self, node: Any) -> bool:
        """True if the node imports from the package itself, or only for the eyes of a type checker."""
        if isinstance(node, ast.If):
            return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return isinstance(node, ast.Import | ast.ImportFrom) and bool(imports(node, self.source))


def _bindings(tree: ast.AST, source: PackageSource) -> Iterable[tuple[str, tuple[str, str]]]:
    """(name, (hash of the code it leads to, name there)) of all that a module imports from the package."""
    for node in running(tree):
        if not isinstance(node, ast.ImportFrom) or not (modules := imports(node, source)):
            continue
        for alias in node.names:
            is_module = f"{node.module}.{alias.name}" in modules
            target = f"{node.module}.{alias.name}" if is_module else str(node.module)
            code = module_hash(source, target) if _counts(target) else ""
            yield alias.asname or alias.name, (code, "" if is_module or not code else alias.name)


def _without_docstring(node: ast.AST, name: str, value: Any) -> Any:
    has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if name != "body" or not has_docstring or not value or not isinstance(value[0], ast.Expr):
        return value
    first = value[0].value
    return value[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
