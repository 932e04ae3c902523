"""The JSON Schemas: what they say, that the committed ones are current, and that editors find them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from repro.catalog.records import schema
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Recipe
from repro.catalog.records.vocabulary import VOCABULARIES

# The files that each schema is for, relative to the catalog.
PATTERNS = {
    "paper": "papers/*.yaml",
    "benchmark": "benchmarks/*.yaml",
    "recipe": "recipes/*/*.yaml",
    "code": "evidence/code.yaml",
    **{f"vocab-{name}": f"vocab/{name}.yaml" for name in VOCABULARIES},
}
MODELINE = re.compile(r"# yaml-language-server: \$schema=(.+)\n")


def test_schemas_use_the_standard_names_for_bounds() -> None:
    found = schema.schema(Recipe)
    assert found["properties"]["budget"]["properties"]["epochs"]["minimum"] == 1
    assert "required" not in found["properties"]["budget"]
    assert found["$defs"]["OptimizerConfig"]["properties"]["lr"]["minimum"] == 0
    assert schema.schema(Paper)["properties"]["title"]["type"] == "string"
    assert schema.schema(Paper)["additionalProperties"] is False


def test_the_committed_schemas_are_those_of_the_models(root: Path) -> None:
    folder = root / "catalog" / "schema"
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    assert committed == schema.schemas(), "run `python -m repro.catalog.records.schema` to write them again"


def objects(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [part for item in inner for part in objects(item)]
    return [*found, node] if isinstance(node, dict) and node.get("type") == "object" else found


@pytest.mark.parametrize("name", list(PATTERNS))
def test_an_editor_can_complete_and_refuse_every_key(name: str) -> None:
    found = json.loads(schema.schemas()[f"{name}.schema.json"])
    assert found["$schema"] == schema.DIALECT
    records = [part for part in objects(found) if "properties" in part]
    assert records
    for record in records:
        assert record["additionalProperties"] is False
        assert all("description" in field or "$ref" in field for field in record["properties"].values())
    assert all(
        part["additionalProperties"] is False for part in objects(found) if "patternProperties" in part
    )


def test_every_file_of_the_catalog_has_a_schema(root: Path) -> None:
    catalog = root / "catalog"
    covered = {path for pattern in PATTERNS.values() for path in catalog.glob(pattern)}
    assert covered == set(catalog.rglob("*.yaml"))
    assert {f"{name}.schema.json" for name in PATTERNS} == set(schema.schemas())


def test_the_editor_settings_name_every_schema(root: Path) -> None:
    settings = json.loads((root / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    wanted = {f"catalog/schema/{name}.schema.json": [f"catalog/{files}"] for name, files in PATTERNS.items()}
    assert settings["yaml.schemas"] == wanted
    assert all((root / name).is_file() for name in settings["yaml.schemas"])
    extensions = json.loads((root / ".vscode" / "extensions.json").read_text(encoding="utf-8"))
    assert "redhat.vscode-yaml" in extensions["recommendations"]


@pytest.mark.parametrize("name", ["paper", "benchmark", "recipe"])
def test_the_first_line_of_an_entry_names_its_schema(root: Path, name: str) -> None:
    catalog = root / "catalog"
    files = sorted(catalog.glob(PATTERNS[name]))
    assert files
    for file in files:
        found = MODELINE.match(file.read_text(encoding="utf-8"))
        assert found, f"{file} does not begin with a line for the YAML language server"
        assert (file.parent / found[1]).resolve() == catalog / "schema" / f"{name}.schema.json"
