"""Who may import whom: a table from the bottom up, no cycles, and a record side that never loads torch."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from repro.catalog.source import Source, imports
from repro.paths import PACKAGE

# From the bottom: a module imports modules of its own line and of the lines below it.
LAYERS = [
    ("repro", "repro.errors"),
    ("repro.paths", "repro.ranges", "repro.tidy"),
    ("repro.catalog", "repro.nn", "repro.losses", "repro.seeding", "repro.folder", "repro.environment"),
    ("repro.metadata",),
    ("repro.views", "repro.data", "repro.probes", "repro.methods"),
    ("repro.claims",),
    ("repro.registry", "repro.optim", "repro.checkpoint", "repro.evaluate", "repro.pictures"),
    ("repro.train",),
    ("repro.execute", "repro.report"),
    ("repro.evidence",),
    ("repro.verdicts",),
    ("repro.judged",),
    ("repro.reports",),
    ("repro.pages",),
    ("repro.console", "repro.website", "repro.kept_pages"),
    ("repro.launch", "repro.doctor", "repro.verify", "repro.workers", "repro.campaign", "repro.trained"),
    ("repro.cli",),
    ("repro.__main__",),
]
# The record side: works, and starts fast, without torch.
WITHOUT_TORCH = (
    "repro.errors",
    "repro.paths",
    "repro.tidy",
    "repro.catalog",
    "repro.metadata",
    "repro.claims.plan",
    "repro.claims.select",
    "repro.claims.contrast",
    "repro.claims.statistics",
    "repro.claims.wording",
    "repro.claims.sample",
    "repro.claims.rule",
    "repro.folder",
    "repro.report",
    "repro.reports",
    "repro.evidence",
    "repro.verdicts",
    "repro.judged",
    "repro.pages",
    "repro.website",
    "repro.console",
    "repro.workers",
    "repro.campaign",
    "repro.trained",
)
# Where imports may stand inside functions, because a command must start fast.
LAZY = ("repro.cli", "repro.console")
# Neighbours in one line that must not know each other.
APART = {
    "repro.catalog": ("repro.nn", "repro.losses", "repro.seeding", "repro.folder", "repro.environment"),
    "repro.nn": ("repro.losses",),
    "repro.views": ("repro.data", "repro.probes", "repro.methods"),
    "repro.data": ("repro.views", "repro.probes", "repro.methods"),
    "repro.methods": ("repro.views", "repro.data", "repro.probes"),
    "repro.optim": ("repro.registry", "repro.checkpoint", "repro.evaluate"),
    "repro.report": ("repro.execute",),
}

SOURCE = Source()


def modules() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if "_data" not in parts:
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def imported(module: str) -> set[str]:
    """The project's modules that a module imports, without itself and the package around all."""
    return imports(SOURCE.tree(module), SOURCE) - {module, "repro"}


def member(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or (name != "repro" and module.startswith(f"{name}.")) for name in names)


def layer(module: str) -> int:
    found = [level for level, names in enumerate(LAYERS) if member(module, names)]
    assert found, f"{module} has no place in LAYERS; give it one"
    return found[0]


MODULES = modules()


def test_every_module_has_a_place() -> None:
    assert len(MODULES) > 30
    assert all(layer(module) >= 0 for module in MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_the_table(module: str) -> None:
    assert [other for other in sorted(imported(module)) if layer(other) > layer(module)] == []
    apart = [name for owner, names in APART.items() if member(module, (owner,)) for name in names]
    assert [other for other in sorted(imported(module)) if member(other, tuple(apart))] == []


def test_there_are_no_cycles() -> None:
    try:
        list(TopologicalSorter({module: imported(module) for module in MODULES}).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("module", [module for module in MODULES if module not in LAZY])
def test_imports_stand_at_the_top(module: str) -> None:
    functions = [node for node in ast.walk(SOURCE.tree(module)) if isinstance(node, ast.FunctionDef)]
    inside = [inner for function in functions for inner in ast.walk(function)]
    assert [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)] == []


@pytest.mark.parametrize("module", [module for module in MODULES if member(module, WITHOUT_TORCH)])
def test_the_record_side_does_not_name_torch(module: str) -> None:
    names = set()
    for node in ast.walk(SOURCE.tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    assert names.isdisjoint({"torch", "torchvision"})
    outside = [other for other in imported(module) if not member(other, WITHOUT_TORCH)]
    assert outside == []


@pytest.mark.parametrize("start", [("repro.cli",), tuple(m for m in MODULES if member(m, WITHOUT_TORCH))])
def test_importing_the_record_side_loads_no_torch(start: tuple[str, ...]) -> None:
    code = f"import sys, {', '.join(start)}; print('torch' in sys.modules)"
    folder = PACKAGE.parent
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stdout.strip() == "False"
