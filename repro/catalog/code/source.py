"""The project's own Python source, read as text and syntax trees and never run."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from repro.errors import CatalogError
from repro.files import PACKAGE


class PackageSource:
    """The source files of a package by dotted module name; each is parsed once."""

    def __init__(self, package: Path = PACKAGE) -> None:
        self.package = package
        self.tree = cache(self._tree)
        self.text = cache(self._text)
        self.imports = cache(lambda module: frozenset(imports(self.tree(module), self)))

    def file(self, module: str) -> Path | None:
        """The file of a module such as ``repro.files``; None if the package has no such module."""
        top, *rest = module.split(".")
        if top != self.package.name:
            return None
        path = self.package.joinpath(*rest)
        candidates = [path / "__init__.py", *([path.with_suffix(".py")] if rest else [])]
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def modules(self, package: str) -> list[str]:
        """The modules directly inside a package, sorted."""
        file = self.file(package)
        if file is None or file.name != "__init__.py":
            return []
        names = (path.stem for path in file.parent.glob("*.py") if path.stem != "__init__")
        return sorted(f"{package}.{name}" for name in names)

    def _text(self, module: str) -> str:
        file = self.file(module)
        if file is None:
            raise CatalogError(
                f"{self.package}: the package has no module {module}; is the installation complete?"
            )
        return file.read_text(encoding="utf-8")

    def _tree(self, module: str) -> ast.Module:
        try:
            return ast.parse(self.text(module))
        except SyntaxError as error:
            raise CatalogError(
                f"{self.file(module)}:{error.lineno}: not valid Python: {error.msg}."
            ) from None


def imports(tree: ast.AST, source: PackageSource) -> set[str]:
    """Every module of the package that a tree or statement imports, at the top or inside functions."""
    found = set()
    for node in (tree, *running(tree)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if source.file(name)}
            found |= modules or {node.module}
            if modules != inner:  # at least one name is defined by the package itself
                found.add(node.module)
    return {module for module in found if source.file(module)}


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below a tree but those under ``if TYPE_CHECKING:``, which never run."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from running(node)
