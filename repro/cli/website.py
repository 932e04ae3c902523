"""The verbs on the website: build and serve. Imports stand in the verbs."""

import re
from pathlib import Path
from typing import Annotated

import typer

from repro.cli.options import Papers, paper_id
from repro.errors import UsageError


def site_build(
    out: Annotated[Path, typer.Option("--out", help="The folder to build in.")] = Path("build"),
    address: Annotated[str, typer.Option("--address", help="Where the site will be published.")] = "",
    archive: Annotated[bool, typer.Option("--zip", help="Also pack the site as one file.")] = False,
) -> None:
    """Build the website from the catalog; it opens from disk as well as from a server."""
    from repro.cli import console
    from repro.evidence.folder import require_writable
    from repro.website import build as website

    require_writable(out)
    where = website.places(out, address)
    written = website.build(where)
    console.say(str(written))
    console.say(f"Site: {where.html / 'index.html'}")
    if archive:
        console.say(f"Packed: {website.archive(where)}")


def site_serve(
    papers: Papers = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to build in.")] = Path("build"),
    address: Annotated[str, typer.Option("--at", help="Host and port.")] = "127.0.0.1:8000",
) -> None:
    """Serve the website, or only the pages of some papers, and rebuild it on every change of its sources."""
    from repro.cli import console
    from repro.evidence.folder import require_writable
    from repro.website import build as website

    if not re.fullmatch(r"[^\s:]+:[0-9]{1,5}", address):
        raise UsageError(f"--at {address}: expected host and port, such as 127.0.0.1:8001.")
    require_writable(out)
    where, named = website.places(out), [paper_id(paper) for paper in papers or ()]
    if named:
        console.say(website.left_out(where, named))
    for result in website.serve(where, address, named):
        console.say(f"http://{address}: {result}")
