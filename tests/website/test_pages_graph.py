"""The drawing of relations: nothing runs into anything, every line says what it means."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from repro.catalog.catalog import Catalog
from repro.website.graph import arrows as graph_arrows
from repro.website.graph import plan as graph_plan
from repro.website.graph import text as graph_text
from repro.website.graph.arrows import arrows
from repro.website.graph.graph import neighbourhood, relation_graph, relation_rows
from repro.website.graph.places import first_date, order_of
from repro.website.pages import timeline
from tests.support import toy_catalog
from tests.support.drawings import (
    SIZES,
    STYLES,
    Area,
    box_area,
    clashes,
    hidden,
    made_up,
    parsed,
    stretches,
    text_area,
)

CENTRE = frozenset(
    [
        "simclr",
        "byol",
        "barlow-twins",
        "simsiam",
        "moco-v2",
        "speech-simclr",
        "simclr-kd",
        "byol-a",
        "raft",
        "bt-hsic",
        "graph-bt",
        "cl-meets-tl",
        "simsiam-collapse",
        "simtriplet",
    ]
)
PALETTE = {"ink", "soft", "hair", "panel", "paper", "ours", "link", *(f"c{index}" for index in range(10))}


def page(paper: str) -> str:
    return f"../papers/{paper}/"


@pytest.fixture(scope="module")
def real() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def fourteen(real: Catalog) -> ElementTree.Element:
    return parsed(relation_graph(real, page, CENTRE))


def made(count: int, seed: int, degree: float = 2.0) -> Callable[[Path], str]:
    return lambda folder: relation_graph(made_up(folder, count, seed, degree=degree), page)


DRAWINGS: dict[str, Callable[[Path], str]] = {
    "the four and the ten": lambda _: relation_graph(Catalog.load(), page, CENTRE),
    "all papers": lambda _: relation_graph(Catalog.load(), page),
    "around SimCLR": lambda _: relation_graph(Catalog.load(), page, centre="simclr"),
    "around the cookbook": lambda _: relation_graph(Catalog.load(), page, centre="ssl-cookbook"),
    **{f"made up, 14 papers, {seed}": made(14, seed) for seed in range(6)},
    **{f"made up, 54 papers, {seed}": made(54, seed) for seed in range(2)},
    "made up, 90 papers": made(90, 0),
    "made up, 30 papers without relations": made(30, 0, 0.0),
}


@pytest.fixture(scope="module", params=list(DRAWINGS))
def drawing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    return parsed(DRAWINGS[request.param](tmp_path_factory.mktemp("drawing")))


def texts(root: ElementTree.Element) -> list[Area]:
    """Every visible text outside the boxes."""
    unseen = hidden(root)
    return [
        text_area(node) for node in root.iter("text") if node not in unseen and node.attrib["class"] != "name"
    ]


def boxes(root: ElementTree.Element) -> list[Area]:
    return [box_area(node) for node in root.iterfind(".//a//rect[@class='box']")]


def test_no_word_meets_a_word_or_a_box(drawing: ElementTree.Element) -> None:
    assert clashes([*texts(drawing), *boxes(drawing)]) == []


def test_a_word_out_of_place_is_noticed(fourteen: ElementTree.Element) -> None:
    areas = texts(fourteen)
    for one, other in pairwise(areas):
        moved = Area(one.what, other.left, other.top, other.right + 1, other.bottom)
        assert clashes([moved, *(area for area in areas if area is not one)])
    word, box = areas[-1], boxes(fourteen)[0]
    assert not word.meets(box)
    assert Area(word.what, box.right - 1, box.top, box.right + 50, box.bottom).meets(box)


def test_everything_is_on_the_sheet(drawing: ElementTree.Element) -> None:
    width, height = (float(drawing.attrib[side]) for side in ("width", "height"))
    sheet = Area("sheet", 0, 0, width, height)
    outside = [area.what for area in [*texts(drawing), *boxes(drawing)] if not sheet.holds(area)]
    assert outside == []


def test_names_stand_inside_their_boxes(drawing: ElementTree.Element) -> None:
    for link in drawing.iterfind(".//g[@class='nodes']//a"):
        box = box_area(next(link.iter("rect")))
        names = [text_area(node) for node in link.iter("text")]
        assert names
        assert all(box.holds(name) for name in names)
        assert clashes(names) == []


def test_lines_go_around_boxes_and_words(drawing: ElementTree.Element) -> None:
    blocks = [*boxes(drawing), *texts(drawing)]
    for wire in drawing.iterfind(".//g[@class='wires']/g"):
        own = {node.text for node in wire.iter("text")}
        path = next(node.attrib["d"] for node in wire.iter("path"))
        for (x1, y1), (x2, y2) in stretches(path):
            line = Area("line", min(x1, x2) - 0.4, min(y1, y2) - 0.4, max(x1, x2) + 0.4, max(y1, y2) + 0.4)
            hit = [b.what for b in blocks if b.what not in own and shrunk(b).meets(line)]
            assert hit == [], wire.find("title")


def shrunk(area: Area) -> Area:
    """A line may touch the box that it ends at."""
    return Area(area.what, area.left + 0.6, area.top + 0.6, area.right - 0.6, area.bottom - 0.6)


def test_lines_that_lie_on_each_other_lead_to_one_paper(drawing: ElementTree.Element) -> None:
    """Two lines share a stretch only if they are of one style and meet at one box, from which they come."""
    pieces = []
    for wire in drawing.iterfind(".//g[@class='wires']/g"):
        path = next(node.attrib["d"] for node in wire.iter("path"))
        net = wire.attrib["class"], path[: path.index("L")]
        pieces += [(net, one, other) for one, other in stretches(path) if one != other]
    for (net, a, b), (rival, c, d) in combinations(pieces, 2):
        if net != rival:
            assert not covers(a, b, c, d), (net, rival)


def covers(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    """Whether two level or two upright stretches lie on each other for more than a pixel."""
    for along, across in ((0, 1), (1, 0)):
        if a[across] == b[across] and c[across] == d[across] and abs(a[across] - c[across]) < 1:
            low = max(min(a[along], b[along]), min(c[along], d[along]))
            return min(max(a[along], b[along]), max(c[along], d[along])) - low > 1
    return False


def test_what_shows_on_pointing_stands_free(drawing: ElementTree.Element) -> None:
    fixed = boxes(drawing)
    for near in drawing.iterfind(".//g[@class='near']"):
        said = [text_area(node) for node in near.iter("text")]
        assert clashes(said) == []
        assert [a.what for a in said for box in fixed if a.meets(box)] == []


def test_the_centre_is_drawn_whole(real: Catalog, fourteen: ElementTree.Element) -> None:
    wanted = [arrow for arrow in arrows(real) if arrow.ends <= CENTRE]
    wires = fourteen.findall(".//g[@class='wires']/g")
    assert len(wires) == len(wanted) >= 20
    links = [link.attrib["href"] for link in fourteen.iter("a")]
    assert sorted(links) == sorted(page(paper) for paper in CENTRE)
    types = real.vocabulary("relations")
    told = [node.find("title") for node in wires]
    for arrow in wanted:
        names = [real.paper(paper).name for paper in (arrow.source, arrow.target)]
        words = ", ".join(types[kind].name for kind in arrow.kinds)
        assert any(
            ((title is not None and title.text) or "").startswith(f"{names[0]} {words} {names[1]}")
            for title in told
        )


def test_every_line_has_a_style_a_head_and_a_word(fourteen: ElementTree.Element) -> None:
    styles = Counter()
    for wire in fourteen.iterfind(".//g[@class='wires']/g"):
        styles[wire.attrib["class"].split()[1]] += 1
        assert [node.attrib["class"] for node in wire if node.tag != "title"][1] in ("head", "open")
        assert all(node.text for node in wire.iter("text"))
        assert len(list(wire.iter("text"))) in (1, 2)
    assert set(styles) <= {style.name for style in graph_arrows.STYLES}
    assert len(styles) >= 3
    keys = [node.text or "" for node in fourteen.iter("text") if node.attrib["class"] == "key"]
    explained = {word for key in keys for word in re.split(r": |, ", key)}
    words = {node.text for node in fourteen.iter("text") if node.attrib["class"] == "word"}
    assert {word for text in words for word in (text or "").split(" · ")} <= explained


def test_years_run_from_left_to_right(real: Catalog) -> None:
    root = parsed(relation_graph(real, page))
    left = {link.attrib["href"]: box_area(next(link.iter("rect"))).left for link in root.iter("a")}
    papers = sorted(real.papers, key=order_of)
    places = [left[page(paper.id)] for paper in papers]
    assert places == sorted(places)
    years = [node.text for node in root.iter("text") if node.attrib["class"] == "year"]
    assert years == [str(year) for year in sorted({paper.year for paper in real.papers})]


def test_large_drawings_leave_the_words_to_pointing(real: Catalog) -> None:
    root = parsed(relation_graph(real, page))
    assert not [node for node in root.iter("text") if node.attrib["class"] == "word"]
    byol = next(
        node for node in root.iterfind(".//g[@class='nodes']/g") if node[0].attrib["href"] == page("byol")
    )
    said = {node.text for node in byol.iter("text") if node.attrib["class"] == "said"}
    assert {"simplifies", "contradicts"} <= said


def test_the_same_catalog_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (made_up(tmp_path / name, 40, 3) for name in ("one", "two"))
    assert relation_graph(first, page) == relation_graph(second, page)
    assert relation_graph(Catalog.load(), page, CENTRE) == relation_graph(
        Catalog.load(), page, sorted(CENTRE)
    )


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_order_of_sets_does_not_matter(real: Catalog, seed: str) -> None:
    code = (
        "from repro.catalog.catalog import Catalog\n"
        "from repro.website.graph.graph import relation_graph\n"
        "print(relation_graph(Catalog.load(), '../papers/{}/'.format), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout == relation_graph(real, page)


def test_ids_differ_within_a_page(real: Catalog) -> None:
    drawn = relation_graph(real, page, CENTRE) + relation_graph(real, page)
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids)) > 100
    assert set(re.findall(r'href="#([^"]+)"', drawn)) <= set(ids)


def test_a_centre_has_only_its_own_lines(real: Catalog) -> None:
    around = neighbourhood(real, "byol")
    root = parsed(relation_graph(real, page, centre="byol"))
    assert {link.attrib["href"] for link in root.iter("a")} == {page(paper) for paper in around}
    assert {"byol", "simsiam", "simclr", "raft"} <= around
    assert len(root.findall(".//g[@class='wires']/g")) == len([a for a in arrows(real) if "byol" in a.ends])


def test_nothing_to_draw_is_nothing(real: Catalog) -> None:
    assert relation_graph(real, page, frozenset()) == ""
    alone = parsed(relation_graph(real, page, {"byol"}))
    assert len(list(alone.iter("a"))) == 1


OUTSIDE = '  - {type: compares, to: "arxiv:2003.04297"}'


def test_relations_are_turned_to_the_paper_that_acts(tmp_path: Path) -> None:
    other = f"{toy_catalog.OTHER}relations:\n  - {{type: simplified-by, to: toy, note: So.}}\n{OUTSIDE}\n"
    found = toy_catalog.catalog(tmp_path, {"papers/other.yaml": other})
    rows = [(row.source, row.kind, row.target, row.note) for row in relation_rows(found)]
    assert rows == [
        ("toy", "simplifies", "other", ""),
        ("toy", "simplifies", "other", "So."),
        ("toy", "compares", "arxiv:2003.04297", ""),
        ("other", "compares", "arxiv:2003.04297", ""),
    ]
    assert [row.is_known for row in relation_rows(found)] == [True, True, False, False]
    (arrow,) = arrows(found)
    assert (arrow.source, arrow.target, arrow.kinds, arrow.notes) == (
        "toy",
        "other",
        ("simplifies",),
        ("So.",),
    )


def test_an_arxiv_id_of_the_catalog_is_its_paper(tmp_path: Path) -> None:
    toy = toy_catalog.PAPER.replace('"arxiv:2003.04297"', '"arxiv:2006.07730"')
    found = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": toy})
    assert [(row.kind, row.target, row.target_name) for row in relation_rows(found)] == [
        ("simplifies", "other", "Other"),
        ("compares", "other", "Other"),
    ]


def test_rows_hold_every_relation_of_the_catalog(real: Catalog) -> None:
    rows = relation_rows(real)
    assert len(rows) == sum(len(paper.relations) for paper in real.papers)
    assert {row.source for row in rows} <= set(real.paper_ids)


def test_text_is_escaped(tmp_path: Path) -> None:
    evil = "<script>\"&'"
    toy = toy_catalog.PAPER.replace("name: Toy", f"name: '{evil.replace(chr(39), 2 * chr(39))}'")
    found = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": toy})
    for svg in (relation_graph(found, lambda _: evil), timeline.timeline(found, lambda _: evil, set())):
        assert "<script" not in svg
        root = parsed(svg)
        assert {link.attrib["href"] for link in root.iter("a")} == {evil}
        assert any((title.text or "").startswith(evil) for title in root.iter("title"))


def test_the_month_is_that_of_the_arxiv_id(real: Catalog) -> None:
    simsiam = real.paper("simsiam")
    assert (simsiam.year, first_date(simsiam)) == (2021, (2020, 11))
    older = simsiam.model_copy(update={"ids": simsiam.ids.model_copy(update={"arxiv": "cs/9301113"})})
    assert first_date(older) == (1993, 1)
    for none in (None, "2099.99999"):
        other = simsiam.model_copy(update={"ids": simsiam.ids.model_copy(update={"arxiv": none})})
        assert first_date(other) == (2021, None)


# Measured on DejaVu Sans and DejaVu Sans Bold, in em.
MEASURED = {
    "compares · contradicts": (11.45, False),
    "Barlow Twins": (7.38, True),
    "Cookbook of self-supervised": (15.97, True),
    "MMMMWWWW": (8.39, True),
    "illicit fjord": (5.81, True),
    "borrows from": (6.63, False),
}


def test_widths_are_never_too_small() -> None:
    for words, (width, bold) in MEASURED.items():
        assert width <= graph_text.text_width(words, 1, bold=bold) <= 1.25 * width, words
    assert graph_text.text_width("自蒸馏", 10) == 30


def test_names_are_folded_and_cut() -> None:
    assert graph_text.fold("MoCo v2", 100, 12) == ("MoCo v2",)
    assert graph_text.fold("Redundancy reduction", 100, 12) == ("Redundancy", "reduction")
    lines = graph_text.fold("word " * 50_000, 90, 12, most=3, limit=120)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(graph_text.text_width(line, 12) <= 120 for line in lines)
    assert graph_text.fold("x" * 10**6, 90, 12)[0].endswith("…")


def test_the_style_sheet_agrees_with_the_drawing() -> None:
    assert SIZES["name"] == graph_plan.NAME == SIZES["family"] == SIZES["beside"] == timeline.NAME
    assert SIZES["word"] == graph_plan.WORD == SIZES["key"] == SIZES["said"]
    assert min(SIZES.values()) >= 10
    assert set(re.findall(r"var\(--([\w-]+)", STYLES)) - {"tone", "weight"} <= PALETTE
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", STYLES)
