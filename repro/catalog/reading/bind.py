"""Binding a file to a model, and pydantic's mismatches turned into sentences with a place."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from repro.catalog.reading.document import Document
from repro.catalog.reading.finding import CatalogFileError, Finding
from repro.catalog.records.forms import IN_WORDS
from repro.catalog.records.kinds import describe, nearest

Model = TypeVar("Model", bound=BaseModel)
Steps = Sequence[str | int]

ENOUGH = 100  # faults of one file that are put into words; whoever mends these finds the rest


class MismatchError(Exception):
    """Why values do not fit a model: (path, rule, sentence) of each fault."""

    def __init__(self, faults: list[tuple[tuple[str | int, ...], str, str]]) -> None:
        self.faults = faults
        super().__init__(faults[0][2])


def bind(model: type[Model], document: Document) -> Model:
    """The file as a record. Raises :class:`CatalogFileError` with everything that does not fit."""
    if not isinstance(document.value, dict):
        raise CatalogFileError([document.finding("R001", (), "the file holds no `key: value` lines.")])
    try:
        return validate(model, document.value)
    except MismatchError as mismatch:
        findings = [_finding(document, *fault) for fault in mismatch.faults]
        raise CatalogFileError(findings) from None


def validate(model: type[Model], value: Any, section: str = "") -> Model:
    """The value as a record. Raises :class:`MismatchError`.

    ``section`` is that of a configuration, for the names of its settings in sentences.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _echo(detail)][:ENOUGH]
        raise MismatchError(
            [(detail["loc"], _rule(detail), sentence(model, detail, section)) for detail in details]
        ) from None


def _echo(detail: ErrorDetails) -> bool:
    """A list is called too short when one of its items is faulty; the item's own fault is enough."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _finding(document: Document, path: Steps, rule: str, message: str) -> Finding:
    return document.finding(rule, path, message, key=rule in ("R010", "R011") or "[key]" in path)


def _rule(detail: ErrorDetails) -> str:
    return {"extra_forbidden": "R010", "missing": "R011", "not_https": "R015"}.get(detail["type"], "R012")


def sentence(model: type[BaseModel], detail: ErrorDetails, section: str = "") -> str:
    """What pydantic found, in one sentence."""
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    key = _last_key(path)
    if kind == "wrong_setting":  # a setting has one name everywhere
        return f"{'.'.join([section] * bool(section) + [str(step) for step in path])}: {detail['msg']}"
    if kind == "extra_forbidden":
        return unknown_key(key, accepted(model, path[:-1]))
    if kind == "missing":
        return f"key '{key}' is missing{_in(path)}; add it."
    if kind in ("wrong_kind", "not_https"):
        return f"{key}: {detail['msg']}"
    return f"{key}: found {describe(detail['input'])}, expected {_expected(kind, context, detail)}"


def unknown_key(key: str, known: Sequence[str]) -> str:
    """What to say of a key that is not known here."""
    return f"unknown key {describe(key)}; accepted here: {', '.join(known) or 'none'}.{nearest(key, known)}"


def _expected(kind: str, context: dict[str, Any], detail: ErrorDetails) -> str:
    if kind == "literal_error":
        choices = [str(choice) for choice in _choices(context.get("expected", ""))]
        return f"one of {', '.join(choices)}.{nearest(str(detail['input']), choices)}"
    simple = {
        "string_type": "text",
        "string_too_short": "text that is not empty",
        "string_too_long": f"at most {context.get('max_length')} characters",
        "string_pattern_mismatch": IN_WORDS.get(context.get("pattern", ""), "text of another form"),
        "greater_than_equal": f"at least {context.get('ge')}",
        "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"at most {context.get('le')}",
        "less_than": f"less than {context.get('lt')}",
        "tuple_type": "a list",
        "list_type": "a list",
        "dict_type": "a mapping of keys to values",
        "model_type": "a mapping of keys to values",
        "model_attributes_type": "a mapping of keys to values",
        "too_short": f"at least {context.get('min_length')} item(s)",
    }
    return f"{simple.get(kind, detail['msg'])}."


def _choices(expected: str) -> list[str]:
    """pydantic writes choices as ``'a', 'b' or 'c'``."""
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]


def _last_key(path: Steps) -> str:
    names = [step for step in path if isinstance(step, str) and step != "[key]"]
    return names[-1] if names else "the file"


def _in(path: Steps) -> str:
    parents = [step for step in path[:-1] if isinstance(step, str)]
    return f" in '{parents[-1]}'" if parents else ""


def accepted(model: type[BaseModel], path: Steps) -> list[str]:
    """The keys of the model found by following ``path`` down from ``model``."""
    found = _model_at(model, tuple(path))
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_at(annotation: Any, path: tuple[str | int, ...]) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not path:
            return annotation
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        field = fields.get(str(path[0]))
        return _model_at(field.annotation, path[1:]) if field else None
    origin = get_origin(annotation)
    if origin in (tuple, list, dict):
        path = path[1:]
    members = get_args(annotation)[:1] if origin is Annotated else get_args(annotation)
    return next((found for member in members if (found := _model_at(member, path))), None)
