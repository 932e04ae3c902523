"""Who may import whom: nine packages in one order, no cycles, and one package that knows torch."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from repro.catalog.code.source import PackageSource, imports, running
from repro.files import PACKAGE

# Each imports from its own set and from the sets above it; two names in one set do not know each other.
ORDER = [
    {"errors"},
    {"machine"},
    {"files"},
    {"catalog"},
    {"metadata", "evidence"},
    {"learning", "verdicts"},
    {"report"},
    {"exports"},
    {"website"},
    {"api"},
    {"cli"},
]
KNOWS_TORCH = "learning"
MAY_IMPORT_LATE = {"api", "cli"}  # `import repro` and the command line must start fast
# Inside learning: who must not know whom, so that a method knows neither data nor views.
APART = {
    "nn": {"losses", "views", "data", "probes", "methods"},
    "views": {"data", "probes", "methods"},
    "data": {"views", "probes", "methods"},
    "methods": {"views", "data", "probes"},
    "optim": {"registry", "checkpoint", "evaluate"},
}

SOURCE = PackageSource()


def modules() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if "_data" not in parts and parts[-1] != "__main__":
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def imported(module: str) -> set[str]:
    """The project's modules that a module imports, without itself and the package around all."""
    return imports(SOURCE.tree(module), SOURCE) - {module, "repro"}


def package(module: str) -> str:
    return module.split(".")[1]


MODULES = [module for module in modules() if module != "repro"]
LEVELS = {name: level for level, names in enumerate(ORDER) for name in names}


def test_the_house_is_the_order() -> None:
    assert {package(module) for module in MODULES} <= set(LEVELS)
    shown = {path.name for path in PACKAGE.iterdir() if path.name not in ("__pycache__", "py.typed", "_data")}
    assert len(shown) <= 15
    assert len(MODULES) > 100


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_up_the_order(module: str) -> None:
    own = package(module)
    allowed = {name for name, level in LEVELS.items() if level < LEVELS[own]} | {own}
    assert [other for other in sorted(imported(module)) if package(other) not in allowed] == []


@pytest.mark.parametrize("module", [module for module in MODULES if package(module) == "learning"])
def test_learning_keeps_its_parts_apart(module: str) -> None:
    inner = module.split(".")[2] if module.count(".") > 1 else ""
    others = {other.split(".")[2] for other in imported(module) if other.startswith("repro.learning.")}
    assert others & APART.get(inner, set()) == set()


def test_there_are_no_cycles() -> None:
    try:
        list(TopologicalSorter({module: imported(module) for module in MODULES}).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("module", [module for module in MODULES if package(module) not in MAY_IMPORT_LATE])
def test_imports_stand_at_the_top(module: str) -> None:
    functions = [node for node in ast.walk(SOURCE.tree(module)) if isinstance(node, ast.FunctionDef)]
    inside = [inner for function in functions for inner in ast.walk(function)]
    assert [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)] == []


@pytest.mark.parametrize("module", [module for module in MODULES if package(module) != KNOWS_TORCH])
def test_only_learning_names_torch(module: str) -> None:
    names = set()
    for node in running(SOURCE.tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names.isdisjoint({"torch", "torchvision"})


def test_importing_everything_else_loads_no_torch() -> None:
    names = ", ".join(module for module in MODULES if package(module) != KNOWS_TORCH)
    code = f"import sys, {names}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout.strip() == "False"
