"""Duplicates: what the catalog already holds, so that no paper is added twice, and a new entry's id."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.forms import ID
from repro.errors import UsageError
from repro.metadata.compare import fold
from repro.metadata.identify import Scheme
from repro.metadata.record import Metadata

NEAR = 0.92  # how alike two titles are from which they are probably the same paper
NAME_WORDS = 4  # a title's part before the colon is taken for the method's name up to this length
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class KnownPaper:
    """The identity of a paper of the catalog. file: as messages name it."""

    id: str
    file: str
    title: str
    ids: dict[str, str]


def known_papers(catalog: Catalog) -> list[KnownPaper]:
    """Every paper of the catalog; of one whose file is faulty, what can be read."""
    return [_read_known(catalog, paper) for paper in catalog.paper_ids]


def refuse_known(papers: Sequence[KnownPaper], ids: Mapping[Scheme, str]) -> None:
    """UsageError if a paper of the catalog has one of these identifiers."""
    for paper in papers:
        for scheme, value in ids.items():
            if paper.ids.get(scheme, "").lower() == value.lower():
                raise UsageError(f"{scheme}:{value} is already in the catalog: see {paper.file}")


def refuse_title(papers: Sequence[KnownPaper], title: str, *, equal_only: bool = False) -> None:
    """UsageError if a paper of the catalog has this title, or nearly this one unless ``equal_only``."""
    wanted = fold(title)
    for paper in papers:
        theirs = fold(paper.title)
        if theirs and theirs == wanted:
            raise UsageError(f"a paper with this title is already in the catalog: see {paper.file}")
        if not equal_only and _is_near(wanted, theirs):
            raise UsageError(
                f"'{title}' is nearly the title in {paper.file} ('{paper.title}'); "
                "if it is another paper, choose its id with `--id`"
            )


def identifiers(record: Metadata) -> dict[Scheme, str]:
    """The identifiers of a record by scheme."""
    values: dict[Scheme, str | None] = {
        "arxiv": record.arxiv,
        "doi": record.doi,
        "openreview": record.openreview,
    }
    return {scheme: value for scheme, value in values.items() if value}


def method_name(title: str) -> str | None:
    """The method's name, where the title begins with it: «Barlow Twins: ...»."""
    before, colon, after = title.partition(":")
    sound = colon and after.strip() and len(before.split()) <= NAME_WORDS
    return before.strip() if sound and before.strip() else None


def check_id(wanted: str, taken: Sequence[str]) -> str:
    """The id that was asked for. UsageError if it has another form, or is taken."""
    if not re.fullmatch(ID, wanted) or len(wanted) > LONGEST_ID:
        raise UsageError(
            f"--id {wanted[:80]!r}: expected lower-case words joined by hyphens, as barlow-twins"
        )
    if wanted in taken:
        raise UsageError(f"--id {wanted}: the catalog already has papers/{wanted}.yaml; choose another id")
    return wanted


def free_id(records: Sequence[Metadata], taken: Sequence[str]) -> str:
    """An id that is free, made of the method's name, or else of first author, year and title."""
    year = next((record.year for record in reversed(records) if record.year), None)
    proposed = _propose_id(records[0], str(year or ""))
    numbered = (f"{proposed}-{number}" for number in range(2, len(taken) + 3))
    return proposed if proposed not in taken else next(name for name in numbered if name not in taken)


def _read_known(catalog: Catalog, paper: str) -> KnownPaper:
    file = f"papers/{paper}.yaml"
    try:
        entry = catalog.document(file).mapping
    except CatalogFileError:
        entry = {}
    ids, title = entry.get("ids"), entry.get("title")
    texts = ids.items() if isinstance(ids, dict) else ()
    return KnownPaper(
        paper,
        f"{catalog.root.name}/{file}",
        title if isinstance(title, str) else "",
        {scheme: value for scheme, value in texts if isinstance(value, str)},
    )


def _is_near(first: str, second: str) -> bool:
    """True if two titles are so alike that they are probably of one paper."""
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR


def _propose_id(record: Metadata, year: str) -> str:
    if name := _slug(method_name(record.title) or ""):
        return name
    surname = record.authors[0].split()[-1:] if record.authors else []
    words = [word for word in record.title.split() if len(word) > 3][:1]
    return _slug(" ".join([*surname, year, *words])) or "paper"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: LONGEST_ID - 4].strip("-")
