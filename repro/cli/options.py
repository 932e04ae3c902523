"""The options that verbs share."""

from pathlib import Path
from typing import Annotated

import typer

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


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(text, err=True)


def prompt(question: str) -> str:
    """Ask on standard error, so that standard output holds the result alone."""
    return str(typer.prompt(question, default="", show_default=False, err=True))
