"""The head of an entry: a partial read of what a list shows, without the rest, which is most of the file."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from repro.catalog.reading.bind import MismatchError, validate
from repro.catalog.reading.document import parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.base import Localised, Text, Whole
from repro.catalog.records.forms import Id
from repro.catalog.records.paper import Claim

# A top-level key that no list shows, with the lines that belong to it: indented, list items, comments, empty.
LEFT_OUT = re.compile(
    r"^(?:authors|ids|links|abstract|tags|relations|official|settings|reported|gaps|errata):.*\n"
    r"(?:(?:[ \t#-].*)?\n)*",
    re.MULTILINE,
)


class ClaimHead(BaseModel):
    """What a list shows of a claim: whether it is tested."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Literal["exact", "trained"]
    test: Any = None
    tested_by: Any = None


class Head(BaseModel):
    """The keys of a paper that a list shows; all others are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Id
    name: Text
    year: Whole
    venue: Id
    idea: Localised
    claims: tuple[ClaimHead, ...] = ()


def is_tested(claim: Claim | ClaimHead) -> bool:
    """True if a claim is an identity, or a test says how it is trained."""
    return claim.kind == "exact" or bool(claim.test or claim.tested_by)


def read_head(path: Path) -> Head | None:
    """The head of an entry; None if a partial read does not do, and the whole file must say why."""
    try:
        text = path.read_text(encoding="utf-8")
        return validate(Head, parse(LEFT_OUT.sub("", text), path.name).value)
    except (OSError, ValueError, CatalogFileError, MismatchError):
        return None
