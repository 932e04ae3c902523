"""The report of one run: what came out, how it got there, what it looks like, and how to get it again."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from repro.catalog.prose import plural
from repro.evidence.pictures import Neighbours, Views
from repro.evidence.run import RunView
from repro.report._paper import FidelityRow, PaperView, citation
from repro.report.charts import bars, curves
from repro.report.drawing._maps import class_name, feature_map
from repro.report.drawing.sprites import Sheet, sheet
from repro.report.page import fill
from repro.report.words import decimal, verdict, warnings

MOST_ORIGINALS = 12
MOST_QUERIES = 12


@dataclass(frozen=True)
class Tile:
    """One image of a sheet: its place, what it shows in words, and whether it is right (None: not judged)."""

    sheet: Sheet
    index: int
    label: str
    right: bool | None = None
    name: str = ""
    similarity: str = ""


@dataclass(frozen=True)
class TileRow:
    """An image and those that go with it: its views, or its nearest neighbours."""

    first: Tile
    others: tuple[Tile, ...]


def render_run(run: RunView, *, paper: PaperView, fidelity: Sequence[FidelityRow] = ()) -> str:
    """The page as one HTML text: the same run gives the same bytes."""
    pictures = run.pictures
    views = _views(pictures.views) if pictures.views else ()
    neighbours = _neighbours(pictures.neighbours, run.summary.classes) if pictures.neighbours else ()
    changed = {override.partition("=")[0] for override in run.config.overrides}
    rows = [_explained(row, changed) for row in fidelity]
    values = {
        "run": run,
        "paper": paper,
        "citation": citation(paper),
        "verdict": verdict(run),
        "warnings": warnings(run),
        "bars": bars(run),
        "curves": curves(run),
        "views": views,
        "neighbours": neighbours,
        "named": any(len(tile.name) > 2 for row in neighbours for tile in row.others),
        "agreement": _agreement(neighbours),
        "map": feature_map(pictures.map, run.summary.classes) if pictures.map else None,
        "sheets": _sheets([*views, *neighbours]),
        "differing": [row for row in rows if row.differs],
        "same": [row for row in rows if not row.differs],
        "settings": list(flat(run.config.config)),
        "coded": any(row.differs and row.code is not None for row in rows),
        "changed": changed,
    }
    return fill("run.html.j2", values)


def flat(config: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """A nested configuration as (dotted key, value), in its own order."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _explained(row: FidelityRow, changed: Set[str]) -> FidelityRow:
    """A difference that the command of this run made says so, whatever the recipe gives as its reason."""
    if not row.differs or row.key not in changed:
        return row
    why = "Set on the command line of this run."
    return FidelityRow(row.key, row.paper, row.code, row.ours, row.differs, why)


def _views(found: Views) -> tuple[TileRow, ...]:
    count, views = min(len(found.originals), MOST_ORIGINALS), found.views.shape[1]
    originals = sheet("originals", found.originals[:count])
    made = sheet("views", found.views[:count].reshape(count * views, *found.views.shape[2:]))
    return tuple(
        TileRow(
            Tile(originals, i, f"original {i + 1}"),
            tuple(Tile(made, i * views + j, f"view {j + 1} of original {i + 1}") for j in range(views)),
        )
        for i in range(count)
    )


def _neighbours(found: Neighbours, classes: Sequence[str]) -> tuple[TileRow, ...]:
    count, nearest = min(len(found.query), MOST_QUERIES), found.neighbours.shape[1]
    queries = sheet("queries", found.query[:count])
    near = sheet("neighbours", found.neighbours[:count].reshape(count * nearest, *found.neighbours.shape[2:]))
    rows = []
    for i in range(count):
        label = None if found.query_label is None else int(found.query_label[i])
        name = "" if label is None else class_name(classes, label)
        first = Tile(queries, i, f"test image {i + 1}{f', class {name}' if name else ''}", name=name)
        tiles = (Tile(near, i * nearest + j, "") for j in range(nearest))
        others = (_neighbour(found, classes, (i, j), tile) for j, tile in enumerate(tiles))
        rows.append(TileRow(first, tuple(others)))
    return tuple(rows)


def _neighbour(found: Neighbours, classes: Sequence[str], place: tuple[int, int], tile: Tile) -> Tile:
    similarity = decimal(float(found.similarity[place]), 3)
    said = f"neighbour {place[1] + 1}, similarity {similarity}"
    if found.query_label is None or found.neighbour_label is None:
        return Tile(tile.sheet, tile.index, said, similarity=similarity)
    own = int(found.neighbour_label[place])
    right, name = own == int(found.query_label[place[0]]), class_name(classes, own)
    said = f"{said}, class {name}: {'right' if right else 'wrong'}"
    return Tile(tile.sheet, tile.index, said, right, name, similarity)


def _agreement(rows: Sequence[TileRow]) -> str:
    """How many of the neighbours shown are right, in words; empty without labels."""
    judged = [tile.right for row in rows for tile in row.others if tile.right is not None]
    if not judged:
        return ""
    shown = f"{sum(judged)} of the {plural(len(judged), 'neighbour')} shown here"
    return f"{shown} {'has' if sum(judged) == 1 else 'have'} the class of their test image."


def _sheets(rows: Sequence[TileRow]) -> list[Sheet]:
    found = {tile.sheet.name: tile.sheet for row in rows for tile in (row.first, *row.others)}
    return list(found.values())
