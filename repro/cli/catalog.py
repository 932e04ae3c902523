"""The verbs on the catalog: list, show, check, add, refresh, links, export. Imports stand in the verbs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import AsJson, InCatalog, On, Paper, Papers, Set, note, prompt

if TYPE_CHECKING:
    from repro.metadata.link_check import LinkReport
    from repro.metadata.refresh import RefreshReport

EXPORTS = "bibtex, csl, papers-csv, reported-csv, json, runs-csv, verdicts, feed or cite."


def list_papers(as_json: AsJson = False) -> None:
    """List the papers and what each runs on."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.show import list_rows
    from repro.cli import console

    rows = list_rows(Catalog.load(), note)
    console.papers(rows, as_json)


def show(
    paper: Paper,
    on: On = None,
    config: Annotated[
        bool, typer.Option("--config", help="Show every setting of the recipe, with type and origin.")
    ] = False,
    overrides: Set = None,
    as_json: AsJson = False,
) -> None:
    """Show a paper: what it says, what it claims, and how to run it."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.settings.resolve import settable
    from repro.catalog.show import paper_details
    from repro.cli import console
    from repro.cli.overrides import naming, parse_overrides

    catalog = Catalog.load()
    if config:
        with naming(overrides or ()):
            rows = settable(catalog, paper, on, parse_overrides(overrides or ()))
        console.settings(rows, as_json)
    else:
        console.paper(paper_details(catalog, paper, note), as_json)


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders of the catalog.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the catalog: every file, every reference, every recipe. Exit status 1 if there is an error."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.check.check import check as find
    from repro.cli import console
    from repro.cli.verdicts import stale_lines
    from repro.files import catalog_root

    root = catalog_root()
    faults = find(root, paths)
    catalog = Catalog.load(root)
    console.faults(faults, catalog, as_json)
    if any(fault.severity == "error" for fault in faults):
        raise typer.Exit(1)
    if paths is None and not as_json:
        for line in stale_lines(catalog):
            console.say(line)


def add(
    identifier: Annotated[
        str | None,
        typer.Argument(help="arxiv:2011.10566, doi:10..., or an arXiv, DOI or OpenReview address."),
    ] = None,
    bibtex: Annotated[Path | None, typer.Option("--bibtex", help="A BibTeX file with the one paper.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask here instead of on the network.")] = False,
    paper: Annotated[
        str | None, typer.Option("--id", help="The new paper's id; without it one is made.")
    ] = None,
    catalog: InCatalog = None,
    as_json: AsJson = False,
) -> None:
    """Begin the entry of a paper: what services know is filled in, what must be written is marked."""
    from repro.cli import console
    from repro.metadata.add import AddRequest
    from repro.metadata.add import add as begin
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    request = AddRequest(writable_catalog(catalog), identifier, bibtex, offline, paper)
    added = begin(request, Services.public, prompt, note)
    if as_json:
        console.dump(added.plain())
    else:
        console.say(added.sentences())


def refresh(
    papers: Papers = None,
    catalog: InCatalog = None,
    as_json: AsJson = False,
) -> None:
    """Fetch what services say of papers, and report where entries disagree. Exit status 1 if any does."""
    from repro.metadata import refresh as metadata
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    with (services := Services.public()).client:
        report = metadata.refresh(root, papers or [], services, note)
    _report(report, metadata.HEADS, as_json)


def links(
    papers: Papers = None,
    catalog: InCatalog = None,
    as_json: AsJson = False,
) -> None:
    """Look whether identifiers and addresses still lead somewhere. Exit status 1 if any is dead."""
    from repro.metadata import link_check as metadata
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    with (services := Services.public()).client:
        report = metadata.check_links(root, papers or [], services, note)
    _report(report, metadata.HEADS, as_json)


def _report(report: "RefreshReport | LinkReport", heads: Sequence[str], as_json: bool) -> None:
    """What came of a look at services, with exit status 1 unless all is well."""
    from repro.cli import console

    if as_json:
        console.dump(report.plain())
    else:
        if rows := report.rows():
            console.grid(heads, rows)
        for sentence in report.sentences():
            console.say(sentence)
    if not report.is_sound:
        raise typer.Exit(1)


def export(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=EXPORTS)],
    papers: Papers = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file or folder to write to.")] = None,
    site: Annotated[str, typer.Option("--site", help="The published site's address, for a feed.")] = "",
) -> None:
    """Print the catalog as other programs read it, or write it to a file."""
    from repro.catalog.catalog import Catalog
    from repro.cli import console
    from repro.evidence.records import load_all
    from repro.exports.formats import Material, choose_papers, find_format, render
    from repro.report.page import write_page

    catalog, form = Catalog.load(), find_format(name)
    runs = load_all(catalog.root) if form.needs_runs else ()
    text = render(name, Material(catalog, choose_papers(catalog, papers or []), runs, site))
    if out is None:
        console.pour(text)
    else:
        console.say(f"Written: {write_page(out / form.file if out.is_dir() else out, text)}")
