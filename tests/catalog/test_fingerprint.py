"""The fingerprint: blind to prose, awake to code, and only to the code a configuration uses."""

from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import Signatures
from repro.catalog.code.source import PackageSource, imports
from repro.catalog.settings.fingerprint import fingerprint, module_hash
from repro.catalog.settings.resolve import resolve
from tests.support.toy_catalog import SOURCE, catalog, signatures, write

LOSSES, TOY, RIVAL = (f"repro.learning.{name}" for name in ("losses", "methods.toy", "methods.rival"))
LOSSES_FILE, TOY_FILE = "learning/losses.py", "learning/methods/toy.py"


@pytest.fixture
def toy(tmp_path: Path) -> Catalog:
    return catalog(tmp_path / "toy")


def changed(toy: Catalog, folder: Path, **changes: str) -> set[str]:
    """The modules whose hash moves when source files change."""
    config = resolve(toy, "toy")
    before = fingerprint(config, toy.signatures)
    after = fingerprint(config, signatures(folder, **changes))
    moved = {
        name for name in before.modules | after.modules if before.modules.get(name) != after.modules.get(name)
    }
    assert (before.combined != after.combined) == bool(moved)
    return moved


def test_only_modules_that_move_numbers_are_counted(toy: Catalog) -> None:
    assert list(fingerprint(resolve(toy, "toy"), toy.signatures).modules) == [
        "repro.learning.data.digits",
        "repro.learning.job",
        "repro.learning.losses",
        "repro.learning.methods.toy",
        "repro.learning.nn.small",
        "repro.learning.optim",
        "repro.learning.probes.knn",
        "repro.learning.train",
        "repro.learning.views.images",
    ]


def test_the_same_source_has_the_same_fingerprint(toy: Catalog, tmp_path: Path) -> None:
    assert changed(toy, tmp_path) == set()


@pytest.mark.parametrize(
    "losses",
    [
        'def nearness(x):\n    """Close."""\n    return x * 2\n',
        "def nearness(x):\n    return x * 2  # twice\n",
        '"""Losses."""\n\n\ndef nearness(x):\n    """Far,\n    far."""\n\n    return (\n    x * 2)\n',
        "def nearness(x):\n    return x * 0x2\n",
        "def nearness(x: float) -> float:\n    return x * 2\n",
    ],
)
def test_prose_and_layout_do_not_move_it(toy: Catalog, tmp_path: Path, losses: str) -> None:
    assert changed(toy, tmp_path, learning__losses=losses) == set()


@pytest.mark.parametrize(
    "losses",
    [
        "def nearness(x):\n    return x * 3\n",
        "def nearness(x):\n    return x * 2.0\n",
        "def nearness(x):\n    return 'Close.' * 2\n",
        "def nearness(y):\n    return y * 2\n",
        "def nearness(x=None):\n    return x * 2\n",
        "def nearness(x):\n    return x * 2\n\n\nother = 1\n",
    ],
)
def test_code_moves_it(toy: Catalog, tmp_path: Path, losses: str) -> None:
    assert changed(toy, tmp_path, learning__losses=losses) == {
        "repro.learning.losses",
        "repro.learning.methods.toy",
    }


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("learning__methods__rival", SOURCE["learning/methods/rival.py"] + "x = 1\n"),
        ("learning__registry", SOURCE["learning/registry.py"] + "x = 1\n"),
        ("errors", "x = 1\n"),
        ("report__page", "page = 2\n"),
        ("__init__", "x = 1\n"),
    ],
)
def test_code_a_run_does_not_use_does_not_move_it(
    toy: Catalog, tmp_path: Path, module: str, text: str
) -> None:
    folder = tmp_path / "other"
    known = signatures(folder)
    (folder / "repro" / f"{module.replace('__', '/') if module != '__init__' else module}.py").write_text(
        text
    )
    config = resolve(toy, "toy")
    assert fingerprint(config, known) == fingerprint(config, toy.signatures)


def test_an_import_that_is_added_is_followed(toy: Catalog, tmp_path: Path) -> None:
    text = (
        SOURCE["learning/losses.py"]
        + "\n\ndef late():\n    from repro.learning.methods import rival\n    return rival\n"
    )
    assert changed(toy, tmp_path, learning__losses=text) == {
        "repro.learning.losses",
        "repro.learning.methods.toy",
        "repro.learning.methods.rival",
    }


def test_what_is_imported_by_its_full_name_counts(toy: Catalog, tmp_path: Path) -> None:
    assert changed(toy, tmp_path, learning__train="from repro.learning import losses\n\nSTEPS = 2\n") == {
        "repro.learning.train",
        "repro.learning.job",
    }


@pytest.mark.parametrize("imported", ["nearness", "(nearness)"])
def test_a_module_that_moves_and_takes_another_name_ages_nothing(
    toy: Catalog, tmp_path: Path, imported: str
) -> None:
    new = dict(SOURCE) | {"learning/goals/__init__.py": "", "learning/goals/near.py": SOURCE[LOSSES_FILE]}
    new["learning/train.py"] = "from repro.learning.goals import near\nfrom repro.errors import *\n"
    del new[LOSSES_FILE]
    new[TOY_FILE] = new[TOY_FILE].replace(
        f"{LOSSES} import nearness", f"repro.learning.goals.near import {imported}"
    )
    moved = Signatures(PackageSource(write(tmp_path / "moved" / "repro", new)))
    config = resolve(toy, "toy")
    found = fingerprint(config, moved)
    assert "repro.learning.goals.near" in found.modules
    assert found.combined == fingerprint(config, toy.signatures).combined


def test_a_module_used_by_its_name_may_take_another(tmp_path: Path) -> None:
    by_name = "from repro.learning import {0}\n\n\nclass Toy:\n    loss = {0}.nearness(2)\n"
    new = dict(SOURCE) | {TOY_FILE: by_name.format("losses")}
    before = Signatures(PackageSource(write(tmp_path / "before" / "repro", new)))
    new |= {TOY_FILE: by_name.format("near"), "learning/near.py": new.pop(LOSSES_FILE)}
    after = Signatures(PackageSource(write(tmp_path / "after" / "repro", {**new, "learning/train.py": ""})))
    assert module_hash(before.source, TOY) == module_hash(after.source, TOY)


def test_the_same_name_from_another_module_is_other_code(toy: Catalog, tmp_path: Path) -> None:
    new = dict(SOURCE) | {"learning/others.py": "def nearness(x):\n    return x * 3\n"}
    new[TOY_FILE] = new[TOY_FILE].replace(LOSSES, "repro.learning.others")
    other = Signatures(PackageSource(write(tmp_path / "other" / "repro", new)))
    config = resolve(toy, "toy")
    assert fingerprint(config, other).combined != fingerprint(config, toy.signatures).combined


def test_another_component_has_another_fingerprint(toy: Catalog) -> None:
    config = resolve(toy, "toy")
    other = config.model_copy(update={"method": config.method.model_copy(update={"name": "rival"})})
    found = fingerprint(other, toy.signatures)
    assert "repro.learning.methods.rival" in found.modules
    assert not {"repro.learning.methods.toy"} & set(found.modules)


def test_imports_of_every_form_are_seen(tmp_path: Path) -> None:
    import ast

    source = PackageSource(signatures(tmp_path).source.package)
    text = (
        "import os, repro.learning.train\nimport repro.learning.optim as o\n"
        "from repro.learning import losses, __version__\nfrom repro.learning.methods.toy import Toy\n"
        "from repro.learning.methods import rival\nfrom repro.errors import *\n"
        "if TYPE_CHECKING:\n    from repro.learning.views.images import Images\n"
    )
    assert imports(ast.parse(text), source) == {
        "repro.learning",
        "repro.errors",
        "repro.learning.losses",
        "repro.learning.methods.rival",
        "repro.learning.methods.toy",
        "repro.learning.optim",
        "repro.learning.train",
    }


def test_the_real_fingerprint_covers_training() -> None:
    real = Catalog.load()
    config = resolve(real, "simsiam")
    modules = fingerprint(config, real.signatures).modules
    assert {
        "repro.learning.methods.simsiam",
        "repro.learning.train",
        "repro.learning.optim",
        "repro.learning.job",
        "repro.learning.probes.knn",
    } <= set(modules)
    assert not [
        name for name in modules if name.split(".")[1] in ("registry", "catalog", "report", "errors", "cli")
    ]
    assert "repro.learning.methods.byol" not in modules
