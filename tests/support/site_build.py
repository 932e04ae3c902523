"""The website for tests to look at: the real one, built once and served on this machine, and smaller ones."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.files import catalog_root, site_root
from repro.website import build as website
from repro.website.book import when
from repro.website.build import Places


@dataclass(frozen=True)
class Site:
    """A built site, and the address it is served at."""

    where: Places
    http: str

    @property
    def disk(self) -> str:
        """The address of the site's folder."""
        return self.where.html.as_uri()

    @property
    def pages(self) -> list[Path]:
        """Every page that people read; `404.html` has no place of its own, so its links start at the root."""
        return sorted(path for path in self.where.html.rglob("*.html") if path.name != "404.html")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def served(where: Places) -> Iterator[Site]:
    """The built site at an address of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=where.html))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(where, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The website of this checkout, built in strict mode."""
    where = website.places(tmp_path_factory.mktemp("website"))
    website.build(where)
    with served(where) as found:
        yield found


def smaller(folder: Path, papers: int = 20) -> Places:
    """A copy of the catalog with about so many papers, and where its site goes.

    The newest go first, but none that runs, and none that another one names.
    """
    root = Path(shutil.copytree(catalog_root(), folder / "catalog"))
    catalog = Catalog.load(root)
    kept = {paper.id: paper for paper in sorted(catalog.papers, key=when)}
    while len(kept) > papers:
        named = {relation.to for paper in kept.values() for relation in paper.relations}
        free = [name for name in kept if name not in named and not catalog.benchmarks_of(name)]
        if not free:
            break
        del kept[free[-1]]
        (root / "papers" / f"{free[-1]}.yaml").unlink()
    return Places(root, site_root(), folder / "build")
