"""The rules for the controlled words."""

import re
from collections.abc import Iterator, Mapping

from repro.catalog.check.numbers import SENSIBLE_COUNTS
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.vocabulary import DatasetTerm, Facet, ProtocolTerm, RelationType, Word

VERSION = re.compile(r".+@[0-9]+")

VERSIONED_PROTOCOLS = Rule(
    "R076",
    "a protocol's id ends in its version, such as @1",
    why="A protocol that changes gets a new version, so that old values keep what they were measured by.",
    wrong="entries:\n  mlp-probe: {name: MLP probe}",
    right="entries:\n  mlp-probe@1: {name: MLP probe}",
    file="vocab/protocols.yaml",
)


def vocabulary_faults(entries: Mapping[str, Word], document: Document) -> Iterator[Fault]:
    """Everything that is wrong with one file of words, given that each word by itself is sound."""
    yield from _names(entries, document, ("entries",))
    for name, word in entries.items():
        path = ("entries", name)
        if isinstance(word, Facet):
            yield from _names(word.values, document, (*path, "values"))
        elif isinstance(word, RelationType):
            yield from _inverse(entries, name, word, document)
        elif isinstance(word, ProtocolTerm) and not VERSION.fullmatch(name):
            text = f"'{name}' has no version; write {name}@1."
            yield document.fault(VERSIONED_PROTOCOLS, path, text, key=True)
        elif isinstance(word, DatasetTerm) and word.classes is not None and word.classes < 1:
            text = f"found {word.classes}, expected at least 1."
            yield document.fault(SENSIBLE_COUNTS, (*path, "classes"), text)


MUTUAL_INVERSES = Rule(
    "R033",
    "the inverse of a relation type names that type back",
    why="Seen from the other paper and back again, a relation must be the same.",
    wrong="entries:\n  precedes: {name: precedes, inverse: simplifies}",
    right="entries:\n  precedes: {name: precedes, inverse: follows}\n"
    "  follows: {name: follows, inverse: precedes}",
    file="vocab/relations.yaml",
)


def _inverse(
    entries: Mapping[str, Word], name: str, word: RelationType, document: Document
) -> Iterator[Fault]:
    back = entries.get(word.inverse)
    if not isinstance(back, RelationType) or back.inverse != name:
        text = f"the inverse of '{name}' is '{word.inverse}', whose own inverse is another."
        yield document.fault(MUTUAL_INVERSES, ("entries", name, "inverse"), text)


DISTINCT_NAMES = Rule(
    "R075",
    "no two words of a vocabulary or facet have the same name",
    why="On a page they would be two buttons with one label.",
    wrong="entries:\n  eccv: {name: ECCV}\n  eccv-conference: {name: ECCV}",
    right="entries:\n  eccv: {name: ECCV}\n  eccv-workshop: {name: ECCV workshops}",
    file="vocab/venues.yaml",
)


def _names(words: Mapping[str, Word], document: Document, path: Steps) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for name, word in words.items():
        first = owners.setdefault(word.name.casefold(), name)
        if first != name:
            text = f"'{word.name}' is also the name of '{first}'; call one of them otherwise."
            yield document.fault(DISTINCT_NAMES, (*path, name, "name"), text)
