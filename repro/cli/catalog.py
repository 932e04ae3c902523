"""The verbs on the catalog: from list and search to links and export. Imports stand in the verbs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli import completion
from repro.cli.encoder import export_encoder
from repro.cli.options import AsJson, InCatalog, On, Paper, Papers, Set, note, paper_id, prompt
from repro.errors import UsageError

if TYPE_CHECKING:
    from repro.metadata.link_check import LinkReport
    from repro.metadata.refresh import RefreshReport

EXPORTS = "bibtex, csl, papers-csv, reported-csv, json, runs-csv, verdicts, feed or cite."


def list_papers(
    words: Annotated[
        list[str] | None, typer.Argument(help="Only papers with these words in names, tags or claims.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only papers with this tag.")] = None,
    year: Annotated[
        str | None, typer.Option("--year", help="Only papers of a year, or of years: 2020, 2020-2022.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="Only papers that have a recipe to run.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="Only papers with tested claims.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the papers, a line each, and what each runs on."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.filter import read_filter
    from repro.catalog.show import list_rows
    from repro.cli.papers import print_list

    catalog = Catalog.load()
    rows = list_rows(
        catalog, note, read_filter(catalog, words or (), tag or (), year, runs=runs, claims=claims)
    )
    print_list(rows, as_json)
    if not rows and catalog.paper_ids:
        note("No paper is like that; `repro search WORDS` also looks into abstracts, numbers and settings.")
        raise typer.Exit(1)


def search(
    words: Annotated[list[str], typer.Argument(help="Words that must all be there, in any case.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Show every hit of a kind, not the best.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Search papers, methods, claims, numbers, settings and words. Exit status 1 if nothing is found."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.search import search as find
    from repro.cli.papers import print_hits

    hits = find(Catalog.load(), words, note)
    print_hits(hits, as_json, everything=everything)
    if not hits:
        note(f"Nothing in the catalog holds {' and '.join(words)}.")
        raise typer.Exit(1)


def show(
    paper: Paper,
    on: On = None,
    config: Annotated[
        bool, typer.Option("--config", help="Show every setting of the recipe, with type and origin.")
    ] = False,
    overrides: Set = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every reported number, in the tables of the paper.")
    ] = False,
    of: Annotated[
        str | None,
        typer.Option("--of", help="Show the reported numbers of this method: a paper's id, or supervised."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a paper: what it says, what it claims, and how to run it."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.settings.resolve import settable
    from repro.catalog.show import paper_details
    from repro.cli import console
    from repro.cli.outcomes import outcomes
    from repro.cli.overrides import naming, parse_overrides
    from repro.cli.papers import print_paper

    catalog = Catalog.load()
    paper = paper_id(paper, catalog)
    if config:
        with naming(overrides or ()):
            rows = settable(catalog, paper, on, parse_overrides(overrides or ()))
        console.settings(rows, as_json)
    elif on or overrides:
        raise UsageError(f"{'--on' if on else '--set'} is about settings; add --config to show them.")
    else:
        details = paper_details(catalog, paper, note, of)
        everything = everything or of is not None
        print_paper(details, outcomes(catalog, paper, note), as_json, everything=everything)


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
        typer.Argument(
            help="arxiv:2011.10566, doi:10..., or the paper's address at arXiv, doi.org or others."
        ),
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
    from repro.catalog.catalog import Catalog
    from repro.metadata import refresh as metadata
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    named = [paper_id(paper, Catalog.load(root)) for paper in papers or ()]
    with (services := Services.public()).client:
        report = metadata.refresh(root, named, services, note)
    _report(report, metadata.HEADS, as_json)


def links(
    papers: Papers = None,
    catalog: InCatalog = None,
    as_json: AsJson = False,
) -> None:
    """Look whether identifiers and addresses still lead somewhere. Exit status 1 if any is dead."""
    from repro.catalog.catalog import Catalog
    from repro.metadata import link_check as metadata
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    named = [paper_id(paper, Catalog.load(root)) for paper in papers or ()]
    with (services := Services.public()).client:
        report = metadata.check_links(root, named, services, note)
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
    name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT|RUN",
            help=f"{EXPORTS} With --to, a run's folder.",
            autocompletion=completion.formats,
        ),
    ],
    papers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PAPER]...|DIR", help="Papers' ids, without any all. With --to, a new folder."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file or folder to write to.")] = None,
    site: Annotated[str, typer.Option("--site", help="The published site's address, for a feed.")] = "",
    to: Annotated[
        str | None, typer.Option("--to", help="Export a run's encoder: timm, torchvision, onnx or hub.")
    ] = None,
) -> None:
    """Print the catalog as other programs read it, or write it; with --to, export a run's encoder."""
    if to is not None:
        export_encoder(Path(name), to, _one_folder(papers or [], out))
        return
    from repro.catalog.catalog import Catalog
    from repro.cli import console
    from repro.evidence.records import load_all
    from repro.exports.formats import Material, choose_papers, find_format, render
    from repro.report.page import write_page

    if (Path(name) / "config.json").is_file():
        raise UsageError(f"{name} is a run: say what to export its encoder to, as in `--to timm DIR`")
    catalog, form = Catalog.load(), find_format(name)
    chosen = choose_papers(catalog, [paper_id(paper, catalog) for paper in papers or ()])
    runs = load_all(catalog.root) if form.needs_runs else ()
    text = render(name, Material(catalog, chosen, runs, site))
    if out is None:
        console.pour(text)
    else:
        console.say(f"Written: {write_page(out / form.file if out.is_dir() else out, text)}")


def _one_folder(named: Sequence[str], out: Path | None) -> Path | None:
    """The one folder that an encoder is exported to; None if none is named."""
    folders = [*map(Path, named), *([out] if out else [])]
    if len(folders) > 1:
        raise UsageError(f"an encoder is exported to one folder, and {len(folders)} are named")
    return folders[0] if folders else None
