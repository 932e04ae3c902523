"""Pieces of this package's own source, so that a page shows the code that runs and not a copy of it."""

import ast
from functools import cache
from pathlib import Path

from repro.files import PACKAGE


@cache
def _parsed(path: Path) -> tuple[str, ast.Module]:
    text = path.read_text(encoding="utf-8")
    return text, ast.parse(text)


def file_of(module: str) -> Path:
    """The source file of a module of this package: ``repro.learning.methods.byol``."""
    return PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")


def piece(module: str, name: str) -> str:
    """The source of a function, class or method, with its decorators, moved to the left margin.

    ``name`` is ``nt_xent`` or ``SimCLR.loss``. LookupError if the module has no such thing: a page that names
    code that is gone must not be built.
    """
    text, tree = _parsed(file_of(module))
    body: list[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((inner for inner in body if getattr(inner, "name", None) == part), None)
        body = getattr(node, "body", [])
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        raise LookupError(f"{module} has no function or class {name}")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(line[node.col_offset :] for line in lines)


def line_of_method(module: str, name: str) -> tuple[int, str]:
    """(line, ``SimCLR.loss``) of the method of this name in a module; LookupError if no class has one."""
    classes = (node for node in _parsed(file_of(module))[1].body if isinstance(node, ast.ClassDef))
    for holder in classes:
        for node in holder.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node.lineno, f"{holder.name}.{name}"
    raise LookupError(f"{module} has no class with a method {name}")


def docstring(module: str) -> str:
    """The module's docstring."""
    return ast.get_docstring(_parsed(file_of(module))[1]) or ""


def length(module: str) -> int:
    """Lines of the file."""
    return _parsed(file_of(module))[0].count("\n")
