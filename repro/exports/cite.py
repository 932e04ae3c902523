"""How to cite a paper: as a sentence, as BibTeX, as CSL-JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.prose import join_words
from repro.catalog.records.paper import Paper
from repro.exports import bibtex, csl
from repro.exports.text import json_text, line
from repro.exports.venue import appearance, best_address, doi_address


@dataclass(frozen=True, slots=True)
class Citation:
    """One paper in each form, not escaped for any page."""

    text: str
    bibtex: str
    csl: str


def cite(catalog: Catalog, paper: Paper) -> Citation:
    """Every form of one paper's citation."""
    item = json_text(csl.item(catalog, paper))
    return Citation(sentence(catalog, paper), bibtex.bibtex(catalog, [paper]), item)


def sentences(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """A line for each paper."""
    return "".join(f"{sentence(catalog, paper)}\n" for paper in papers)


def sentence(catalog: Catalog, paper: Paper) -> str:
    """Authors, title, venue, year and identifiers on one line."""
    title = line(paper.title)
    stop = "" if title.endswith(("?", "!", ".")) else "."
    parts = [
        f"{join_words([line(author.name) for author in paper.authors])}. {title}{stop}",
        f"{_venue(catalog, paper)}{paper.year}.",
        f"arXiv:{paper.ids.arxiv}." if paper.ids.arxiv else "",
        doi_address(paper.ids.doi) if paper.ids.doi else "",
        best_address(paper) if not (paper.ids.doi or paper.ids.arxiv) else "",
        "Retracted." if paper.status == "retracted" else "",
    ]
    return " ".join(part for part in parts if part)


def _venue(catalog: Catalog, paper: Paper) -> str:
    venue = appearance(catalog, paper)
    if venue.kind != "preprint":
        return f"{venue.full}, "
    return "" if paper.ids.arxiv else "Preprint, "  # the arXiv number says it already
