"""Reported values as tables: by paper and place, and by protocol across papers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from repro.catalog.records.paper import UNSURE, Paper, Reported
from repro.website.book import Book

MARKS = {
    "pdf": "read in the PDF",
    "code": "read in the official code",
    "web": "read in a full text on the web",
    "memory": f"{UNSURE['memory']}, not checked against the text",
    "figure": UNSURE["figure"],
}


@dataclass(frozen=True)
class Row:
    """One reported value in words; ``sure`` is false where the reading is from memory or a figure."""

    id: str
    paper: str
    paper_name: str
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
class Group:
    """Rows under one heading."""

    title: str
    rows: tuple[Row, ...]


def row(book: Book, paper: Paper, found: Reported) -> Row:
    """One value with every id turned into words."""
    return Row(
        found.id,
        paper.id,
        paper.name,
        book.word("protocols", found.protocol).name,
        book.word("datasets", found.dataset).name,
        found.split,
        book.word("metrics", found.metric).name,
        found.text,
        _setting(found),
        f"{found.source.place}, {found.source.doc}",
        MARKS[found.source.mark],
        found.is_sure,
        _readers(found),
        float(found.value),
    )


def _setting(found: Reported) -> str:
    parts = [
        found.setting.backbone or "",
        f"{found.setting.epochs} epochs" if found.setting.epochs else "",
        f"batch {found.setting.batch}" if found.setting.batch else "",
        f"{found.runs} runs" if found.runs else "",
        found.setting.note or "",
    ]
    return ", ".join(part for part in parts if part)


def _readers(found: Reported) -> str:
    second = f", checked by {found.source.checked_by}" if found.source.checked_by else ""
    return f"{found.source.read_by}{second}"


def by_place(book: Book, paper: Paper) -> tuple[Group, ...]:
    """The values of a paper, a group for each table, figure or section, in the order of the entry."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for found in paper.reported:
        groups[found.source.place].append(row(book, paper, found))
    return tuple(Group(place, tuple(rows)) for place, rows in groups.items())


@dataclass(frozen=True)
class ProtocolPage:
    """Every value reported under one protocol; a group holds only rows that share data, split and metric."""

    id: str
    name: str
    description: str
    slug: str
    groups: tuple[Group, ...]

    @property
    def values(self) -> int:
        """How many values there are."""
        return sum(len(group.rows) for group in self.groups)

    @property
    def papers(self) -> int:
        """From how many papers they come."""
        return len({row.paper for group in self.groups for row in group.rows})


def by_protocol(book: Book) -> tuple[ProtocolPage, ...]:
    """A page for each protocol that papers report under, most values first."""
    found: dict[str, list[tuple[Paper, Reported]]] = defaultdict(list)
    for paper in book.papers:
        for value in paper.reported:
            found[value.protocol].append((paper, value))
    pages = [_protocol(book, name, values) for name, values in found.items()]
    return tuple(sorted(pages, key=lambda page: (-page.values, page.id)))


def _protocol(book: Book, name: str, values: Sequence[tuple[Paper, Reported]]) -> ProtocolPage:
    word = book.word("protocols", name)
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for paper, value in values:
        made = row(book, paper, value)
        groups[made.dataset, made.split, made.metric].append(made)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return ProtocolPage(
        name,
        word.name,
        word.description or "",
        slug(name),
        tuple(Group(f"{data}, {split}: {metric}", tuple(rows)) for (data, split, metric), rows in ordered),
    )


def slug(term: str) -> str:
    """A vocabulary id as part of an address: ``knn/k200-t0.1@1`` -> ``knn-k200-t0.1-v1``."""
    return term.replace("/", "-").replace("@", "-v")


def unsure(rows: Iterable[Row]) -> int:
    """How many values are not read from a text."""
    return sum(not found.sure for found in rows)
