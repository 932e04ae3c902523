"""The pictures of methods: each runnable one has one that agrees with its code and in which nothing meets."""

import re
import textwrap
from itertools import pairwise
from typing import get_args
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from repro.catalog.catalog import Catalog
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.diagram import Diagram, LossTerm
from repro.catalog.records.paper import Paper
from repro.catalog.settings.resolve import resolve
from repro.files import site_root
from repro.learning.job import build_method
from repro.learning.registry import DATASETS
from repro.website.diagram.draw import diagram_svg, thumbnail
from repro.website.diagram.glyphs import GLYPHS, SIDE, glyph
from repro.website.diagram.words import KINDS, facts, sentences
from repro.website.graph.text import text_width
from repro.website.source import line_of_method, piece
from tests.support.drawings import Area, clashes

CATALOG = Catalog.load()
RUNNABLE = [paper.id for paper in CATALOG.papers if CATALOG.benchmarks_of(paper.id)]
STYLES = (site_root() / "assets" / "css" / "diagram.css").read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"
ARMS = """
arms:
  - {view: 1, parts: [encoder, projector, predictor], output: p}
  - {view: 2, parts: [encoder, projector], output: z, weights: average, stop_gradient: true}
"""
LOSS = "loss: [{between: [p, z], kind: pair, name: Predict, formula: −cos}]"


def diagram(paper: str) -> Diagram:
    drawn = CATALOG.paper(paper).diagram
    assert drawn is not None, f"catalog/papers/{paper}.yaml has a recipe and no `diagram`"
    return drawn


def made(text: str) -> Diagram:
    return bind(Diagram, parse(text, "diagram.yaml"))


def drawing(drawn: Diagram) -> ElementTree.Element:
    return ElementTree.fromstring(diagram_svg("one", "One", drawn))  # noqa: S314 - our own text


@pytest.mark.parametrize("paper", RUNNABLE)
def test_a_runnable_method_is_drawn_as_it_runs(paper: str) -> None:
    """Predictor, moving average and stop-gradient are in the picture exactly if they are in the network."""
    arms = diagram(paper).arms
    config = resolve(CATALOG, paper)
    example = DATASETS[config.data.name].example_of(config.data.params)
    method = build_method(config, 0, example, torch.device("meta"))
    frozen = [
        name for name, weight in method.named_parameters() if weight.ndim > 1 and not weight.requires_grad
    ]
    predictor = getattr(method, "predictor", nn.Identity())
    assert any("predictor" in arm.parts for arm in arms) == any(True for _ in predictor.parameters())
    assert any(arm.weights == "average" for arm in arms) == bool(frozen)
    assert all(arm.stop_gradient for arm in arms if arm.weights == "average")
    assert {arm.weights for arm in arms} <= {"trained", "average"}


@pytest.mark.parametrize("paper", RUNNABLE)
def test_every_word_has_its_room(paper: str) -> None:
    """Nothing is cut, no text leaves the picture, and no text meets another one."""
    root = drawing(diagram(paper))
    width, height = (float(root.attrib[key]) for key in ("width", "height"))
    areas = []
    for node in root.iter("text"):
        kinds, said = node.attrib["class"].split(), node.text or ""
        assert "…" not in said
        size = next(
            (size for kind, size in (("asks", 12), ("symbol", 14), ("middle", 12)) if kind in kinds), 11
        )
        length = text_width(said, size, bold="asks" in kinds)
        x, y = (float(node.attrib[key]) for key in ("x", "y"))
        left = x - length / 2 if "middle" in kinds else x
        areas.append(Area(said, left, y - 0.76 * size, left + length, y + 0.22 * size))
    assert [area.what for area in areas if not Area("all", 0, 0, width, height).holds(area)] == []
    assert clashes(areas) == []


@pytest.mark.parametrize("paper", RUNNABLE)
def test_a_picture_says_what_it_shows(paper: str) -> None:
    drawn = diagram(paper)
    root = drawing(drawn)
    title, description = (root.findtext(tag) or "" for tag in ("title", "desc"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "one-title one-desc"
    assert title == "One"
    assert description == sentences(drawn)
    for term in drawn.loss:
        assert term.formula in description
        assert all(name in description for name in term.between)
    assert description.count("stop-gradient") == sum(arm.stop_gradient for arm in drawn.arms)


def test_the_arms_end_in_the_terms_that_compare_them() -> None:
    """RAFT has three arms and two terms; the middle arm goes into both."""
    root = drawing(diagram("raft"))
    terms = [node for node in root.iter("rect") if "term" in node.attrib["class"].split()]
    ends = [
        (float(node.attrib["x"]), float(node.attrib["x"]) + float(node.attrib["width"])) for node in terms
    ]
    tips = [
        float(match[1])
        for node in root.iter("path")
        if (match := re.match(r"M([\d.]+) 284l", node.attrib["d"]))
    ]
    assert all(left[1] < right[0] for left, right in pairwise(ends))
    assert [[sum(left < tip < right for tip in tips)] for left, right in ends] == [[2], [2]]


def test_a_moving_average_points_at_the_network_that_follows() -> None:
    """From left to right, and from right to left where the trained arm stands there."""
    for first, second in (("trained", "average"), ("average", "trained")):
        arms = ARMS.replace("weights: average, ", f"weights: {second}, ").replace(
            "output: p", f"output: p, weights: {first}"
        )
        tips = [
            node.attrib["d"]
            for node in drawing(made(arms + LOSS)).iter("path")
            if node.attrib["class"] == "follower"
        ]
        assert len(tips) == 2
        assert all(("l-8" in tip) == (second == "average") for tip in tips)


def test_a_thumbnail_is_the_same_shapes_for_no_reader() -> None:
    small = str(thumbnail(diagram("byol")))
    assert 'aria-hidden="true"' in small
    assert "id=" not in small
    assert "\n" not in small


def test_every_kind_has_a_picture_and_words() -> None:
    kinds = set(get_args(LossTerm.model_fields["kind"].annotation))
    assert kinds == set(GLYPHS) == set(KINDS)
    for kind in kinds:
        shapes = ElementTree.fromstring(str(glyph(kind, 0, 0)))  # noqa: S314 - our own text
        for node in shapes.iter("rect"):
            assert float(node.attrib["x"]) + float(node.attrib["width"]) <= SIDE + 0.01


def test_every_class_has_a_style() -> None:
    used = {
        kind
        for paper in RUNNABLE
        for kind in re.findall(r'class="([^"]+)"', diagram_svg("a", "b", diagram(paper)))
    }
    names = {name for kinds in used for name in kinds.split()}
    # Of these the element or a neighbour has the style.
    plain = {"part", "trained", "loss", "pair", "centre"}
    assert [name for name in sorted(names - plain) if not re.search(rf"\.{name}\b", STYLES)] == []
    assert not re.search(r"#[0-9a-f]{3,6}\b", STYLES)  # colours are the page's variables, for light and dark


def test_facts_tell_methods_apart() -> None:
    told = {paper: facts(diagram(paper)) for paper in RUNNABLE}
    assert told["byol"]["Weights of the other arm"] == "a moving average of the trained weights"
    assert told["simsiam"]["Weights of the other arm"] == "shared"
    assert told["simsiam"]["Stop-gradient"] == "on z₂"
    assert told["simclr"]["Stop-gradient"] == ""
    assert told["raft"]["Predictor"] == "on 2 arms"
    assert told["simclr"]["What is compared"] != told["moco-v2"]["What is compared"]
    alike = {"byol-a": "byol", "graph-bt": "barlow-twins"}  # the same loss on another kind of data
    words = {paper: "; ".join(facts.values()) for paper, facts in told.items() if paper not in alike}
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ARMS + LOSS.replace("[p, z]", "[p, zz]"), "found 'zz', expected an output of `arms`: p, z."),
        (
            ARMS + LOSS.replace("[p, z]", "[p]"),
            "found no term with 'z', expected that every output is compared.",
        ),
        (ARMS.replace("output: p", "output: z") + LOSS, "found 'z' twice as an output"),
        (ARMS.replace("[encoder, projector, predictor]", "[projector, encoder]") + LOSS, "in order"),
        (ARMS.replace("[encoder, projector, predictor]", "[encoder, encoder]") + LOSS, "in order"),
        (
            ARMS + LOSS[:-1] + ", {between: [p, z], kind: pair, name: Twice, formula: x}]",
            "terms that overlap",
        ),
        (ARMS + LOSS.replace("pair", "pare"), "pair"),
        (ARMS + LOSS.replace("Predict,", f"{'long ' * 9},"), "at most 36 characters"),
        (ARMS.replace("average", "slow") + LOSS, "average"),
    ],
)
def test_what_cannot_be_drawn_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(CatalogFileError, match=re.escape(sentence)):
        made(text)


def test_text_that_means_something_elsewhere_is_shown_as_it_is() -> None:
    """In the picture every letter of an entry is text, and nothing that it says becomes an element."""
    said = "</text><a onload=x>&amp;"
    root = drawing(made(ARMS + LOSS.replace("name: Predict", f'name: "{said}"')))
    shown = "".join("".join(node.itertext()) for node in root.iter("text") if node.attrib["class"] == "asks")
    assert shown.replace(" ", "") == said.replace(" ", "")
    assert {node.tag for node in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "rect",
        "circle",
        "text",
    }


def test_the_guide_shows_one_that_can_be_drawn() -> None:
    guide = (site_root().parent / "CONTRIBUTING.md").read_text("utf-8")
    block = re.search(r"```yml\ndiagram:\n(.*?)```", guide, re.DOTALL)
    assert block is not None
    assert made(textwrap.dedent(block[1])) == diagram("simsiam")


def test_a_paper_needs_no_picture() -> None:
    assert any(paper.diagram is None for paper in CATALOG.papers)
    assert not Paper.model_fields["diagram"].is_required()


def test_the_line_of_a_loss_is_found() -> None:
    line, name = line_of_method("repro.learning.methods.simsiam", "loss")
    assert name == "SimSiam.loss"
    assert piece("repro.learning.methods.simsiam", name).startswith("def loss(")
    source = site_root().parent / "repro" / "learning" / "methods" / "simsiam.py"
    assert source.read_text("utf-8").splitlines()[line - 1].strip().startswith("def loss(")
    with pytest.raises(LookupError, match="no class with a method losses"):
        line_of_method("repro.learning.methods.simsiam", "losses")
