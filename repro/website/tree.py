"""The whole website as files: catalog, evidence and hand-written pages to ``{path: bytes}``.

The same catalog gives the same bytes: no clock, no order of a directory listing, no random number.
"""

import re
from collections.abc import Callable, Collection, Iterator

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

Section = Callable[[Book], Iterator[Page]]

SECTIONS: tuple[Section, ...] = (
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
# Those with pages of single papers, each below the paper's id: ``runs/simsiam/digits/index.md``.
OF_PAPERS: tuple[Section, ...] = (paper.pages, methods.pages, claims.pages, runs.pages, recipes.pages)

# Where an element ends and the next begins on the same line, and the words of both would be read as one:
# in the index of search, in a copy, by a screen reader.
TOUCHING = re.compile(r'(?<=</t[dh]>|</li>|</d[td]>)(?=<)|(?<=[^\s>])(?=<span class="sub")')
# A drawing's labels are no text to search: in the index they would be one word.
UNREAD = '<svg data-search-exclude="yes" '


def tree(book: Book, papers: Collection[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file of the site as (path, content), pages first; no path comes twice.

    ``papers``: a preview, which has the pages of these papers alone, and a first page that leads to them.
    """
    templates = engine(book.site / "templates", book.site)
    for page in _preview(book, papers) if papers else _pages(book, SECTIONS):
        yield page.path, rendered(templates, page)
    yield from handwritten.assets(book, templates)
    if not papers:
        yield from data.assets(book)


def _pages(book: Book, sections: tuple[Section, ...]) -> Iterator[Page]:
    return (page for section in sections for page in section(book))


def _preview(book: Book, papers: Collection[str]) -> Iterator[Page]:
    made = [page for page in _pages(book, OF_PAPERS) if page.path.split("/")[1] in papers]
    yield Page("index.md", "preview.md.j2", {"paths": [page.path for page in made]})
    yield from made


def rendered(templates: Environment, page: Page) -> bytes:
    """The page's template filled; ``page`` gives it relative addresses.

    JSON, which records of runs come in, can hold half a character; it becomes a question mark.
    """
    text = templates.get_template(page.template).render({**page.values, "page": page})
    head, mark, body = text.partition("\n---\n")  # what stands in the head is YAML, and no element
    body = TOUCHING.sub(" ", body).replace("<svg ", UNREAD)
    return f"{head}{mark}{body}".encode(errors="replace")
