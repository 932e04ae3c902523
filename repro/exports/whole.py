"""The whole catalog as one JSON file, with what can be derived beside what is written."""

from collections.abc import Sequence
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.kinds import read
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.vocabulary import VOCABULARIES
from repro.catalog.relations import RelationRow, inverses
from repro.catalog.settings.resolve import resolve
from repro.exports.text import json_text

FORMAT = 1

Plain = dict[str, Any]


def catalog_json(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """The papers, their recipes, every benchmark and every vocabulary."""
    return json_text(content(catalog, papers))


def content(catalog: Catalog, papers: Sequence[Paper]) -> Plain:
    """The content of the file. What an entry leaves out is absent, and lists may be empty.

    ``of`` of a reported value is whose method it is of: the paper itself where the entry says nothing else.
    ``inverse_relations`` of a paper are the relations that others state to it, seen from its side. ``config``
    of a recipe is everything that a run of it would use.
    """
    inverse = inverses(catalog, catalog.papers)
    return {
        "format": FORMAT,
        "papers": [
            _paper(paper) | {"inverse_relations": [*map(_relation, inverse[paper.id])]} for paper in papers
        ],
        "recipes": [_recipe(catalog, recipe) for paper in papers for recipe in catalog.recipes(paper.id)],
        "benchmarks": [_record(benchmark) for benchmark in catalog.benchmarks],
        "vocab": {
            name: {
                term: word.model_dump(mode="json", exclude_none=True)
                for term, word in catalog.vocabulary(name).items()
            }
            for name in VOCABULARIES
        },
    }


def _record(record: Paper | Recipe | Benchmark) -> Plain:
    return record.model_dump(mode="json", by_alias=True, exclude_none=True)


def _paper(paper: Paper) -> Plain:
    record = _record(paper)
    for value in record["reported"]:
        value["of"] = value.get("of", paper.id)
    for settings in record["settings"]:
        for side in ("paper", "code"):
            settings[side] = {key: _read_setting(value) for key, value in settings[side].items()}
    return record


def _relation(row: RelationRow) -> Plain:
    fields = {"type": row.kind, "to": row.target, "note": row.note}
    return {key: value for key, value in fields.items() if value}


def _recipe(catalog: Catalog, recipe: Recipe) -> Plain:
    """The recipe without the settings it changes, and the configuration that they lead to."""
    own = {"schema", "paper", "benchmark", "follows", "why"}
    config = resolve(catalog, recipe.paper, recipe.benchmark).model_dump(mode="json")
    sections = {key: value for key, value in config.items() if key not in own}
    return {key: value for key, value in _record(recipe).items() if key in own} | {"config": sections}


def _read_setting(value: Any) -> Any:
    """The number or truth value of a paper's setting, which the catalog keeps as text."""
    kind = bool | int | float | str | None
    return [read(kind, item) for item in value] if isinstance(value, list) else read(kind, value)
