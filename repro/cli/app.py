"""The command line: the table of its verbs, each a short function that imports what it needs when called."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, cast

import typer

from repro.cli import catalog, completion, encoder, run, runs, streams, track, verify, website
from repro.cli.processes import PEER_STATUS
from repro.cli.usage import Verb, VerbGroup, sentence
from repro.errors import PeerError, ReproError

NAME = "repro"
app = typer.Typer(
    name=NAME,
    cls=VerbGroup,
    help="A catalog of self-supervised-learning papers whose claims you can run.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(cls=VerbGroup, help="Data sets: what there is, where it lies, fetching it.")
site_app = typer.Typer(cls=VerbGroup, help="The website: build it, serve it while editing.")

Verbs = dict[str, Callable[..., None]]
VERBS: Verbs = {
    "list": catalog.list_papers,
    "search": catalog.search,
    "show": catalog.show,
    "check": catalog.check,
    "add": catalog.add,
    "refresh": catalog.refresh,
    "links": catalog.links,
    "export": catalog.export,
    "run": run.run,
    "runs": runs.list_runs,
    "report": run.report,
    "compare": run.compare,
    "record": run.record,
    "embed": encoder.embed,
    "neighbours": encoder.neighbours,
    "probe": encoder.probe,
    "track": track.track,
    "verify": verify.verify,
    "judge": verify.judge,
    "doctor": run.doctor,
    "clean": runs.clean,
    "completion": completion.completion,
}
DATA_VERBS: Verbs = {"list": run.data_list, "path": run.data_path, "fetch": run.data_fetch}
SITE_VERBS: Verbs = {"build": website.site_build, "serve": website.site_serve}

for group, verbs in ((app, VERBS), (data_app, DATA_VERBS), (site_app, SITE_VERBS)):
    for name, verb in verbs.items():
        group.command(name, cls=Verb)(verb)
app.add_typer(data_app, name="data")
app.add_typer(site_app, name="site")


def _print_version(wanted: bool) -> None:
    """Print the version and end, if that is wanted."""
    if wanted:
        from repro.cli.version import version

        typer.echo(version())
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print version, commit and Python."
        ),
    ] = False,
) -> None:
    """What stands before the verbs."""


# Every mistake of usage; typer makes only one kind of them public.
MISTAKES = cast("tuple[type[Exception], ...]", typer.BadParameter.__bases__)


def main() -> None:
    """Entry point: an error a person can repair is one sentence and exit status 2."""
    with streams.guarded() as standard:
        status = _status()
    sys.exit(status or standard.status)


def _status() -> int | str | None:
    """Run a command; its exit status."""
    completion.prepare()
    try:
        status: Any = app(prog_name=NAME, standalone_mode=False)
    except ReproError as error:
        return _complain(str(error), PEER_STATUS if isinstance(error, PeerError) else 2)
    except typer.Abort:
        return _complain("stopped", 1)
    except MISTAKES as error:
        return _complain(sentence(error), 2)
    except SystemExit as end:
        return end.code
    return status if isinstance(status, int) else 0


def _complain(message: str, status: int) -> int:
    """Say what went wrong."""
    sys.stderr.write(f"error: {message}\n")
    return status
