"""One setting, whatever its value: files, `--set`, Python and the JSON Schemas accept and refuse alike."""

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.catalog.catalog import Catalog
from repro.catalog.check.recipes import recipe_faults
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import Document, decode
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.schema import schema
from repro.catalog.settings.layers import SettingError, override_words
from repro.catalog.settings.resolve import resolve, settable
from repro.cli.overrides import naming, parse_overrides
from repro.errors import UsageError
from tests.support.json_schema import accepts
from tests.support.settings import anything

REAL = Catalog.load()
PLACES = [(paper, benchmark) for paper in REAL.paper_ids for benchmark in REAL.benchmarks_of(paper)]
# The method is the paper's own, and in a file any scalar is a text, which Python tells from a number.
OTHERS = ("method.name", "data.path")
KEYS = {place: [row.key for row in settable(REAL, *place) if row.key not in OTHERS] for place in PLACES}
SCHEMA = schema(Recipe)


class Changed(Catalog):
    """The real catalog with other bytes in one file."""

    def __init__(self, file: str, data: str) -> None:
        super().__init__(REAL.root, REAL.signatures)
        self.file, self.data = file, data

    def _document(self, file: str) -> Document:
        return decode(self.data.encode(), f"catalog/{file}") if file == self.file else REAL.document(file)

    def _read(self, model: Any, file: str) -> Any:
        return super()._read(model, file) if file == self.file else REAL._read(model, file)


@st.composite
def changes(draw: st.DrawFn) -> tuple[tuple[str, str], str, Any]:
    """A recipe, one of its settings, and a value for it."""
    place = draw(st.sampled_from(PLACES))
    return place, draw(st.sampled_from(KEYS[place])), draw(anything)


def recipe_with(place: tuple[str, str], key: str, value: Any) -> dict[str, Any]:
    """A recipe as an editor reads it, with one setting changed."""
    file = REAL.root / REAL.recipe_file(*place)
    recipe: dict[str, Any] = deepcopy(yaml.safe_load(file.read_text(encoding="utf-8")))
    *parents, last = key.split(".")
    inner = recipe
    for step in parents:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return recipe


def said_by_python(place: tuple[str, str], key: str, value: Any) -> list[str]:
    try:
        resolve(REAL, *place, {key: value})
    except SettingError as error:
        return [sentence for _, sentence in error.faults]
    return []


def said_by_the_check(place: tuple[str, str], recipe: dict[str, Any]) -> set[str]:
    file = REAL.recipe_file(*place)
    catalog = Changed(file, json.dumps(recipe, ensure_ascii=False))
    document = catalog.document(file)
    try:
        faults = list(recipe_faults(catalog, bind(Recipe, document), document, file))
    except CatalogFileError as error:
        faults = error.faults
    return {fault.message for fault in faults if fault.rule.id not in ("R045", "R046")}


def said_by_the_command_line(place: tuple[str, str], texts: Sequence[str]) -> str:
    try:
        with naming(texts):
            resolve(REAL, *place, parse_overrides(texts))
    except UsageError as error:
        return str(error)
    return ""


@settings(max_examples=300, deadline=None)
@given(change=changes())
def test_the_same_sentence_by_every_way(change: tuple[tuple[str, str], str, Any]) -> None:
    place, key, value = change
    expected = said_by_python(place, key, value)
    assert said_by_the_check(place, recipe_with(place, key, value)) == set(expected)
    texts = override_words({key: value})
    said = f"--set {texts[0]}: {expected[0].removeprefix(f'{key}: ')}" if expected else ""
    assert said_by_the_command_line(place, texts) == said


def is_for_the_check_alone(sentences: list[str], value: Any) -> bool:
    """True if what is wrong is more than a JSON Schema can say."""
    between_settings = not any(": found " in sentence or "there is no " in sentence for sentence in sentences)
    out_of_order = any(sentence.endswith("the smaller first.") for sentence in sentences)
    items = value if isinstance(value, list) else [value]
    whole = any(isinstance(item, float) and item.is_integer() for item in items)  # 2.0 where 2 is meant
    return between_settings or out_of_order or whole or any(isinstance(i, int) and i >= 10**18 for i in items)


def is_left_to_the_benchmark(place: tuple[str, str], key: str) -> bool:
    """True if the recipe leaves the component's name to its benchmark, and several have this parameter."""
    section, _, name = key.partition(".")
    takers = [
        component
        for component in (REAL.signatures.names(section) if section in SECTIONS else ())
        if any(
            parameter.name == name for parameter in REAL.signatures.signature(section, component).parameters
        )
    ]
    return len(takers) > 1 and "name" not in getattr(REAL.recipe(*place), section)


@settings(max_examples=300, deadline=None)
@given(change=changes())
def test_a_schema_accepts_what_the_check_does(change: tuple[tuple[str, str], str, Any]) -> None:
    place, key, value = change
    sentences = said_by_python(place, key, value)
    is_fine = accepts(SCHEMA, recipe_with(place, key, value))
    assert is_fine or sentences
    is_the_checks = is_for_the_check_alone(sentences, value) or is_left_to_the_benchmark(place, key)
    assert not is_fine or not sentences or is_the_checks


@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_every_real_recipe_is_valid(place: tuple[str, str]) -> None:
    text = (REAL.root / REAL.recipe_file(*place)).read_text(encoding="utf-8")
    assert accepts(SCHEMA, yaml.safe_load(text))


@pytest.mark.parametrize("name", REAL.benchmark_ids)
def test_every_real_benchmark_is_valid(name: str) -> None:
    text = (REAL.root / f"benchmarks/{name}.yaml").read_text(encoding="utf-8")
    assert accepts(schema(Benchmark), yaml.safe_load(text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("method.dmi", 4),
        ("method.dim", 0),
        ("method.name", "simsaim"),
        ("method", {}),
        ("method", {"dim": 4}),
        ("method", {"name": "byol", "layers": 2}),
        ("views.flip_p", 3),
        ("views.blur_p", [0.5, 3]),
        ("views.crop_scale", [0.2]),
        ("encoder.stem", 3),
        ("encoder", {"name": "resnet18", "width": 16}),
        ("data.seed", -1),
        ("optimizer.momentum", 1),
        ("budget.batch", 1),
    ],
)
def test_an_editor_marks_what_is_wrong(key: str, value: Any) -> None:
    assert not accepts(SCHEMA, recipe_with(("simsiam", "digits"), key, value))


def test_an_editor_shows_what_a_setting_may_be() -> None:
    parameters = SCHEMA["$defs"]["method.simsiam"]["properties"]
    assert parameters["dim"] == {
        "default": 2048,
        "description": "D, width of z and p; a whole number of at least 1",
        "minimum": 1,
        "type": "integer",
    }
    assert parameters["predictor"]["enum"] == ["learned", "fixed", "none"]
    assert set(SCHEMA["$defs"]) >= {f"method.{name}" for name in REAL.signatures.names("method")}
    for component in (found for name, found in SCHEMA["$defs"].items() if "." in name):
        assert all("default" in field for name, field in component["properties"].items() if name != "name")
