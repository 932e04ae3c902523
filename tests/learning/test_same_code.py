"""The proof that a change of code moved no number: it accepts other words and refuses another number."""

import importlib.util
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from repro.catalog.catalog import Catalog
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import parse
from repro.catalog.records.same_code import SameCode
from repro.catalog.settings.resolve import resolve

SIMSIAM = "repro/learning/methods/simsiam.py"
# In nothing, in words alone, and in a number.
CHANGES = {"same": ("", ""), "words": ("forward", "there"), "number": ("/ 2 if", "/ 3 if")}
SHORT = [
    "data.placements=1",
    "budget.epochs=1",
    "optimizer.warmup_epochs=0",
    "encoder.width=4",
    "method.dim=16",
]
CONFIG = resolve(Catalog.load(), "simsiam").model_dump(mode="json")


@pytest.fixture(scope="module")
def script(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("same_code", root / "speed" / "same_code.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("codes")


@pytest.fixture(scope="module")
def trees(root: Path, folder: Path, script: ModuleType) -> dict[str, Path]:
    """Copies of the project by what was changed in them."""
    for name, (old, new) in CHANGES.items():
        for part in script.COPIED:
            keep = shutil.ignore_patterns("__pycache__", *["evidence"] * (part == "catalog"))
            shutil.copytree(root / part, folder / name / part, ignore=keep)
        path = folder / name / SIMSIAM
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return {name: folder / name for name in CHANGES}


def arms(script: ModuleType) -> Any:
    return [(script.Arm("simsiam", "digits", ("method.output_affine=true",)), SHORT)]


def test_only_other_numbers_are_refused(script: ModuleType, trees: dict[str, Path], folder: Path) -> None:
    names = ["same", "words", "number"]
    with ThreadPoolExecutor(2) as pool:
        places = [folder / f"runs of {name}" for name in names]
        list(pool.map(script.train, [trees[name] for name in names], places, [arms(script)] * 3))
    before, words, number = (place / "0" for place in places)
    assert list(script.differences(before, words)) == []
    found = list(script.differences(before, number))
    assert "metrics.jsonl differs from line 1 on" in found
    assert any(line.startswith("encoder.safetensors differs in ") for line in found)
    assert any(line.startswith("summary.json: metrics was {'knn'") for line in found)
    codes = [script.fingerprints(trees[name], [CONFIG]) for name in names]
    assert len({code for found in codes for code in found}) == 3


def test_a_run_that_fails_proves_nothing(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(script.ProofError, match=rf"with the code of {tmp_path}: No space left"):
        script.python(tmp_path, "print('Begun'); raise SystemExit('No space left')", [])


def test_a_declaration_is_what_the_catalog_reads(script: ModuleType) -> None:
    first, second = (
        script.Arm("simsiam", "digits", ()),
        script.Arm("byol", "digits", ("encoder.name=resnet18",)),
    )
    third = script.Arm("byol", "digits", ())
    found = [
        script.Change(first, CONFIG, "a" * 64, "b" * 64),
        script.Change(third, CONFIG, "c" * 64, "d" * 64),
        script.Change(second, CONFIG, "e" * 64, "f" * 64),
    ]
    text = script.HEAD + script.entry("055a931", "A sentence: with a colon.", found, 3)
    (declared,) = bind(SameCode, parse(text, "code.yaml")).equal
    assert (declared.before, declared.what) == ("055a931", "A sentence: with a colon.")
    assert declared.codes == {
        "simsiam/digits": ["a" * 64, "b" * 64],
        "byol/digits": ["c" * 64, "d" * 64],
        "byol/digits encoder.name=resnet18": ["e" * 64, "f" * 64],
    }
    twice = text + script.entry("b2cd745", "Another.", found, 3)
    assert len(bind(SameCode, parse(twice, "code.yaml")).equal) == len(yaml.safe_load(twice)["equal"]) == 2


def test_arms_of_the_same_switches_are_trained_once(script: ModuleType) -> None:
    def changed(section: str, key: str, value: Any) -> dict[str, Any]:
        return json.loads(json.dumps(CONFIG)) | {section: {**CONFIG[section], key: value}}

    known = script.switches(CONFIG)
    assert script.switches(changed("optimizer", "lr", 0.3)) == known
    assert script.switches(changed("method", "dim", 64)) == known
    assert script.switches(changed("method", "stop_gradient", False)) != known
    assert script.switches(changed("views", "gray_p", 0.2)) != known
    assert script.switches(changed("views", "views", 5)) != known
    assert script.switches(changed("optimizer", "warmup_epochs", 0.0)) != known


@pytest.mark.parametrize(("batch", "placements"), [(128, 1), (560, 1), (561, 2)])
def test_a_short_run_has_at_least_two_steps_an_epoch(script: ModuleType, batch: int, placements: int) -> None:
    config = CONFIG | {"budget": {"epochs": 20, "batch": batch}}
    arm = script.Arm("simsiam", "digits", ())
    assert f"data.placements={placements}" in script.quick(script.Change(arm, config, "", ""))


def test_data_that_cannot_be_cut_down_are_said(script: ModuleType) -> None:
    config = CONFIG | {"data": {"name": "cifar10"}}
    with pytest.raises(script.ProofError, match="how to cut cifar10 down"):
        script.quick(script.Change(script.Arm("simsiam", "cifar10", ()), config, "", ""))


def test_an_unknown_commit_is_a_sentence(script: ModuleType) -> None:
    with pytest.raises(script.ProofError, match=r"nowhere|not a git"):
        script.git("rev-parse", "--short=7", "nowhere^{commit}")
