"""Layers laid over each other, typed, overridden, hashed and compared with the paper."""

import json
from pathlib import Path
from typing import Any

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fidelity import fidelity
from repro.catalog.settings.layers import SettingError
from repro.catalog.settings.resolve import canonical_json, digest, resolve, settable
from repro.errors import CatalogError, UsageError
from tests.support.toy_catalog import BENCHMARK, PAPER, RECIPE, catalog


@pytest.fixture
def toy(tmp_path: Path) -> Catalog:
    return catalog(tmp_path)


def test_a_configuration_is_complete_and_typed(toy: Catalog) -> None:
    config = resolve(toy, "toy")
    assert config.model_dump(mode="json") == {
        "paper": "toy",
        "benchmark": "digits",
        "method": {"name": "toy", "dim": 4, "guard": False, "rate": 0.001},
        "encoder": {"name": "small", "width": 16, "depth": 2},
        "data": {"name": "digits", "noise": 0.1, "seed": 0},
        "views": {"name": "images", "crop_scale": [0.4, 1.0], "flip_p": 0.0, "blur_p": 0.5, "mean": []},
        "optimizer": {
            "name": "sgd",
            "lr": 0.05,
            "lr_scaling": "linear",
            "lr_1d": None,
            "momentum": 0.9,
            "beta2": 0.999,
            "weight_decay": 0.0,
            "decay_1d": True,
            "trust_coefficient": 0.001,
            "schedule": "cosine",
            "warmup_epochs": 0.0,
            "final_lr": 0.0,
        },
        "budget": {"epochs": 10, "batch": 256},
        "probes": {"knn": {"k": 200, "temperature": 0.1}, "linear": {"l2": 0.0001}},
    }
    assert config.method.params == {"dim": 4, "guard": False, "rate": 0.001}


def test_a_configuration_survives_json(toy: Catalog) -> None:
    config = resolve(toy, "toy")
    assert ResolvedConfig.model_validate(json.loads(config.model_dump_json())) == config


def test_given_settings_win_and_are_typed(toy: Catalog) -> None:
    config = resolve(
        toy,
        "toy",
        "digits",
        {
            "budget.epochs": 2,
            "views.blur_p": ["1", 0.1],
            "method.guard": "true",
            "views.mean": (),
            "probes.knn.k": "5",
            "optimizer.lr_1d": None,
        },
    )
    assert config.budget.epochs == 2
    assert config.views.params["blur_p"] == [1.0, 0.1]
    assert config.method.params["guard"] is True
    assert config.probes.knn.k == 5
    assert config.optimizer.lr_1d is None


def test_another_component_starts_from_its_own_defaults(toy: Catalog) -> None:
    config = resolve(toy, "toy", None, {"encoder.name": "large"})
    assert config.encoder.model_dump() == {"name": "large", "stem": "imagenet"}
    config = resolve(toy, "toy", None, {"data.path": "/x", "data.name": "folder"})
    assert config.data.model_dump() == {"name": "folder", "path": "/x", "limit": None}


def test_naming_the_same_component_changes_nothing(toy: Catalog) -> None:
    assert resolve(toy, "toy", None, {"encoder.name": "small"}) == resolve(toy, "toy")


def test_a_recipe_may_swap_a_component(tmp_path: Path) -> None:
    recipe = RECIPE.replace("views:", "encoder: {name: large, stem: cifar}\nviews:")
    config = resolve(catalog(tmp_path, {"recipes/toy/digits.yaml": recipe}), "toy")
    assert config.encoder.model_dump() == {"name": "large", "stem": "cifar"}


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (
            "budget.epoch",
            2,
            "there is no setting 'budget.epoch'; budget takes epochs, batch. Did you mean 'budget.epochs'?",
        ),
        (
            "method.gaurd",
            False,
            "there is no setting 'method.gaurd'; method takes dim, guard, rate. Did you mean 'method.guard'?",
        ),
        ("method.guard.x", 1, "there is no setting 'method.guard.x'; method takes dim, guard, rate."),
        ("encoder.name", "smal", "there is no encoder 'smal'; there are small, large. Did you mean 'small'?"),
        ("encoder.name", None, "there is no encoder nothing; there are small, large."),
        ("encoder.name", ["small"], "there is no encoder [small]; there are small, large."),
        ("encoder.name", 3, "there is no encoder 3; there are small, large."),
        ("budget.epochs", "many", "budget.epochs: found 'many', expected a whole number of at least 1."),
        ("budget.epochs", 2.5, "budget.epochs: found 2.5, expected a whole number of at least 1."),
        ("budget.epochs", "2.5", "budget.epochs: found 2.5, expected a whole number of at least 1."),
        ("budget.epochs", 0, "budget.epochs: found 0, expected a whole number of at least 1."),
        ("budget.epochs", "0", "budget.epochs: found 0, expected a whole number of at least 1."),
        ("budget.epochs", True, "budget.epochs: found true, expected a whole number of at least 1."),
        ("budget.epochs", None, "budget.epochs: found nothing, expected a whole number of at least 1."),
        ("budget.epochs", {}, "budget.epochs: the value is a mapping; set each of its keys by itself."),
        ("budget.epochs", b"2", "budget.epochs: found b'2', expected a whole number of at least 1."),
        ("method.guard", "yes", "method.guard: found 'yes', expected true or false."),
        ("views.crop_scale", 0.2, "views.crop_scale: found 0.2, expected a list of numbers."),
        ("views.crop_scale", [0.2, "x"], "views.crop_scale: found [0.2, x], expected a list of numbers."),
        (
            "optimizer.name",
            "adam",
            "optimizer.name: found 'adam', expected one of sgd, adamw, lars (did you mean 'adamw'?).",
        ),
        (
            "probes.knn",
            3,
            "there is no setting 'probes.knn'; probes takes knn.k, knn.temperature, linear.l2.",
        ),
        ("data.name", "folder", "key 'path' is missing; add it."),
        ("method.name", "rival", "the method is the paper's own; run another paper instead."),
        ("seed", 3, "the seed is no setting; use --seed 3."),
        ("budget", 3, "found the key 'budget', expected section and setting, such as budget.epochs."),
        (
            "__class__.x",
            1,
            "found the key '__class__.x', expected section and setting, such as budget.epochs.",
        ),
    ],
)
def test_a_wrong_setting_is_a_sentence(toy: Catalog, key: str, value: Any, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        resolve(toy, "toy", None, {key: value})
    assert str(caught.value).startswith(says)
    assert caught.value.faults == ((key, str(caught.value)),)


def test_every_wrong_setting_is_named(toy: Catalog) -> None:
    with pytest.raises(SettingError) as caught:
        resolve(toy, "toy", None, {"budget.epochs": 0, "method.dim": 3, "budget.batch": 1})
    assert [key for key, _ in caught.value.faults] == ["budget.epochs", "budget.batch"]


def test_a_section_that_is_none_is_named(toy: Catalog) -> None:
    with pytest.raises(
        SettingError, match=r"no section 'optimiser'; there are method, encoder, views, data,"
    ):
        resolve(toy, "toy", None, {"optimiser.lr": 1})


@pytest.mark.parametrize(
    ("paper", "benchmark", "says"),
    [
        ("tyo", None, "there is no paper 'tyo'; there are other, toy. Did you mean 'toy'?"),
        ("../toy", None, "there is no paper"),
        ("toy", "digit", "toy has no recipe on 'digit'; it runs on digits. Did you mean 'digits'?"),
        ("toy", "../../papers/toy", "toy has no recipe on"),
        ("other", None, "other has no recipe yet; papers that run: toy."),
    ],
)
def test_an_unknown_paper_or_benchmark_is_a_sentence(
    toy: Catalog, paper: str, benchmark: str | None, says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(toy, paper, benchmark)
    assert says in str(caught.value)


def test_a_fault_in_a_file_has_its_place(tmp_path: Path) -> None:
    wrong = BENCHMARK.replace("width: 16", "widht: 16").replace("noise: 0.1", "noise: much")
    toy = catalog(tmp_path, {"benchmarks/digits.yaml": wrong})
    with pytest.raises(CatalogError) as caught:
        resolve(toy, "toy")
    assert str(caught.value).startswith(
        "catalog/benchmarks/digits.yaml:9:24: there is no setting 'encoder.widht'"
    )


def test_settable_says_where_each_value_comes_from(toy: Catalog) -> None:
    rows = {row.key: row for row in settable(toy, "toy", None, {"budget.epochs": 2})}
    assert (rows["budget.epochs"].value, rows["budget.epochs"].origin) == (2, "override")
    assert rows["budget.batch"].origin == "benchmark"
    assert rows["views.flip_p"].origin == "recipe"
    assert rows["method.rate"].origin == "default"
    assert (rows["method.dim"].kind, rows["method.dim"].help) == ("a whole number", "width of the head")
    assert rows["encoder.name"].kind == "one of small, large"
    assert rows["optimizer.lr_1d"].kind == "a number of at least 0 or null"
    assert all(row.help for key, row in rows.items() if key.startswith(("optimizer", "budget", "probes")))


def test_equal_configurations_have_equal_digests(toy: Catalog) -> None:
    plain, same = (
        resolve(toy, "toy"),
        resolve(toy, "toy", None, {"method.rate": "1e-3", "optimizer.lr": 0.05}),
    )
    assert digest(plain, 0, "sha256:a") == digest(same, 0, "sha256:a")


def test_anything_that_decides_a_run_changes_its_digest(toy: Catalog) -> None:
    config = resolve(toy, "toy")
    digests = {
        digest(config, 0, "sha256:a"),
        digest(config, 1, "sha256:a"),
        digest(config, 0, "sha256:b"),
        digest(resolve(toy, "toy", None, {"method.dim": 5}), 0, "sha256:a"),
    }
    assert len(digests) == 4
    assert all(len(one) == 64 for one in digests)


def test_a_digest_stays_what_it_was(toy: Catalog) -> None:
    # Evidence is filed under digests: a change of this value orphans every record there is.
    assert digest(resolve(toy, "toy"), 0, "sha256:a")[:16] == "33acdce7593ad6ea"


def test_canonical_json_ignores_order_and_refuses_what_is_no_number() -> None:
    assert canonical_json({"b": 1, "a": [0.1, "é"]}) == '{"a":[0.1,"é"],"b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})


def test_fidelity_is_computed(toy: Catalog) -> None:
    found = fidelity(toy, resolve(toy, "toy"))
    assert found is not None
    rows = {row.key: (row.paper, row.code, row.ours, row.differs, row.why) for row in found.rows}
    assert rows == {
        "method.dim": ("8", None, "4", True, "A narrower encoder needs a narrower head."),
        "optimizer.lr": ("0.05", None, "0.05", False, None),
        "views.crop_scale": ("[0.2, 1]", None, "[0.4, 1.0]", True, "Digits have a side."),
        "views.flip_p": ("0.5", None, "0.0", True, "Digits have a side."),
        "budget.epochs": ("100", None, "10", True, "It must run in minutes."),
        "method.guard": (None, "false", "false", False, None),
    }
    assert found.unexplained == ()
    assert found.idle_reasons == ()


def test_fidelity_follows_given_settings(toy: Catalog) -> None:
    found = fidelity(
        toy, resolve(toy, "toy", None, {"method.dim": 8, "optimizer.lr": 1, "encoder.name": "large"})
    )
    assert found is not None
    assert [row.key for row in found.unexplained] == ["optimizer.lr"]
    assert found.idle_reasons == ("method.dim",)


def test_a_key_of_another_component_differs(tmp_path: Path) -> None:
    toy = catalog(tmp_path, {"papers/toy.yaml": PAPER.replace("method.guard", "encoder.stem")})
    found = fidelity(toy, resolve(toy, "toy"))
    assert found is not None
    (row,) = found.unexplained
    assert (row.key, row.ours) == ("encoder.stem", None)


def test_a_section_reason_is_idle_when_every_key_has_its_own(tmp_path: Path) -> None:
    recipe = RECIPE + "  views.crop_scale: One.\n  views.flip_p: Two.\n"
    toy = catalog(tmp_path, {"recipes/toy/digits.yaml": recipe})
    found = fidelity(toy, resolve(toy, "toy"))
    assert found is not None
    assert found.idle_reasons == ("views.*",)


def test_a_reason_may_say_why_ours_is_the_papers_and_not_the_official_codes(tmp_path: Path) -> None:
    paper = PAPER.replace("code: {method.guard: false}", "code: {method.guard: false, optimizer.lr: 1}")
    files = {"papers/toy.yaml": paper, "recipes/toy/digits.yaml": f"{RECIPE}  optimizer.lr: As printed.\n"}
    toy = catalog(tmp_path, files)
    found = fidelity(toy, resolve(toy, "toy"))
    assert found is not None
    (row,) = (row for row in found.rows if row.key == "optimizer.lr")
    assert (row.differs, row.why) == (False, "As printed.")
    assert found.idle_reasons == ()
