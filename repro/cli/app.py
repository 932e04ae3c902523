"""The command line: one short function a verb. Imports stand in the verbs, so that `list` loads no torch."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.errors import ReproError, UsageError

if TYPE_CHECKING:
    from repro.metadata.links import Checked
    from repro.metadata.refresh import Refreshed

app = typer.Typer(
    name="repro",
    help="A catalog of self-supervised-learning papers whose claims you can run.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Data sets: what there is, where it lies, fetching it.", no_args_is_help=True)
app.add_typer(data_app, name="data")
site_app = typer.Typer(help="The website: build it, serve it while editing.", no_args_is_help=True)
app.add_typer(site_app, name="site")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Paper = Annotated[str, typer.Argument(help="A paper's id, as `repro list` shows it.")]
On = Annotated[str | None, typer.Option("--on", help="The benchmark; without it the paper's first.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; see `repro show PAPER --config`."),
]
Papers = Annotated[
    list[str] | None, typer.Argument(metavar="[PAPER]...", help="Papers' ids; without any, all.")
]
Claims = Annotated[
    list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Claims of the paper; without any, all.")
]
InCatalog = Annotated[
    Path | None, typer.Option("--catalog", help="The catalog to write to; without it this installation's.")
]

EXPORTS = "bibtex, csl, papers-csv, reported-csv, json, runs-csv, verdicts, feed or cite."


@app.command("list")
def list_papers(as_json: AsJson = False) -> None:
    """List the papers and what each runs on."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.show import list_rows
    from repro.cli import console

    rows = list_rows(Catalog.load())
    console.papers(rows, as_json)


@app.command()
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
    from repro.catalog.show import paper_view
    from repro.cli import console

    catalog = Catalog.load()
    if config:
        console.settings(settable(catalog, paper, on, overrides or []), as_json)
    else:
        console.paper(paper_view(catalog, paper), as_json)


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders of the catalog.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the catalog: every file, every reference, every recipe. Exit status 1 if there is an error."""
    from repro.catalog.catalog import Catalog
    from repro.catalog.check.check import check as find
    from repro.cli import console
    from repro.cli.claims import stale_lines
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


@app.command()
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
    from repro.metadata.add import Request
    from repro.metadata.add import add as begin
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    request = Request(writable_catalog(catalog), identifier, bibtex, offline, paper)
    added = begin(request, Services.public, _prompt, _note)
    if as_json:
        console.dump(added.plain())
    else:
        console.say(added.sentences())


@app.command()
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
        found = metadata.refresh(root, papers or [], services, _note)
    _report(found, metadata.HEADS, as_json)


@app.command()
def links(
    papers: Papers = None,
    catalog: InCatalog = None,
    as_json: AsJson = False,
) -> None:
    """Look whether identifiers and addresses still lead somewhere. Exit status 1 if any is dead."""
    from repro.metadata import links as metadata
    from repro.metadata.services.services import Services
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    with (services := Services.public()).client:
        found = metadata.check_links(root, papers or [], services, _note)
    _report(found, metadata.HEADS, as_json)


def _report(found: "Refreshed | Checked", heads: Sequence[str], as_json: bool) -> None:
    """What came of a look at services, with exit status 1 unless all is well."""
    from repro.cli import console

    if as_json:
        console.dump(found.plain())
    else:
        if rows := found.rows():
            console.grid(heads, rows)
        for sentence in found.sentences():
            console.say(sentence)
    if not found.sound:
        raise typer.Exit(1)


def _prompt(question: str) -> str:
    """Ask on standard error, so that standard output holds the result alone."""
    return str(typer.prompt(question, default="", show_default=False, err=True))


def _note(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
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
    from repro.exports.formats import Material, chosen, known, render
    from repro.report.page import write_page

    catalog, found = Catalog.load(), known(name)
    runs = load_all(catalog.root) if found.needs_runs else ()
    text = render(name, Material(catalog, chosen(catalog, papers or []), runs, site))
    if out is None:
        typer.echo(text, nl=False)
    else:
        console.say(f"Written: {write_page(out / found.file if out.is_dir() else out, text)}")


@app.command()
def run(
    paper: Annotated[str | None, typer.Argument(help="A paper's id; not needed with --resume.")] = None,
    on: On = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first run.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many runs, with seeds counted from --seed.")] = 1,
    overrides: Set = None,
    data: Annotated[Path | None, typer.Option("--data", help="A folder of images to train on.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = one for each core.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="The run folder; without it one below runs/.")
    ] = None,
    resume: Annotated[Path | None, typer.Option("--resume", help="Continue the run in this folder.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only where the report is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a paper's method, evaluate it, and write a report."""
    from repro.cli import console
    from repro.learning.start import Request, launch, resume_run

    console.out.stderr = as_json  # then standard output holds the JSON alone
    if resume is not None:
        fixed = {"--on": on, "--set": overrides, "--data": data, "--out": out}
        stray = next((name for name, value in fixed.items() if value), None)
        if stray:
            raise UsageError(
                f"{stray} cannot be used with --resume: the run in {resume} is already configured"
            )
        summaries = [resume_run(resume, paper, device, quiet=quiet or as_json)]
    elif paper is None:
        raise UsageError("name a paper, for example `repro run simsiam`; `repro list` shows them all")
    else:
        request = Request(paper, on, tuple(overrides or ()), data, device, threads, out)
        summaries = launch(request, range(seed, seed + seeds), quiet=quiet or as_json)
    if as_json:
        print(json.dumps(summaries[0] if len(summaries) == 1 else summaries, indent=2))  # noqa: T201


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of run folders.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page for several runs.")] = None,
) -> None:
    """Render the report of a run again, or one page for several runs side by side."""
    from repro.cli import console
    from repro.report.write import write_comparison, write_run

    runs = _ended(folders)
    single = len(runs) == 1 and out is None
    console.say(
        f"Report: {write_run(runs[0]) if single else write_comparison(runs, out or Path('comparison.html'))}"
    )


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of run folders.")],
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Means over seeds as a Markdown table.")
    ] = False,
) -> None:
    """Print a table of runs."""
    from repro.cli import console
    from repro.evidence.run import load_run
    from repro.report.compare import comparison_rows, markdown_table

    runs = [load_run(folder) for folder in _ended(folders)]
    if markdown:
        console.say(markdown_table(runs))
    else:
        console.comparison(comparison_rows(runs), as_json)


def _ended(folders: Sequence[Path]) -> list[Path]:
    """The runs that came to an end; a note names the others."""
    from repro.report.write import ended, find_runs

    runs, left_out = ended(find_runs(folders))
    for folder in left_out:
        _note(f"left out: {folder} is under way or was interrupted; `repro run --resume {folder}` goes on")
    return runs


@app.command()
def record(
    folders: Annotated[list[Path], typer.Argument(help="Finished runs, made from a clean checkout.")],
) -> None:
    """Keep finished runs in the catalog as evidence."""
    from repro.cli import console
    from repro.evidence import records as evidence
    from repro.files import catalog_root
    from repro.report.write import find_runs

    for folder in find_runs(folders):
        console.say(str(evidence.record(folder, catalog_root())))


@app.command()
def verify(
    paper: Annotated[str | None, typer.Argument(help="A paper's id; --exact also goes without.")] = None,
    claims: Claims = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Only identities that follow from the equations; no training.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="With --exact: repeat an earlier draw of random numbers.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, max=20, help="Runs an arm; without it what each claim asks for.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time; 0 = one for each core.")] = 0,
    budget: Annotated[
        float | None, typer.Option(min=0, metavar="MINUTES", help="Begin no run that would end later.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make every run on this machine, whatever the catalog keeps.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the runs in the catalog as evidence.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="The page with the verdicts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Test what papers claim: identities at once, trained claims by the runs they need, then the verdicts.

    Exit status 1 if an identity is broken or a run failed; a claim that is not supported is a result.
    """
    from repro.cli import console

    console.out.stderr = as_json
    training: dict[str, object] = {"--seeds": seeds, "--jobs": jobs, "--budget": budget, "--anew": anew}
    training |= {"--record": record, "--out": out}
    if exact:
        if unfit := next((name for name, value in training.items() if value), None):
            raise UsageError(f"{unfit} is about training, and --exact trains nothing; leave one of them out.")
        from repro.cli._verify import verify_exact

        sound = verify_exact(paper, claims or [], seed, as_json=as_json)
    else:
        from repro.cli.claims import verify_trained
        from repro.verdicts.campaign import Limits

        named = _trainable(paper, seed)
        limits = Limits(seeds, jobs, budget, anew)
        clean = not record or _clean()
        sound = verify_trained(
            named, claims or [], limits, keep=record, clean=clean, page=out, as_json=as_json
        )
    if not sound:
        raise typer.Exit(1)


def _clean() -> bool:
    """Whether every file of this checkout is as some commit holds it."""
    from repro.learning.environment import source_state

    return source_state()[1] is False


def _trainable(paper: str | None, seed: int | None) -> str:
    """The paper whose claims are to be trained. UsageError if none is named, or a draw is to be repeated."""
    if seed is not None:
        raise UsageError("--seed repeats a draw of --exact; trained claims take --seeds N, how many.")
    if paper is None:
        raise UsageError(
            "name a paper, as in `repro verify simsiam`: all trained claims together take hours; "
            "identities of all papers take seconds with --exact."
        )
    return paper


@app.command()
def judge(
    paper: Annotated[str | None, typer.Argument(help="A paper's id; without one, all papers.")] = None,
    claims: Claims = None,
    as_json: AsJson = False,
) -> None:
    """Say what the kept evidence makes of trained claims, by each claim's own rule. Trains nothing."""
    from repro.cli.claims import judge_kept

    judge_kept(paper, claims or [], as_json=as_json)


@data_app.command("list")
def data_list(as_json: AsJson = False) -> None:
    """List the data sets and whether they are here."""
    from repro.cli import console
    from repro.learning.data.cache import describe

    console.data_sets(describe(), as_json)


@data_app.command("path")
def data_path() -> None:
    """Print the folder where downloaded and packed data lie."""
    from repro.cli import console
    from repro.learning.data.cache import cache_root

    console.say(str(cache_root()))


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A data set, as `repro data list` shows it.")],
) -> None:
    """Fetch a data set now, so that a later run needs no network."""
    from repro.cli import console
    from repro.learning.data.cache import fetch

    console.data_sets([fetch(name)], as_json=False)


@site_app.command("build")
def site_build(
    out: Annotated[Path, typer.Option("--out", help="The folder to build in.")] = Path("build"),
    address: Annotated[str, typer.Option("--address", help="Where the site will be published.")] = "",
    archive: Annotated[bool, typer.Option("--zip", help="Also pack the site as one file.")] = False,
) -> None:
    """Build the website from the catalog; it opens from disk as well as from a server."""
    from repro.cli import console
    from repro.website import build as website

    where = website.places(out, address)
    written = website.build(where)
    console.say(str(written))
    console.say(f"Site: {where.html / 'index.html'}")
    if archive:
        console.say(f"Packed: {website.archive(where)}")


@site_app.command("serve")
def site_serve(
    out: Annotated[Path, typer.Option("--out", help="The folder to build in.")] = Path("build"),
    address: Annotated[str, typer.Option("--at", help="Host and port.")] = "127.0.0.1:8000",
) -> None:
    """Serve the website and rebuild it whenever the catalog or the site's sources change."""
    from repro.cli import console
    from repro.website import build as website

    for result in website.serve(website.places(out), address):
        console.say(f"http://{address}: {result}")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can run, and about how long each recipe takes on it."""
    from repro.cli import console
    from repro.learning.doctor import examine

    console.doctor(examine(), as_json)


def main() -> None:
    """Entry point: an error a person can repair is one sentence and exit status 2."""
    try:
        app()
    except ReproError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
