"""Bounds as types: the words for them, what they refuse, and that no number of a setting is without."""

from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, Field

from repro.catalog.code.signatures import SECTIONS, Signatures, installed
from repro.catalog.records import bounds
from repro.catalog.records.bounds import (
    BelowOne,
    Count,
    Fraction,
    NotNegative,
    Positive,
    PositiveInterval,
    Seed,
    Share,
    ShareInterval,
)
from repro.catalog.records.kinds import is_bounded, read, words
from repro.catalog.settings.resolve import FIXED_SECTIONS


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (Positive, "a whole number of at least 1"),
        (Seed, "a whole number from 0 to 4294967295"),
        (Fraction, "a number from 0 to 1"),
        (BelowOne, "a number of at least 0 and below 1"),
        (Share, "a number above 0 and at most 1"),
        (NotNegative | None, "a number of at least 0 or null"),
        (Fraction | list[Fraction], "a number from 0 to 1 or a list of numbers from 0 to 1"),
        (PositiveInterval, "two numbers above 0, the smaller first"),
        (ShareInterval, "two numbers above 0 and at most 1, the smaller first"),
        (list[list[Positive]], "a list, each a list of whole numbers of at least 1"),
        (Annotated[int | None, Field(lt=3)], "a whole number below 3 or null"),
    ],
)
def test_a_bound_in_words(annotation: Any, said: str) -> None:
    assert words(annotation) == said


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Positive, "1", 1),
        (Count, 0, 0),
        (Fraction, "1", 1.0),
        (Fraction | list[Fraction], ["0", 1], [0.0, 1.0]),
        (NotNegative | None, None, None),
        (ShareInterval, ("0.2", 1), [0.2, 1.0]),
        (ShareInterval, [1, 1], [1.0, 1.0]),
        (Annotated[int | None, Field(lt=3)], None, None),
    ],
)
def test_a_value_within_its_bounds_is_typed(annotation: Any, value: Any, expected: Any) -> None:
    found = read(annotation, value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "value", "shown"),
    [
        (Positive, "0", "0"),
        (Positive, 0, "0"),
        (Positive, "2.5", "2.5"),
        (Positive, 10**18, "1000000000000000000"),
        (Fraction, "1.01", "1.01"),
        (Fraction, True, "true"),
        (Fraction, "true", "true"),
        (Fraction, 10**400, f"1{'0' * 56}..."),
        (BelowOne, 1.0, "1.0"),
        (Share, "0", "0"),
        (Fraction | list[Fraction], [0.5, 3], "[0.5, 3]"),
        (ShareInterval, ["1", "0.2"], "[1, 0.2]"),
        (ShareInterval, [0.2], "[0.2]"),
        (ShareInterval, [0.1, 0.2, 0.3], "[0.1, 0.2, 0.3]"),
        (PositiveInterval, [0, 1], "[0, 1]"),
    ],
)
def test_a_value_outside_its_bounds_is_refused(annotation: Any, value: Any, shown: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        read(annotation, value)
    assert str(caught.value) == f"found {shown}, expected {words(annotation)}."


def test_the_bounds_are_annotated_types_of_one_module() -> None:
    named = [bound for bound in vars(bounds).values() if get_origin(bound) is Annotated]
    assert len(named) >= 10
    assert all(is_bounded(bound) for bound in named)
    assert {get_args(bound)[0] for bound in named} <= {
        *(int, float, list[Share], list[bounds.AboveZero], list[bounds.Decibels])
    }


def fields(model: type[BaseModel], prefix: str) -> list[tuple[str, Any]]:
    found = []
    for name, field in model.model_fields.items():
        key, inner = f"{prefix}.{name}", field.annotation
        nested = isinstance(inner, type) and issubclass(inner, BaseModel)
        found += fields(inner, key) if nested else [(key, field.rebuild_annotation())]  # type: ignore[arg-type]
    return found


def test_every_number_of_every_setting_has_a_bound() -> None:
    known = Signatures()
    found = [row for section, model in FIXED_SECTIONS.items() for row in fields(model, section)]
    for section in SECTIONS:
        for name in known.names(section):
            found += [(f"{name}.{p.name}", p.annotation) for p in known.signature(section, name).parameters]
    assert len(found) > 80
    assert [key for key, annotation in found if not is_bounded(annotation)] == []


def test_what_a_class_states_of_itself_is_read_from_its_source() -> None:
    signature = installed().signature
    assert signature("method", "simsiam").facts["views_needed"] == 2
    assert signature("method", "simsiam_collapse").facts["views_needed"] == (2, None)
    assert signature("data", "digits").facts["channels"] == 1
    assert all("views_needed" in signature("method", name).facts for name in installed().names("method"))
