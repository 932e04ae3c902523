"""Text becomes records: what is typed, what is refused, and how the sentence reads."""

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from repro.catalog.prose import join_words
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.config import OptimizerConfig, ResolvedConfig
from repro.catalog.records.kinds import as_text, read, words
from repro.catalog.records.paper import Paper, Reported
from repro.catalog.records.recipe import Benchmark, Recipe
from tests.support.toy_catalog import BENCHMARK, OTHER, PAPER, RECIPE


@pytest.mark.parametrize(
    ("annotation", "written", "value"),
    [
        (int, "128", 128),
        (int, "-3", -3),
        (float, "1e-3", 0.001),
        (float, ".5", 0.5),
        (float, 1, 1.0),
        (bool, "true", True),
        (bool, "false", False),
        (str, "2011.10566", "2011.10566"),
        (str, "true", "true"),
        (int | None, None, None),
        (int | float, "1", 1),
        (float | list[float], "0.5", 0.5),
        (float | list[float], ["1", "0.1"], [1.0, 0.1]),
        (list[float], (0.2, 1), [0.2, 1.0]),
        (list[str], [], []),
        (Literal["a", "b"], "b", "b"),
        (Literal["auto"] | int, "auto", "auto"),
        (Literal["auto"] | int, "7", 7),
    ],
)
def test_text_is_typed_by_the_kind_asked_for(annotation: Any, written: Any, value: Any) -> None:
    found = read(annotation, written)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "written"),
    [
        (int, "1.0"),
        (int, "1_000"),
        (int, "0x10"),
        (int, "9" * 5000),
        (int, True),
        (int, None),
        (int, ["1"]),
        (float, "nan"),
        (float, "inf"),
        (float, "1e400"),
        (float, float("nan")),
        (float, "1,5"),
        (float, False),
        (bool, "on"),
        (bool, "True"),
        (bool, "1"),
        (bool, 1),
        (str, None),
        (str, 3),
        (list[float], "0.5"),
        (list[float], ["0.5", "x"]),
        (list[float], {"a": "1"}),
        (Literal["a"], "A"),
    ],
)
def test_text_of_another_kind_is_refused(annotation: Any, written: Any) -> None:
    with pytest.raises(ValueError, match=r"^found .*, expected .*\.$"):
        read(annotation, written)


def test_a_kind_is_called_by_words() -> None:
    assert words(float | list[float] | None) == "a number or a list of numbers or null"
    assert words(Literal["mlp", "none"]) == "one of mlp, none"


def test_a_mistyped_choice_is_corrected() -> None:
    with pytest.raises(ValueError, match=r"found 'bilinaer', .*did you mean 'bilinear'"):
        read(Literal["bilinear", "bicubic"], "bilinaer")


def test_values_are_shown_as_yaml_writes_them() -> None:
    assert as_text([0.2, 1.0, True, None, "x"]) == "[0.2, 1.0, true, null, x]"


@pytest.mark.parametrize(
    ("model", "text"), [(Paper, PAPER), (Paper, OTHER), (Benchmark, BENCHMARK), (Recipe, RECIPE)]
)
def test_a_sound_file_is_a_frozen_record(model: type[BaseModel], text: str) -> None:
    record = bind(model, parse(text, "a.yaml"))
    field = next(iter(model.model_fields))
    with pytest.raises(ValueError, match="frozen"):
        setattr(record, field, 1)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (("A", "B, C", "D"), "A, B, C and D")],
)
def test_a_list_in_a_sentence(words: Sequence[str], wanted: str) -> None:
    assert join_words(words) == wanted


@pytest.mark.parametrize(
    ("changes", "text", "sure"),
    [
        ({}, "68.10\u00a0%", True),
        ({"unit": "AP"}, "68.10 AP", True),
        ({"spread": {"kind": "sd", "value": "0.20"}}, "68.10 ± 0.20 (sd)\u00a0%", True),
        ({"source": {"doc": "arxiv v1", "place": "Fig. 2", "how": "figure", "mark": "figure"}}, None, False),
        ({"source": {"doc": "arxiv v1", "place": "Fig. 2", "how": "text", "mark": "memory"}}, None, False),
    ],
)
def test_a_reported_value_in_words(changes: dict[str, Any], text: str | None, sure: bool) -> None:
    value = bind(Paper, parse(PAPER, "a.yaml")).reported[0]
    found = Reported.model_validate(value.model_dump() | changes)
    assert found.text == text or text is None
    assert found.is_sure is sure


def test_identifiers_and_reported_values_keep_their_digits() -> None:
    assert bind(Paper, parse(OTHER, "a.yaml")).ids.arxiv == "2006.07730"
    assert bind(Paper, parse(PAPER, "a.yaml")).reported[0].value == "68.10"


@pytest.mark.parametrize(
    ("old", "new", "rule", "place", "says"),
    [
        ("title: A", "titel: A", "R010", "4:1", "Did you mean 'title'?"),
        (
            "name: Ada",
            "nmae: Ada",
            "R010",
            "5:12",
            "accepted here: name, orcid, family. Did you mean 'name'?",
        ),
        (
            "Ada Lovelace}",
            "Ada Lovelace, family: Byron}",
            "R012",
            "5:40",
            "expected words of the name 'Ada Lovelace'",
        ),
        ("year: 2021\n", "", "R011", "1:1", "key 'year' is missing"),
        ("[{name: Ada Lovelace}]", "[{orcid: 0000-0002-1825-0097}]", "R011", "5:11", "key 'name' is missing"),
        ("year: 2021", "year: MMXXI", "R012", "6:7", "found 'MMXXI', expected a whole number"),
        ("year: 2021", "year: 1021", "R012", "6:7", "expected at least 1950"),
        ("status: published", "status: publisehd", "R012", "8:9", "Did you mean 'published'?"),
        ("id: toy", "id: Toy_1", "R012", "2:5", "lower-case words and digits joined by hyphens"),
        ("2011.10560", "2011.10560v2", "R012", "9:14", "an arXiv id without version"),
        ("https://example.org/toy", "http://example.org/toy", "R015", "11:24", "starts with https://"),
        ("https://example.org/toy", "javascript:alert(1)", "R015", "11:24", "starts with https://"),
        (
            "https://example.org/toy",
            "https://x.org/<script>",
            "R012",
            "11:24",
            "without spaces, quotes or angle",
        ),
        ("[contrastive]", "contrastive", "R012", "16:11", "expected a list"),
        ("authors: [{name: Ada Lovelace}]", "authors: []", "R012", "5:10", "expected at least 1 item"),
        ('value: "68.10"', "value: about 68", "R012", "34:12", "a decimal number"),
        ("schema: 1", "schema: 2", "R012", "1:9", "expected one of 1"),
        ("method.dim: 8", "method.dim: {a: 1}", "R012", "24:25", "a single value or a list"),
        ("method.dim: 8", "dim: 8", "R012", "24:13", "a dotted configuration key"),
    ],
)
def test_what_does_not_fit_is_said_at_its_place(old: str, new: str, rule: str, place: str, says: str) -> None:
    assert old in PAPER
    with pytest.raises(CatalogFileError) as caught:
        bind(Paper, parse(PAPER.replace(old, new, 1), "toy.yaml"))
    found = [(fault.rule.id, fault.place, fault.message) for fault in caught.value.faults]
    assert any((r, p) == (rule, f"toy.yaml:{place}") and says in message for r, p, message in found), found


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(CatalogFileError) as caught:
        bind(Paper, parse("schema: 1\nid: x\nfoo: 1\nyear: y\n", "x.yaml"))
    rules = [fault.rule.id for fault in caught.value.faults]
    assert {"R010", "R011", "R012"} == set(rules)
    assert rules.count("R011") > 5


@pytest.mark.parametrize("text", ["", "- a\n", "just text\n"])
def test_a_file_without_a_mapping_is_refused(text: str) -> None:
    with pytest.raises(CatalogFileError, match="holds no `key: value` lines"):
        bind(Paper, parse(text, "x.yaml"))


@pytest.mark.parametrize(
    "change",
    [{"lr": "-1"}, {"lr": "nan"}, {"momentum": "1.5"}, {"lr_1d": "-0.1"}, {"name": "adam"}, {"extra": "1"}],
)
def test_an_optimiser_out_of_range_is_refused(change: dict[str, str]) -> None:
    sound = {"name": "sgd", "lr": "0.1"}
    assert OptimizerConfig.model_validate(sound).lr == 0.1
    with pytest.raises(ValueError, match="OptimizerConfig"):
        OptimizerConfig.model_validate({**sound, **change})


def test_every_field_is_described() -> None:
    def undescribed(model: type[BaseModel]) -> list[str]:
        return [
            f"{model.__name__}.{name}" for name, field in model.model_fields.items() if not field.description
        ]

    seen = {model for root in (Paper, Benchmark, Recipe, ResolvedConfig) for model in _reachable(root)}
    assert len(seen) > 15
    assert [name for model in seen for name in undescribed(model)] == []


def _reachable(annotation: Any) -> set[type[BaseModel]]:
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = [_reachable(field.annotation) for field in annotation.model_fields.values()]
        return {annotation}.union(*inner)
    return set().union(*(_reachable(part) for part in get_args(annotation)))
