"""When papers appeared: a drawing with a lane for every family, and the same as rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.report.drawing.svg import shape, short, text_at
from repro.website.graph.draw import frame
from repro.website.graph.places import family_names, first_date, lane_of, tone_of
from repro.website.graph.text import cut, fold, text_width

NAME, LINE = 12, 14  # size of text, as in graph.css, and height of a line
LEFT, TOP, END = 144, 34, 16  # names of lanes, years, nothing
YEAR, BREAK = 132, 34  # width of a year, and of any number of years without a paper
ROW, PAD, BETWEEN = 22, 7, 8  # height of a row, space inside a lane above and below, space between lanes
DOT, STRONG_DOT, ASIDE, APART = 4.0, 6.0, 10.0, 12.0  # radii; from a dot to its name; between neighbours
LONGEST = 280  # of a name, in pixels


@dataclass(frozen=True)
class TimelineRow:
    """A paper and when it appeared; ``date`` is a year and, where there is an arXiv id, a month."""

    paper: str
    name: str
    title: str
    date: str
    family: str


@dataclass(frozen=True)
class Spot:
    """A paper on the drawing: the middle of its dot, its row in the lane, the name beside the dot."""

    paper: Paper
    x: float
    row: int
    name: str
    strong: bool

    @property
    def radius(self) -> float:
        """The radius of the dot."""
        return STRONG_DOT if self.strong else DOT

    @property
    def end(self) -> float:
        """The right end of the name."""
        return self.x + ASIDE + text_width(self.name, NAME, bold=self.strong)


@dataclass(frozen=True)
class TimelineLane:
    """The papers of a family and where their lane begins."""

    family: str
    top: float
    spots: list[Spot]

    @property
    def height(self) -> float:
        """From the top of the lane to its bottom."""
        return 2 * PAD + ROW * (1 + max(spot.row for spot in self.spots))


def timeline_rows(catalog: Catalog) -> tuple[TimelineRow, ...]:
    """All papers by date; those without a month after the others of their year."""
    names = family_names(catalog)
    return tuple(
        TimelineRow(
            paper.id,
            paper.name,
            paper.title,
            _date(paper),
            names.get(lane_of(paper), lane_of(paper)),
        )
        for paper in sorted(catalog.papers, key=_by_date)
    )


def _by_date(paper: Paper) -> tuple[int, int, str, str]:
    """The order by date; papers without a month come after the others of their year."""
    year, month = first_date(paper)
    return year, month or 13, paper.ids.arxiv or "", paper.id


def _date(paper: Paper) -> str:
    year, month = first_date(paper)
    return str(year) if month is None else f"{year}-{month:02d}"


def timeline(catalog: Catalog, link: Callable[[str], str], main: Collection[str]) -> Markup:
    """All papers on a scale of months, as one ``<svg>`` of fixed size; empty if there is none.

    Args:
        catalog: a catalog without errors.
        link: the address of a paper's page, by its id.
        main: the papers that stand out.
    """
    papers = sorted(catalog.papers, key=_by_date)
    if not papers:
        return Markup("")
    scale = _scale({first_date(paper)[0] for paper in papers})
    lanes = _lanes(papers, scale, frozenset(main))
    width = max(spot.end for lane in lanes for spot in lane.spots) + END
    bottom = lanes[-1].top + lanes[-1].height + BETWEEN
    names = family_names(catalog)
    bands = [part for lane in lanes for part in _band(lane, names.get(lane.family, lane.family), width)]
    dots = [
        _dot(spot, lane, link(spot.paper.id), tone_of(catalog, spot.paper))
        for lane in lanes
        for spot in lane.spots
    ]
    label = f"{len(papers)} papers by the month in which they appeared"
    return frame(label, (width, bottom), [*bands, *_years(scale, bottom), *dots])


def _scale(years: Collection[int]) -> dict[int, float]:
    """The left edge of each year with papers; years without are left out, however many follow each other."""
    scale: dict[int, float] = {}
    x, before = float(LEFT), min(years) - 1
    for year in sorted(years):
        x += BREAK if year - before > 1 else 0
        scale[year], before = x, year
        x += YEAR
    return scale


def _lanes(papers: Sequence[Paper], scale: Mapping[int, float], main: Collection[str]) -> list[TimelineLane]:
    """Lanes from the family seen first to the one seen last."""
    lanes: list[TimelineLane] = []
    for family in dict.fromkeys(lane_of(paper) for paper in papers):
        top = lanes[-1].top + lanes[-1].height + BETWEEN if lanes else float(TOP)
        members = [paper for paper in papers if lane_of(paper) == family]
        lanes.append(TimelineLane(family, top, _spots(members, scale, main)))
    return lanes


def _spots(papers: Sequence[Paper], scale: Mapping[int, float], main: Collection[str]) -> list[Spot]:
    """Each paper in the first row where it does not touch the one before."""
    spots: list[Spot] = []
    ends: list[float] = []
    for paper in papers:
        year, month = first_date(paper)
        x = scale[year] + YEAR * (0.5 if month is None else (month - 0.5) / 12)
        row = next((row for row, end in enumerate(ends) if end + APART < x - STRONG_DOT), len(ends))
        strong = paper.id in main
        spots.append(Spot(paper, x, row, cut(paper.name, LONGEST, NAME, bold=strong), strong))
        ends[row : row + 1] = [spots[-1].end]
    return spots


def _band(lane: TimelineLane, name: str, width: float) -> list[Markup]:
    top, high = short(lane.top), short(lane.height)
    lines = fold(name, LEFT - 24, NAME, bold=True)
    middle = lane.top + lane.height / 2 - LINE * (len(lines) - 1) / 2 + 4
    words = [text_at(10, middle + LINE * place, line, "family") for place, line in enumerate(lines)]
    return [shape("rect", "lane", x=0, width=short(width), y=top, height=high, rx=8), *words]


def _years(scale: Mapping[int, float], bottom: float) -> list[Markup]:
    """A line where a year begins; a wider, dotted one follows years that are left out."""
    parts, before = [], min(scale) - 1
    for year, x in scale.items():
        kind = "tick" if year - before == 1 else "tick gap"
        parts.append(shape("line", kind, x1=short(x), x2=short(x), y1=TOP - 10, y2=short(bottom)))
        parts.append(text_at(x + 5, TOP - 12, str(year), "date"))
        before = year
    return parts


def _dot(spot: Spot, lane: TimelineLane, href: str, tone: str) -> Markup:
    y = lane.top + PAD + ROW * (spot.row + 0.5)
    month = first_date(spot.paper)[1]
    circle = shape(
        "circle", "dot open" if month is None else "dot", cx=short(spot.x), cy=short(y), r=spot.radius
    )
    title = f"{spot.paper.name} ({_date(spot.paper)}): {spot.paper.title}"
    return Markup('<a class="spot {}{}" href="{}"><title>{}</title>{}{}</a>').format(
        tone,
        " strong" if spot.strong else "",
        href,
        title,
        circle,
        text_at(spot.x + ASIDE, y + 4, spot.name, "beside"),
    )
