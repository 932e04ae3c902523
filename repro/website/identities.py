"""The identities behind exact claims, read from this package's source: what each compares, and its code.

They are not imported: they need torch, and pages are built without it.
"""

import ast
from dataclasses import dataclass
from functools import cache

from repro.website.source import file_of, piece

TABLE = "repro.learning.identities.exact"


@dataclass(frozen=True)
class Identity:
    """How an exact claim is checked: in words, as code, and where that code is."""

    what: str  # what is set side by side, from the check itself
    equation: str  # its docstring
    code: str
    file: str


@cache
def identity(claim: str) -> Identity | None:
    """The identity of ``paper/claim``; None if there is none yet."""
    found = _table().get(claim)
    if not found:
        return None
    module, function = found
    code = piece(module, function)
    node = ast.parse(code).body[0]
    assert isinstance(node, ast.FunctionDef)  # what `piece` looked for by name
    equation = (ast.get_docstring(node) or "").replace("``", "`")
    return Identity(_compared(node), " ".join(equation.split()), code, f"{module.replace('.', '/')}.py")


@cache
def _table() -> dict[str, tuple[str, str]]:
    """{paper/claim: module and function} from the dict in ``repro/learning/identities/exact.py``."""
    tree = ast.parse(file_of(TABLE).read_text(encoding="utf-8"))
    given = (node.value for node in tree.body if isinstance(node, ast.AnnAssign))
    found = next(node for node in given if isinstance(node, ast.Dict))
    pairs = zip(found.keys, found.values, strict=True)
    return {
        str(key.value): (f"repro.learning.identities.{value.value.id}", value.attr)
        for key, value in pairs
        if isinstance(key, ast.Constant)
        and isinstance(value, ast.Attribute)
        and isinstance(value.value, ast.Name)
    }


def _compared(function: ast.FunctionDef) -> str:
    """The first argument of ``compare(...)``: the words for what it compares."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    texts = (
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "compare" and call.args
        if isinstance(call.args[0], ast.Constant)
    )
    return next((text for text in texts if isinstance(text, str)), "")
