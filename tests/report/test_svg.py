"""The charts, the sprite sheets and the words of a report, without a run folder."""

import base64
import io
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from repro.files import site_root
from repro.report.drawing.chart import Bar, Line, ReferenceLine, bar_chart, line_chart, smooth, thin
from repro.report.drawing.scatter import Glyphs, scatter
from repro.report.drawing.sprites import BUDGET, pack_tiles
from repro.report.drawing.svg import nice_ticks, pad_range, tick_labels
from repro.report.run import PaperFacts, PaperLink, citation
from repro.report.words import decimal, duration, memory, percent, plain, significant


def test_ticks_are_round_and_inside() -> None:
    assert nice_ticks(0, 1) == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert nice_ticks(-1.02, 0.03) == (-1.0, -0.75, -0.5, -0.25, 0.0)
    assert nice_ticks(0, 1050) == (0, 250, 500, 750, 1000)


@pytest.mark.parametrize("low", [-3.7e5, -1.0, 0.0, 0.123, 7e9])
@pytest.mark.parametrize("width", [0.0, 1e-3, 1.0, 97.0, 1e6])
def test_there_are_always_a_few_ticks(low: float, width: float) -> None:
    ticks = nice_ticks(low, low + width)
    assert 2 <= len(ticks) <= 12
    assert list(ticks) == sorted(set(ticks))


def test_tick_labels_share_their_decimals() -> None:
    assert tick_labels((0.0, 0.25, 0.5)) == ("0.00", "0.25", "0.50")
    assert tick_labels((-1.0, 0.0)) == ("−1", "0")
    assert tick_labels((0.0, 20000.0)) == ("0", "20k")


def test_padding_ignores_what_is_not_finite() -> None:
    low, high = pad_range([1.0, math.nan, 3.0, math.inf])
    assert low < 1 < 3 < high < 4
    assert pad_range([math.nan]) == (0.0, 1.0)


def test_thinning_keeps_spikes_and_ends() -> None:
    points = [(float(x), 0.0) for x in range(5000)]
    points[2503] = (2503.0, 9.0)
    kept = thin(points)
    assert len(kept) < 400
    assert (2503.0, 9.0) in kept
    assert kept[-1] == points[-1]


def test_smoothing_is_a_centred_mean() -> None:
    points = [(float(x), float(x % 2)) for x in range(100)]
    assert smooth(points, share=0.04)[50][1] == pytest.approx(0.4)
    assert smooth(points)[0] == points[0]


def test_a_value_that_is_not_finite_breaks_the_line() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, math.nan), (3.0, 1.0), (4.0, 2.0)]
    svg = line_chart("x", "t", "d", [Line("a", points)], x_label="step")
    path = ElementTree.fromstring(svg).find(".//path")  # noqa: S314 - our own text
    assert path is not None
    assert path.attrib["d"].count("M") == 2
    assert "nan" not in svg


def test_charts_are_xml_with_escaped_text() -> None:
    evil = '<script>"&'
    line = line_chart(
        "a", evil, evil, [Line(evil, [(0, 1), (1, 2)])], x_label=evil, references=[ReferenceLine(evil, 1.5)]
    )
    bars = bar_chart("b", evil, evil, [Bar(evil, 0.5, evil)], chance=0.1)
    dots = scatter("c", evil, evil, [Glyphs(evil, evil, "c0", [(0.2, 0.3)])])
    for svg in (line, bars, dots):
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
        assert root.attrib["aria-labelledby"].split() == [
            f"{root[0].attrib['id']}",
            f"{root[1].attrib['id']}",
        ]
        assert (root[0].text, root[1].text) == (evil, evil)
        assert "<script" not in svg


def test_a_bar_never_leaves_its_track() -> None:
    svg = bar_chart("b", "t", "d", [Bar("low", -0.5, "", "ours"), Bar("high", 1.7, "", "ours")])
    tracks = [float(width) for width in re.findall(r'class="track"[^>]*width="([\d.]+)"', svg)]
    bars = [float(width) for width in re.findall(r'class="bar ours"[^>]*width="([\d.]+)"', svg)]
    assert bars == [0.0, tracks[1]]


def test_names_on_the_map_keep_apart() -> None:
    same = [Glyphs(str(i), str(i), "c0", [(0.5, 0.5)]) for i in range(10)]
    places = re.findall(r'class="place c0 k\d+" x="([\d.]+)" y="([\d.]+)"', scatter("m", "t", "d", same))
    spots = [(float(x), float(y)) for x, y in places]
    assert len(spots) == 10
    assert min(math.dist(a, b) for a in spots for b in spots if a is not b) > 40


def _decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))


@pytest.mark.parametrize("channels", [1, 3])
def test_small_tiles_survive_on_the_sheet(channels: int) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (7, channels, 5, 6), np.uint8)
    made = pack_tiles("s", tiles)
    pixels = np.asarray(_decoded(made.uri)).reshape(made.rows * 7, made.columns * 8, channels)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, made.columns)
        found = pixels[row * 7 + 1 : row * 7 + 6, column * 8 + 1 : column * 8 + 7]
        assert np.array_equal(found, np.moveaxis(tile, 0, -1))


def test_css_position_lands_on_the_tile() -> None:
    made = pack_tiles("s", np.zeros((9, 1, 24, 24), np.uint8))
    across = [float(part.rstrip("%")) / 100 for part in made.size.split()]
    for index in range(9):
        shares = [float(part.rstrip("%")) / 100 for part in made.position(index).split()]
        # CSS: the offset of the picture is (box - picture) * share, in boxes of one tile.
        offset = [(1 - size) * share * 24 for size, share in zip(across, shares, strict=True)]
        assert offset == pytest.approx([-(index % 3 * 26 + 1), -(index // 3 * 26 + 1)], abs=0.01)


def test_large_pictures_are_made_smaller() -> None:
    made = pack_tiles("s", np.random.default_rng(0).integers(0, 256, (16, 3, 200, 200), np.uint8))
    assert made.width == made.height < 200
    assert len(made.uri) < 1.6 * BUDGET


def test_numbers_as_words() -> None:
    assert percent(0.8425) == "84\u00a0%"
    assert percent(0.8425, 1) == "84.2\u00a0%"
    assert percent(None) == percent(math.nan) == decimal(math.inf) == "–"
    assert decimal(-0.5) == "−0.50"
    assert [significant(x) for x in (0.0, 0.08123, 3.2, 1240.0)] == ["0", "0.0812", "3.20", "1240"]
    assert [duration(x) for x in (3.14, 98.2, 200, 7300)] == [
        "3.1\u00a0s", "98\u00a0s", "3\u00a0min 20\u00a0s", "2\u00a0h 1\u00a0min",
    ]  # fmt: skip
    assert memory(431 * 2**20) == "431\u00a0MiB"
    assert [plain(x) for x in (None, True, 0.5, [0.2, 1.0], "sgd")] == ["–", "yes", "0.5", "[0.2, 1]", "sgd"]


def test_citation_leaves_out_what_is_not_known() -> None:
    assert citation(PaperFacts("x", "X")) == "X."
    full = PaperFacts("x", "X", "Title", "", ("A B", "C D", "E F"), 2021, "CVPR", "2011.10566", "10.1/2")
    assert citation(full) == "A B, C D and E F. Title. CVPR 2021. doi:10.1/2."


def test_only_web_addresses_become_links() -> None:
    assert PaperLink("paper", "https://example.org/x").is_safe
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://[",
        "file:///secret.txt",
    ):
        assert not PaperLink("paper", url).is_safe


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_text_has_contrast(palette: str) -> None:
    source = Path(site_root() / "report" / f"{palette}.css").read_text("utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", source))
    for name in ("ink", "soft", "ours", "link", "good", "bad", *(f"c{i}" for i in range(10))):
        for ground in ("paper", "panel"):
            assert _contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert _contrast(colours["warn"], colours["warn-wash"]) >= 4.5
    for name in ("pixels", "untrained"):  # bars: WCAG asks 3:1 of graphics
        assert _contrast(colours[name], colours["paper"]) >= 3, name
