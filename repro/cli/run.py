"""The verbs on runs: run, report, compare, record, doctor, and data sets. Imports stand in the verbs."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli import completion
from repro.cli.options import NAMED, AsJson, InCatalog, On, Set, note, paper_id
from repro.cli.track import Track
from repro.errors import UsageError

if TYPE_CHECKING:
    from repro.evidence.run import Run


AnyPaper = Annotated[
    str | None, typer.Argument(help=f"{NAMED}; not with --resume.", autocompletion=completion.papers)
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the first run; without it 0.")]
Seeds = Annotated[
    int | None, typer.Option(min=1, help="How many runs, with seeds counted from --seed; without it 1.")
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Your own data: a folder or archive of images, a folder of WAV files."),
]
SkipBroken = Annotated[
    bool, typer.Option("--skip-broken", help="Leave out images that cannot be read, and count them.")
]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="PIXELS",
        help="With --data: pixels a side of the images, 32, 64, 96 or 224; without it by the images.",
    ),
]
EncoderName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="With --data: small_resnet, resnet18, resnet50 or a network of timm."),
]
EncoderWeights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --data: published weights that the encoder begins with."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Threads = Annotated[int | None, typer.Option(min=0, help="CPU threads; without it, or 0, one for each core.")]
Processes = Annotated[
    int, typer.Option(min=1, help="How many processes make the run together, one for each GPU or core.")
]
Out = Annotated[Path | None, typer.Option("--out", help="The run folder; without it one below runs/.")]
Resume = Annotated[Path | None, typer.Option("--resume", help="Continue the run in this folder.")]
WithProfile = Annotated[
    bool, typer.Option("--profile", help="Say where the time of a step goes; on a GPU it takes longer.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only where the report is.")]


def run(
    paper: AnyPaper = None,
    on: On = None,
    seed: Seed = None,
    seeds: Seeds = None,
    overrides: Set = None,
    data: Data = None,
    skip_broken: SkipBroken = False,
    size: Size = None,
    encoder: EncoderName = None,
    encoder_weights: EncoderWeights = None,
    device: Device = "auto",
    threads: Threads = None,
    processes: Processes = 1,
    out: Out = None,
    resume: Resume = None,
    profile: WithProfile = False,
    track: Track = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a paper's method, evaluate it, and write a report."""
    from repro.cli import console
    from repro.cli.overrides import naming, parse_overrides, parse_size
    from repro.cli.processes import is_first_process, launch, must_launch
    from repro.cli.training import go_on, run_seeds
    from repro.evidence.request import Request
    from repro.evidence.track import require_tracker

    if must_launch(processes):
        raise typer.Exit(launch(processes, sys.argv[1:]))
    if track is not None:
        require_tracker(track)
    console.out.stderr = as_json  # then standard output holds the JSON alone
    console.out.quiet = not is_first_process()
    quiet = quiet or as_json or not is_first_process()
    if resume is not None:
        fixed = {
            "--on": on,
            "--seed": seed,
            "--seeds": seeds,
            "--set": overrides,
            "--data": data,
            "--out": out,
        }
        fixed |= {"--size": size, "--encoder": encoder, "--encoder-weights": encoder_weights}
        _refuse(resume, fixed | {"--skip-broken": skip_broken or None})
        runs = go_on(resume, paper and paper_id(paper), device, threads, track, quiet=quiet, profile=profile)
    elif paper is None:
        raise UsageError("name a paper, for example `repro run simsiam`; `repro list` shows them all")
    else:
        if skip_broken and data is None:
            raise UsageError("--skip-broken is for a folder of images; name it with `--data PATH`")
        settings = parse_overrides(overrides or ()) | ({"data.skip_broken": True} if skip_broken else {})
        pixels, first = parse_size(size), seed or 0
        request = Request(
            paper_id(paper), on, settings, data, device, threads or 0, out, pixels, encoder, encoder_weights
        )
        with naming(overrides or ()):
            span = range(first, first + (seeds or 1))
            runs = run_seeds(request, span, track, quiet=quiet, profile=profile)
    if as_json and runs:
        _dump(runs)


def _refuse(resume: Path, fixed: Mapping[str, object]) -> None:
    """UsageError for an option that says what a resumed run already is."""
    stray = next((name for name, value in fixed.items() if value not in (None, [])), None)
    if stray:
        raise UsageError(f"{stray} cannot be used with --resume: the run in {resume} is already configured")


def _dump(runs: "Sequence[Run]") -> None:
    from repro.cli import console
    from repro.evidence.run import to_json

    summaries = [to_json(run.summary) for run in runs]
    console.dump(summaries[0] if len(summaries) == 1 else summaries)


def report(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of run folders.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page for several runs.")] = None,
) -> None:
    """Render the report of a run again, or one page for several runs side by side."""
    from repro.cli import console
    from repro.report.write import write_comparison, write_run

    runs = _load_ended(folders)
    single = len(runs) == 1 and out is None
    page = write_run(runs[0]) if single else write_comparison(runs, out or Path("comparison.html"))
    console.say(f"Report: {page}")


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of run folders.")],
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Means over seeds as a Markdown table.")
    ] = False,
) -> None:
    """Print a table of runs."""
    from repro.cli import console
    from repro.cli.comparison import print_comparison
    from repro.report.compare import comparison_rows, markdown_table

    runs = _load_ended(folders)
    if markdown:
        console.say(markdown_table(runs))
    else:
        print_comparison(comparison_rows(runs), as_json)


def _load_ended(folders: Sequence[Path]) -> "list[Run]":
    """Runs that came to an end; a note names the others."""
    from repro.evidence.folder import find_runs, split_by_outcome
    from repro.evidence.run import load_run

    with_outcome, left_out = split_by_outcome(find_runs(folders))
    for folder in left_out:
        note(f"left out: {folder} is under way or was interrupted; `repro run --resume {folder}` goes on")
    return [load_run(folder) for folder in with_outcome]


def record(
    folders: Annotated[list[Path], typer.Argument(help="Finished runs, made from a clean checkout.")],
    catalog: InCatalog = None,
) -> None:
    """Keep finished runs in the catalog as evidence."""
    from repro.cli import console
    from repro.evidence import records as evidence
    from repro.evidence.folder import find_runs
    from repro.metadata.snapshots import writable_catalog

    root = writable_catalog(catalog)
    for folder in find_runs(folders):
        console.say(str(evidence.record(folder, root)))


def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can run, and about how long each recipe takes on it."""
    from repro.cli import console
    from repro.learning.doctor import examine

    console.doctor(examine(), as_json)


def data_list(as_json: AsJson = False) -> None:
    """List the data sets and whether they are here."""
    from repro.cli import console
    from repro.learning.data.cache import describe

    console.data_sets(describe(), as_json)


def data_path() -> None:
    """Print the folder where downloaded and packed data lie."""
    from repro.cli import console
    from repro.files import cache_root

    console.say(str(cache_root()))


def data_fetch(
    name: Annotated[
        str,
        typer.Argument(
            help="A data set, as `repro data list` shows it.", autocompletion=completion.data_sets
        ),
    ],
) -> None:
    """Fetch a data set now, so that a later run needs no network."""
    from repro.catalog.code.signatures import installed
    from repro.cli import console

    installed().signature("data", name)  # an unknown name is said before torch is loaded
    from repro.learning.data.cache import fetch

    console.data_sets([fetch(name)], as_json=False)
