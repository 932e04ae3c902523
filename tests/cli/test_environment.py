"""Every environment variable that the source reads is explained on the page of commands."""

import ast
from pathlib import Path

import pytest

from repro import files
from repro.files import PACKAGE
from repro.learning.data import pack

ASKED_BY_SHELLS = {"_REPRO_COMPLETE", "COMP_WORDS", "_TYPER_COMPLETE_ARGS"}  # by the scripts of completion
READ_BY_LIBRARIES = {"NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "XDG_CACHE_HOME"}


def constants(tree: ast.Module) -> dict[str, set[str]]:
    """{name: the texts in it} of the module's constants."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = texts(node.value, {})
    return found


def texts(node: ast.AST, known: dict[str, set[str]]) -> set[str]:
    """The texts in an expression, and in the constants that it names."""
    inner = list(ast.walk(node))
    named = (known.get(part.id, set()) for part in inner if isinstance(part, ast.Name))
    own = {part.value for part in inner if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return own.union(*named)


def is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def variables(path: Path) -> set[str]:
    """What a module reads from the environment, by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known, found = constants(tree), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            reads = is_environ(node.func.value) and node.func.attr in ("get", "setdefault", "pop")
            if (reads or node.func.attr == "getenv") and node.args:
                found |= texts(node.args[0], known)
        elif isinstance(node, ast.Subscript) and is_environ(node.value) and isinstance(node.ctx, ast.Load):
            found |= texts(node.slice, known)
        elif isinstance(node, ast.Compare) and any(map(is_environ, node.comparators)):
            found |= texts(node.left, known)
    return found


def test_every_variable_is_explained(root: Path) -> None:
    read = set().union(*(variables(path) for path in PACKAGE.rglob("*.py")))
    assert {"REPRO_CATALOG", "REPRO_CACHE", "REPRO_CONTACT", "NO_COLOR", "COMP_WORDS"} <= read
    page = (root / "site" / "commands.md").read_text(encoding="utf-8")
    section = page[page.index("## Environment variables") :]
    assert {
        name for name in read - ASKED_BY_SHELLS | READ_BY_LIBRARIES if f"`{name}`" not in section
    } == set()


@pytest.mark.parametrize("chosen", ["", "somewhere/else"])
def test_everything_cached_lies_in_one_folder(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRO_CACHE", chosen)
    assert files.cache_root() == pack.cache_root()
    assert files.cache_root() == (tmp_path / chosen if chosen else files.cache_root())
