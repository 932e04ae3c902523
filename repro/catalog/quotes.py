"""What papers say of each other's methods, beside what those say of themselves."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from repro.catalog.records.paper import Paper, Reported

# Words of a note by which a value is of another paper's method, as that paper has it.
QUOTED = re.compile(r"\b(as quoted|as published|reproduced by|version of the authors)\b")


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

    The same cell is the same data, split, protocol, metric and encoder, and the same epochs and batch where
    both give them; of several cells that fit, the one with the nearest number is taken. Values that a note
    sets apart, such as those of an ablation, are left out on both sides.
    """
    entries = {paper.id: paper for paper in papers}
    originals: dict[Hashable, list[Reported]] = defaultdict(list)
    for paper in entries.values():
        for value in paper.reported:
            if value.of is None and value.setting.note is None:
                originals[paper.id, _cell(value)].append(value)
    for paper in entries.values():
        for value in paper.reported:
            owner = entries.get(value.of or "")
            if owner is not None and _is_of_method_as_it_is(value, owner):
                known = originals.get((owner.id, _cell(value)), ())
                if fitting := [candidate for candidate in known if _fits(value, candidate)]:
                    yield Quotation(paper, value, owner, _nearest(value, fitting))


def _is_of_method_as_it_is(value: Reported, owner: Paper) -> bool:
    """True if the note of a value names no variant: it is quoted, run again, or bears the bare name."""
    note = value.setting.note
    return note is None or note == owner.name or QUOTED.search(note) is not None


def _cell(value: Reported) -> Hashable:
    """What two values must have in common to be of one cell."""
    what = (value.task, value.dataset, value.split, value.protocol, value.metric, value.unit)
    return what, value.setting.backbone


def _fits(value: Reported, known: Reported) -> bool:
    """True if epochs and batch are the same where both values give them."""
    pairs = ((value.setting.epochs, known.setting.epochs), (value.setting.batch, known.setting.batch))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _nearest(value: Reported, known: Sequence[Reported]) -> Reported:
    """The known value whose number is nearest."""
    return min(known, key=lambda candidate: abs(float(candidate.value) - float(value.value)))
