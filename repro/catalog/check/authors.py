"""The rules for authors: one person each, named as printed, listed once, with a sound ORCID iD."""

import re
from collections.abc import Iterator

from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.paper import Paper

# No "Last, First", no "et al.", no two people in one entry; "Jr." may follow a comma.
NAME = re.compile(r"(?!.*\b(et al|and others)\b)(?!.* and )[^,;&]+(, (Jr\.?|Sr\.?|I{2,3}|IV))?")

AUTHORS_ONCE = Rule(
    "R069",
    "an author is listed once",
    why="Author lists are pasted together; two people of one name are told apart by their ORCID iDs.",
    wrong="authors: [{name: Xinlei Chen}, {name: Kaiming He}, {name: Xinlei Chen}]",
    right="authors: [{name: Xinlei Chen}, {name: Kaiming He}]",
    severity="warning",
)
SOUND_ORCID = Rule(
    "R070",
    "the last digit of an ORCID iD is its check digit",
    why="A mistyped iD belongs to nobody, or to somebody else.",
    wrong="authors: [{name: Josiah Carberry, orcid: 0000-0002-1825-0079}]",
    right="authors: [{name: Josiah Carberry, orcid: 0000-0002-1825-0097}]",
)
NAMES_AS_PRINTED = Rule(
    "R080",
    "an author is one person, the name as printed with the given name first",
    why="Another order turns people into others in citations, and an entry for two people cites neither.",
    wrong='authors: [{name: "Chen, Xinlei"}, {name: Kaiming He et al.}]',
    right="authors: [{name: Xinlei Chen}, {name: Kaiming He}]",
)


def author_faults(paper: Paper, document: Document) -> Iterator[Fault]:
    """Everything that is wrong with the authors of one entry."""
    people: set[tuple[str, str]] = set()  # (name, ORCID iD), with "" for an iD that is not given
    for index, author in enumerate(paper.authors):
        name, orcid = author.name.casefold(), author.orcid or ""
        if any(orcid == theirs if orcid and theirs else name == namesake for namesake, theirs in people):
            text = f"{author.name} is listed twice; remove one, or tell namesakes apart by `orcid`."
            yield document.fault(AUTHORS_ONCE, ("authors", index, "name"), text)
        people.add((name, orcid))
        if orcid and orcid[-1] != _check_digit(orcid):
            text = f"{orcid} is no ORCID iD: its last digit would be {_check_digit(orcid)}."
            yield document.fault(SOUND_ORCID, ("authors", index, "orcid"), text)
        if not NAME.fullmatch(author.name):
            text = f"'{author.name}' is not one person's name as printed, given name first."
            yield document.fault(NAMES_AS_PRINTED, ("authors", index, "name"), text)


def _check_digit(orcid: str) -> str:
    """The check digit of ISO 7064 (MOD 11-2) over the fifteen digits before it."""
    total = 0
    for digit in orcid.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)
