"""One paper from a BibTeX file, as reference managers and publishers' pages give it."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
)
from bibtexparser.model import Entry

from repro.catalog.records.forms import NAME_SUFFIX
from repro.errors import UsageError
from repro.metadata.identify import Identifier, recognise
from repro.metadata.latex import LatexError, decode, unknown_commands
from repro.metadata.record import (
    MARKUP,
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
USED = ("title", "subtitle", "author", *VENUES)  # fields whose text is taken over
# What stands for authors that are left out: in the place of the last one, or behind the last one.
OTHERS = re.compile(r"others|(?:(.*[^\s,])[\s,]+)?et[\s~]+al\.?", re.IGNORECASE | re.DOTALL)
SEPARATORS = re.compile(r";|(?<!\\)&|\\&")  # of lists of authors that are not BibTeX's
MONTHS = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])


def from_bibtex(path: Path, today: str, say: Callable[[str], None]) -> Metadata:
    """The one entry of a BibTeX file; ``say`` is told of what it holds and is not used.

    Raises:
        UsageError: the file cannot be read, holds no entry or several, or a field of it is unusable.
    """
    entry = _only_entry(_text(path), path, say)
    try:
        for key in USED:
            for command in unknown_commands(entry.get(key, "")):
                say(f"{path}: the LaTeX command {command} in {key} is not known and is left out.")
        fields = dict(zip(entry, decode(list(entry.values())), strict=True))
        if tags := MARKUP.findall(fields.get("title", "")):
            say(f"{path}: {', '.join(dict.fromkeys(tags))} in title is taken for markup and is left out.")
        names, more = _names(entry.get("author", ""))
        people = _people(names)
        for name in names if len(names) == 1 else ():
            if _is_like_two(name):
                say(f"{path}: `{name}` is read as one author; if it is two, write `and` between them.")
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
    except (UnusableError, LatexError) as error:
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
    strings = {string.key.lower(): string.value for string in library.strings}
    return {key: _expand(field.value, strings, path, say) for key, field in first.items()}


def _printable(key: str) -> str:
    """A key of the file as a terminal can print it."""
    return re.sub(r"[^\w:./+-]", "?", key)[:40]


def _expand(value: str, strings: Mapping[str, str], path: Path, say: Callable[[str], None]) -> str:
    """The text of a value: pieces in braces or quotes, numbers and the file's abbreviations, joined by #."""
    text, rest = "", value.strip()
    while rest:
        piece, rest = _piece(rest)
        if piece[0] in '{"':
            text += piece[1:-1]
        elif piece.isdigit() or piece.lower() in MONTHS:
            text += piece
        elif piece.lower() in strings:
            known = {name: string for name, string in strings.items() if name != piece.lower()}
            text += _expand(strings[piece.lower()], known, path, say)  # an abbreviation of itself ends here
        else:
            say(f"{path} does not say what the abbreviation {_printable(piece)} stands for; it is kept.")
            text += piece
    return text


def _piece(value: str) -> tuple[str, str]:
    """The first piece of a value, with what encloses it, and what follows the # behind it."""
    depth = 0
    for place, character in enumerate(value):
        depth += (character == "{") - (character == "}")
        enclosed = value[0] in '{"'
        if enclosed and place and depth == 0 and character == ('"' if value[0] == '"' else "}"):
            return value[: place + 1], value[place + 1 :].lstrip(" \t\r\n#")
        if not enclosed and character == "#":
            return value[:place].strip() or "#", value[place + 1 :].strip()
    return value, ""


def _names(text: str) -> tuple[list[str], bool]:
    """The authors, still in LaTeX, and whether the file says that it leaves some out."""
    names = _split(text)
    match = OTHERS.fullmatch(names[-1].strip()) if names else None
    if match is None:
        return names, False
    return [*names[:-1], *([match[1]] if match[1] else [])], True


def _split(text: str) -> list[str]:
    """The names between each `and` outside braces; bibtexparser drops a command that begins a name."""
    names, start = [], 0
    for match in re.finditer(r"\s+and(?=\s)", text, re.IGNORECASE):
        before = re.sub(r"\\[{}]", "", text[: match.start()])
        if before.count("{") == before.count("}"):
            names.append(text[start : match.start()].strip())
            start = match.end()
    return [name for name in (*names, text[start:].strip()) if name]


def _is_like_two(name: str) -> bool:
    """True if a name with one comma has two capitalised words on either side, as two names would have."""
    sides = [side.split() for side in name.split(",")]
    return len(sides) == 2 and all(
        len(words) == 2 and all(word[0].isupper() and len(word.rstrip(".")) > 1 for word in words)
        for words in sides
    )


def _people(names: Sequence[str]) -> list[tuple[str, str]]:
    """(name, family name) of each author; the second is empty where there is one name only."""
    texts = decode([text for name in names for text in _parts(name)])
    return list(zip(texts[::2], texts[1::2], strict=True))


def _parts(text: str) -> tuple[str, str]:
    """Name and family name, still in LaTeX. UnusableError if BibTeX could not read the name either."""
    whole = _is_enclosed(text)
    try:
        parts = parse_single_name_into_parts(_suffix_last(text))
    except InvalidNameError as error:
        raise _no_name(text, error.reason.lower()) from None
    if not whole and SEPARATORS.search(text):
        raise _no_name(text, "it has a ; or & between names")
    if parts.jr and not re.fullmatch(NAME_SUFFIX, " ".join(parts.jr)):
        raise _no_name(text, f"{' '.join(parts.jr)!r} between its commas is no suffix such as Jr.")
    if not parts.jr and len(parts.last) > 1 and re.fullmatch(NAME_SUFFIX, parts.last[-1]):
        parts.jr = [parts.last.pop()]  # BibTeX knows suffixes between commas alone
    family = " ".join([*parts.von, *parts.last])
    return parts.merge_first_name_first, family if parts.first or whole else ""


def _is_enclosed(text: str) -> bool:
    """True if a name stands in braces as a whole, as that of a group does; a lone accent is no group."""
    name = text.strip()
    return name.startswith("{") and not name.startswith("{\\") and _piece(name) == (name, "")


def _suffix_last(text: str) -> str:
    """A name such as `Sammy Davis, Jr.` in BibTeX's own order, Davis, Jr., Sammy; others as they are."""
    name, comma, behind = text.rpartition(",")
    if not comma or "," in name or not re.fullmatch(NAME_SUFFIX, behind.strip()):
        return text
    parts = parse_single_name_into_parts(name.strip())
    family, given = " ".join([*parts.von, *parts.last]), " ".join(parts.first)
    return f"{family}, {behind.strip()}, {given}" if given else text


def _no_name(text: str, reason: str) -> UnusableError:
    shown = " ".join(text.split())[:80]
    return UnusableError(
        f"the author {shown!r} is no name for BibTeX ({reason}); write names as `Family, Given`, with `and` "
        "between them."
    )


def _identifiers(fields: Mapping[str, str]) -> list[Identifier]:
    """What the entry says of arXiv, DOI and OpenReview; the later ones count less."""
    texts = [fields.get(key) for key in ("url", "note", "journal", "eprint", "doi")]
    named = [recognise(text) for text in texts if text]
    inside = re.search(r"arXiv:\s*([\w.\-/]+)", fields.get("journal", ""))
    named.insert(0, recognise(f"arxiv:{inside[1]}") if inside else None)
    return [identifier for identifier in named if identifier is not None]
