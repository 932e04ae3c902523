"""The catalog in other people's formats, and the page that offers them."""

from collections.abc import Iterator
from functools import lru_cache

from repro.evidence.run import Run
from repro.exports.formats import FORMATS, Material, files
from repro.website.book import Book, Page


@lru_cache(maxsize=1)  # the page says their sizes before the files themselves are written
def exports(book: Book) -> dict[str, str]:
    """{file name: text} of every export."""
    return files(Material(book.catalog, book.papers, book.runs, book.address, "data/"))


def pages(book: Book) -> Iterator[Page]:
    """The page of exports."""
    about = {export.file: export.about for export in FORMATS.values()}
    rows = [(name, about[name], len(text.encode())) for name, text in sorted(exports(book).items())]
    yield Page("data/index.md", "data.md.j2", {"rows": rows, "papers": len(book.papers)})


def record_path(run: Run) -> str:
    """The path of a run's record in the tree: as its file in the catalog, whatever it says itself."""
    return "/".join(("data", "evidence", *run.folder.parts[-3:]))


def assets(book: Book) -> Iterator[tuple[str, bytes]]:
    """Every export and every record of a run below ``data/``."""
    for name, text in sorted(exports(book).items()):
        yield f"data/{name}", text.encode()
    for run in book.runs:
        yield record_path(run), run.folder.read_bytes()
