"""What a drawing of papers says and where, read back from its SVG; and catalogs made up to draw."""

import random
import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

from repro.catalog.catalog import Catalog
from repro.files import catalog_root, site_root
from repro.website.graph.text import text_width
from tests.support import toy_catalog

STYLES = (site_root() / "assets" / "css" / "graph.css").read_text("utf-8")
RULES = dict(re.findall(r"^(?:svg\.graph |text)\.(\w+) \{([^}]*)", STYLES, re.MULTILINE))
SIZES = {kind: float(size[1]) for kind in RULES if (size := re.search(r"font-size: ([\d.]+)px", RULES[kind]))}
BOLD = {kind for kind, rule in RULES.items() if "font-weight: 600" in rule}
ANCHORS = {kind: side[1] for kind in RULES if (side := re.search(r"text-anchor: (\w+)", RULES[kind]))}


@dataclass(frozen=True)
class Area:
    """A rectangle and what is in it."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > 0 and min(self.bottom, other.bottom) - max(self.top, other.top) > 0

    def holds(self, other: "Area") -> bool:
        return self.left <= other.left and other.right <= self.right and self.top <= other.top <= self.bottom


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def text_area(node: ElementTree.Element, *, strong: bool = False) -> Area:
    """Where a text stands: its width estimated, from the height of capitals to a little under the line."""
    kind = node.attrib["class"]
    said, size = node.text or "", SIZES[kind]
    bold = kind in BOLD or (strong and kind == "beside")
    width = text_width(said, size, bold=bold)
    x, y = float(node.attrib["x"]), float(node.attrib["y"])
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[ANCHORS.get(kind, "start")]
    return Area(said, left, y - 0.76 * size, left + width, y + 0.22 * size)


def box_area(node: ElementTree.Element) -> Area:
    x, y, width, height = (float(node.attrib[key]) for key in ("x", "y", "width", "height"))
    return Area("box", x, y, x + width, y + height)


def dot_area(node: ElementTree.Element) -> Area:
    x, y, radius = (float(node.attrib[key]) for key in ("cx", "cy", "r"))
    return Area("dot", x - radius, y - radius, x + radius, y + radius)


def hidden(root: ElementTree.Element) -> set[ElementTree.Element]:
    """What shows only while a paper is pointed at."""
    return {part for near in root.iterfind(".//g[@class='near']") for part in near.iter()}


def clashes(areas: list[Area]) -> list[tuple[str, str]]:
    return [(one.what, other.what) for one, other in combinations(areas, 2) if one.meets(other)]


def stretches(path: str) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight parts of a line; its rounded corners are taken as the corners they replace."""
    points = [tuple(map(float, pair.split())) for pair in re.findall(r"[MLQ ]?(-?[\d.]+ -?[\d.]+)", path)]
    return [((one[0], one[1]), (other[0], other[1])) for one, other in pairwise(points)]


def made_up(folder: Path, count: int, seed: int, *, degree: float = 2.0) -> Catalog:
    """A catalog of ``count`` papers with random years, families and relations, in the real words."""
    dice = random.Random(seed)
    real = Catalog.load()
    families = [*list(real.vocabulary("tags")["family"].values), None]  # type: ignore[attr-defined]
    kinds = list(real.vocabulary("relations"))
    ids = [f"paper-{number}" for number in range(count)]
    files = {f"papers/{id}.yaml": _paper(dice, ids, id, families, kinds, degree) for id in ids}
    files |= {f"vocab/{path.name}": path.read_text("utf-8") for path in (catalog_root() / "vocab").iterdir()}
    return Catalog.load(toy_catalog.write(folder / "catalog", files), toy_catalog.shared_signatures())


def _paper(
    dice: random.Random, ids: list[str], id: str, families: list[str | None], kinds: list[str], degree: float
) -> str:
    year, month, family = dice.randint(2014, 2024), dice.randint(1, 12), dice.choice(families)
    name = " ".join(
        dice.choices(
            ["SimCLR", "of", "VeryLongCompound", "non-contrastive", "MoCo", "v2"], k=dice.randint(1, 4)
        )
    )
    arxiv = (
        f"ids: {{arxiv: '{year % 100:02d}{month:02d}.{dice.randint(0, 9999):0{5 if year > 2014 else 4}d}'}}"
        if dice.random() < 0.8
        else "ids: {}"
    )
    others = dice.sample(ids, min(len(ids), dice.randint(0, round(2 * degree))))
    stated = [f"  - {{type: {dice.choice(kinds)}, to: {other}}}" for other in others if other != id]
    lines = [
        f"schema: 1\nid: {id}\nname: {name}\ntitle: On {name}\nyear: {year}\nvenue: arxiv",
        f"authors: [{{name: Ada Lovelace}}]\nstatus: preprint\ndepth: short\nadded: '2026-11-24'\n{arxiv}",
        f"abstract: {{en: {toy_catalog.ABSTRACT}}}\nidea: {{en: Play.}}",
        f"tags: {{family: [joint-embedding, {family}]}}" if family else "tags: {modality: [image]}",
        *(["relations:", *stated] if stated else []),
    ]
    return "\n".join([*lines, ""])
