"""arXiv's answers: an Atom feed with the one paper that was looked up."""

import re
from xml.etree import ElementTree

from repro.catalog.records.forms import DOI
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import (
    Metadata,
    NoRecordError,
    UnusableError,
    authors,
    matching,
    optional,
    title,
    year,
)

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
# Entities and what defines them come after this, and feeds need none.
DOCTYPE = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def from_arxiv(body: bytes, identifier: Identifier, date: str) -> Metadata:
    """The paper in a feed.

    Raises:
        NoRecordError: arXiv has no such paper. UnusableError: the body is no feed, or one of another paper.
    """
    entry = _feed(body).find(f"{ATOM}entry")
    if entry is None or "/api/errors" in _text(entry, f"{ATOM}id"):
        raise NoRecordError(f"arXiv has no {identifier}.")
    theirs = recognise(_text(entry, f"{ATOM}id").strip())
    if theirs != identifier:
        raise UnusableError(f"arXiv answers with {theirs or 'something else'} when asked for {identifier}.")
    first, latest = (year(_text(entry, f"{ATOM}{key}")) for key in ("published", "updated"))
    names = [_text(author, f"{ATOM}name") for author in entry.findall(f"{ATOM}author")]
    venue = _text(entry, f"{ARXIV}journal_ref") or _text(entry, f"{ARXIV}comment")
    return Metadata(
        source="arxiv",
        asked=str(identifier),
        date=date,
        title=title(_text(entry, f"{ATOM}title"), "arXiv"),
        authors=authors(names, "arXiv"),
        years=tuple(dict.fromkeys(first + latest)),
        venue=optional(venue),
        arxiv=identifier.value,
        doi=matching(_text(entry, f"{ARXIV}doi").strip(), DOI),
        abstract=optional(_text(entry, f"{ATOM}summary"), "abstract"),
    )


def _feed(body: bytes) -> ElementTree.Element:
    if body[:200].strip().lower().startswith(b"rate exceeded"):
        raise UnusableError("arXiv says that it is asked too often; try again in some minutes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableError("arXiv's answer is not UTF-8 text; try again later.") from None
    if DOCTYPE.search(text):
        raise UnusableError("arXiv's answer declares a document type, which a feed never does; refused.")
    try:
        feed = ElementTree.fromstring(text)  # noqa: S314 - nothing is left in it that could expand
    except ElementTree.ParseError as error:
        line, column = error.position
        raise UnusableError(
            f"arXiv's answer is no well-formed XML at {line}:{column}; try again later."
        ) from None
    if feed.tag != f"{ATOM}feed":
        raise UnusableError("arXiv's answer is XML, but no Atom feed; try again later.")
    return feed


def _text(element: ElementTree.Element, path: str) -> str:
    """The text of a child; empty if there is none."""
    return element.findtext(path) or ""
