"""The rules for whose a reported value is: the paper's own method's, or another's."""

from collections.abc import Iterator, Mapping

from repro.catalog.catalog import Catalog
from repro.catalog.check.numbers import reported_example
from repro.catalog.quotes import QUOTED
from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper, Reported
from repro.catalog.records.vocabulary import Word

KNOWN_METHODS = Rule(
    "R090",
    "a reported value is of the paper's own method, of another paper, or of a word in vocab/methods.yaml",
    why="Values are collected by method; one under a misspelt name is found by nobody.",
    wrong=reported_example(added=", of: boyl"),
    right=reported_example(added=", of: byol"),
)
QUOTED_SETTING = 'setting: {backbone: resnet50, note: "BYOL, as quoted"}'
METHOD_NAMED = Rule(
    "R091",
    "a value that is quoted, or named after another paper, says under `of` whose it is",
    why="Without it the best value of a paper may be another paper's.",
    wrong=reported_example(QUOTED_SETTING),
    right=reported_example(QUOTED_SETTING, added=", of: byol"),
)


def method_faults(
    catalog: Catalog, paper: Paper, document: Document, words: Mapping[str, Word]
) -> Iterator[Fault]:
    """Values of one entry whose method is unknown, or not said although it is another's."""
    for index, value in enumerate(paper.reported):
        path = ("reported", index, "of")
        if value.of == paper.id:
            yield document.fault(KNOWN_METHODS, path, "a value is the paper's own unless it says otherwise.")
        elif value.of is not None and value.of not in catalog and value.of not in words:
            text = f"there is no paper '{value.of}', nor is it in vocab/methods.yaml; add it there."
            close = nearest(value.of, [*catalog.paper_ids, *words])
            yield document.fault(KNOWN_METHODS, path, f"{text}{close}")
        elif value.of is None and (sign := _sign_of_another(paper, value, catalog)):
            text = f"{sign}, so it is not of the paper's own method; say under `of` whose it is."
            yield document.fault(METHOD_NAMED, ("reported", index), text)


def _sign_of_another(paper: Paper, value: Reported, catalog: Catalog) -> str:
    """What says that a value is not of the paper's own method: its note, or its id; empty if nothing does."""
    if match := QUOTED.search(value.setting.note or ""):
        return f"the note of '{value.id}' says '{match[0]}'"
    _, _, rest = value.id.partition("-")
    words = rest.split("-")
    for end in range(len(words), 0, -1):
        name = "-".join(words[:end])
        if name in catalog and not _contains(paper.id, name):
            return f"'{value.id}' is named after the paper '{name}'"
    return ""


def _contains(own: str, name: str) -> bool:
    """True if the words of an id stand in another one: byol in byol-a."""
    return f"-{name}-" in f"-{own}-"
