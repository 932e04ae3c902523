"""What the doctor says of a machine, and of recipes by the records there are, without training anything."""

import json
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from repro import machine
from repro.evidence.plan import PlannedRun
from repro.evidence.records import load_all
from repro.evidence.workers import Costs
from repro.files import catalog_root
from repro.learning import doctor
from repro.learning.doctor import UNKNOWN, RecipeTime, examine

METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{requires}"


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The catalog with a single record."""
    root = tmp_path / "catalog"
    shutil.copytree(catalog_root(), root, ignore=shutil.ignore_patterns("evidence"))
    record = next(catalog_root().glob("evidence/simsiam/digits/*.json"))
    (root / "evidence" / "simsiam" / "digits").mkdir(parents=True)
    shutil.copy(record, root / "evidence" / "simsiam" / "digits")
    monkeypatch.setenv("REPRO_CATALOG", str(root))
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))
    return root


def record(catalog: Path) -> Path:
    return next(catalog.glob("evidence/*/*/*.json"))


def rows() -> dict[tuple[str, str], RecipeTime]:
    return {(row.paper, row.benchmark): row for row in examine().recipes}


def test_times_are_those_of_records_shared_out_among_the_cores(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "usable_cores", lambda: 4)
    expected = Costs(load_all(catalog)).seconds(PlannedRun("simsiam", "digits", {}, 0, "", "", 20))
    assert expected is not None
    found = rows()
    assert found["simsiam", "digits"].seconds == pytest.approx(expected / 4, abs=0.05)
    assert found["simsiam", "digits"].data == "inside the package"
    assert found["byol", "digits"].seconds is not None  # by another paper on the same benchmark
    note = examine().note.replace("\xa0", " ")
    assert "from 1 recorded run on AMD EPYC, shared out among 4 cores here" in note


def test_where_nothing_is_recorded_no_time_is_told(catalog: Path) -> None:
    found = rows()
    for key, data in {
        ("simsiam", "cifar10"): "170 MB to download",
        ("simsiam", "images"): "yours: --data PATH",
        ("simclr", "digits-colour"): "inside the package",
    }.items():
        assert found[key] == RecipeTime(*key, UNKNOWN, data)
    record(catalog).unlink()
    assert all(row.seconds is None for row in rows().values())
    assert examine().note == "No run is recorded in this catalog, so no time is known."


def test_runs_on_an_accelerator_tell_nothing_of_cores(catalog: Path) -> None:
    content = json.loads(record(catalog).read_text())
    content["environment"]["gpu"] = "A GPU"
    record(catalog).write_text(json.dumps(content))
    assert rows()["simsiam", "digits"].time == UNKNOWN


def test_no_network_is_built(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a network was built")

    monkeypatch.setattr(torch.nn.Module, "__init__", fail)
    assert examine().recipes


def test_a_damaged_record_is_named(catalog: Path) -> None:
    record(catalog).write_text("{")
    found = examine()
    assert found.recipes == ()
    assert found.note.startswith(f"No recipe is listed: {record(catalog)} is no evidence")


def test_a_pytorch_that_does_not_load_is_a_finding(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FAULT", ImportError("libcudart.so:\n not found"))
    found = examine()
    (check,) = [check for check in found.checks if check.name == "PyTorch"]
    assert (check.ok, found.recipes) == (False, ())
    assert "does not load (libcudart.so: not found)" in check.found
    assert found.note == "No recipe is listed, because PyTorch does not load."


def install(path: Path, name: str, command: str, *requires: str) -> None:
    """A distribution as pip leaves it, without its files."""
    folder = path / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (folder / "METADATA").write_text(METADATA.format(name=name, requires=lines))
    (folder / "entry_points.txt").write_text(f"[console_scripts]\nrepro = {command}\n")


def test_least_versions_are_those_of_the_installed_distribution_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "a", "repro", "repro.commands:main", "somebody-elses>=1")
    needs = ("torch>=99.1", "pytest", "numpy<99,>=1.2", "no-such.package>=2", "mkdocs>=99; extra == 'site'")
    install(tmp_path / "b", "repro-ssl", "repro.cli.app:main", *needs)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b"), *sys.path])
    assert doctor._requirements() == {
        "torch": "99.1",
        "pytest": "",
        "numpy": "1.2",
        "no-such.package": "2",
    }
    found = doctor._packages()
    assert not found.ok
    fault = f"torch is {version('torch')}, needs 99.1 or newer; no-such.package is missing"
    assert found.found == fault


def test_the_packages_of_this_installation_are_found_and_new_enough() -> None:
    needed = doctor._requirements()
    assert {"torch", "torchvision", "pydantic", "typer"} <= set(needed)
    assert "mkdocs" not in needed
    assert doctor._packages().ok


def test_what_is_not_installed_has_no_least_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())
    found = doctor._packages()
    assert found.ok
    assert "repro itself is not installed" in found.found


def processors() -> str:
    return doctor._processors().found


def test_cores_are_those_of_the_machine_within_the_limit_of_a_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.setattr(os, "getloadavg", lambda: (7.0, 0.0, 0.0))
    monkeypatch.setattr(machine, "core_limit", lambda: None)
    monkeypatch.setattr(doctor, "core_limit", lambda: None)
    assert processors() == "7 cores usable; a run takes 7 threads"
    monkeypatch.setattr(machine, "core_limit", lambda: 2.5)
    monkeypatch.setattr(doctor, "core_limit", lambda: 2.5)
    assert processors() == "2 cores usable (a container's limit is 2.5); a run takes 2 threads"


def test_a_busy_machine_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    monkeypatch.setattr(machine, "usable_cores", lambda: 7)
    monkeypatch.setattr(doctor, "usable_cores", lambda: 7)
    monkeypatch.setattr(os, "getloadavg", lambda: (9.25, 0.0, 0.0))
    assert "this machine is busy (load 9.2 on 7 cores)" in processors()
    assert "`--threads 1` is probably as fast" in processors()


def test_room_that_cannot_be_seen_is_no_fault(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "free_space", lambda folder: None)
    monkeypatch.setattr(doctor, "free_memory", lambda: None)
    checks = {check.name: check for check in examine().checks}
    for name in ("Memory", "Cache"):
        assert checks[name].ok
        assert "cannot be seen on this system" in checks[name].found
