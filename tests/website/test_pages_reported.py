"""Reported values on pages: whose they are, the tables they stand in, and what papers say of each other."""

import pytest

from repro.catalog.catalog import Catalog
from repro.files import site_root
from repro.website.book import Book, Page
from repro.website.engine import engine
from repro.website.pages import paper, reported


@pytest.fixture(scope="module")
def book() -> Book:
    return Book(Catalog.load(), (), site_root())


def test_a_group_is_a_table_where_rows_and_columns_cross(book: Book) -> None:
    groups = {group.title: group for group in reported.by_place(book, book.catalog["simsiam"])}
    table = groups["Table 4"].matrix
    assert table is not None
    assert (len(table.rows), len(table.columns), groups["Table 4"].has_others) == (5, 4, True)
    assert (groups["Table 2"].matrix, groups["Table 2"].has_others) == (None, False)
    others = {row.of for row in groups["Sec. 6.2"].rows}
    assert others == {"simclr", "swav"}


def test_pages_show_tables_and_methods(book: Book) -> None:
    templates = engine(book.site / "templates", book.site)

    def text(page: Page) -> str:
        return templates.get_template(page.template).render({**page.values, "page": page})

    pages = {page.path: page for page in (*paper.pages(book), *reported.pages(book))}
    simsiam = text(pages["papers/simsiam/index.md"])
    assert '<table class="matrix">' in simsiam
    assert "SimCLR, improved, reproduced by the authors" in simsiam
    assert "looked at on 2026-11-28" in simsiam
    probe = text(pages["results/linear-probe-v1/index.md"])
    assert '<th scope="col">Method</th>' in probe
    assert "What papers say of each other" in text(pages["results/index.md"])
