"""The report of one run: what came out, how it got there, what it looks like, and how to get it again.

All that is said of the paper is treated as text from a stranger and escaped on the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from repro.catalog.prose import join_words, plural
from repro.catalog.settings.fidelity import Comparison
from repro.catalog.settings.layers import flatten
from repro.evidence.pictures import NamedNeighbours, Neighbours, ViewSheets
from repro.evidence.run import Run
from repro.report.drawing.scatter import class_name, feature_map
from repro.report.drawing.sounds import wav_uri
from repro.report.drawing.sprites import SpriteSheet, pack_tiles
from repro.report.page import fill
from repro.report.run_charts import bars, curves
from repro.report.words import decimal, result_sentence, warnings

MOST_ORIGINALS = 12
MOST_QUERIES = 12


@dataclass(frozen=True)
class PaperLink:
    """One address of the paper: ``role`` is a short word such as ``paper`` or ``official-code``."""

    role: str
    url: str
    note: str = ""

    @property
    def is_safe(self) -> bool:
        """True if the address may become a link: http or https, with a host."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.netloc)


@dataclass(frozen=True)
class PaperFacts:
    """The facts of a paper that a report shows; ``bibtex`` is printed as it is given."""

    id: str
    name: str
    title: str = ""
    idea: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    arxiv: str = ""
    doi: str = ""
    links: tuple[PaperLink, ...] = ()
    bibtex: str = ""


@dataclass(frozen=True)
class Tile:
    """One image of a sprite sheet, its text alternative, and true if it is right (None: no labels).

    ``sound`` is the data URI of what a spectrogram shows; empty where there is nothing to listen to.
    """

    sheet: SpriteSheet
    index: int
    label: str
    right: bool | None = None
    name: str = ""
    similarity: str = ""
    sound: str = ""


@dataclass(frozen=True)
class NamedRow:
    """An example by name and class, and the nearest others: (name, class, similarity, true if right)."""

    name: str
    topic: str
    others: tuple[tuple[str, str, str, bool], ...]


@dataclass(frozen=True)
class TileRow:
    """An image and those that go with it: its views, or its nearest neighbours."""

    first: Tile
    others: tuple[Tile, ...]


def render_run(run: Run, *, paper: PaperFacts, fidelity: Sequence[Comparison] = ()) -> str:
    """The page as one HTML text: the same run gives the same bytes."""
    pictures, unit = run.pictures, run.summary.data.unit
    views = _view_rows(pictures.views) if pictures.views else ()
    neighbours = _neighbour_rows(pictures.neighbours, run) if pictures.neighbours else ()
    if sounds := pictures.sounds:
        views = _with_sound(views, sounds.originals, sounds.rate)
        neighbours = _with_sound(neighbours, sounds.queries, sounds.rate)
    tiles = [tile for row in (*views, *neighbours) for tile in (row.first, *row.others)]
    changed = {override.partition("=")[0] for override in run.config.overrides}
    why = "Set on the command line of this run."  # whatever the recipe gives as its reason
    rows = [replace(row, why=why) if row.differs and row.key in changed else row for row in fidelity]
    values = {
        "run": run,
        "paper": paper,
        "citation": citation(paper),
        "verdict": result_sentence(run),
        "warnings": warnings(run),
        "bars": bars(run),
        "curves": curves(run),
        "views": views,
        "neighbours": neighbours,
        "words": _named_rows(pictures.named, run.summary.classes) if pictures.named else (),
        "named": any(len(tile.name) > 2 for row in neighbours for tile in row.others),
        "agreement": _agreement_sentence(neighbours, unit),
        "map": feature_map(pictures.map, run.summary.classes, unit=unit) if pictures.map else None,
        "unit": unit,
        "heard": any(row.first.sound for row in (*views, *neighbours)),
        "sheets": list({tile.sheet.name: tile.sheet for tile in tiles}.values()),
        "differing": [row for row in rows if row.differs],
        "same": [row for row in rows if not row.differs],
        "settings": list(flatten(run.config.config)),
        "coded": any(row.differs and row.code is not None for row in rows),
        "changed": changed,
        "use": use_commands(run) if run.finished and unit == "image" else (),  # they take images
    }
    return fill("run.html.j2", values)


def use_commands(run: Run) -> tuple[str, ...]:
    """What can be done with the trained encoder of a run, as commands."""
    folder = quote(str(run.folder))
    return (
        f"repro embed {folder} PATH --out features.npz",
        f"repro neighbours {folder} IMAGE",
        f"repro probe {folder} --data PATH",
        f"repro export {folder} --to timm DIR",
    )


def citation(paper: PaperFacts) -> str:
    """A reference in one line: authors, title, venue and year, identifier; parts not known are left out."""
    authors: Sequence[str] = paper.authors
    if len(authors) > 6:
        authors = [*authors[:2], f"{len(authors) - 2} others"]
    identifier = f"doi:{paper.doi}" if paper.doi else f"arXiv:{paper.arxiv}" if paper.arxiv else ""
    date = " ".join(part for part in (paper.venue, str(paper.year or "")) if part)
    parts = (join_words(authors), paper.title or paper.name, date, identifier)
    return "".join(f"{part}. " for part in parts if part).strip()


def _view_rows(pictures: ViewSheets) -> tuple[TileRow, ...]:
    """Each training image with the views made of it."""
    count, per_image = min(len(pictures.originals), MOST_ORIGINALS), pictures.views.shape[1]
    originals = pack_tiles("originals", pictures.originals[:count])
    shape = (count * per_image, *pictures.views.shape[2:])
    views = pack_tiles("views", pictures.views[:count].reshape(shape))
    return tuple(
        TileRow(
            Tile(originals, i, f"original {i + 1}"),
            tuple(
                Tile(views, i * per_image + j, f"view {j + 1} of original {i + 1}") for j in range(per_image)
            ),
        )
        for i in range(count)
    )


def _with_sound(rows: Sequence[TileRow], clips: NDArray[np.int16], rate: int) -> tuple[TileRow, ...]:
    """The rows, each with the clip that its first picture shows; as they are if no clips were kept."""
    if len(clips) < len(rows):
        return tuple(rows)
    pairs = zip(rows, clips, strict=False)
    return tuple(TileRow(replace(row.first, sound=wav_uri(clip, rate)), row.others) for row, clip in pairs)


def _neighbour_rows(pictures: Neighbours, run: Run) -> tuple[TileRow, ...]:
    """Each test example with its nearest training examples."""
    classes = run.summary.classes
    count, nearest = min(len(pictures.query), MOST_QUERIES), pictures.neighbours.shape[1]
    queries = pack_tiles("queries", pictures.query[:count])
    shape = (count * nearest, *pictures.neighbours.shape[2:])
    sheet = pack_tiles("neighbours", pictures.neighbours[:count].reshape(shape))
    rows = []
    for i in range(count):
        name = "" if pictures.query_label is None else class_name(classes, int(pictures.query_label[i]))
        first = Tile(
            queries, i, f"test {run.summary.data.unit} {i + 1}{f', class {name}' if name else ''}", name=name
        )
        tiles = (_neighbour(pictures, classes, (i, j), sheet) for j in range(nearest))
        rows.append(TileRow(first, tuple(tiles)))
    return tuple(rows)


def _neighbour(
    pictures: Neighbours, classes: Sequence[str], place: tuple[int, int], sheet: SpriteSheet
) -> Tile:
    """The neighbour at (query, rank), with the class of its label if there are labels."""
    query, rank = place
    index = query * pictures.neighbours.shape[1] + rank
    similarity = decimal(float(pictures.similarity[place]), 3)
    label = f"neighbour {rank + 1}, similarity {similarity}"
    if pictures.query_label is None or pictures.neighbour_label is None:
        return Tile(sheet, index, label, similarity=similarity)
    own = int(pictures.neighbour_label[place])
    right, name = own == int(pictures.query_label[query]), class_name(classes, own)
    label = f"{label}, class {name}: {'right' if right else 'wrong'}"
    return Tile(sheet, index, label, right, name, similarity)


def _named_rows(named: NamedNeighbours, classes: Sequence[str]) -> tuple[NamedRow, ...]:
    """Each test example with its nearest others, in words."""
    rows = []
    for i, name in enumerate(named.query[:MOST_QUERIES]):
        own = int(named.query_label[i])
        others = tuple(
            (near, class_name(classes, int(label)), decimal(float(similarity), 3), int(label) == own)
            for near, label, similarity in zip(
                named.neighbours[i], named.neighbour_label[i], named.similarity[i], strict=True
            )
        )
        rows.append(NamedRow(name, class_name(classes, own), others))
    return tuple(rows)


def _agreement_sentence(rows: Sequence[TileRow], unit: str) -> str:
    """The count of neighbours on the page that are right, as a sentence; empty without labels."""
    answers = [tile.right for row in rows for tile in row.others if tile.right is not None]
    if not answers:
        return ""
    count = f"{sum(answers)} of the {plural(len(answers), 'neighbour')} shown here"
    return f"{count} {'has' if sum(answers) == 1 else 'have'} the class of their test {unit}."
