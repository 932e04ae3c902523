"""CSL-JSON, which Zotero, pandoc and citeproc read."""

from collections.abc import Sequence
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports._address import landing
from repro.exports.text import Name, line, name_parts, pretty
from repro.exports.venue import Appearance, Kind, appearance

TYPES: dict[Kind, str] = {
    "journal": "article-journal",
    "conference": "paper-conference",
    "preprint": "article",
    "other": "article",
}


def csl(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """A list of items, one for each paper."""
    items = [item(catalog, paper) for paper in papers]
    return pretty(items)


def item(catalog: Catalog, paper: Paper) -> dict[str, Any]:
    """One paper; what it lacks is left out."""
    where = appearance(catalog, paper)
    found = {
        "id": paper.id,
        "type": TYPES[where.kind],
        "title": line(paper.title),
        "author": [_author(name_parts(author.name, author.family)) for author in paper.authors],
        "issued": {"date-parts": [[paper.year]]},
        **_container(where),
        "archive": "arXiv" if paper.ids.arxiv else None,
        "archive_location": paper.ids.arxiv,
        "DOI": paper.ids.doi,
        "URL": landing(paper),
        "status": "Retracted" if paper.status == "retracted" else None,
    }
    return {key: value for key, value in found.items() if value}


def _container(where: Appearance) -> dict[str, str | None]:
    if where.kind == "preprint":
        return {"publisher": where.short}
    return {
        "container-title": where.full,
        "container-title-short": where.short if where.short != where.full else None,
        "event-title": where.short if where.kind == "conference" else None,
    }


def _author(name: Name) -> dict[str, str]:
    if name.whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in parts.items() if value}
