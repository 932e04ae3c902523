"""Pages written by hand, and the files they and the generated ones show."""

from collections.abc import Iterator

from jinja2 import Environment

from repro.errors import UsageError
from repro.website.book import Book, Page

# Files of the site folder that are not part of the website by themselves.
PAGES = {
    "start/index.md": "start.md",
    "commands/index.md": "commands.md",
    "python/index.md": "python.md",
    "design/index.md": "design.md",
    "verdicts/index.md": "verdicts.md",
}


def pages(book: Book) -> Iterator[Page]:
    """Each through the template engine too: it may ask for ``page`` and ``book``."""
    for path, source in PAGES.items():
        yield Page(path, source, {"book": book})
    yield Page("contribute/index.md", "contribute.md.j2", {"guide": _contributing(book)})


def _contributing(book: Book) -> str:
    """CONTRIBUTING.md: beside the site's folder in a checkout, inside it in a wheel."""
    for folder in (book.site, book.site.parent):
        path = folder / "CONTRIBUTING.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise UsageError(f"CONTRIBUTING.md is neither in {book.site} nor beside it; the installation is damaged.")


def assets(book: Book, templates: Environment) -> Iterator[tuple[str, bytes]]:
    """Style sheets, among them the colours of both palettes, scripts and pictures."""
    yield "assets/css/palette.css", templates.get_template("palette.css.j2").render().encode()
    for folder in ("assets", "images", "notebooks"):
        for path in sorted((book.site / folder).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(book.site).as_posix(), path.read_bytes()
