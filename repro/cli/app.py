"""The command line: the table of its verbs, each a short function that imports what it needs when called."""

import sys
from collections.abc import Callable

import typer

from repro.cli import catalog, run, streams, verify, website
from repro.cli.processes import PEER_STATUS
from repro.errors import PeerError, ReproError

app = typer.Typer(
    name="repro",
    help="A catalog of self-supervised-learning papers whose claims you can run.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Data sets: what there is, where it lies, fetching it.", no_args_is_help=True)
site_app = typer.Typer(help="The website: build it, serve it while editing.", no_args_is_help=True)

Verbs = dict[str, Callable[..., None]]
VERBS: Verbs = {
    "list": catalog.list_papers,
    "show": catalog.show,
    "check": catalog.check,
    "add": catalog.add,
    "refresh": catalog.refresh,
    "links": catalog.links,
    "export": catalog.export,
    "run": run.run,
    "report": run.report,
    "compare": run.compare,
    "record": run.record,
    "verify": verify.verify,
    "judge": verify.judge,
    "doctor": run.doctor,
}
DATA_VERBS: Verbs = {"list": run.data_list, "path": run.data_path, "fetch": run.data_fetch}
SITE_VERBS: Verbs = {"build": website.site_build, "serve": website.site_serve}

for group, verbs in ((app, VERBS), (data_app, DATA_VERBS), (site_app, SITE_VERBS)):
    for name, verb in verbs.items():
        group.command(name)(verb)
app.add_typer(data_app, name="data")
app.add_typer(site_app, name="site")


def main() -> None:
    """Entry point: an error a person can repair is one sentence and exit status 2."""
    with streams.guarded() as standard:
        status = _status()
    sys.exit(status or standard.status)


def _status() -> int | str | None:
    try:
        app()
    except ReproError as error:
        sys.stderr.write(f"error: {error}\n")
        return PEER_STATUS if isinstance(error, PeerError) else 2
    except SystemExit as end:
        return end.code
    return 0
