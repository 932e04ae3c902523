"""How papers hang together: relations as a drawing and as a list, and the field along the years."""

from collections.abc import Iterator

from repro.website.book import MAIN, Book, Page, paper_path
from repro.website.graph.graph import relation_graph, relation_rows
from repro.website.pages.timeline import timeline, timeline_rows

MOST_DRAWN = 120  # papers; with more a drawing of lines tells nobody anything


def pages(book: Book) -> Iterator[Page]:
    """Relations and timeline."""
    catalog = book.catalog
    full = frozenset(paper.id for paper in book.papers if paper.depth == "full")
    relations = Page("relations/index.md", "relations.md.j2", {})
    links = {paper.id: relations.url(paper_path(paper.id)) for paper in book.papers}
    core = relation_graph(catalog, links.__getitem__, only=full) if len(full) <= MOST_DRAWN else ""
    everything = relation_graph(catalog, links.__getitem__) if len(links) <= MOST_DRAWN else ""
    values = {
        "core": core,
        "everything": everything,
        "rows": relation_rows(catalog),
        "known": frozenset(book.names),
        "full": len(full),
        "count": len(book.papers),
    }
    yield Page(relations.path, relations.template, values)
    drawing = timeline(catalog, links.__getitem__, frozenset(MAIN))
    yield Page("timeline/index.md", "timeline.md.j2", {"drawing": drawing, "rows": timeline_rows(catalog)})
