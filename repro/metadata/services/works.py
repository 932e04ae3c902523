"""The answers of Crossref, DataCite, OpenAlex and OpenReview: JSON in four shapes, none of them trusted."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from repro.catalog.records.forms import DOI, OPENREVIEW
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import (
    YEAR,
    Metadata,
    NoRecordError,
    UnusableError,
    authors,
    families,
    matching,
    optional,
    title,
    with_subtitle,
    year,
)

# The order in which Crossref's dates are cited.
DATES = ("published-print", "issued", "published-online")


def from_crossref(body: bytes, identifier: Identifier, date: str) -> Metadata:
    """A work of Crossref. Raises UnusableError."""
    work = at(_parse_record(body, "Crossref"), "message")
    _check_doi(at(work, "DOI"), identifier, "Crossref")
    whole = with_subtitle(_first(at(work, "title")), _first(at(work, "subtitle")))
    people = at(work, "author")
    return Metadata(
        source="crossref",
        asked=str(identifier),
        date=date,
        title=title(whole, "Crossref"),
        authors=authors(_people(people, "given", "family"), "Crossref"),
        families=_families(people, "given", "family"),
        years=_years(_first(_first(at(work, name, "date-parts"))) for name in DATES),
        venue=optional(_first(at(work, "container-title"))),
        doi=identifier.value,
        abstract=optional(at(work, "abstract"), "abstract"),
    )


def from_datacite(body: bytes, identifier: Identifier, date: str) -> Metadata:
    """A work of DataCite, which keeps the DOIs of arXiv. Raises UnusableError."""
    work = at(_parse_record(body, "DataCite"), "data", "attributes")
    own = identifier.kind == "arxiv"
    if not own:
        _check_doi(at(work, "doi"), identifier, "DataCite")
    elif recognise(f"doi:{at(work, 'doi')}") != identifier:
        raise UnusableError(f"DataCite answers with another paper when asked for {identifier}.")
    publisher = at(work, "publisher")
    venue = at(work, "container", "title") or at(publisher, "name") or publisher
    people = at(work, "creators")
    titles = _list(at(work, "titles"))
    below = [at(entry, "title") for entry in titles if at(entry, "titleType") == "Subtitle"]
    descriptions = _list(at(work, "descriptions"))
    abstracts = [entry for entry in descriptions if at(entry, "descriptionType") == "Abstract"]
    return Metadata(
        source="datacite",
        asked=str(identifier),
        date=date,
        title=title(with_subtitle(at(_first(titles), "title"), _first(below)), "DataCite"),
        authors=authors(_people(people, "givenName", "familyName"), "DataCite"),
        families=_families(people, "givenName", "familyName"),
        years=_years([at(work, "publicationYear")]),
        venue=optional(venue),
        arxiv=identifier.value if own else None,
        doi=None if own else identifier.value,
        abstract=optional(at(_first(abstracts), "description"), "abstract"),
    )


def from_openalex(body: bytes, identifier: Identifier, date: str) -> Metadata:
    """A work of OpenAlex. Raises UnusableError."""
    work = _parse_record(body, "OpenAlex")
    theirs = recognise(str(at(work, "doi")))
    if theirs is None or str(theirs).lower() != str(identifier).lower():
        raise UnusableError(
            f"OpenAlex answers with {theirs or 'something else'} when asked for {identifier}."
        )
    ships = at(work, "authorships")
    names = [at(ship, "author", "display_name") for ship in ships] if isinstance(ships, list) else ships
    return Metadata(
        source="openalex",
        asked=str(identifier),
        date=date,
        title=title(at(work, "title"), "OpenAlex"),
        authors=authors(names, "OpenAlex"),
        years=_years([at(work, "publication_year")]),
        venue=optional(at(work, "primary_location", "source", "display_name")),
        arxiv=identifier.value if identifier.kind == "arxiv" else None,
        doi=identifier.value if identifier.kind == "doi" else None,
    )


def from_openreview(body: bytes, identifier: Identifier, date: str) -> Metadata:
    """A submission of OpenReview, by its present or former interface. Raises NoRecordError, UnusableError."""
    notes = at(_parse_record(body, "OpenReview"), "notes")
    note = _first(notes)
    if notes == [] or note is None:
        raise NoRecordError(f"OpenReview has no {identifier}.")
    if matching(at(note, "id"), OPENREVIEW) != identifier.value:
        raise UnusableError(f"OpenReview answers with another note when asked for {identifier}.")
    venue = optional(_content(note, "venue"))
    stated = [int(digits) for digits in YEAR.findall(venue or "")]
    stamps = [_year_of(at(note, key)) for key in ("pdate", "odate", "cdate")]
    return Metadata(
        source="openreview",
        asked=str(identifier),
        date=date,
        title=title(_content(note, "title"), "OpenReview"),
        authors=authors(_content(note, "authors"), "OpenReview"),
        years=_years([*stated, *stamps])[:1],
        venue=venue,
        openreview=identifier.value,
        abstract=optional(_content(note, "abstract"), "abstract"),
    )


def at(value: Any, *path: str) -> Any:
    """The value at a path of keys; None where the path leads nowhere."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def parse_json(body: bytes) -> Any:
    """JSON of any shape. ValueError if it is none, or nested too deep."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _parse_record(body: bytes, source: str) -> dict[str, Any]:
    try:
        value = parse_json(body)
    except ValueError:
        raise UnusableError(f"{source}'s answer is no JSON; try again later.") from None
    if not isinstance(value, dict):
        raise UnusableError(f"{source}'s answer is JSON, but no record; try again later.")
    return value


def _check_doi(value: Any, identifier: Identifier, source: str) -> None:
    """UnusableError if a work's DOI is not the one that was looked up."""
    doi = matching(value, DOI)
    if doi is None or doi.lower() != identifier.value.lower():
        raise UnusableError(f"{source} answers with {doi or 'something else'} when asked for {identifier}.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _years(values: Iterable[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for value in values for number in year(value)))


def _year_of(milliseconds: Any) -> int | None:
    """The year of a time stamp in milliseconds since 1970."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).year if 0 < milliseconds < 4e12 else None


def _people(values: Any, given: str, family: str) -> Any:
    """Names in the order they are spoken; what is no list stays as it is, to be refused."""
    return [_person(value, given, family) for value in values] if isinstance(values, list) else values


def _families(values: Any, given: str, family: str) -> tuple[tuple[str, str], ...]:
    """Names with the family names of several words that stand apart in them, and groups."""
    return families((_person(value, given, family), _family(value, given, family)) for value in _list(values))


def _family(value: Any, given: str, family: str) -> Any:
    """The family name beside a given one, or the whole name of a group; else nothing."""
    if _is_group(value):
        return _person(value, given, family)
    return at(value, family) if at(value, given) else None


def _is_group(value: Any) -> bool:
    """True if the service says so: DataCite in a field, Crossref by a name that is not in two parts."""
    whole = at(value, "sequence") is not None and isinstance(at(value, "name"), str)
    return whole or at(value, "nameType") == "Organizational"


def _person(value: Any, given: str, family: str) -> Any:
    parts = [part for part in (at(value, given), at(value, family)) if isinstance(part, str) and part]
    if parts:
        return " ".join(parts)
    name = at(value, "name")
    if isinstance(name, str) and at(value, "nameType") != "Organizational" and name.count(", ") == 1:
        return " ".join(reversed(name.split(", ")))  # DataCite: Chen, Xinlei
    return name


def _content(note: Any, key: str) -> Any:
    """A field of an OpenReview note: the present interface wraps values, the former one does not."""
    value = at(note, "content", key)
    return value.get("value") if isinstance(value, dict) else value
