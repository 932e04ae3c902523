"""The fingerprint: blind to prose, awake to code, and only to the code a configuration uses."""

from pathlib import Path

import pytest
from toy_catalog import SOURCE, catalog, signatures

from repro.catalog.catalog import Catalog
from repro.catalog.fingerprint import fingerprint, used_modules
from repro.catalog.resolve import resolve
from repro.catalog.source import Source, imports


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
    assert used_modules(resolve(toy, "toy"), toy.signatures) == [
        "repro.data.digits",
        "repro.execute",
        "repro.losses",
        "repro.methods.toy",
        "repro.nn.small",
        "repro.optim",
        "repro.probes.knn",
        "repro.train",
        "repro.views.images",
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
    ],
)
def test_prose_and_layout_do_not_move_it(toy: Catalog, tmp_path: Path, losses: str) -> None:
    assert changed(toy, tmp_path, losses=losses) == set()


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
    assert changed(toy, tmp_path, losses=losses) == {"repro.losses"}


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("methods__rival", SOURCE["methods/rival.py"] + "x = 1\n"),
        ("registry", SOURCE["registry.py"] + "x = 1\n"),
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
    text = SOURCE["losses.py"] + "\n\ndef late():\n    from repro.methods import rival\n    return rival\n"
    assert changed(toy, tmp_path, losses=text) == {"repro.losses", "repro.methods.rival"}


def test_another_component_has_another_fingerprint(toy: Catalog) -> None:
    config = resolve(toy, "toy")
    other = config.model_copy(update={"method": config.method.model_copy(update={"name": "rival"})})
    found = fingerprint(other, toy.signatures)
    assert "repro.methods.rival" in found.modules
    assert not {"repro.methods.toy"} & set(found.modules)


def test_imports_of_every_form_are_seen(tmp_path: Path) -> None:
    import ast

    source = Source(signatures(tmp_path).source.package)
    text = (
        "import os, repro.train\nimport repro.optim as o\nfrom repro import losses, __version__\n"
        "from repro.methods.toy import Toy\nfrom repro.methods import rival\nfrom repro.errors import *\n"
        "if TYPE_CHECKING:\n    from repro.views.images import Images\n"
    )
    assert imports(ast.parse(text), source) == {
        "repro",
        "repro.errors",
        "repro.losses",
        "repro.methods.rival",
        "repro.methods.toy",
        "repro.optim",
        "repro.train",
    }


def test_the_real_fingerprint_covers_training() -> None:
    real = Catalog.load()
    config = resolve(real, "simsiam")
    modules = used_modules(config, real.signatures)
    assert {
        "repro.methods.simsiam",
        "repro.train",
        "repro.optim",
        "repro.execute",
        "repro.probes.knn",
    } <= set(modules)
    assert not [
        name for name in modules if name.split(".")[1] in ("registry", "catalog", "report", "errors", "cli")
    ]
    assert "repro.methods.byol" not in modules
