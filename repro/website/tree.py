"""The whole website as files: catalog, evidence and hand-written pages to ``{path: bytes}``.

The same catalog gives the same bytes: no clock, no order of a directory listing, no random number.
"""

from collections.abc import Callable, Iterator

from jinja2 import Environment

from repro.website.book import Book, Page
from repro.website.engine import engine
from repro.website.pages import (
    claims,
    contribute,
    data,
    explore,
    handwritten,
    home,
    methods,
    paper,
    recipes,
    reported,
    runs,
)

SECTIONS: tuple[Callable[[Book], Iterator[Page]], ...] = (
    home.pages,
    paper.pages,
    methods.pages,
    claims.pages,
    runs.pages,
    reported.pages,
    recipes.pages,
    explore.pages,
    paper.tag_pages,
    contribute.pages,
    data.pages,
    handwritten.pages,
)

Fill = Callable[[Environment, Page], bytes]


def tree(book: Book, fill: Fill | None = None) -> Iterator[tuple[str, bytes]]:
    """Every file of the site as (path, content), pages first; no path comes twice.

    ``fill`` stands in for :func:`rendered`, where some texts are known from before.
    """
    fill = fill or rendered
    templates = engine(book.site / "templates", book.site)
    for section in SECTIONS:
        for page in section(book):
            yield page.path, fill(templates, page)
    yield from handwritten.assets(book)
    yield from data.assets(book, templates)


def rendered(templates: Environment, page: Page) -> bytes:
    """The page's template filled; ``page`` gives it relative addresses.

    JSON, which records of runs come in, can hold half a character; it becomes a question mark.
    """
    text = templates.get_template(page.template).render({**page.values, "page": page})
    return text.encode(errors="replace")
