"""The fingerprint: blind to prose, awake to code, and only to the code a configuration uses."""

from pathlib import Path

import pytest
from toy_catalog import SOURCE, catalog, signatures, write

from repro.catalog.catalog import Catalog
from repro.catalog.fingerprint import fingerprint, module_hash
from repro.catalog.resolve import resolve
from repro.catalog.signatures import Signatures
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
    assert list(fingerprint(resolve(toy, "toy"), toy.signatures).modules) == [
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
        "def nearness(x: float) -> float:\n    return x * 2\n",
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
    assert changed(toy, tmp_path, losses=losses) == {"repro.losses", "repro.methods.toy"}


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
    assert changed(toy, tmp_path, losses=text) == {"repro.losses", "repro.methods.toy", "repro.methods.rival"}


def test_what_is_imported_by_its_full_name_counts(toy: Catalog, tmp_path: Path) -> None:
    assert changed(toy, tmp_path, train="from repro import losses\n\nSTEPS = 2\n") == {
        "repro.train",
        "repro.execute",
    }


MOVES = [
    {"methods/toy.py": ("from repro.losses import nearness", "from repro.objectives.near import nearness")},
    {"methods/toy.py": ("from repro.losses import nearness", "from repro.objectives.near import (nearness)")},
]


@pytest.mark.parametrize("edits", MOVES)
def test_a_module_that_moves_and_takes_another_name_ages_nothing(
    toy: Catalog, tmp_path: Path, edits: dict[str, tuple[str, str]]
) -> None:
    new = dict(SOURCE) | {"objectives/__init__.py": "", "objectives/near.py": SOURCE["losses.py"]}
    new["train.py"] = "from repro.objectives import near\nfrom repro.errors import *\n"
    del new["losses.py"]
    for name, (old, text) in edits.items():
        new[name] = new[name].replace(old, text)
    moved = Signatures(Source(write(tmp_path / "moved" / "repro", new)))
    config = resolve(toy, "toy")
    found = fingerprint(config, moved)
    assert "repro.objectives.near" in found.modules
    assert found.combined == fingerprint(config, toy.signatures).combined


def test_a_module_used_by_its_name_may_take_another(toy: Catalog, tmp_path: Path) -> None:
    by_name = (
        "from repro import {0}\n\n\nclass Toy:\n    def __init__(self, encoder):\n        {0}.nearness(2)\n"
    )
    new = dict(SOURCE) | {"methods/toy.py": by_name.format("losses")}
    before = Signatures(Source(write(tmp_path / "before" / "repro", new)))
    new |= {"methods/toy.py": by_name.format("near"), "near.py": new.pop("losses.py"), "train.py": ""}
    after = Signatures(Source(write(tmp_path / "after" / "repro", new)))
    assert module_hash(before.source, "repro.methods.toy") == module_hash(after.source, "repro.methods.toy")


def test_the_same_name_from_another_module_is_other_code(toy: Catalog, tmp_path: Path) -> None:
    new = dict(SOURCE) | {"rival_losses.py": "def nearness(x):\n    return x * 3\n"}
    new["methods/toy.py"] = new["methods/toy.py"].replace("repro.losses", "repro.rival_losses")
    other = Signatures(Source(write(tmp_path / "other" / "repro", new)))
    config = resolve(toy, "toy")
    assert fingerprint(config, other).combined != fingerprint(config, toy.signatures).combined


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
    modules = fingerprint(config, real.signatures).modules
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
