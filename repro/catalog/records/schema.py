"""JSON Schemas of the catalog's files, generated from the models for editors and other people's tools."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from repro.catalog.code.signatures import SECTIONS, installed
from repro.catalog.records.config import BudgetConfig, ProbesConfig
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.same_code import SameCode
from repro.catalog.records.tables import ReportedTable
from repro.catalog.records.vocabulary import VOCABULARIES, file_model
from repro.files import catalog_root

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
MODELS: dict[str, type[BaseModel]] = {
    "paper": Paper,
    "benchmark": Benchmark,
    "recipe": Recipe,
    "code": SameCode,
}


def schemas() -> dict[str, str]:
    """{file name: JSON text} of every schema."""
    models = {**MODELS, **{f"vocab-{name}": file_model(name) for name in VOCABULARIES}}
    return {f"{name}.schema.json": _text(schema(model)) for name, model in models.items()}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a record; components are those of the registry, with their parameters."""
    found: dict[str, Any] = {"$schema": DIALECT, **_tidy(model.model_json_schema(by_alias=True))}
    for section in SECTIONS:
        if model in (Benchmark, Recipe) and section in found["properties"]:
            _name_components(found, section, named=model is Benchmark or section == "method")
    if model is Paper:
        _allow_tables(found)
    if model is Recipe:
        for section, config in (("budget", BudgetConfig), ("probes", ProbesConfig)):
            inner = _tidy(config.model_json_schema())
            found.setdefault("$defs", {}).update(inner.pop("$defs", {}))
            inner.pop("required", None)  # a recipe lays a part over the benchmark's
            found["properties"][section] = {
                **inner,
                "description": found["properties"][section]["description"],
            }
    return found


def _allow_tables(found: dict[str, Any]) -> None:
    """Let values be reported as tables too, which reading turns into single ones."""
    table = _tidy(ReportedTable.model_json_schema())
    found["$defs"] |= {**table.pop("$defs"), ReportedTable.__name__: table}
    items = found["properties"]["reported"]
    items["items"] = {"anyOf": [items["items"], {"$ref": f"#/$defs/{ReportedTable.__name__}"}]}


def _name_components(found: dict[str, Any], section: str, *, named: bool) -> None:
    """Let a section hold one of its components; without ``named``, changes to one that another file names."""
    components = {f"{section}.{name}": _component(section, name) for name in installed().names(section)}
    found.setdefault("$defs", {}).update(components)
    choice = [{"$ref": f"#/$defs/{name}"} for name in components]
    found["properties"][section] = {
        "description": found["properties"][section]["description"],
        "type": "object",
        **({"required": ["name"], "oneOf": choice} if named else {"anyOf": choice}),
    }


def _component(section: str, name: str) -> dict[str, Any]:
    """A component with its parameters, any of which may be left out."""
    found: dict[str, Any] = _tidy(installed().model(section, name).model_json_schema())
    summary = installed().signature(section, name).summary
    properties = {"name": {"const": name, "description": summary}, **found["properties"]}
    return {"description": summary, "type": "object", "properties": properties, "additionalProperties": False}


def write(catalog: Path) -> list[Path]:
    """Write every schema under ``catalog/schema``; the files written."""
    folder = catalog / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in schemas()]


def _tidy(node: Any) -> Any:
    """The schema without generated titles, and with the standard's names for bounds."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key != "title" or isinstance(value, dict)}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False  # a key of another form is an error
    return {BOUNDS.get(key, key): _tidy(value) for key, value in kept.items()}


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(catalog_root())
