"""Shell completion: the script for a shell, and what may stand where a paper, claim or benchmark is named.

Candidates are file names, and of claims the ids in one file, so that a press of Tab loads neither the catalog
nor torch. What cannot be read completes to nothing.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

VARIABLE = "_REPRO_COMPLETE"  # in which the script of a shell asks
CLAIM = re.compile(r"^  - \{?id: ([a-z0-9-]+)", re.MULTILINE)


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")
    ],
) -> None:
    """Print the completion script of a shell."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # not in its __all__

    typer.echo(get_completion_script(prog_name="repro", complete_var=VARIABLE, shell=shell))


def prepare() -> None:
    """Make typer answer the shells' questions, if one is asked: it does so only for its own options else."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]  # not in its __all__

        completion_init()


def papers(incomplete: str) -> list[str]:
    """Ids of papers."""
    return _stems(_catalog("papers"), incomplete)


def benchmarks(incomplete: str) -> list[str]:
    """Benchmarks that the named paper has recipes for, or all."""
    paper = _paper()
    return _stems(_catalog("recipes", paper) if paper else _catalog("benchmarks"), incomplete)


def claims(incomplete: str) -> list[str]:
    """Ids of the named paper's claims."""
    try:
        text = _catalog("papers", f"{_paper()}.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    section = re.search(r"^claims:.*\n(?:(?:[ #-].*)?\n)*", text, re.MULTILINE)
    return _beginning(CLAIM.findall(section[0]) if section else [], incomplete)


def formats(incomplete: str) -> list[str]:
    """Formats of ``repro export``."""
    from repro.exports.formats import FORMATS

    return _beginning(FORMATS, incomplete)


def data_sets(incomplete: str) -> list[str]:
    """Data sets that can be fetched."""
    return _beginning(["cifar10", "digits"], incomplete)


def _paper() -> str:
    """The paper in the line so far, by its id; from the shell's words, which need not make a command."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = (word for word in typed.split() if re.fullmatch(r"[a-z0-9-]+", word))
    return next((word for word in words if _catalog("papers", f"{word}.yaml").is_file()), "")


def _catalog(*parts: str) -> Path:
    from repro.errors import UsageError
    from repro.files import catalog_root

    try:
        return catalog_root().joinpath(*parts)
    except UsageError:  # of REPRO_CATALOG
        return Path("nowhere")


def _stems(folder: Path, incomplete: str) -> list[str]:
    return _beginning((path.stem for path in folder.glob("*.yaml")), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete.lower()))
