"""One paper from a BibTeX file, as reference managers and publishers' pages give it."""

import html
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.middlewares.parsestack import default_parse_stack
from bibtexparser.model import Entry, Field, String

from repro.catalog.records.forms import NAME_SUFFIX
from repro.errors import UsageError
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import (
    Metadata,
    UnusableError,
    authors,
    families,
    optional,
    title,
    with_subtitle,
    year,
)

MAX_BYTES = 200_000
VENUES = ("booktitle", "journal", "journaltitle", "publisher")
OTHERS = ("others", "et al.", "et al")  # what stands in the place of a last author for those left out
# Characters that mean something to LaTeX but not to BibTeX, and what stands for them while LaTeX is decoded.
STAND_INS = {"%": "\ufdd0", "&": "\ufdd1"}


def from_bibtex(path: Path, today: str, say: Callable[[str], None]) -> Metadata:
    """The one entry of a BibTeX file; ``say`` is told of what it holds and is not used.

    Raises:
        UsageError: the file cannot be read, holds no entry or several, or a field of it is unusable.
    """
    entry = _only_entry(_text(path), path, say)
    try:
        fields = dict(zip(entry, _decode(list(entry.values())), strict=True))
        names = split_multiple_persons_names(entry.get("author", ""))
        more = bool(names) and names[-1] in OTHERS
        people = _people(names[:-1] if more else names)
        ids = {identifier.kind: identifier.value for identifier in _identifiers(fields)}
        return Metadata(
            source="bibtex",
            asked=path.name,
            date=today,
            title=title(with_subtitle(fields.get("title"), fields.get("subtitle")), "the file"),
            authors=authors([name for name, _ in people], "the file"),
            more_authors=more,
            families=families(people),
            years=year(fields.get("year")) or year(fields.get("date")),
            venue=next((text for key in VENUES if (text := optional(fields.get(key)))), None),
            arxiv=ids.get("arxiv"),
            doi=ids.get("doi"),
            openreview=ids.get("openreview"),
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


def _only_entry(text: str, path: Path, say: Callable[[str], None]) -> dict[str, str]:
    """The texts of the entry by lower-case name, still in LaTeX; of two of a name the first, as in BibTeX."""
    # The parser reports every fault through logging as well as in its result.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    library = parse_string(text, parse_stack=[])
    failed = [block.ignore_error_block for block in library.failed_blocks]
    entries = [block for block in (*library.entries, *failed) if isinstance(block, Entry)]
    if len(entries) > 1:
        keys = ", ".join(_printable(entry.key) for entry in entries[:8])
        raise UsageError(f"{path} holds {len(entries)} entries ({keys}); keep the one to be added")
    if not entries:
        line = next((block.start_line for block in library.failed_blocks), None)
        where = "" if line is None else f"; what begins on line {line + 1} is not well-formed"
        raise UsageError(f"{path} holds no BibTeX entry{where}; expected @inproceedings{{key, title = ...}}")
    fields = entries[0].fields
    for name, times in Counter(field.key.lower() for field in fields).items():
        if times > 1:
            say(f"{path} gives the field {_printable(name)} {times} times; the first one counts.")
    first = {field.key.lower(): field for field in reversed(fields)}
    return _expand(Entry("misc", "entry", list(first.values())), library.strings)


def _printable(key: str) -> str:
    """A key of the file as a terminal can print it."""
    return re.sub(r"[^\w:./+-]", "?", key)[:40]


def _expand(entry: Entry, strings: Sequence[String]) -> dict[str, str]:
    """{lower-case name: text} without what encloses it, and with the file's own abbreviations written out."""
    library = Library([*strings, entry])
    for step in default_parse_stack():
        library = step.transform(library)
    return {field.key.lower(): field.value for field in library.entries[0].fields}


def _decode(texts: Sequence[str]) -> list[str]:
    """Texts without entities and LaTeX; a bare % or & is itself, as in BibTeX, no comment and no column."""
    fields = []
    for place, text in enumerate(texts):
        plain = html.unescape(text)
        for mark, stand_in in STAND_INS.items():
            plain = re.sub(rf"(?<!\\){mark}", stand_in, plain)
        fields.append(Field(str(place), plain))
    entry = LatexDecodingMiddleware().transform_entry(Entry("misc", "texts", fields), Library())
    if not isinstance(entry, Entry):
        raise UnusableError("it holds LaTeX that is not well-formed.")
    back = str.maketrans({stand_in: mark for mark, stand_in in STAND_INS.items()})
    return [field.value.translate(back) for field in entry.fields]


def _people(names: Sequence[str]) -> list[tuple[str, str]]:
    """(name, family name) of each author; the second is empty where there is one name only."""
    texts = _decode([text for name in names for text in _parts(name)])
    return list(zip(texts[::2], texts[1::2], strict=True))


def _parts(text: str) -> tuple[str, str]:
    """Name and family name, still in LaTeX. UnusableError if BibTeX could not read the name either."""
    try:
        parts = parse_single_name_into_parts(text)
    except InvalidNameError as error:
        shown = " ".join(text.split())[:80]
        raise UnusableError(
            f"the author {shown!r} is no name for BibTeX ({error.reason.lower()}); write names as "
            "`Family, Given`, with `and` between them."
        ) from None
    if not parts.jr and len(parts.last) > 1 and re.fullmatch(NAME_SUFFIX, parts.last[-1]):
        parts.jr = [parts.last.pop()]  # BibTeX knows suffixes between commas alone
    family = " ".join([*parts.von, *parts.last])
    group = family.startswith("{") and not family.startswith("{\\")  # in braces, it is no accent
    return parts.merge_first_name_first, family if parts.first or group else ""


def _identifiers(fields: Mapping[str, str]) -> list[Identifier]:
    """What the entry says of arXiv, DOI and OpenReview; the later ones count less."""
    texts = [fields.get(key) for key in ("url", "note", "journal", "eprint", "doi")]
    named = [recognise(text) for text in texts if text]
    inside = re.search(r"arXiv:\s*([\w.\-/]+)", fields.get("journal", ""))
    named.insert(0, recognise(f"arxiv:{inside[1]}") if inside else None)
    return [identifier for identifier in named if identifier is not None]
