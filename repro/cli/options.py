"""The options that verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli import completion
from repro.errors import UsageError

if TYPE_CHECKING:
    from repro.catalog.catalog import Catalog

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
NAMED = "A paper by id or name, as `repro list` shows it, or by arXiv id, DOI or address"
Paper = Annotated[str, typer.Argument(help=f"{NAMED}.", autocompletion=completion.papers)]
OptionalPaper = Annotated[
    str | None, typer.Argument(help=f"{NAMED}; without one, all.", autocompletion=completion.papers)
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="BENCHMARK",
        help="The benchmark; without it the paper's first.",
        autocompletion=completion.benchmarks,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; see `repro show PAPER --config`."),
]
Papers = Annotated[
    list[str] | None,
    typer.Argument(help=f"{NAMED}; without any, all.", autocompletion=completion.papers),
]
Claims = Annotated[
    list[str] | None,
    typer.Argument(help="Claims of the paper; without any, all.", autocompletion=completion.claims),
]
InCatalog = Annotated[
    Path | None, typer.Option("--catalog", help="The catalog to write to; without it this installation's.")
]


def paper_id(text: str, catalog: "Catalog | None" = None) -> str:
    """The id of the paper that was named. UsageError if there is none, or several."""
    from repro.catalog.catalog import Catalog
    from repro.metadata.find import find_paper

    return find_paper(catalog or Catalog.load(), text)


def require_page(out: Path | None) -> None:
    """UsageError if a page cannot be written to ``--out``; said before hours of work, not after."""
    if out is None:
        return
    if out.is_dir():
        raise UsageError(
            f"--out {out}: this is a folder; name a file in it, such as {out / 'verdicts.html'}."
        )
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.absolute().parent}; make it first.")


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(text, err=True)


def prompt(question: str) -> str:
    """Ask on standard error, so that standard output holds the result alone."""
    return str(typer.prompt(question, default="", show_default=False, err=True))
