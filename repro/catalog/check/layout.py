"""The rules for where files lie: in known folders, named after the id in them."""

import re
from collections.abc import Iterator
from pathlib import Path

from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import PAPER, Rule
from repro.catalog.records.vocabulary import VOCABULARIES

PLACES = re.compile(
    r"(papers|benchmarks)/[^/]+\.yaml|recipes/[^/]+/[^/]+\.yaml|schema/[^/]+\.schema\.json"
    r"|evidence/(code\.yaml|.+\.json)|lock/[^/]+\.json"
    rf"|vocab/({'|'.join(VOCABULARIES)})\.yaml|README\.md|(.+/)?\.gitkeep"
)

NAMED_AFTER_ID = Rule(
    "R013",
    "a file is named after the id in it",
    why="One id names a thing everywhere: file, record, command line, the address of its page.",
    wrong="id: simsaim",
    right="id: simsiam",
)


def name_faults(document: Document, stem: str, written: str) -> Iterator[Fault]:
    """An id that is not the name of its file."""
    if written != stem:
        text = f"id '{written}' does not fit the file's name; "
        text += f"write '{stem}', or rename the file to {written}.yaml."
        yield document.fault(NAMED_AFTER_ID, ("id",), text)


KNOWN_PLACES = Rule(
    "R014",
    "the catalog folder holds YAML files in known folders and nothing else",
    why="A file in another place or with another ending would never be read, and nobody would notice.",
    wrong="id: simsiam",
    right="id: simsiam",
    file="papers/simsiam.yml",
    right_file=PAPER,
)


def layout_faults(root: Path, folder: str = "") -> Iterator[Fault]:
    """Everything in the catalog's folder that does not belong there."""
    for path in sorted((root / folder).iterdir()):
        name = f"{folder}{path.name}"
        text = ""
        if path.is_symlink():
            text = "symbolic links are not followed; put a file here."
        elif path.is_dir() and not PLACES.fullmatch(name):
            yield from layout_faults(root, f"{name}/")
        elif not path.is_file():
            text = "this is no file; a catalog holds files in folders."
        elif not PLACES.fullmatch(name):
            text = "no such file belongs here; a catalog holds papers, benchmarks, recipes, vocab, evidence."
        if text:
            yield Fault(f"{root.name}/{name}", 1, 1, KNOWN_PLACES, text)
