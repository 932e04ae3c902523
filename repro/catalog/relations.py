"""The relations between papers, gathered once for all who show them: as stated, and from the other side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import RelationType


@dataclass(frozen=True, slots=True)
class RelationRow:
    """What the paper ``source`` does to ``target``, which is a paper's id, or ``arxiv:`` and an arXiv id."""

    source: str
    source_name: str
    kind: str  # a relation type's id
    words: str  # the same as people say it: "simplifies", "is simplified by"
    target: str
    target_name: str  # its id again if it is not in the catalog
    note: str

    @property
    def is_known(self) -> bool:
        """True if the target is a paper of the catalog."""
        return not self.target.startswith("arxiv:")


def stated(catalog: Catalog, papers: Sequence[Paper]) -> Iterator[RelationRow]:
    """Every relation of these papers, which are those of the catalog in some order, as its paper states it.

    A target among them goes by its id and name, whichever way the relation names it.
    """
    types = catalog.vocabulary("relations")
    names = {paper.id: paper.name for paper in papers}
    ids = {f"arxiv:{paper.ids.arxiv}": paper.id for paper in papers if paper.ids.arxiv}
    for paper in papers:
        for relation in paper.relations:
            words = types[relation.type].name if relation.type in types else relation.type
            target = ids.get(relation.to, relation.to)
            row = (relation.type, words, target, names.get(target, target), relation.note or "")
            yield RelationRow(paper.id, paper.name, *row)


def turned(catalog: Catalog, row: RelationRow) -> RelationRow | None:
    """The same relation from the other paper's side; None if the vocabulary does not know what that is."""
    types = catalog.vocabulary("relations")
    word = types.get(row.kind)
    if not isinstance(word, RelationType) or word.inverse not in types:
        return None
    words = types[word.inverse].name
    return RelationRow(
        row.target, row.target_name, word.inverse, words, row.source, row.source_name, row.note
    )


def inverses(catalog: Catalog, papers: Sequence[Paper]) -> dict[str, tuple[RelationRow, ...]]:
    """For each paper, what these papers state to it, from its own side."""
    rows: dict[str, list[RelationRow]] = {paper.id: [] for paper in papers}
    for row in stated(catalog, papers):
        back = turned(catalog, row)
        if back and back.source in rows:
            rows[back.source].append(back)
    return {paper: tuple(found) for paper, found in rows.items()}


def by_paper(catalog: Catalog, papers: Sequence[Paper]) -> dict[str, tuple[RelationRow, ...]]:
    """For each paper what it does to others, then what others do to it, both in the order of these papers."""
    rows: dict[str, list[RelationRow]] = {paper.id: [] for paper in papers}
    for row in stated(catalog, papers):
        rows[row.source].append(row)
    backs = inverses(catalog, papers)
    return {paper: (*forth, *backs[paper]) for paper, forth in rows.items()}
