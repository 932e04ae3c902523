"""Settings that do not fit each other: found in a file, an arm and an override, with the same sentence."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.settings import fit
from repro.catalog.settings.fit import misfits
from repro.catalog.settings.layers import SettingError
from repro.catalog.settings.resolve import resolve

REAL = Catalog.load()
SIMSIAM = "recipes/simsiam/digits.yaml"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """The real catalog but for its evidence, to be damaged."""
    keep = shutil.ignore_patterns("evidence")
    return Path(shutil.copytree(root / "catalog", tmp_path / "catalog", ignore=keep))


def changed(copy: Path, file: str, old: str, new: str) -> Catalog:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Catalog.load(copy)


@pytest.mark.parametrize(
    ("paper", "benchmark", "settings", "says"),
    [
        ("simsiam", None, {"views.views": 3}, "the method simsiam takes 2 views, and views.views is 3."),
        ("simsiam", None, {"views.views": 1}, "the method simsiam takes 2 views, and views.views is 1."),
        ("simsiam-collapse", None, {"views.views": 1}, "takes at least 2 views, and views.views is 1."),
        (
            "speech-simclr",
            None,
            {"views.targets": False},
            "the method speech_simclr takes 4 batches of views, and views.name speech gives 2; set "
            "views.targets to true.",
        ),
        (
            "byol-a",
            None,
            {"views.name": "speech"},
            "the method byol takes 2 batches of views, and views.name speech gives 4; set views.targets to",
        ),
        (
            "speech-simclr",
            None,
            {"views.name": "spectrogram"},
            "takes 4 batches of views, and views.name spectrogram gives 2; choose others.",
        ),
        (
            "simsiam",
            None,
            {"optimizer.warmup_epochs": 50},
            "optimizer.warmup_epochs is 50, and budget.epochs 20: the run would end in its warm-up; lower",
        ),
        (
            "simsiam",
            None,
            {"budget.epochs": 1},
            "optimizer.warmup_epochs is 2, and budget.epochs 1: the run would end in its warm-up; lower",
        ),
        (
            "simsiam",
            None,
            {"views.blur_p": [0.1, 0.2, 0.3]},
            "views.blur_p is [0.1, 0.2, 0.3], and views.views 2; give one probability for all views, or one "
            "for each.",
        ),
        (
            "simsiam",
            None,
            {"views.hue": 0.1},
            "views.hue needs images of 3 channels, and these have 1; give 0.",
        ),
        (
            "simsiam",
            "images",
            {"data.name": "digits"},
            "views.saturation, views.hue and views.gray_p need images of 3 channels, and these have 1",
        ),
        (
            "simsiam",
            "cifar10",
            {"views.mean": [0.5]},
            "views.mean is [0.5]; give views.mean and views.std a number for each channel, which are 3 here, "
            "or leave both empty.",
        ),
        ("simsiam", None, {"views.mean": [0.5]}, "views.std is []; give views.mean and views.std"),
        ("simsiam", "cifar10", {"views.std": []}, "views.std is []; give views.mean and views.std"),
        (
            "simsiam",
            None,
            {"data.min_scale": 0.95},
            "data.min_scale is 0.95, and data.max_scale 0.9; the smaller comes first.",
        ),
        (
            "simsiam",
            "cifar10",
            {"data.train": 100},
            "data.train leaves 100 images, and budget.batch is 512: not one whole batch.",
        ),
        (
            "barlow-twins",
            None,
            {"method.on_diagonal": False, "method.off_diagonal": False},
            "method.on_diagonal and method.off_diagonal are both false: nothing is left of the loss.",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_a_sentence(
    paper: str, benchmark: str | None, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingError) as caught:
        resolve(REAL, paper, benchmark, settings)
    ((key, sentence),) = caught.value.faults
    assert key == next(iter(settings))
    assert says in sentence == str(caught.value)


@pytest.mark.parametrize(
    ("paper", "settings"),
    [
        ("simsiam-collapse", {"views.views": 5}),
        ("simsiam", {"budget.epochs": 2}),
        ("simsiam", {"budget.epochs": 1, "optimizer.warmup_epochs": 0.5}),
        ("simsiam", {"views.blur_p": [0.1, 0.2]}),
        ("simsiam", {"views.mean": [0.5], "views.std": [0.2]}),
        ("simsiam", {"data.min_scale": 0.9}),
        ("barlow-twins", {"method.on_diagonal": False}),
    ],
)
def test_what_fits_is_taken(paper: str, settings: dict[str, Any]) -> None:
    assert resolve(REAL, paper, None, settings).paper == paper


def test_every_recipe_of_the_catalog_fits() -> None:
    for paper in REAL.paper_ids:
        for benchmark in REAL.benchmarks_of(paper):
            assert resolve(REAL, paper, benchmark).benchmark == benchmark


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("warmup_epochs: 2", "warmup_epochs: 50", "8:139"),
        ("budget: {epochs: 20}", "budget: {epochs: 1}", "8:139"),
        ("budget:", "views: {views: 3}\nbudget:", "7:16"),
        ("budget:", "views: {hue: 0.2}\nbudget:", "7:14"),
    ],
)
def test_a_file_that_does_not_fit_is_found_at_its_place(copy: Path, old: str, new: str, place: str) -> None:
    with pytest.raises(CatalogFileError) as caught:
        resolve(changed(copy, SIMSIAM, old, new), "simsiam")
    assert [fault.file for fault in caught.value.faults] == [f"catalog/{SIMSIAM}"]
    assert [f"{fault.line}:{fault.column}" for fault in caught.value.faults] == [place]


def test_the_check_says_what_a_run_would(copy: Path) -> None:
    changed(copy, SIMSIAM, "budget:", "views: {views: 3}\nbudget:")
    changed(copy, "recipes/simclr/digits.yaml", "warmup_epochs: 2", "warmup_epochs: 16")
    changed(copy, "benchmarks/cifar10.yaml", "0.4914, 0.4822, 0.4465", "0.4914, 0.4822")
    changed(copy, "papers/barlow-twins.yaml", "{method.on_diagonal: false}", "{views.views: 3}")
    found = {fault.file.removeprefix("catalog/"): fault for fault in check(copy)}
    assert {file: fault.rule.id for file, fault in found.items()} == {
        SIMSIAM: "R044",
        "recipes/simclr/digits.yaml": "R044",
        "benchmarks/cifar10.yaml": "R050",
        "papers/barlow-twins.yaml": "R084",
    }
    assert found[SIMSIAM].message == "the method simsiam takes 2 views, and views.views is 3."
    assert found["papers/barlow-twins.yaml"].message.startswith("the method barlow_twins takes 2 views")


def test_an_arm_may_change_two_settings_that_fit_only_together(copy: Path) -> None:
    paper = "papers/simsiam.yaml"
    changed(copy, paper, "budget.epochs: 4", "budget.epochs: 1, optimizer.warmup_epochs: 0.5")
    assert check(copy, [copy / paper]) == []


@pytest.mark.parametrize("given", [{}, {"views.blur_p": [0.1]}, {"channels": 1}, {"views_needed": 3}])
def test_rules_are_silent_where_settings_are_missing(given: dict[str, Any]) -> None:
    assert misfits(given) == []


def test_every_rule_is_in_the_table() -> None:
    rules = [rule for rule in vars(fit).values() if getattr(rule, "__module__", "") == fit.__name__]
    assert {rule for rule in rules if callable(rule) and not isinstance(rule, type)} == {*fit.RULES, misfits}
