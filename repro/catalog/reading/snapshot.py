"""Snapshots ``lock/<paper>.json``: what services answered about a paper and when.

Commands write them and people never do; this module says what a sound one is, and reads it.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from repro.catalog.reading.bind import MismatchError, validate
from repro.catalog.reading.document import MAX_BYTES
from repro.catalog.reading.events import FORBIDDEN
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.base import Record, Text, Whole
from repro.catalog.records.forms import ArxivId, Date, Doi, Id, OpenReviewId
from repro.catalog.records.kinds import reader

ServiceName = Literal["arxiv", "crossref", "datacite", "openalex", "openreview"]
LinkState = Literal["alive", "unknown", "failing", "dead"]


class ServiceAnswer(Record):
    """The answer of one service to one identifier."""

    source: ServiceName = Field(description="The service.")
    asked: Text = Field(description="The identifier it was asked for, such as arxiv:2011.10566.")
    date: Date = Field(description="The day of its answer.")
    title: Text = Field(description="The title.")
    authors: tuple[Text, ...] = Field(description="The authors in order.")
    years: tuple[Whole, ...] = Field(description="The years it gives, the one to cite first.")
    venue: Text | None = Field(default=None, description="Where it appeared, in the service's words.")
    arxiv: ArxivId | None = Field(default=None, description="The arXiv id.")
    doi: Doi | None = Field(default=None, description="The DOI.")
    openreview: OpenReviewId | None = Field(default=None, description="The OpenReview forum id.")


class LinkHealth(Record):
    """The result of the last check of an identifier or address."""

    state: LinkState = Field(description="dead only after two failures at least a day apart.")
    found: Text = Field(description="What was found, such as «status 404».")
    checked: Date = Field(description="The day of the last check.")
    strikes: tuple[Date, ...] = Field(
        default=(), description="The days it was missing since it last was there."
    )


class Snapshot(Record):
    """The snapshot of one paper: all that commands fetched for it."""

    format: Annotated[Literal[1], reader(int)] = Field(description="The version of this file's format: 1.")
    paper: Id = Field(description="The paper's id.")
    fetched: tuple[ServiceAnswer, ...] = Field(default=(), description="What services said.")
    health: dict[Text, LinkHealth] = Field(
        default_factory=dict, description="The state of identifiers and addresses."
    )


SOUND_SNAPSHOT = Rule(
    "R017",
    "a lock file is sound and belongs to a paper of the catalog",
    why="It says what services answered about the paper, and is compared with what people wrote.",
    wrong='{"format": 1, "paper": "byol"}',
    right='{"format": 1, "paper": "simsiam"}',
    file="lock/simsiam.json",
)


def read_snapshot(path: Path, shown: str) -> Snapshot:
    """The snapshot in a file; ``shown`` is its name in messages. CatalogFileError if it is damaged."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
        if len(text) > MAX_BYTES or FORBIDDEN.search(text):
            raise ValueError("too large, or not plain text")
        snapshot = validate(Snapshot, json.loads(text, parse_constant=_refuse_number))
    except MismatchError as mismatch:
        raise _damage(shown, f"{mismatch.faults[0][2].rstrip('.')}") from None
    except json.JSONDecodeError as error:
        raise _damage(shown, "no well-formed JSON", error.lineno, error.colno) from None
    except OSError as error:
        raise _damage(shown, f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _damage(shown, "no JSON text of a sensible size and nesting") from None
    if snapshot.paper != path.stem:
        raise _damage(shown, f"it is about '{snapshot.paper}', not about '{path.stem}'")
    return snapshot


def _damage(shown: str, what: str, line: int = 1, column: int = 1) -> CatalogFileError:
    text = f"damaged lock file: {what}; delete it and run `repro refresh`."
    return CatalogFileError([Fault(shown, line, column, SOUND_SNAPSHOT, text)])


def _refuse_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")
