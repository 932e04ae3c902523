"""Binding a file to a model, and pydantic's mismatches turned into sentences with a place."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from repro.catalog.reading.document import Document
from repro.catalog.reading.events import WELL_FORMED
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.forms import IN_WORDS
from repro.catalog.records.kinds import describe, nearest

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[str | int]  # as pydantic calls a path

ENOUGH = 100  # faults of one file that are put into words; whoever mends these finds the rest


class MismatchError(Exception):
    """Why values do not fit a model: (path, rule, sentence) of each fault."""

    def __init__(self, faults: list[tuple[tuple[str | int, ...], Rule, str]]) -> None:
        self.faults = faults
        super().__init__(faults[0][2])


def bind(model: type[Model], document: Document) -> Model:
    """The file as a record. Raises :class:`CatalogFileError` with everything that does not fit."""
    if not isinstance(document.value, dict):
        raise CatalogFileError([document.fault(WELL_FORMED, (), "the file holds no `key: value` lines.")])
    try:
        return validate(model, document.value)
    except MismatchError as mismatch:
        faults = [_fault(document, *fault) for fault in mismatch.faults]
        raise CatalogFileError(faults) from None


def validate(model: type[Model], value: Any, section: str = "") -> Model:
    """The value as a record. Raises :class:`MismatchError`.

    ``section`` is that of a configuration, for the names of its settings in sentences.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)][:ENOUGH]
        raise MismatchError(
            [(detail["loc"], _rule(detail), _sentence(model, detail, section)) for detail in details]
        ) from None


def _is_echo(detail: ErrorDetails) -> bool:
    """True if a list is called too short because an item of it is faulty, whose own fault is enough."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _fault(document: Document, path: Location, rule: Rule, message: str) -> Fault:
    at_key = rule in (KNOWN_KEYS, REQUIRED_KEYS) or "[key]" in path
    return document.fault(rule, path, message, key=at_key)


KNOWN_KEYS = Rule(
    "R010",
    "every key is known",
    why="A misspelt key would be ignored, and what it says would be missing everywhere.",
    wrong="venu: cvpr",
    right="venue: cvpr",
)
REQUIRED_KEYS = Rule(
    "R011",
    "every required key is given",
    why="Pages, exports and runs rely on it.",
    wrong="authors: [{orcid: 0000-0002-1825-0097}]",
    right="authors: [{name: Xinlei Chen, orcid: 0000-0002-1825-0097}]",
)
TYPED_VALUES = Rule(
    "R012",
    "every value has the type and form its key asks for",
    why="A value of another form is a slip of the pen, such as an arXiv id that lost its last digit.",
    wrong="ids: {arxiv: 2011.1056}",
    right="ids: {arxiv: 2011.10560}",
)
HTTPS_ONLY = Rule(
    "R015",
    "a web address starts with https://",
    why="Other schemes run code in a reader's browser or can be changed on their way.",
    wrong='links: [{role: paper, url: "http://example.org/simsiam"}]',
    right='links: [{role: paper, url: "https://example.org/simsiam"}]',
)


def _rule(detail: ErrorDetails) -> Rule:
    rules = {"extra_forbidden": KNOWN_KEYS, "missing": REQUIRED_KEYS, "not_https": HTTPS_ONLY}
    return rules.get(detail["type"], TYPED_VALUES)


def _sentence(model: type[BaseModel], detail: ErrorDetails, section: str) -> str:
    """What pydantic found, in one sentence."""
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    key = _last_key(path)
    if kind == "wrong_setting":  # a setting has one name everywhere
        return f"{'.'.join([section] * bool(section) + [str(step) for step in path])}: {detail['msg']}"
    if kind == "extra_forbidden":
        known = _accepted_keys(model, path[:-1])
        accepted = ", ".join(known) or "none"
        return f"unknown key {describe(key)}; accepted here: {accepted}.{nearest(key, known)}"
    if kind == "missing":
        return f"key '{key}' is missing{_in(path)}; add it."
    if kind in ("wrong_kind", "not_https"):
        return f"{key}: {detail['msg']}"
    return f"{key}: found {describe(detail['input'])}, expected {_expected(kind, context, detail)}"


def _expected(kind: str, context: dict[str, Any], detail: ErrorDetails) -> str:
    if kind == "literal_error":
        choices = [str(choice) for choice in _choices(context.get("expected", ""))]
        return f"one of {', '.join(choices)}.{nearest(str(detail['input']), choices)}"
    if kind == "string_pattern_mismatch":
        return _form(context.get("pattern", ""), str(detail["input"]))
    simple = {
        "string_type": "text",
        "string_too_short": "text that is not empty",
        "string_too_long": f"at most {context.get('max_length')} characters",
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


def _form(pattern: str, text: str) -> str:
    """The form that is asked for, and the text in that form if only case and spaces are wrong."""
    candidates = (text.lower(), re.sub(r"[\s_-]+", "-", text.strip().lower()))
    close = next((f" Did you mean '{word}'?" for word in candidates if re.fullmatch(pattern, word)), "")
    return f"{IN_WORDS.get(pattern, 'text of another form')}.{close}"


def _choices(expected: str) -> list[str]:
    """pydantic writes choices as ``'a', 'b' or 'c'``."""
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]


def _last_key(path: Location) -> str:
    names = [step for step in path if isinstance(step, str) and step != "[key]"]
    return names[-1] if names else "the file"


def _in(path: Location) -> str:
    parents = [step for step in path[:-1] if isinstance(step, str)]
    return f" in '{parents[-1]}'" if parents else ""


def _accepted_keys(model: type[BaseModel], path: Location) -> list[str]:
    """The keys of the model found by following ``path`` down from ``model``."""
    inner = _model_at(model, tuple(path))
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


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
    return next((inner for member in members if (inner := _model_at(member, path))), None)
