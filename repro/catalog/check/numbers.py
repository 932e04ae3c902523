"""The rules for reported values, claims and the settings of a paper."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from repro.catalog.code.signatures import SECTIONS, Signatures
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import Finding
from repro.catalog.records.kinds import as_text, nearest, read
from repro.catalog.records.paper import Paper, PaperSettings, Reported
from repro.catalog.settings.resolve import FIXED_SECTIONS

# Error rates count inserted words and letters too, and can pass 100.
UNBOUNDED = ("wer", "cer", "per")
# {dotted key: what its value may be} over all components.
Kinds = Mapping[str, Sequence[Any]]


def number_findings(paper: Paper, document: Document, kinds: Kinds) -> Iterator[Finding]:
    """Everything in the numbers of one entry that cannot be meant."""
    for index, reported in enumerate(paper.reported):
        yield from _reported(reported, document, ("reported", index))
    yield from _told_apart(paper, document)
    yield from _claims(paper, document)
    for index, settings in enumerate(paper.settings):
        yield from _settings(settings, document, ("settings", index), kinds)


def setting_kinds(signatures: Signatures) -> Kinds:
    """What every dotted key of a configuration can be, over all registered components.

    Nothing is said of a key that can be a name: the paper's own choice may be one that we do not have.
    """
    kinds: dict[str, list[Any]] = {}
    for section, model in FIXED_SECTIONS.items():
        _add(kinds, section, model)
    for section in SECTIONS:
        for name in signatures.names(section):
            kinds.setdefault(f"{section}.name", [str])
            _add(kinds, section, signatures.model(section, name))
    return {key: () if any(map(_is_a_name, found)) else tuple(found) for key, found in kinds.items()}


def _add(kinds: dict[str, list[Any]], prefix: str, model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            _add(kinds, f"{prefix}.{name}", field.annotation)
        else:
            kinds.setdefault(f"{prefix}.{name}", []).append(field.annotation)


def _reported(reported: Reported, document: Document, path: Steps) -> Iterator[Finding]:
    unbounded = reported.metric in UNBOUNDED and float(reported.value) > 0
    if reported.unit == "percent" and not 0 <= float(reported.value) <= 100 and not unbounded:
        text = f"found {reported.value} percent, expected 0 to 100; a difference is in percentage points."
        yield document.finding("R061", (*path, "value"), text)
    spread = reported.spread
    if spread is not None and spread.value.startswith("-"):
        text = f"found {spread.value}, expected no negative number."
        yield document.finding("R062", (*path, "spread", "value"), text)
    elif spread is not None and reported.runs == 1 and spread.kind != "ci95":
        yield document.finding(
            "R062", (*path, "spread"), "one run has no spread; correct `runs` or remove it."
        )
    setting = reported.setting
    counts = (("runs",), reported.runs, 1), (("setting", "batch"), setting.batch, 1)
    for steps, found, least in (*counts, (("setting", "epochs"), setting.epochs, 0)):
        if found is not None and found < least:
            text = f"{steps[-1]}: found {found}, expected at least {least}."
            yield document.finding("R063", (*path, *steps), text)


def _told_apart(paper: Paper, document: Document) -> Iterator[Finding]:
    seen: dict[Any, str] = {}
    for index, found in enumerate(paper.reported):
        what = (found.task, found.dataset, found.split, found.protocol, found.metric, found.unit)
        first = seen.setdefault((what, found.setting, found.source), found.id)
        if first != found.id:
            text = f"nothing but the number tells '{found.id}' from '{first}'; say in `setting` what does."
            yield document.finding("R064", ("reported", index), text)


def _claims(paper: Paper, document: Document) -> Iterator[Finding]:
    known = [reported.id for reported in paper.reported]
    for index, claim in enumerate(paper.claims):
        path = ("claims", index, "paper_values")
        if claim.kind == "exact" and claim.paper_values:
            text = "an exact claim is tested without training; it has no measured values."
            yield document.finding("R065", path, text, key=True)
        for position, value in enumerate(claim.paper_values):
            if value not in known:
                text = f"this paper reports no '{value}'; it reports {_first(known)}."
                yield document.finding("R028", (*path, position), f"{text}{nearest(value, known)}")


def _first(names: Sequence[str]) -> str:
    """The names, as many as a message can hold."""
    return f"{', '.join(names[:12]) or 'nothing'}{', …' if len(names) > 12 else ''}"


def _settings(settings: PaperSettings, document: Document, path: Steps, kinds: Kinds) -> Iterator[Finding]:
    for side, values in (("paper", settings.paper), ("code", settings.code)):
        for key, value in values.items():
            if key not in kinds:
                text = f"no component or section has a setting '{key}'.{nearest(key, kinds)}"
                yield document.finding("R051", (*path, side, key), text, key=True)
            elif misfit := _misfit(kinds[key], value):
                yield document.finding("R052", (*path, side, key), f"{key}: {misfit}")
    for key, value in settings.code.items():
        if key in settings.paper and as_text(settings.paper[key]) == as_text(value):
            text = f"the official code does as the paper says; remove {key} here."
            yield document.finding("R053", (*path, "code", key), text, key=True)


def _misfit(kinds: Sequence[Any], value: Any) -> str:
    """Why a value is of none of the kinds."""
    fault = ""
    for kind in kinds:
        try:
            read(kind, value)
        except ValueError as error:
            fault = fault or str(error)
        else:
            return ""
    return fault


def _is_a_name(kind: Any) -> bool:
    return kind is str or get_origin(kind) is Literal or any(map(_is_a_name, get_args(kind)))
