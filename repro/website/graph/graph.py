"""The relations between papers as a drawing: a layered graph as inline SVG, with real links."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from markupsafe import Markup

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.website.graph.arrows import (
    STYLES,
    Arrow,
    arrows,
    arrows_of,
    label,
    neighbourhood,
    rank_of,
    relation_rows,
    words_of,
)
from repro.website.graph.draw import Face, GraphLabels, body, frame, legend
from repro.website.graph.places import family_names, lane_of, place_papers, tone_of
from repro.website.graph.plan import Plan, Planner

__all__ = ["neighbourhood", "relation_graph", "relation_rows"]

PageAddress = Callable[[str], str]

FEW = 60  # lines; with more, words would take more room than the boxes
MANY = 18  # papers; so many stand three in a column
JOIN = " · "
NOTES = (
    "filled: has a recipe, so it can be run",
    "Of several relations between two papers, the one listed first here sets the line.",
)
DENSE, SPARSE = 6, 8  # pixels between parallel lines


def relation_graph(
    catalog: Catalog, link: PageAddress, only: Collection[str] | None = None, *, centre: str | None = None
) -> Markup:
    """Papers as boxes and relations as lines: years from left to right, families from top to bottom.

    Args:
        catalog: a catalog without errors.
        link: the address of a paper's page, by its id.
        only: the papers to draw; all of them, or those around ``centre``, if it is left out.
        centre: draw only the relations of this paper.

    Returns:
        One ``<svg>`` of fixed size, the same for the same catalog; empty if there is no paper to draw.
    """
    if only is None:
        only = catalog.paper_ids if centre is None else neighbourhood(catalog, centre)
    ids = frozenset(only)
    papers = [paper for paper in catalog.papers if paper.id in ids]
    edges = arrows(catalog) if centre is None else arrows_of(catalog, centre)
    inside = [arrow for arrow in edges if arrow.ends <= ids]
    return _drawing(catalog, link, papers, inside) if papers else Markup("")


def _drawing(catalog: Catalog, link: PageAddress, papers: Sequence[Paper], inside: Sequence[Arrow]) -> Markup:
    spoken = len(inside) <= FEW
    most = 2 if spoken and len(papers) < MANY else 3
    grid = place_papers(
        papers,
        Counter(arrow.ends for arrow in inside),
        list(family_names(catalog)),
        most=most,
        apart=spoken,
    )
    words = {
        arrow: _lines([label(catalog, kind) for kind in arrow.kinds]) if spoken else () for arrow in inside
    }
    names = {paper.id: paper.name for paper in papers}
    plan = Planner(grid, inside, names, words, SPARSE if spoken else DENSE).plan()
    return _svg(catalog, plan, _labels(catalog, link, papers, inside, spoken), inside)


def _lines(words: Sequence[str]) -> tuple[str, ...]:
    """Words for above and below a line, in their order, parted where that makes the longer half shortest."""
    halves = [(JOIN.join(words[:at]), JOIN.join(words[at:])) for at in range(1, len(words))]
    return min(halves, key=lambda pair: max(map(len, pair)), default=tuple(words))


def _labels(
    catalog: Catalog, link: PageAddress, papers: Sequence[Paper], inside: Sequence[Arrow], spoken: bool
) -> GraphLabels:
    names = {paper.id: paper.name for paper in papers}
    faces = {
        paper.id: Face(
            link(paper.id),
            f"{paper.name} ({paper.year}): {paper.title}",
            tone_of(catalog, paper),
            bool(catalog.benchmarks_of(paper.id)),
        )
        for paper in papers
    }
    families = family_names(catalog)
    lanes = {lane_of(paper): families.get(lane_of(paper), lane_of(paper)) for paper in papers}
    sentences = {arrow: _arrow_sentence(catalog, names, arrow) for arrow in inside}
    captions = {paper.id: {} if spoken else _captions(catalog, inside, paper.id) for paper in papers}
    return GraphLabels(_key(names, inside), faces, lanes, sentences, captions)


def _arrow_sentence(catalog: Catalog, names: Mapping[str, str], arrow: Arrow) -> str:
    """The arrow as a sentence, with its notes."""
    does = ", ".join(words_of(catalog, kind) for kind in arrow.kinds)
    return ". ".join([f"{names[arrow.source]} {does} {names[arrow.target]}", *arrow.notes])


def _captions(catalog: Catalog, inside: Sequence[Arrow], paper: str) -> dict[str, tuple[str, ...]]:
    """Captions of a paper's neighbours: what each does to it."""
    captions: dict[str, list[str]] = {}
    for arrow in inside:
        if paper in arrow.ends:
            (neighbour,) = arrow.ends - {paper}
            words = (label(catalog, kind, inverse=arrow.source == paper) for kind in arrow.kinds)
            captions.setdefault(neighbour, []).extend(words)
    return {neighbour: _lines(list(dict.fromkeys(words))) for neighbour, words in captions.items()}


def _key(names: Mapping[str, str], inside: Sequence[Arrow]) -> str:
    """The start of the ids in one drawing, so that two drawings can share a page."""
    content = repr((sorted(names), [(arrow.source, arrow.target) for arrow in inside]))
    return f"g{hashlib.sha256(content.encode()).hexdigest()[:6]}-"


def _svg(catalog: Catalog, plan: Plan, labels: GraphLabels, inside: Sequence[Arrow]) -> Markup:
    ranks = sorted({rank_of(kind) for arrow in inside for kind in arrow.kinds})
    entries = [(rank, _style_meaning(catalog, inside, rank)) for rank in ranks]
    under, reach, bottom = legend(entries, NOTES, plan.height + 18, plan.width)
    return frame(
        f"{len(plan.boxes)} papers and how {len(inside)} pairs of them are related",
        (max(plan.width, reach + 10), bottom),
        [*body(plan, labels), *under],
    )


def _style_meaning(catalog: Catalog, inside: Sequence[Arrow], rank: int) -> str:
    """The meaning of a style of line, with its relation types that are drawn."""
    kinds = {kind for arrow in inside for kind in arrow.kinds if rank_of(kind) == rank}
    words = ", ".join(label(catalog, kind) for kind in catalog.vocabulary("relations") if kind in kinds)
    return f"{STYLES[rank].says}: {words}"
