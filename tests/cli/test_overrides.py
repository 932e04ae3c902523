"""``--set section.key=value``: what a text means, what a wrong one says, and settings as text again."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from repro.catalog.catalog import Catalog
from repro.catalog.settings.layers import SettingError, override_words
from repro.catalog.settings.resolve import resolve
from repro.cli.overrides import naming, parse_overrides
from repro.errors import UsageError

REAL = Catalog.load()


def refuse(*texts: str) -> str:
    with pytest.raises(UsageError) as caught, naming(texts):
        resolve(REAL, "simsiam", None, parse_overrides(texts))
    return str(caught.value)


def test_values_are_what_yaml_makes_of_them() -> None:
    texts = ["budget.epochs=2", "views.blur_p=[1, 0.1]", "method.symmetric = true", "views.mean=[]"]
    assert parse_overrides([*texts, "optimizer.lr_1d=null", 'data.path="a: b"', "probes.knn.k="]) == {
        "budget.epochs": "2",
        "views.blur_p": ["1", "0.1"],
        "method.symmetric": "true",
        "views.mean": [],
        "optimizer.lr_1d": None,
        "data.path": "a: b",
        "probes.knn.k": None,
    }


def test_a_key_is_given_once() -> None:
    with pytest.raises(
        UsageError, match=r"--set budget\.epochs is given twice, `budget\.epochs=2` and `budget"
    ):
        parse_overrides(["budget.epochs=2", "budget.epochs =3"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budget.epochs=0", "found 0, expected a whole number of at least 1."),
        ("budget.epochs=many", "found 'many', expected a whole number of at least 1."),
        ("budget.epoch=2", "there is no setting 'budget.epoch'; budget takes epochs, batch."),
        ("budget.epochs={a: 1}", "the value is a mapping; set each of its keys by itself."),
        ("budget.epochs=[1", "the value cannot be read: not well-formed YAML"),
        ("budget.epochs=!!python/name:os.system", "the value cannot be read: tag '"),
        ("budget.epochs=\x1b[2m", "the value cannot be read: character U+001B is not allowed"),
        ("views.views=3", "the method simsiam takes 2 views, and views.views is 3."),
        ("method.name=byol", "the method is the paper's own; run another paper instead."),
        ("seed=3", "the seed is no setting; use --seed 3."),
        ("seed=", "the seed is no setting; use --seed 0."),
        ("budget=3", "expected section.key=value, such as --set budget.epochs=2."),
        ("budget.epochs", "expected section.key=value"),
        ("", "expected section.key=value"),
        ("__class__.x=1", "expected section.key=value"),
    ],
)
def test_a_wrong_text_is_named(text: str, says: str) -> None:
    assert refuse(text).startswith(f"--set {text}: {says}")


def test_the_text_that_counts_is_named() -> None:
    assert refuse("budget.batch=2", "budget.epochs= -1").startswith(
        "--set budget.epochs= -1: found -1, expected"
    )


def test_what_nobody_typed_is_named_by_its_key() -> None:
    with pytest.raises(SettingError, match=r"^budget\.epochs: found 0"), naming(["method.dim=4"]):
        resolve(REAL, "simsiam", None, {"budget.epochs": 0})


def test_settings_are_written_as_records_keep_them() -> None:
    settings = {"views.views": 5, "method.on": False, "views.crop_scale": ["1", 1.0], "optimizer.lr_1d": None}
    assert override_words(settings) == (
        "method.on=false",
        "optimizer.lr_1d=null",
        "views.crop_scale=[1, 1.0]",
        "views.views=5",
    )


scalars = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Cn"])
)


@given(value=scalars | st.lists(scalars, max_size=3))
@example(value="null")
@example(value="")
@example(value="~")
@example(value="a: b")
@example(value=["a, b", "]", "#c", "- d", "'", '"', "\\"])
@example(value="/home/x y/[1]")
@example(value=" a ")
@example(value="--- a")
@example(value="? a")
def test_a_value_written_as_text_is_read_as_the_same_value(value: Any) -> None:
    assert parse_overrides(override_words({"data.path": value})) == {"data.path": value}
