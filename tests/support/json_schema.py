"""What a JSON Schema accepts, by the keywords that the catalog's schemas use; any other is an error."""

import re
from collections.abc import Callable
from typing import Any

SILENT = {"$schema", "$defs", "description", "default"}
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: TYPES["number"](value) and value == int(value),
}
# The keywords that ask something of values of one type alone.
OF_TYPE: dict[str, dict[str, Callable[[Any, Any], bool]]] = {
    "number": {
        "minimum": lambda value, limit: value >= limit,
        "maximum": lambda value, limit: value <= limit,
        "exclusiveMinimum": lambda value, limit: value > limit,
        "exclusiveMaximum": lambda value, limit: value < limit,
    },
    "string": {
        "minLength": lambda value, limit: len(value) >= limit,
        "maxLength": lambda value, limit: len(value) <= limit,
        "pattern": lambda value, pattern: re.search(pattern, value) is not None,
    },
    "array": {
        "minItems": lambda value, limit: len(value) >= limit,
        "maxItems": lambda value, limit: len(value) <= limit,
    },
    "object": {"required": lambda value, keys: all(key in value for key in keys)},
}


def accepts(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None) -> bool:
    """True if the value is valid under the schema."""
    return all(_holds(schema, word, value, root or schema) for word in schema.keys() - SILENT)


def _holds(schema: dict[str, Any], word: str, value: Any, root: dict[str, Any]) -> bool:
    asked = schema[word]
    for kind, words in OF_TYPE.items():
        if word in words:
            return not TYPES[kind](value) or words[word](value, asked)
    match word:
        case "type":
            return TYPES[asked](value)
        case "const":
            return bool(value == asked)
        case "enum":
            return value in asked
        case "$ref":
            return accepts(root["$defs"][asked.removeprefix("#/$defs/")], value, root)
        case "anyOf":
            return any(accepts(option, value, root) for option in asked)
        case "oneOf":
            return sum(accepts(option, value, root) for option in asked) == 1
        case "items":
            return not isinstance(value, list) or all(accepts(asked, item, root) for item in value)
        case "propertyNames":
            return not isinstance(value, dict) or all(accepts(asked, key, root) for key in value)
        case "properties" | "patternProperties" | "additionalProperties":
            return not isinstance(value, dict) or all(
                _allows(schema, key, item, root) for key, item in value.items()
            )
    raise AssertionError(f"no catalog schema has used the keyword {word} before; say here what it means")


def _allows(schema: dict[str, Any], key: str, value: Any, root: dict[str, Any]) -> bool:
    """True if an object may have the key with this value."""
    named = [inner for name, inner in schema.get("properties", {}).items() if name == key]
    patterns = schema.get("patternProperties", {}).items()
    found = named + [inner for pattern, inner in patterns if re.search(pattern, key)]
    others = schema.get("additionalProperties", True)
    if not found and isinstance(others, bool):
        return others
    return all(accepts(inner, value, root) for inner in found or [others])
