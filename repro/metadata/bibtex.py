"""One paper from a BibTeX file, as reference managers and publishers' pages give it."""

import logging
import re
from pathlib import Path
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import (
    LatexDecodingMiddleware,
    NormalizeFieldKeys,
    SeparateCoAuthors,
    SplitNameParts,
)

from repro.errors import UsageError
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import Metadata, UnusableError, authors, families, optional, title, year

MAX_BYTES = 200_000
VENUES = ("booktitle", "journal", "journaltitle", "publisher")


def from_bibtex(path: Path, today: str) -> Metadata:
    """The one entry of a BibTeX file.

    Raises:
        UsageError: the file cannot be read, or holds no entry or several. UnusableError: a field is unusable.
    """
    fields = _only_entry(_text(path), path)
    found = {one.kind: one.value for one in _identifiers(fields)}
    people = [(p.merge_first_name_first, " ".join([*p.von, *p.last])) for p in fields.get("author", ())]
    try:
        return Metadata(
            source="bibtex",
            asked=path.name,
            date=today,
            title=title(fields.get("title"), "the file"),
            authors=authors([name for name, _ in people], "the file"),
            families=families(people),
            years=year(fields.get("year")) or year(fields.get("date")),
            venue=next((text for key in VENUES if (text := optional(fields.get(key)))), None),
            arxiv=found.get("arxiv"),
            doi=found.get("doi"),
            openreview=found.get("openreview"),
        )
    except UnusableError as error:
        raise UsageError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes; keep the one entry that is to be added")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None


def _only_entry(text: str, path: Path) -> dict[str, Any]:
    """The fields of the entry by lower-case name: texts without LaTeX, and a list of names in their parts."""
    # The parser reports every fault through logging as well as in its result.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    steps = [
        NormalizeFieldKeys(),
        LatexDecodingMiddleware(),  # first, because it decodes whole texts and no lists of names
        SeparateCoAuthors(),
        SplitNameParts(),
    ]
    library = parse_string(text, append_middleware=steps)
    if len(library.entries) > 1:
        keys = ", ".join(re.sub(r"[^\w:./+-]", "?", entry.key)[:40] for entry in library.entries[:8])
        raise UsageError(f"{path} holds {len(library.entries)} entries ({keys}); keep the one to be added")
    if not library.entries:
        line = next((block.start_line for block in library.failed_blocks), None)
        where = "" if line is None else f"; what begins on line {line + 1} is not well-formed"
        raise UsageError(f"{path} holds no BibTeX entry{where}; expected @inproceedings{{key, title = ...}}")
    return {field.key: field.value for field in library.entries[0].fields}


def _identifiers(fields: dict[str, Any]) -> list[Identifier]:
    """What the entry says of arXiv, DOI and OpenReview; the later ones count less."""
    texts = [fields.get(key) for key in ("url", "note", "journal", "eprint", "doi")]
    named = [recognise(text) for text in texts if isinstance(text, str)]
    inside = re.search(r"arXiv:\s*([\w.\-/]+)", str(fields.get("journal", "")))
    named.insert(0, recognise(f"arxiv:{inside[1]}") if inside else None)
    return [one for one in named if one is not None]
