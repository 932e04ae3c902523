"""The website on disk: write what changed of the tree, remove orphans, build and serve it with MkDocs."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.errors import CatalogError, UsageError
from repro.evidence import records as evidence
from repro.exports.venue import site_address
from repro.files import catalog_root, remove_others, site_root, write_if_changed
from repro.metadata.abstracts import read_abstract
from repro.website.book import Book
from repro.website.tree import tree

POLL_SECONDS = 0.25
# A preview has one page in its navigation, and its links may lead to pages that it leaves out.
PREVIEW = {
    "nav": [{"Preview": "index.md"}],
    "validation": {"links": {"not_found": "ignore", "anchors": "ignore", "unrecognized_links": "ignore"}},
}


@dataclass(frozen=True)
class Written:
    """What a rendering did: files in all, of these written anew, and files removed."""

    files: int
    changed: int
    removed: int

    def __str__(self) -> str:
        return f"{self.files} files, {self.changed} changed, {self.removed} removed"


@dataclass(frozen=True)
class Places:
    """Where the sources are and where the site goes."""

    catalog: Path
    site: Path
    out: Path
    address: str = ""  # of the published site, where it is known

    @property
    def docs(self) -> Path:
        """The Markdown tree."""
        return self.out / "docs"

    @property
    def html(self) -> Path:
        """The built site."""
        return self.out / "site"

    @property
    def config(self) -> Path:
        """mkdocs.yml: beside the site's folder."""
        return self.site.parent / "mkdocs.yml"


def places(out: Path, address: str = "") -> Places:
    """The catalog and site of this installation, built below ``out`` to be published at ``address``."""
    return Places(catalog_root(), site_root(), out.resolve(), site_address(address) if address else "")


def load_book(where: Places) -> Book:
    """Read the catalog and its evidence. CatalogError with every fault if the catalog is not sound."""
    faults = [fault for fault in check(where.catalog) if fault.severity == "error"]
    if faults:
        shown = "\n".join(str(fault) for fault in faults[:20])
        more = f"\nand {len(faults) - 20} more; `repro check` lists all" if len(faults) > 20 else ""
        raise CatalogError(f"the catalog has faults, so no site is built from it:\n{shown}{more}")
    catalog = Catalog.load(where.catalog.resolve())
    runs = tuple(evidence.load_all(where.catalog))
    return Book(catalog, runs, where.site, _abstracts(catalog), where.address)


def _abstracts(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """The published abstracts that `repro refresh` left on this machine, each with its source."""
    kept = {paper: read_abstract(catalog.root, paper) for paper in catalog.paper_ids}
    return {name: (found.text, f"From {found.source}, {found.date}") for name, found in kept.items() if found}


def render(where: Places, papers: Collection[str] = ()) -> Written:
    """Bring the Markdown tree up to date: unchanged files keep their time, orphans are removed.

    ``papers``: only the pages of these papers; of all, and every other page, without any.
    """
    files = {where.docs / name: content for name, content in tree(load_book(where), papers)}
    changed = sum(write_if_changed(path, content) for path, content in files.items())
    return Written(len(files), changed, remove_others(where.docs, files.keys()))


def build(where: Places) -> Written:
    """Render, then build the site in strict mode: a warning of the generator is an error.

    UsageError if MkDocs Material is not installed, or if it finds fault with the tree.
    """
    written = render(where)
    done = subprocess.run(  # noqa: S603 - our own command; `--quiet` would hide warnings from strict mode
        _command(where, "build", "--strict"), env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"MkDocs could not build the site:\n{done.stderr.strip()}")
    return written


def _command(where: Places, *words: str, settings: Mapping[str, object] | None = None) -> Sequence[str]:
    """A command of MkDocs, with a configuration for these places that inherits the one of the site."""
    if find_spec("material") is None or find_spec("mkdocs") is None:
        raise UsageError("the site needs MkDocs Material: `pip install 'repro-ssl[site]'`, then try again")
    config = where.out / "mkdocs.yml"
    lines = {
        "INHERIT": str(where.config),
        "docs_dir": str(where.docs),
        "site_dir": str(where.html),
        "theme": {"custom_dir": str(where.site / "overrides")},
        **({"site_url": where.address} if where.address else {}),
        **(settings or {}),
    }
    config.write_text(json.dumps(lines, indent=2), encoding="utf-8")  # JSON is YAML
    return [sys.executable, "-m", "mkdocs", *words, "--config-file", str(config)]


def _environment() -> dict[str, str]:
    # Material announces the end of MkDocs 1 on every build; the choice is made, see the design page.
    return {**os.environ, "NO_MKDOCS_2_WARNING": "1"}


def serve(where: Places, address: str, papers: Collection[str] = ()) -> Iterator[Written | CatalogError]:
    """Serve at ``address``, rebuilding on every change; yields each rendering, or what prevented it.

    ``papers``: a preview of their pages alone, which has a folder of its own and is there much sooner.
    Runs until it is closed. CatalogError if there is nothing to begin with, UsageError if nothing can be
    served there, or the server ends.
    """
    _require_free(address)
    where = replace(where, out=where.out / "preview") if papers else where
    before = _state(where)
    yield render(where, papers)
    settings = {"strict": False, **(PREVIEW if papers else {})}
    command = _command(where, "serve", "--quiet", "--dev-addr", address, settings=settings)
    server = subprocess.Popen(command, env=_environment())  # noqa: S603 - our own command
    try:
        while server.poll() is None:
            time.sleep(POLL_SECONDS)
            now = _state(where)
            if now != before:
                before = now
                yield _attempt(where, papers)
        raise UsageError("the server of MkDocs ended; what it printed above says why")
    finally:
        server.terminate()
        server.wait()


def left_out(where: Places, papers: Collection[str]) -> str:
    """What a preview of these papers does not show, in one sentence. UsageError if one is not there."""
    catalog = Catalog.load(where.catalog)
    names = {paper: catalog.paper(paper).name for paper in papers}
    return (
        f"A preview of {', '.join(names.values())}; left out are the pages of the other "
        f"{len(catalog.paper_ids) - len(names)} papers, of several papers together, downloads and pages "
        "written by hand: `repro site serve` without a paper shows them."
    )


def _require_free(address: str) -> None:
    """UsageError unless a server can be started at ``address``, which is host:port."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and int(port) < 2**16:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with suppress(OSError):
            socket.create_server((host, int(port)), family=family).close()
            return
    raise UsageError(
        f"nothing can be served at {address}: it is taken, or no host:port of this machine; "
        "name another, as in --at 127.0.0.1:8001"
    )


def _attempt(where: Places, papers: Collection[str]) -> Written | CatalogError:
    """A rendering; half-written YAML is no reason to stop serving."""
    try:
        return render(where, papers)
    except CatalogError as error:
        return error


def _state(where: Places) -> list[tuple[str, int]]:
    """Every source file with its time."""
    found = [path for root in (where.catalog, where.site) for path in root.rglob("*") if path.is_file()]
    return sorted((str(path), path.stat().st_mtime_ns) for path in [*found, where.config])


def archive(where: Places) -> Path:
    """The built site as one zip beside it, which opens from disk once unpacked."""
    return Path(shutil.make_archive(str(where.html), "zip", where.html))
