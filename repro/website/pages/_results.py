"""Reported results by protocol: only rows that may be compared stand in one table."""

from collections.abc import Iterator

from repro.website.book import Book, Page
from repro.website.pages.reported import by_protocol


def pages(book: Book) -> Iterator[Page]:
    """The list of protocols, then a page for each that papers report under."""
    protocols = by_protocol(book)
    yield Page("results/index.md", "results.md.j2", {"protocols": protocols})
    for protocol in protocols:
        yield Page(f"results/{protocol.slug}/index.md", "protocol.md.j2", {"protocol": protocol})
