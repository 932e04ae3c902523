"""The first page, in English and in Chinese."""

from collections.abc import Iterator

from repro.catalog.records.paper import Paper
from repro.website.book import MAIN, Book, Page
from repro.website.diagram.draw import thumbnail
from repro.website.pages.claims import claim_rows, tally
from repro.website.pages.paper import paper_row
from repro.website.pages.runs import scores_on
from repro.website.pages.scores import dot_plot

NEWEST = 6


def pages(book: Book) -> Iterator[Page]:
    """Home, and its Chinese counterpart with every Chinese abstract."""
    scores = scores_on(book, "digits")
    plot = dot_plot("scoreboard", "What the networks learnt", scores) if scores else ""
    rows = [paper_row(book, paper) for paper in book.papers]
    values = {
        "plot": plot,
        "scores": scores,
        "longest": max((score.seconds.high for score in scores if score.seconds), default=None),
        "main": [row for row in rows if row.main],
        "related": [row for row in rows if row.paper.depth == "full" and not row.main],
        "tallies": {paper.id: tally(claim_rows(book, paper)) for paper in book.papers if paper.id in MAIN},
        "thumbnails": {paper.id: thumbnail(paper.diagram) if paper.diagram else "" for paper in book.papers},
        "newest": sorted(book.papers, key=_newest_first)[:NEWEST],
        "papers": len(book.papers),
        "claims": sum(len(paper.claims) for paper in book.papers),
        "reported": sum(len(paper.reported) for paper in book.papers),
        "recipes": sum(len(row.benchmarks) for row in rows),
        "runs": len(book.runs),
    }
    yield Page("index.md", "home.md.j2", values)
    yield Page("zh/index.md", "zh.md.j2", {**values, "rows": rows})


def _newest_first(paper: Paper) -> tuple[str, str]:
    """The order by latest change, then by name."""
    latest = paper.revised or paper.added
    return "".join(chr(0x10FFFF - ord(digit)) for digit in latest), paper.name.lower()
