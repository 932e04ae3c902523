"""Every export by name: which file it is, what it holds, and what renders it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from repro.catalog.catalog import Catalog
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.errors import UsageError
from repro.exports.bibtex import bibtex
from repro.exports.cite import sentences
from repro.exports.csl import csl
from repro.exports.evidence import runs_table, verdicts_json
from repro.exports.feed import FILE, feed
from repro.exports.table import papers_table, reported_table
from repro.exports.venue import EXAMPLE
from repro.exports.whole import catalog_json

if TYPE_CHECKING:
    from repro.evidence.run import Run


@dataclass(frozen=True)
class Material:
    """The input of every export: some papers of a catalog, evidence, the published site's address."""

    catalog: Catalog
    papers: Sequence[Paper]
    runs: Sequence["Run"] = ()
    site: str = ""
    folder: str = ""  # where below the site's address the files lie, such as data/


class ExportFormat(NamedTuple):
    """An export: the name of its file, what it is in a sentence, and the function that renders it."""

    file: str
    about: str
    render: Callable[[Material], str]
    needs_runs: bool = False
    needs_site: bool = False


FORMATS: dict[str, ExportFormat] = {
    "bibtex": ExportFormat(
        "catalog.bib", "BibTeX of every paper, for LaTeX.", lambda m: bibtex(m.catalog, m.papers)
    ),
    "csl": ExportFormat(
        "catalog.csl.json",
        "CSL-JSON, for Zotero, Pandoc and other citation tools.",
        lambda m: csl(m.catalog, m.papers),
    ),
    "papers-csv": ExportFormat(
        "papers.csv", "The papers as a table.", lambda m: papers_table(m.catalog, m.papers)
    ),
    "reported-csv": ExportFormat(
        "reported.csv",
        "Every reported value with protocol, setting, place and how sure the reading is.",
        lambda m: reported_table(m.catalog, m.papers),
    ),
    "json": ExportFormat(
        "catalog.json",
        "Everything: papers, benchmarks, recipes, vocabularies, inverse relations filled in.",
        lambda m: catalog_json(m.catalog, m.papers),
    ),
    "runs-csv": ExportFormat(
        "runs.csv",
        "Every run kept as evidence: what was changed, seed, what was measured, machine and commit.",
        lambda m: runs_table(m.papers, m.runs),
        needs_runs=True,
    ),
    "verdicts": ExportFormat(
        "verdicts.json",
        "Every trained claim with its arms, their runs, and what the rule makes of them.",
        lambda m: verdicts_json(m.catalog, m.papers, m.runs),
        needs_runs=True,
    ),
    "feed": ExportFormat(
        FILE,
        "New and revised entries, for feed readers.",
        lambda m: feed(m.catalog, m.papers, m.site, m.folder),
        needs_site=True,
    ),
    "cite": ExportFormat(
        "citations.txt", "A line to cite each paper.", lambda m: sentences(m.catalog, m.papers)
    ),
}


def find_format(name: str) -> ExportFormat:
    """The export of this name. UsageError if there is none."""
    if name not in FORMATS:
        close = nearest(name, list(FORMATS))
        raise UsageError(f"there is no export '{name}'; there are {', '.join(FORMATS)}.{close}")
    return FORMATS[name]


def choose_papers(catalog: Catalog, ids: Sequence[str]) -> tuple[Paper, ...]:
    """The papers with these ids, or every one, sorted by id. UsageError if one is not there."""
    return tuple(catalog.paper(paper) for paper in sorted(set(ids))) if ids else catalog.papers


def render(name: str, material: Material) -> str:
    """One export. UsageError if there is none of this name, or the site's address is missing."""
    export = find_format(name)
    if export.needs_site and not material.site:
        raise UsageError(f"a {name} holds whole addresses; say where the site is: --site {EXAMPLE}")
    return export.render(material)


def files(material: Material) -> dict[str, str]:
    """Every export by the name of its file; those that need the site's address only where it is known."""
    return {
        export.file: export.render(material)
        for export in FORMATS.values()
        if material.site or not export.needs_site
    }
