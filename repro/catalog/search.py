"""Search: every place of the catalog that holds the words, papers first, then methods, claims and numbers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import Paper, Reported
from repro.catalog.records.vocabulary import VOCABULARIES, Facet
from repro.catalog.settings.layers import flatten
from repro.catalog.show import Warn, readable_papers

AROUND = 60  # characters of context on either side
KINDS = ("paper", "method", "claim", "number", "setting", "word")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that holds all the words.

    kind: one of :data:`KINDS`. place: a paper's id, ``paper/claim``, or ``file:line``. name: what is there.
    context: the words with what stands around them.
    """

    kind: str
    place: str
    name: str
    context: str
    rank: int  # 0: the name itself, 1: a word of the name, 2: elsewhere


@dataclass(frozen=True, slots=True)
class Passage:
    """A name and a text that are searched; ``place`` is worked out only for a hit, ``about`` follows it."""

    kind: str
    place: Callable[[], str]
    name: str
    text: str
    about: str = ""


def search(catalog: Catalog, words: Sequence[str], warn: Warn) -> list[Hit]:
    """Every place that holds all words, whatever their case, the best first; a warning for faulty files."""
    wanted = [word.casefold() for word in words]
    hits = [hit for passage in _passages(catalog, warn) if (hit := _hit(passage, wanted))]
    return sorted(hits, key=lambda hit: (KINDS.index(hit.kind), hit.rank))


def _hit(passage: Passage, words: Sequence[str]) -> Hit | None:
    name, text = passage.name.casefold(), f"{passage.name}\n{passage.text}".casefold()
    if not all(word in text for word in words):
        return None
    joined = " ".join(words)
    own = re.split(r"[^\w]+", name)
    rank = 0 if joined == name else 1 if all(word in own for word in words) else 2
    return Hit(passage.kind, passage.place(), passage.name, _context(passage, words) + passage.about, rank)


def _context(passage: Passage, words: Sequence[str]) -> str:
    """The part of the text around the first word that is in it; its beginning if all are in the name."""
    text = " ".join(passage.text.split())
    places = [at for word in words if (at := text.casefold().find(word)) >= 0]
    middle = min(places, default=0)
    start, end = max(0, middle - AROUND), middle + AROUND
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = text.find(" ", end) if text.find(" ", end) > 0 else len(text)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def _passages(catalog: Catalog, warn: Warn) -> Iterator[Passage]:
    papers = tuple(readable_papers(catalog, warn))
    for paper in papers:
        yield from _of_paper(catalog, paper)
    yield from _of_code(catalog)
    yield from _of_recipes(catalog, warn)
    for vocabulary in VOCABULARIES:
        yield from _of_vocabulary(catalog, vocabulary, warn)


def _of_paper(catalog: Catalog, paper: Paper) -> Iterator[Passage]:
    file = f"papers/{paper.id}.yaml"
    authors = ", ".join(author.name for author in paper.authors)
    tags = ", ".join(tag for values in paper.tags.values() for tag in values)
    ids = " ".join(filter(None, (paper.ids.arxiv, paper.ids.doi, paper.ids.openreview)))
    whole = f"{paper.title}\n{authors}\n{paper.idea.en}\n{paper.abstract.en}\n{tags}\n{paper.id} {ids}"
    yield Passage("paper", partial(str, paper.id), paper.name, whole)
    for claim in paper.claims:
        name = f"{paper.id}/{claim.id}"
        yield Passage("claim", partial(str, name), claim.id, f"{claim.statement} ({claim.place})")
    for index, value in enumerate(paper.reported):
        place = _place(catalog, file, ("reported", index))
        yield Passage("number", place, f"{paper.id} {value.id}: {value.text}", _number(value))
    for index, setting in enumerate(paper.settings):
        for source, values in (("paper", setting.paper), ("code", setting.code)):
            for key, value in values.items():
                place = _place(catalog, file, ("settings", index, source, key))
                about = f" (setting {setting.id} of the {source})"
                yield Passage("setting", place, f"{paper.id} {key}", as_text(value), about)


def _number(value: Reported) -> str:
    setting = value.setting
    said = {"epochs": setting.epochs, "batch": setting.batch}
    details = [
        setting.backbone,
        *(f"{name} {number}" for name, number in said.items() if number),
        setting.note,
    ]
    about = ", ".join(detail for detail in details if detail)
    on = f"{value.dataset} {value.split}, {value.protocol}"
    return f"{value.metric} {value.text} on {on}{f'; {about}' if about else ''} ({value.source.place})"


def _of_code(catalog: Catalog) -> Iterator[Passage]:
    """Methods, encoders, views and data sets, and the parameters of each."""
    for section in SECTIONS:
        for name in catalog.signatures.names(section):
            signature = catalog.signatures.signature(section, name)
            place = partial(str, f"{signature.module.replace('.', '/')}.py")
            yield Passage("method", place, f"{section} {name}", signature.summary)
            for parameter in signature.parameters:
                about = f"{parameter.help or 'no help'} ({parameter.kind})"
                key = f"{section}.{parameter.name} of {name}"
                yield Passage("method", place, key, about)


def _of_recipes(catalog: Catalog, warn: Warn) -> Iterator[Passage]:
    names = [
        f"recipes/{paper}/{name}.yaml" for paper in catalog.paper_ids for name in catalog.benchmarks_of(paper)
    ]
    names += [f"benchmarks/{name}.yaml" for name in catalog.benchmark_ids]
    for file in names:
        try:
            document = catalog.document(file)
        except CatalogFileError:
            warn(
                f"warning: {catalog.root.name}/{file} cannot be read and is left out; `repro check` says why."
            )
            continue
        settings = {key: value for key, value in document.mapping.items() if key != "why"}
        for key, value in flatten(settings):
            place = _place(catalog, file, tuple(key.split(".")))
            yield Passage("setting", place, key, as_text(value), f" ({file.removesuffix('.yaml')})")


def _of_vocabulary(catalog: Catalog, name: str, warn: Warn) -> Iterator[Passage]:
    file = f"vocab/{name}.yaml"
    try:
        words = catalog.vocabulary(name)
    except CatalogFileError:
        warn(f"warning: {catalog.root.name}/{file} cannot be read and is left out; `repro check` says why.")
        return
    for key, word in words.items():
        text = f"{word.name}. {word.description or ''}"
        yield Passage("word", _place(catalog, file, ("entries", key)), key, text)
        for tag, value in word.values.items() if isinstance(word, Facet) else ():
            text = f"{value.name}. {value.description or ''}"
            yield Passage(
                "word", _place(catalog, file, ("entries", key, "values", tag)), f"{key}: {tag}", text
            )


def _place(catalog: Catalog, file: str, path: tuple[Any, ...]) -> Callable[[], str]:
    """``file:line`` of a key or an item."""

    def place() -> str:
        return f"{catalog.root.name}/{file}:{catalog.document(file).place(path, key=True).line}"

    return place
