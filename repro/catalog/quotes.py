"""What papers say of each other's methods, beside what those say of themselves."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from repro.catalog.records.paper import Paper, Reported


@dataclass(frozen=True, slots=True)
class Quotation:
    """A value that a paper gives of another one's method, and what that paper gives for the same cell."""

    paper: Paper
    value: Reported
    owner: Paper
    original: Reported

    @property
    def difference(self) -> float:
        """The value less the original one, in their unit."""
        return float(self.value.value) - float(self.original.value)

    @property
    def differs(self) -> bool:
        """True if the two papers print different numbers."""
        return self.difference != 0


def quotations(papers: Iterable[Paper]) -> Iterator[Quotation]:
    """Every value of another paper's method whose own paper fills the same cell with its method as it is.

    The same cell is the same data, split, protocol, metric, encoder and epochs, and the same batch where both
    give one. A value that a note of its own paper sets apart, such as one of an ablation, is no original.
    """
    entries = {paper.id: paper for paper in papers}
    originals: dict[Hashable, list[Reported]] = defaultdict(list)
    for paper in entries.values():
        for value in paper.reported:
            if value.of is None and value.setting.note is None:
                originals[paper.id, _cell(value)].append(value)
    for paper in entries.values():
        for value in paper.reported:
            for original in originals.get((value.of, _cell(value)), ()):
                batches = {value.setting.batch, original.setting.batch} - {None}
                if len(batches) < 2 and value.of is not None:
                    yield Quotation(paper, value, entries[value.of], original)


def _cell(value: Reported) -> Hashable:
    """What two values must have in common to be of one cell."""
    what = (value.task, value.dataset, value.split, value.protocol, value.metric, value.unit)
    return what, value.setting.backbone, value.setting.epochs
