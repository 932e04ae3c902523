"""The drawing of dates: every paper once, in its month and its lane, its name free of every other."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from repro.catalog.catalog import Catalog
from repro.website.graph.places import first_date, lane_of
from repro.website.pages.timeline import YEAR, timeline, timeline_rows
from tests.support.drawings import Area, clashes, dot_area, made_up, parsed, text_area

MAIN = frozenset({"simclr", "byol", "barlow-twins", "simsiam"})


def page(paper: str) -> str:
    return f"../papers/{paper}/"


@pytest.fixture(scope="module")
def real() -> Catalog:
    return Catalog.load()


DRAWINGS: dict[str, Callable[[Path], str]] = {
    "the catalog": lambda _: timeline(Catalog.load(), page, MAIN),
    "all of them main": lambda _: timeline(Catalog.load(), page, Catalog.load().paper_ids),
    "made up, 54 papers": lambda folder: timeline(made_up(folder, 54, 1), page, {"paper-1", "paper-2"}),
    "made up, 200 papers": lambda folder: timeline(made_up(folder, 200, 2), page, MAIN),
    "made up, 2 papers": lambda folder: timeline(made_up(folder, 2, 3), page, MAIN),
}


@pytest.fixture(scope="module", params=list(DRAWINGS))
def drawing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    return parsed(DRAWINGS[request.param](tmp_path_factory.mktemp("drawing")))


def areas(root: ElementTree.Element) -> list[Area]:
    """Every text and every dot."""
    strong = {part for spot in root.iter("a") if "strong" in spot.attrib["class"] for part in spot}
    words = [text_area(node, strong=node in strong) for node in root.iter("text")]
    return [*words, *(dot_area(node) for node in root.iter("circle"))]


def spots(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {link.attrib["href"]: link for link in root.iter("a")}


def dot(link: ElementTree.Element) -> dict[str, str]:
    return next(link.iter("circle")).attrib


def test_no_name_meets_a_name_or_a_dot(drawing: ElementTree.Element) -> None:
    assert clashes(areas(drawing)) == []


def test_everything_is_on_the_sheet(drawing: ElementTree.Element) -> None:
    width, height = (float(drawing.attrib[side]) for side in ("width", "height"))
    sheet = Area("sheet", 0, 0, width, height)
    assert [area.what for area in areas(drawing) if not sheet.holds(area)] == []


def test_every_paper_is_a_link_in_the_lane_of_its_family(real: Catalog) -> None:
    root = parsed(timeline(real, page, MAIN))
    found = spots(root)
    assert set(found) == {page(paper) for paper in real.paper_ids}
    bands = [float(node.attrib["y"]) for node in root.iter("rect")]
    lanes = {paper.id: lane_of(paper) for paper in real.papers}
    heights = {id: float(dot(found[page(id)])["cy"]) for id in lanes}
    places = {id: max(top for top in bands if top < heights[id]) for id in lanes}
    together = {(lanes[id], places[id]) for id in lanes}
    assert len(set(lanes.values())) == len(set(places.values())) == len(together)


def test_dots_stand_in_their_months(real: Catalog) -> None:
    root = parsed(timeline(real, page, MAIN))
    across = {href: float(dot(link)["cx"]) for href, link in spots(root).items()}
    ticks = {
        node.text: float(node.attrib["x"]) - 5 for node in root.iter("text") if node.attrib["class"] == "date"
    }
    for paper in real.papers:
        year, month = first_date(paper)
        share = (across[page(paper.id)] - ticks[str(year)]) / YEAR
        assert share == pytest.approx(0.5 if month is None else (month - 0.5) / 12, abs=1e-3)
    main = [across[page(paper)] for paper in ("simclr", "byol", "simsiam", "barlow-twins")]
    assert main == sorted(main)


def test_the_main_papers_stand_out(real: Catalog) -> None:
    root = parsed(timeline(real, page, MAIN))
    strong = {href for href, link in spots(root).items() if "strong" in link.attrib["class"].split()}
    assert strong == {page(paper) for paper in MAIN}
    radii = {href: float(dot(link)["r"]) for href, link in spots(root).items()}
    assert min(radii[href] for href in strong) > max(radii[href] for href in set(radii) - strong)


def test_years_without_papers_take_little_room(tmp_path: Path) -> None:
    found = made_up(tmp_path, 2, 3)
    early, late = sorted(first_date(paper)[0] for paper in found.papers)
    assert late - early > 1
    root = parsed(timeline(found, page, MAIN))
    assert [node.attrib["class"] for node in root.iter("line")] == ["tick", "tick gap"]
    assert float(root.attrib["width"]) < 4 * YEAR + 300


def test_rows_are_by_date(real: Catalog) -> None:
    rows = timeline_rows(real)
    assert {row.paper for row in rows} == set(real.paper_ids)
    years = [int(row.date[:4]) for row in rows]
    assert years == sorted(years)
    found = {row.paper: row for row in rows}
    assert (found["simsiam"].date, found["simsiam"].family) == ("2020-11", "Self-distillation")
    assert [row.paper for row in rows if row.paper in MAIN] == ["simclr", "byol", "simsiam", "barlow-twins"]


def test_the_same_catalog_gives_the_same_bytes(real: Catalog, tmp_path: Path) -> None:
    assert timeline(real, page, MAIN) == timeline(Catalog.load(), page, sorted(MAIN))
    empty = Catalog.load(tmp_path)
    assert timeline(empty, page, MAIN) == ""
