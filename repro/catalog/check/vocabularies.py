"""The rules for the controlled words."""

import re
from collections.abc import Iterator, Mapping

from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import Finding
from repro.catalog.records.vocabulary import DatasetTerm, Facet, ProtocolTerm, RelationType, Word

VERSION = re.compile(r".+@[0-9]+")


def vocabulary_findings(entries: Mapping[str, Word], document: Document) -> Iterator[Finding]:
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
            yield document.finding("R076", path, text, key=True)
        elif isinstance(word, DatasetTerm) and word.classes is not None and word.classes < 1:
            yield document.finding("R063", (*path, "classes"), f"found {word.classes}, expected at least 1.")


def _inverse(
    entries: Mapping[str, Word], name: str, word: RelationType, document: Document
) -> Iterator[Finding]:
    back = entries.get(word.inverse)
    if not isinstance(back, RelationType) or back.inverse != name:
        text = f"the inverse of '{name}' is '{word.inverse}', whose own inverse is another."
        yield document.finding("R033", ("entries", name, "inverse"), text)


def _names(words: Mapping[str, Word], document: Document, path: Steps) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, word in words.items():
        first = seen.setdefault(word.name.casefold(), name)
        if first != name:
            text = f"'{word.name}' is also the name of '{first}'; call one of them otherwise."
            yield document.finding("R075", (*path, name, "name"), text)
