"""CSL-JSON, which Zotero, pandoc and citeproc read."""

from collections.abc import Sequence
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports.text import PersonName, json_text, line, name_parts
from repro.exports.venue import Appearance, VenueKind, appearance, best_address

TYPES: dict[VenueKind, str] = {
    "journal": "article-journal",
    "conference": "paper-conference",
    "preprint": "article",
    "other": "article",
}


def csl(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """A list of items, one for each paper."""
    return json_text([item(catalog, paper) for paper in papers])


def item(catalog: Catalog, paper: Paper) -> dict[str, Any]:
    """One paper; what it lacks is left out."""
    venue = appearance(catalog, paper)
    fields = {
        "id": paper.id,
        "type": TYPES[venue.kind],
        "title": line(paper.title),
        "author": [_author(name_parts(author.name, author.family)) for author in paper.authors],
        "issued": {"date-parts": [[paper.year]]},
        **_container(venue),
        "archive": "arXiv" if paper.ids.arxiv else None,
        "archive_location": paper.ids.arxiv,
        "DOI": paper.ids.doi,
        "URL": best_address(paper),
        "status": "Retracted" if paper.status == "retracted" else None,
    }
    return {key: value for key, value in fields.items() if value}


def _container(venue: Appearance) -> dict[str, str | None]:
    if venue.kind == "preprint":
        return {"publisher": venue.short}
    return {
        "container-title": venue.full,
        "container-title-short": venue.short if venue.short != venue.full else None,
        "event-title": venue.short if venue.kind == "conference" else None,
    }


def _author(name: PersonName) -> dict[str, str]:
    if name.whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in parts.items() if value}
