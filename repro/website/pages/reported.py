"""Reported values as tables: by paper and place, and by protocol across papers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repro.catalog.matrix import Matrix, matrices, method_name
from repro.catalog.quotes import quotations
from repro.catalog.records.paper import UNSURE, Paper, Reported
from repro.website.book import Book, Page
from repro.website.search_words import distinct_words

MARKS = {
    "pdf": "read in the PDF",
    "code": "read in the official code",
    "web": "read in a full text on the web",
    "memory": f"{UNSURE['memory']}, not checked against the text",
    "figure": UNSURE["figure"],
}


@dataclass(frozen=True)
class ReportedRow:
    """One reported value in words; ``sure`` is false where the reading is from memory or a figure."""

    id: str
    paper: str
    paper_name: str
    of: str  # the id of the paper whose method it is of; empty for a baseline
    of_name: str
    what: str  # protocol, or data set and split where the protocol is the page's own
    dataset: str
    split: str
    metric: str
    value: str
    setting: str
    place: str
    mark: str
    sure: bool
    read_by: str
    number: float


@dataclass(frozen=True)
class RowGroup:
    """Rows under one heading."""

    title: str
    rows: tuple[ReportedRow, ...]
    matrix: Matrix | None = None  # the rows as the table of the paper, where rows and columns cross

    @property
    def has_others(self) -> bool:
        """True if a value is not of the method of the paper that reports it."""
        return any(row.of != row.paper for row in self.rows)

    @property
    def readings(self) -> tuple[str, ...]:
        """How the values were read, each way once."""
        return tuple(dict.fromkeys(f"{row.mark} by {row.read_by}" for row in self.rows))


def _row(book: Book, paper: Paper, value: Reported) -> ReportedRow:
    """One value with every id turned into words."""
    checker = f", checked by {value.source.checked_by}" if value.source.checked_by else ""
    return ReportedRow(
        value.id,
        paper.id,
        paper.name,
        "" if value.of is not None and value.of not in book.catalog else value.of or paper.id,
        method_name(book.catalog, paper, value),
        book.word("protocols", value.protocol).name,
        book.word("datasets", value.dataset).name,
        value.split,
        book.word("metrics", value.metric).name,
        value.text,
        _setting(value),
        f"{value.source.place}, {value.source.doc}",
        MARKS[value.source.mark],
        value.is_sure,
        f"{value.source.read_by}{checker}",
        float(value.value),
    )


def _setting(value: Reported) -> str:
    parts = [
        value.setting.backbone or "",
        f"{value.setting.epochs} epochs" if value.setting.epochs else "",
        f"batch {value.setting.batch}" if value.setting.batch else "",
        f"{value.runs} runs" if value.runs else "",
        value.setting.note or "",
    ]
    return ", ".join(part for part in parts if part)


def by_place(book: Book, paper: Paper) -> tuple[RowGroup, ...]:
    """The values of a paper, a group for each table, figure or section, in the order of the entry."""
    groups: dict[str, list[ReportedRow]] = defaultdict(list)
    for value in paper.reported:
        groups[value.source.place].append(_row(book, paper, value))
    tables = matrices(book.catalog, paper, paper.reported)
    return tuple(
        RowGroup(table.place, tuple(groups[table.place]), None if table.is_list else table)
        for table in tables
    )


@dataclass(frozen=True)
class ProtocolPage:
    """Every value reported under one protocol; a group holds only rows that share data, split and metric."""

    id: str
    name: str
    zh: str
    description: str
    slug: str
    groups: tuple[RowGroup, ...]

    @property
    def values(self) -> int:
        """The count of values."""
        return sum(len(group.rows) for group in self.groups)

    @property
    def papers(self) -> int:
        """The count of papers they come from."""
        return len({row.paper for group in self.groups for row in group.rows})

    @property
    def search_words(self) -> str:
        """Every data set, method and setting once: with these the search finds the page that has them all."""
        rows = [row for group in self.groups for row in group.rows]
        texts = [text for row in rows for text in (row.dataset, row.of_name, *row.setting.split(", ")[:3])]
        return distinct_words([self.zh, "evaluation", *texts])


def by_protocol(book: Book) -> tuple[ProtocolPage, ...]:
    """A page for each protocol that papers report under, most values first."""
    values: dict[str, list[tuple[Paper, Reported]]] = defaultdict(list)
    for paper in book.papers:
        for value in paper.reported:
            values[value.protocol].append((paper, value))
    protocols = [_protocol(book, name, pairs) for name, pairs in values.items()]
    return tuple(sorted(protocols, key=lambda protocol: (-protocol.values, protocol.id)))


def _protocol(book: Book, name: str, values: Sequence[tuple[Paper, Reported]]) -> ProtocolPage:
    word = book.word("protocols", name)
    groups: dict[tuple[str, str, str], list[ReportedRow]] = defaultdict(list)
    for paper, value in values:
        row = _row(book, paper, value)
        groups[row.dataset, row.split, row.metric].append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return ProtocolPage(
        name,
        word.name,
        word.zh or "",
        word.description or "",
        slug(name),
        tuple(RowGroup(f"{data}, {split}: {metric}", tuple(rows)) for (data, split, metric), rows in ordered),
    )


def slug(term: str) -> str:
    """A vocabulary id as part of an address: ``knn/k200-t0.1@1`` -> ``knn-k200-t0.1-v1``."""
    return term.replace("/", "-").replace("@", "-v")


def pages(book: Book) -> Iterator[Page]:
    """The list of protocols, then a page for each that papers report under."""
    protocols = by_protocol(book)
    quotes = [(quote, book.word("datasets", quote.value.dataset).name) for quote in quotations(book.papers)]
    yield Page("results/index.md", "results.md.j2", {"protocols": protocols, "quotations": quotes})
    for protocol in protocols:
        yield Page(f"results/{protocol.slug}/index.md", "protocol.md.j2", {"protocol": protocol})
