"""Lock files ``lock/<paper>.json``: what services said of a paper and when, apart from what people wrote.

They are written by commands and never by hand; this module says what a sound one is, and reads it.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from repro.catalog.reading.bind import MismatchError, validate
from repro.catalog.reading.document import FORBIDDEN, MAX_BYTES
from repro.catalog.reading.finding import CatalogFileError, Finding
from repro.catalog.records.base import Record, Text, Whole
from repro.catalog.records.forms import ArxivId, Date, Doi, Id, OpenReviewId
from repro.catalog.records.kinds import reader

SourceName = Literal["arxiv", "crossref", "datacite", "openalex", "openreview"]
State = Literal["alive", "unknown", "failing", "dead"]


class Fetched(Record):
    """What one service said."""

    source: SourceName = Field(description="The service.")
    asked: Text = Field(description="The identifier it was asked for, such as arxiv:2011.10566.")
    date: Date = Field(description="The day of its answer.")
    title: Text = Field(description="The title.")
    authors: tuple[Text, ...] = Field(description="The authors in order.")
    years: tuple[Whole, ...] = Field(description="The years it gives, the one to cite first.")
    venue: Text | None = Field(default=None, description="Where it appeared, in the service's words.")
    arxiv: ArxivId | None = Field(default=None, description="The arXiv id.")
    doi: Doi | None = Field(default=None, description="The DOI.")
    openreview: OpenReviewId | None = Field(default=None, description="The OpenReview forum id.")


class Health(Record):
    """Whether something on the web was there when it was last looked for."""

    state: State = Field(description="dead only after two failures at least a day apart.")
    found: Text = Field(description="What was found, such as «status 404».")
    checked: Date = Field(description="The day of the last look.")
    strikes: tuple[Date, ...] = Field(
        default=(), description="The days it was missing since it last was there."
    )


class Lock(Record):
    """Everything that commands fetched for one paper."""

    format: Annotated[Literal[1], reader(int)] = Field(description="The version of this file's format: 1.")
    paper: Id = Field(description="The paper's id.")
    fetched: tuple[Fetched, ...] = Field(default=(), description="What services said.")
    health: dict[Text, Health] = Field(
        default_factory=dict, description="The state of identifiers and addresses."
    )


def read_lock(path: Path, shown: str) -> Lock:
    """A lock file; ``shown`` is its name in messages. CatalogFileError (R017) if it is damaged."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
        if len(text) > MAX_BYTES or FORBIDDEN.search(text):
            raise ValueError("too large, or not plain text")
        lock = validate(Lock, json.loads(text, parse_constant=_no_number))
    except MismatchError as mismatch:
        raise _damaged(shown, f"{mismatch.faults[0][2].rstrip('.')}") from None
    except json.JSONDecodeError as error:
        raise _damaged(shown, "no well-formed JSON", error.lineno, error.colno) from None
    except OSError as error:
        raise _damaged(shown, f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _damaged(shown, "no JSON text of a sensible size and nesting") from None
    if lock.paper != path.stem:
        raise _damaged(shown, f"it is about '{lock.paper}', not about '{path.stem}'")
    return lock


def _damaged(shown: str, what: str, line: int = 1, column: int = 1) -> CatalogFileError:
    text = f"damaged lock file: {what}; delete it and run `repro refresh`."
    return CatalogFileError([Finding(shown, line, column, "R017", text)])


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")
