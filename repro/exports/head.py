"""Metadata in the head of a paper's page: schema.org as JSON-LD, and the tags of scholars' tools."""

import json
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Author, Paper
from repro.exports.text import line, name_parts
from repro.exports.venue import (
    Appearance,
    VenueKind,
    addresses,
    appearance,
    best_address,
    doi_address,
    page_address,
)

CONTAINERS: dict[VenueKind, str] = {"journal": "Periodical", "conference": "PublicationEvent"}
# In a script element, text ends the script at `</script` and is hidden by `<!--`; JSON takes the escapes.
SCRIPT = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})


def json_ld(catalog: Catalog, paper: Paper, site: str = "") -> dict[str, Any]:
    """The paper as a ScholarlyArticle; ``site`` is the published site's address.

    Without `abstract`, since the catalog's is not the paper's own.
    """
    fields = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": doi_address(paper.ids.doi) if paper.ids.doi else best_address(paper),
        "headline": line(paper.title),
        "alternateName": line(paper.name),
        "author": [_person(author.name, author.orcid) for author in paper.authors],
        "datePublished": str(paper.year),
        **_container(appearance(catalog, paper)),
        "description": line(paper.idea.en),
        "keywords": sorted({value for values in paper.tags.values() for value in values}),
        "identifier": [
            {"@type": "PropertyValue", "propertyID": name, "value": value}
            for name, value in paper.ids.model_dump(exclude_none=True).items()
        ],
        "sameAs": list(addresses(paper)),
        "creativeWorkStatus": paper.status.capitalize(),
        "mainEntityOfPage": page_address(site, paper.id) if site else "",
    }
    return {key: value for key, value in fields.items() if value}


def json_ld_text(catalog: Catalog, paper: Paper, site: str = "") -> str:
    """JSON-LD as text that is safe inside a script element."""
    return json.dumps(json_ld(catalog, paper, site), ensure_ascii=False).translate(SCRIPT)


def meta(catalog: Catalog, paper: Paper, site: str = "") -> tuple[tuple[str, str], ...]:
    """The ``citation_*`` tags as (name, content), not escaped; one ``citation_author`` for each author."""
    venue = appearance(catalog, paper)
    title = {"journal": "citation_journal_title", "conference": "citation_conference_title"}
    tags = [
        ("citation_title", line(paper.title)),
        *(("citation_author", _family_first(author)) for author in paper.authors),
        ("citation_publication_date", str(paper.year)),
        (title.get(venue.kind, ""), venue.full),
        ("citation_doi", paper.ids.doi or ""),
        ("citation_arxiv_id", paper.ids.arxiv or ""),
        ("citation_pdf_url", next((link.url for link in paper.links if link.role == "pdf"), "")),
        ("citation_public_url", best_address(paper)),
        ("citation_abstract_html_url", page_address(site, paper.id) if site else ""),
    ]
    return tuple((name, content) for name, content in tags if name and content)


def _family_first(author: Author) -> str:
    """``Family, Given``, since readers of ``Given Family`` take the last word alone for the family name."""
    name = name_parts(author.name, author.family)
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(part for part in (family, name.suffix, name.given) if part)


def _person(name: str, orcid: str | None) -> dict[str, str]:
    person = {"@type": "Person", "name": line(name)}
    return person | ({"@id": f"https://orcid.org/{orcid}"} if orcid else {})


def _container(venue: Appearance) -> dict[str, Any]:
    if venue.kind not in CONTAINERS:
        return {}
    key = "isPartOf" if venue.kind == "journal" else "publication"
    return {key: {"@type": CONTAINERS[venue.kind], "name": venue.full}}
