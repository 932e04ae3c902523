"""The layout of the relation graph: a column by year and date, a lane by family, a row of the lane."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Facet
from repro.report.drawing.svg import TONES, tone

# Nearly every method compares embeddings, so this value parts nothing: a lane only for want of another.
BROAD = "joint-embedding"
SWEEPS = 3

Cell = tuple[int, int]  # column, row
Pairs = Counter[frozenset[str]]  # how often two papers are related


@dataclass(frozen=True)
class Lane:
    """The rows ``first`` to ``first + rows - 1`` belong to one family."""

    family: str
    first: int
    rows: int


@dataclass(frozen=True)
class Grid:
    """Papers by cell: ``cells`` from id to (column, row), ``years`` one for every column."""

    cells: Mapping[str, Cell]
    lanes: tuple[Lane, ...]
    years: tuple[int, ...]

    @property
    def rows(self) -> int:
        """The count of rows of all lanes together."""
        return sum(lane.rows for lane in self.lanes)


def lane_of(paper: Paper) -> str:
    """The first family that says more than that embeddings are compared; empty for a paper without one."""
    families = paper.tags.get("family", ())
    return next((family for family in families if family != BROAD), families[0] if families else "")


def family_names(catalog: Catalog) -> dict[str, str]:
    """The names of the families by id, and one for papers without a family."""
    facet = catalog.vocabulary("tags").get("family")
    values = facet.values if isinstance(facet, Facet) else {}
    return {**{family: word.name for family, word in values.items()}, "": "Other"}


def tone_of(catalog: Catalog, paper: Paper) -> str:
    """The CSS class that colours a paper: one for every family, the same in every drawing."""
    families = list(family_names(catalog))
    family = lane_of(paper)
    return tone(families.index(family) if family in families else TONES - 1)


def first_date(paper: Paper) -> tuple[int, int | None]:
    """Year and month of the arXiv id, or the year of publication and no month."""
    digits = re.search(r"(?:^|/)(\d\d)(\d\d)", paper.ids.arxiv or "")
    if digits is None or not 1 <= int(digits[2]) <= 12:
        return paper.year, None
    year = int(digits[1])
    return (1900 if year > 90 else 2000) + year, int(digits[2])


def order_of(paper: Paper) -> tuple[int, int, int, str, str]:
    """Sorts by year of publication, then by arXiv id, papers without one last."""
    year, month = first_date(paper)
    return paper.year, year, month or 13, paper.ids.arxiv or "", paper.id


def place_papers(
    papers: Sequence[Paper], pairs: Pairs, families: Sequence[str], *, most: int, apart: bool
) -> Grid:
    """A cell for every paper.

    Args:
        papers: what is to be drawn.
        pairs: how often two of them are related; related papers come into neighbouring lanes and rows.
        families: the lanes' order as long as nothing asks for another.
        most: how many papers of a lane may stand in one column.
        apart: true if related papers of one year must stand in different columns.
    """
    columns = _columns(sorted(papers, key=order_of), pairs, most, apart)
    lanes = _lanes(columns, _lane_order(papers, pairs, families))
    rows = _rows(columns, lanes, pairs)
    cells = {paper.id: (index, rows[paper.id]) for index, column in enumerate(columns) for paper in column}
    return Grid(cells, lanes, tuple(column[0].year for column in columns))


def _columns(papers: Sequence[Paper], pairs: Pairs, most: int, apart: bool) -> list[list[Paper]]:
    """Papers in order, in as few columns as their years, lanes and relations allow."""
    columns: list[list[Paper]] = []
    for paper in papers:
        last = columns[-1] if columns else []
        full = sum(lane_of(member) == lane_of(paper) for member in last) >= most
        meets = apart and any(frozenset((paper.id, member.id)) in pairs for member in last)
        if not last or last[0].year != paper.year or full or meets:
            columns.append([])
        columns[-1].append(paper)
    return columns


def _lane_order(papers: Sequence[Paper], pairs: Pairs, families: Sequence[str]) -> list[str]:
    """Lanes with many relations between them beside each other: swapped for as long as that shortens them."""
    lanes = {paper.id: lane_of(paper) for paper in papers}
    between: Counter[tuple[str, str]] = Counter()
    for pair, times in pairs.items():
        first, second = sorted(lanes[paper] for paper in pair)
        between[first, second] += times
    places = {family: place for place, family in enumerate(families)}
    order = sorted(set(lanes.values()), key=lambda family: (places.get(family, len(places)), family))
    return _shorten(order, between)


def _shorten(order: list[str], between: Counter[tuple[str, str]]) -> list[str]:
    """Swap lanes as long as that makes the sum of all relations' lengths shorter."""

    def length(names: Sequence[str]) -> int:
        place = {name: index for index, name in enumerate(names)}
        return sum(times * abs(place[start] - place[end]) for (start, end), times in between.items())

    best = length(order)
    for _ in range(SWEEPS):
        for i, j in combinations(range(len(order)), 2):
            swap = [*order]
            swap[i], swap[j] = swap[j], swap[i]
            if length(swap) < best:
                order, best = swap, length(swap)
    return order


def _lanes(columns: Sequence[Sequence[Paper]], families: Sequence[str]) -> tuple[Lane, ...]:
    counts = [Counter(lane_of(paper) for paper in column) for column in columns]
    lanes: list[Lane] = []
    for family in families:
        first = lanes[-1].first + lanes[-1].rows if lanes else 0
        lanes.append(Lane(family, first, max(count[family] for count in counts)))
    return tuple(lanes)


def _rows(columns: Sequence[Sequence[Paper]], lanes: Sequence[Lane], pairs: Pairs) -> dict[str, int]:
    """The rows of each lane dealt out so that related papers come near each other's height."""
    near: dict[str, list[str]] = {paper.id: [] for column in columns for paper in column}
    for start, end in (sorted(pair) for pair in pairs):
        near[start].append(end)
        near[end].append(start)
    rows: dict[str, int] = {}
    for _ in range(SWEEPS):
        for column in columns:
            for lane in lanes:
                here = [paper.id for paper in column if lane_of(paper) == lane.family]
                deals = permutations(range(lane.first, lane.first + lane.rows), len(here))
                deal = min(deals, key=_pull(here, near, rows))
                rows.update(zip(here, deal, strict=True))
    return rows


def _pull(
    here: Sequence[str], near: Mapping[str, Sequence[str]], rows: Mapping[str, int]
) -> Callable[[tuple[int, ...]], tuple[int, tuple[int, ...]]]:
    """The key of a deal of rows: its distance from the rows of related papers, then the upper rows first."""

    def key(deal: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        pairs = zip(here, deal, strict=True)
        return sum(abs(row - rows[end]) for paper, row in pairs for end in near[paper] if end in rows), deal

    return key
