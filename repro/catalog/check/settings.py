"""The rules for the settings of a paper: known keys, typed values, and what its code does otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from repro.catalog.code.signatures import SECTIONS, Signatures
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.kinds import as_text, nearest, read
from repro.catalog.records.paper import Paper, PaperSettings
from repro.catalog.settings.resolve import FIXED_SECTIONS

# {dotted key: what its value may be} over all components.
SettingKinds = Mapping[str, Sequence[Any]]


def setting_kinds(signatures: Signatures) -> SettingKinds:
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
    return {key: () if any(map(_is_name, choices)) else tuple(choices) for key, choices in kinds.items()}


def _add(kinds: dict[str, list[Any]], prefix: str, model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            _add(kinds, f"{prefix}.{name}", field.annotation)
        else:
            kinds.setdefault(f"{prefix}.{name}", []).append(field.annotation)


def _is_name(kind: Any) -> bool:
    """True if a value of this kind can be a name."""
    return kind is str or get_origin(kind) is Literal or any(map(_is_name, get_args(kind)))


def setting_faults(paper: Paper, document: Document, kinds: SettingKinds) -> Iterator[Fault]:
    """Everything in the settings of one entry that cannot be compared with ours."""
    for index, settings in enumerate(paper.settings):
        yield from _settings(settings, document, ("settings", index), kinds)


def _example(paper: str, code: str = "") -> str:
    """The lines of settings with one more key of the paper, and of its code."""
    lines = [
        "settings:",
        "  - id: imagenet",
        "    place: Sec. 3",
        f"    paper: {{method.dim: 8, views.flip_p: 0.5, budget.epochs: 100, {paper}}}",
    ]
    return "\n".join([*lines, f"    code: {{{code}}}"] if code else lines)


KNOWN_SETTINGS = Rule(
    "R051",
    "the keys of a paper's settings are dotted configuration keys",
    why="A setting under another key is compared with nothing.",
    wrong=_example("optimiser.lr: 0.05"),
    right=_example("optimizer.lr: 0.05"),
)
TYPED_SETTINGS = Rule(
    "R052",
    "the value of a paper's setting has the type of that setting",
    why="A value of another type would be called a difference from ours whatever ours is.",
    wrong=_example('optimizer.lr: "0,05"'),
    right=_example("optimizer.lr: 0.05"),
)
CODE_DIFFERS = Rule(
    "R053",
    "the settings under `code` are those in which the official code differs from the paper",
    why="What agrees would be shown as a disagreement between the paper and its code.",
    wrong=_example("optimizer.lr: 0.05", "optimizer.lr: 0.05"),
    right=_example("optimizer.lr: 0.05", "optimizer.lr: 0.06"),
)


def _settings(
    settings: PaperSettings, document: Document, path: Steps, kinds: SettingKinds
) -> Iterator[Fault]:
    for side, values in (("paper", settings.paper), ("code", settings.code)):
        for key, value in values.items():
            if key not in kinds:
                text = f"no component or section has a setting '{key}'.{nearest(key, kinds)}"
                yield document.fault(KNOWN_SETTINGS, (*path, side, key), text, key=True)
            elif misfit := _misfit(kinds[key], value):
                yield document.fault(TYPED_SETTINGS, (*path, side, key), f"{key}: {misfit}")
    for key, value in settings.code.items():
        if key in settings.paper and as_text(settings.paper[key]) == as_text(value):
            text = f"the official code does as the paper says; remove {key} here."
            yield document.fault(CODE_DIFFERS, (*path, "code", key), text, key=True)


def _misfit(kinds: Sequence[Any], value: Any) -> str:
    """Why a value is of none of the kinds."""
    reason = ""
    for kind in kinds:
        try:
            read(kind, value)
        except ValueError as error:
            reason = reason or str(error)
        else:
            return ""
    return reason
