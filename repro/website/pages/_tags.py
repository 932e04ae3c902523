"""Papers by tag: a page for each facet, a section for each value."""

from collections import defaultdict
from collections.abc import Iterator

from repro.catalog.records.paper import Paper
from repro.website.book import Book, Page


def pages(book: Book) -> Iterator[Page]:
    """The facets, then a page for each."""
    by_tag: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    for paper in book.papers:
        for facet, values in paper.tags.items():
            for value in values:
                by_tag[facet, value].append(paper)
    counts = {
        name: [(value, word, len(by_tag[name, value])) for value, word in facet.values.items()]
        for name, facet in book.facets.items()
    }
    yield Page("tags/index.md", "tags.md.j2", {"facets": book.facets, "counts": counts})
    for name, known in book.facets.items():
        sections = [(value, word, by_tag[name, value]) for value, word in known.values.items()]
        yield Page(f"tags/{name}/index.md", "facet.md.j2", {"facet": known, "sections": sections})
