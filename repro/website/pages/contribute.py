"""The pages for contributors: every rule and every field, from the code that enforces them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from repro.catalog.check.rules import GROUPS, RULES
from repro.catalog.records.schema import MODELS, schema
from repro.website.book import Book, Page

TITLES = {"paper": "A paper", "recipe": "A recipe", "benchmark": "A benchmark"}


@dataclass(frozen=True)
class Field:
    """One key of a file: its place, type in words, true if it must be there, and what it means."""

    key: str
    kind: str
    required: bool
    meaning: str


def pages(book: Book) -> Iterator[Page]:
    """A page for each rule, and the fields of every kind of file from the schemas that editors use."""
    yield Page("contribute/rules/index.md", "rules.md.j2", {"groups": GROUPS, "count": len(RULES)})
    for rule in RULES.values():
        yield Page(f"contribute/rules/{rule.id}/index.md", "rule.md.j2", {"rule": rule})
    files = [(name, TITLES.get(name, name), tuple(fields(schema(model)))) for name, model in MODELS.items()]
    yield Page("contribute/fields/index.md", "fields.md.j2", {"files": files})


def fields(root: dict[str, Any]) -> Iterator[Field]:
    """Every key of a JSON schema, with those of the records inside it."""
    yield from _walk(root, root.get("$defs", {}), "")


def _walk(node: dict[str, Any], records: dict[str, Any], prefix: str) -> Iterator[Field]:
    for key, part in node.get("properties", {}).items():
        yield Field(prefix + key, _kind(part), key in node.get("required", ()), part.get("description", ""))
        for inner, mark in _records(part, records):
            yield from _walk(inner, records, f"{prefix}{key}{mark}.")


def _records(part: dict[str, Any], records: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The record a key holds, or those of a list, which ``[]`` marks; none where it is one of several."""
    choices = part.get("anyOf", [part])
    for choice in choices if sum("$ref" in choice for choice in choices) < 2 else ():
        items = choice.get("items", {})
        listed = [(item, "[]") for item in items.get("anyOf", [items])]
        for reference, mark in [(choice, ""), *listed]:
            if "$ref" in reference:
                yield records[reference["$ref"].rsplit("/", 1)[1]], mark


def _kind(part: dict[str, Any]) -> str:
    choices = [choice for choice in part.get("anyOf", [part]) if choice.get("type") != "null"]
    return " or ".join(dict.fromkeys(_words(choice) for choice in choices))


def _words(choice: dict[str, Any]) -> str:
    if "enum" in choice:
        return " or ".join(str(value) for value in choice["enum"])
    if "const" in choice:
        return str(choice["const"])
    if "$ref" in choice:
        return "a mapping"
    if choice.get("type") == "array":
        return f"a list of {_plural(choice.get('items', {}))}"
    simple = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    return simple.get(str(choice.get("type")), "a mapping" if choice.get("type") == "object" else "a value")


def _plural(items: dict[str, Any]) -> str:
    return "mappings" if "$ref" in str(items) else "texts" if items.get("type") == "string" else "values"
