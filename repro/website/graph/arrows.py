"""The edges of the relation graph: arrows from the paper that does something to the one it is done to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from repro.catalog.catalog import Catalog
from repro.catalog.records.vocabulary import RelationType
from repro.catalog.relations import RelationRow, stated, turned
from repro.website.graph.places import order_of


@dataclass(frozen=True)
class Style:
    """A line style: the relation types drawn with it, and what they have in common."""

    name: str
    says: str
    kinds: tuple[str, ...]


# From the strongest bond to the weakest. Two papers have one line; it takes the style of the strongest.
STYLES = (
    Style("solid", "carries it on", ("builds-on", "extends", "simplifies", "supersedes")),
    Style("dashed", "makes use of it", ("borrows-from", "applies", "reproduces")),
    Style("dotted", "gives an account of it", ("explains", "unifies", "contradicts", "surveys")),
    Style("thin", "stands beside it", ("compares", "concurrent-with")),
)
RANKS = {kind: rank for rank, style in enumerate(STYLES) for kind in style.kinds}


def rank_of(kind: str) -> int:
    """The index in :data:`STYLES` of a relation type; the last for one that is not named there."""
    return RANKS.get(kind, len(STYLES) - 1)


@dataclass(frozen=True)
class Arrow:
    """An edge: the relation types from ``source`` to ``target``, as the vocabulary orders them, and notes."""

    source: str
    target: str
    kinds: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """The index in :data:`STYLES` that the line is drawn with."""
        return min(map(rank_of, self.kinds))

    @property
    def ends(self) -> frozenset[str]:
        """Both papers."""
        return frozenset((self.source, self.target))


@lru_cache(maxsize=4)
def relation_rows(catalog: Catalog) -> tuple[RelationRow, ...]:
    """Every stated relation, turned so that the paper that acts comes first; newest papers first.

    Relations that ``repro check`` refuses are left out: an unknown type or paper, a paper and
    itself.
    """
    types = _types(catalog)
    papers = sorted(catalog.papers, key=order_of)
    age = {paper.id: place for place, paper in enumerate(papers)}
    rows = {
        _from_actor(catalog, row, age)
        for row in stated(catalog, papers)
        if row.kind in types and row.target != row.source and (row.target in age or not row.is_known)
    }
    order = {kind: place for place, kind in enumerate(types)}
    return tuple(sorted(rows, key=lambda row: (-age[row.source], order[row.kind], row.target, row.note)))


def _from_actor(catalog: Catalog, row: RelationRow, age: Mapping[str, int]) -> RelationRow:
    """The relation from one side: of a type and its inverse, the one that the vocabulary names first."""
    back, order = turned(catalog, row), list(_types(catalog))
    if back is None or not row.is_known:
        return row
    passive = order.index(back.kind) < order.index(row.kind)
    mutual = back.kind == row.kind and age[row.source] < age[row.target]
    return back if passive or mutual else row


def _types(catalog: Catalog) -> dict[str, RelationType]:
    words = catalog.vocabulary("relations").items()
    return {kind: word for kind, word in words if isinstance(word, RelationType)}


def words_of(catalog: Catalog, kind: str) -> str:
    """A relation type as people say it."""
    return _types(catalog)[kind].name


def label(catalog: Catalog, kind: str, *, inverse: bool = False) -> str:
    """A relation type as short as it can stand on a line: `is concurrent with` becomes `concurrent`."""
    types = _types(catalog)
    word = types.get(types[kind].inverse, types[kind]) if inverse else types[kind]
    return word.name.removeprefix("is ").removeprefix("the ").removesuffix(" with")


@lru_cache(maxsize=4)
def arrows(catalog: Catalog) -> tuple[Arrow, ...]:
    """One arrow for every ordered pair of papers of the catalog that are related, sorted."""
    order = list(_types(catalog))
    by_ends: dict[tuple[str, str], list[RelationRow]] = {}
    for row in relation_rows(catalog):
        if row.is_known:
            by_ends.setdefault((row.source, row.target), []).append(row)
    return tuple(
        Arrow(
            *ends,
            tuple(sorted({row.kind for row in rows}, key=order.index)),
            tuple(dict.fromkeys(row.note for row in rows if row.note)),
        )
        for ends, rows in sorted(by_ends.items())
    )


@lru_cache(maxsize=4)
def _arrows_by_paper(catalog: Catalog) -> dict[str, list[Arrow]]:
    by_paper: dict[str, list[Arrow]] = {}
    for arrow in arrows(catalog):
        for paper in arrow.ends:
            by_paper.setdefault(paper, []).append(arrow)
    return by_paper


def arrows_of(catalog: Catalog, paper: str) -> list[Arrow]:
    """The arrows that start or end at a paper, sorted."""
    return _arrows_by_paper(catalog).get(paper, [])


def neighbourhood(catalog: Catalog, paper: str) -> set[str]:
    """The paper and every paper of the catalog that it is related to, whichever of the two says so."""
    return {paper}.union(*(arrow.ends for arrow in arrows_of(catalog, paper)))
