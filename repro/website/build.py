"""The website on disk: write what changed of the tree, remove orphans, build and serve it with MkDocs."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.errors import CatalogError, UsageError
from repro.evidence import records as evidence
from repro.exports._address import checked
from repro.files import catalog_root, remove_others, site_root, write_if_changed
from repro.metadata.abstracts import read_abstract
from repro.website.book import Book
from repro.website.filled import Filled
from repro.website.tree import tree

POLL_SECONDS = 0.5


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
    return Places(catalog_root(), site_root(), out.resolve(), checked(address) if address else "")


def load_book(where: Places) -> Book:
    """Read the catalog and its evidence. CatalogError with every fault if the catalog is not sound."""
    faults = [finding for finding in check(where.catalog) if finding.severity == "error"]
    if faults:
        shown = "\n".join(str(finding) for finding in faults[:20])
        more = f"\nand {len(faults) - 20} more; `repro check` lists all" if len(faults) > 20 else ""
        raise CatalogError(f"the catalog has faults, so no site is built from it:\n{shown}{more}")
    catalog = Catalog.load(where.catalog.resolve())
    runs = tuple(evidence.load_all(where.catalog))
    return Book(catalog, runs, where.site, _abstracts(catalog), where.address)


def _abstracts(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """The published abstracts that `repro refresh` left on this machine, each with its source."""
    kept = {paper: read_abstract(catalog.root, paper) for paper in catalog.paper_ids}
    return {name: (found.text, f"From {found.source}, {found.date}") for name, found in kept.items() if found}


def render(where: Places) -> Written:
    """Bring the Markdown tree up to date: unchanged files keep their time, orphans are removed."""
    made: set[Path] = set()
    changed = 0
    filled = Filled(where.docs, where.out / "filled.json", where.site)
    for name, content in tree(load_book(where), filled):
        path = where.docs / name
        made.add(path)
        changed += write_if_changed(path, content)
    removed = remove_others(where.docs, made)
    filled.save()
    return Written(len(made), changed, removed)


def build(where: Places) -> Written:
    """Render, then build the site in strict mode: a warning of the generator is an error.

    UsageError if MkDocs Material is not installed, or if it finds fault with the tree.
    """
    written = render(where)
    _mkdocs(where, ["build", "--strict", "--quiet"])
    return written


def _mkdocs(where: Places, command: Sequence[str]) -> None:
    if find_spec("material") is None or find_spec("mkdocs") is None:
        raise UsageError("the site needs MkDocs Material: `pip install 'repro[site]'`, then try again")
    config = _config(where)
    done = subprocess.run(_command(command, config), env=_environment(), check=False)  # noqa: S603 - our own
    if done.returncode:
        raise UsageError("MkDocs could not build the site; what it printed above says why")


def _config(where: Places) -> Path:
    """A configuration for these places that inherits the one of the site."""
    path = where.out / "mkdocs.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = {
        "INHERIT": str(where.config),
        "docs_dir": str(where.docs),
        "site_dir": str(where.html),
        "theme": {"custom_dir": str(where.site / "overrides")},
        "hooks": [str(Path(__file__).with_name("kept_pages.py"))],
    }
    lines |= {"site_url": where.address} if where.address else {}
    path.write_text(json.dumps(lines, indent=2), encoding="utf-8")  # JSON is YAML
    return path


def _command(command: Sequence[str], config: Path) -> list[str]:
    return [sys.executable, "-m", "mkdocs", *command, "--config-file", str(config)]


def _environment() -> dict[str, str]:
    # Material announces the end of MkDocs 1 on every build; the choice is made, see the design page.
    return {**os.environ, "NO_MKDOCS_2_WARNING": "1"}


def serve(where: Places, address: str) -> Iterator[Written | CatalogError]:
    """Serve at ``address``, rebuilding on every change; yields each rendering, or what prevented it.

    Runs until it is closed. CatalogError if there is nothing to begin with, UsageError if the server ends.
    """
    yield render(where)
    server = subprocess.Popen(  # noqa: S603 - our own command
        _command(["serve", "--quiet", "--dev-addr", address], _config(where)), env=_environment()
    )
    try:
        before = _state(where)
        while server.poll() is None:
            time.sleep(POLL_SECONDS)
            now = _state(where)
            if now != before:
                before = now
                yield _attempt(where)
        raise UsageError("the server of MkDocs ended; what it printed above says why")
    finally:
        server.terminate()
        server.wait()


def _attempt(where: Places) -> Written | CatalogError:
    """A rendering; half-written YAML is no reason to stop serving."""
    try:
        return render(where)
    except CatalogError as error:
        return error


def _state(where: Places) -> list[tuple[str, int]]:
    """Every source file with its time."""
    found = [path for root in (where.catalog, where.site) for path in root.rglob("*") if path.is_file()]
    return sorted((str(path), path.stat().st_mtime_ns) for path in [*found, where.config])


def archive(where: Places) -> Path:
    """The built site as one zip beside it, which opens from disk once unpacked."""
    return Path(shutil.make_archive(str(where.html), "zip", where.html))
