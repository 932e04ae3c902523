"""What a person installs: the pinned versions, and a wheel that works in any folder on its own."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import torch
import torchvision
import yaml

import repro

NOT_SHIPPED = {"__pycache__", ".DS_Store"}


def files(folder: Path) -> set[str]:
    """Every file below ``folder``, as paths relative to it."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not NOT_SHIPPED & set(path.parts)}


def start(*command: str, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of this interpreter in ``folder``, importing from ``path`` first."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = start("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=root)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def shipped(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder that holds the wheel and nothing else; its requirements come from this interpreter."""
    folder = tmp_path_factory.mktemp("installed")
    pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    done = start(*pip, "--target", str(folder), str(wheel), folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_torch_and_torchvision_are_a_pair_that_loads() -> None:
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.1], [5.0, 5.0, 6.0, 6.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), iou_threshold=0.5)
    assert kept.tolist() == [0, 2]


def test_wheel_carries_the_package_the_catalog_and_the_site(root: Path, shipped: set[str]) -> None:
    expected = {f"repro/{name}" for name in files(root / "repro")}
    expected |= {f"repro/_data/{part}/{name}" for part in ("catalog", "site") for name in files(root / part)}
    expected |= {"repro/_data/mkdocs.yml", "repro/_data/CONTRIBUTING.md"}
    assert {name for name in shipped if ".dist-info/" not in name} == expected
    assert "repro/_data/catalog/papers/simsiam.yaml" in shipped
    assert any(name.startswith("repro/_data/site/") for name in shipped)


def test_wheel_carries_its_licence(shipped: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in shipped)


def test_package_says_that_it_is_typed(shipped: set[str]) -> None:
    assert "repro/py.typed" in shipped


def test_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    code = "import repro, repro.files as p; print(repro.__file__, p.catalog_root(), p.site_root(), sep='\\n')"
    found = start("-c", code, folder=tmp_path, path=installed).stdout.split()
    assert len(found) == 3
    assert all(Path(place).is_relative_to(installed) for place in found)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["list"], "simsiam"),
        (["show", "simsiam"], "Exploring Simple Siamese Representation Learning"),
        (["check"], "papers"),
    ],
    ids=["list", "show", "check"],
)
def test_installed_command_works_from_another_folder(
    words: list[str], expected: str, installed: Path, tmp_path: Path
) -> None:
    done = start(str(installed / "bin" / "repro"), *words, folder=tmp_path, path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert expected in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_installed_command_builds_the_website_anywhere(installed: Path, tmp_path: Path) -> None:
    done = start(str(installed / "bin" / "repro"), "site", "build", folder=tmp_path, path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "build" / "site" / "papers" / "simsiam" / "index.html").read_text("utf-8")
    assert "Exploring Simple Siamese Representation Learning" in page


def test_module_and_console_script_are_the_same_command(installed: Path, tmp_path: Path) -> None:
    script = start(str(installed / "bin" / "repro"), "list", folder=tmp_path, path=installed)
    module = start("-m", "repro", "list", folder=tmp_path, path=installed)
    assert script.stdout == module.stdout != ""


def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_pin_is_exact_and_in_order(root: Path) -> None:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert [line for line in pinned if not re.fullmatch(r"[a-z0-9._-]+==[0-9][a-z0-9.]*", line)] == []
    assert pinned == sorted(set(pinned), key=lambda line: line.split("=="))


def requirements(root: Path) -> tuple[set[str], set[str]]:
    """The names that pyproject.toml asks for: to run, and on top of that to test."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    groups = project["dependencies"], project["optional-dependencies"]["test"]
    run, more = ({re.split(r"[<>=!~ ;\[]", wanted)[0].lower() for wanted in group} for group in groups)
    return run, more


def test_every_requirement_is_pinned(root: Path) -> None:
    assert set().union(*requirements(root)) - set(pins(root)) == set()


def imported(folder: Path) -> set[str]:
    """The distributions that the Python files below ``folder`` import, this one left out."""
    nodes = [node for file in folder.rglob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    known = packages_distributions()
    tops = {name.split(".")[0] for name in names} - {"repro"}
    return {distribution.lower() for top in tops for distribution in known.get(top, [])}


def test_the_package_asks_for_what_it_imports_and_no_more(root: Path) -> None:
    run, _ = requirements(root)
    assert imported(root / "repro") - {"pydantic_core"} == run  # pydantic brings its core, at its own version


def test_the_tests_ask_for_what_they_import(root: Path) -> None:
    run, test = requirements(root)
    assert imported(root / "tests") - {"pydantic_core"} <= run | test


def test_version_is_the_same_everywhere(root: Path) -> None:
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    headings = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert citation["version"] == headings[0] == repro.__version__


def test_every_make_target_explains_itself(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*##  ?\S", makefile, re.MULTILINE)
    assert sorted(explained) == sorted(phony.split())
