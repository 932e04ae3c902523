"""The catalog in other people's formats, and the page that offers them."""

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import Environment

from repro.pages.book import Book, Page
from repro.pages.exports.formats import Material, files

ABOUT = {
    "catalog.bib": "BibTeX of every paper, for LaTeX.",
    "catalog.csl.json": "CSL-JSON, for Zotero, Pandoc and other citation tools.",
    "papers.csv": "The papers as a table.",
    "reported.csv": "Every reported value with protocol, setting, place and how sure the reading is.",
    "catalog.json": "Everything: papers, benchmarks, recipes, vocabularies, inverse relations filled in.",
    "model-index.yml": "Recipes and our results, as model zoos read them.",
    "feed.atom": "New and revised entries, for feed readers.",
    "citations.txt": "A line to cite each paper.",
}


@lru_cache(maxsize=1)  # the page tells their sizes before the files themselves are asked for
def exports(book: Book) -> dict[str, str]:
    """{file name: text} of every export."""
    return files(Material(book.catalog, book.papers, book.runs, book.address, "data/"))


def pages(book: Book) -> Iterator[Page]:
    """The page of exports."""
    made = exports(book)
    rows = [(name, ABOUT.get(name, ""), len(text.encode())) for name, text in sorted(made.items())]
    yield Page("data/index.md", "data.md.j2", {"rows": rows, "papers": len(book.papers)})


def assets(book: Book, templates: Environment) -> Iterator[tuple[str, bytes]]:
    """Every export below ``data/``, and the colours of both palettes."""
    for name, text in sorted(exports(book).items()):
        yield f"data/{name}", text.encode()
    yield "assets/css/palette.css", templates.get_template("palette.css.j2").render().encode()
