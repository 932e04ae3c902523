"""BibTeX: one entry for each paper, keyed by the catalog's own id, which never changes.

Letters stay Unicode. What means something to LaTeX or BibTeX is written as a command inside braces, so that
braces balance even for a program that counts them without looking at backslashes.
"""

import re
from collections.abc import Iterator, Sequence

from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import MergeCoAuthors, MergeNameParts, NameParts
from bibtexparser.middlewares.parsestack import default_unparse_stack
from bibtexparser.model import Entry, Field
from bibtexparser.writer import BibtexFormat

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports.text import PersonName, line, name_parts
from repro.exports.venue import Appearance, VenueKind, appearance, best_address

ENTRY: dict[VenueKind, str] = {
    "journal": "article",
    "conference": "inproceedings",
    "preprint": "misc",
    "other": "misc",
}
COMMANDS = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "<": r"{\textless}",
        ">": r"{\textgreater}",
        "|": r"{\textbar}",
        "@": "{@}",  # at the start of a line, some programs take it for the next entry
        **{mark: f"\\{mark}" for mark in "&%$#_"},
    }
)
# In an address, commands would be taken literally; these three are as good in per-cent form.
VERBATIM = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
# Math: between dollar signs without a space inside or a digit behind, as after a price, or in round brackets
# with backslashes; it holds a command, an index or an exponent, since dollar signs may be meant as such.
FORMULA = r"(?:\\[A-Za-z]{2,}|[A-Za-z0-9)}][\^_][A-Za-z0-9{\\*+-])"
MATH = re.compile(
    rf"\$(?=[^\s$])(?=[^$]*?{FORMULA})[^$]*(?<=[^\s\\])\$(?!\d)"
    rf"|\\\((?=(?:(?!\\\)).)*?{FORMULA})(?:(?!\\\)).)+\\\)"
)
WORD = r"[^\W_]+(?:['’][^\W_]+)*"
# Styles set titles in small letters. These words of the field keep their capital in any title.
PROPER = frozenset(
    [
        *("Barlow", "Bayesian", "Euclidean", "Fourier", "Gaussian", "Gram", "Hilbert", "Laplacian"),
        *("Markov", "Riemannian", "Schmidt", "Siamese", "Sinkhorn", "Wasserstein"),
    ]
)


def bibtex(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """An entry for each paper, with an empty line between two and a newline at the end."""
    layout = BibtexFormat()  # type: ignore[no-untyped-call]
    layout.indent, layout.block_separator, layout.trailing_comma = "  ", "\n", True
    steps = [MergeNameParts(), MergeCoAuthors(), *default_unparse_stack(allow_inplace_modification=True)]
    library = Library([_entry(catalog, paper) for paper in papers])
    return write_string(library, unparse_stack=steps, bibtex_format=layout)


def _entry(catalog: Catalog, paper: Paper) -> Entry:
    where = appearance(catalog, paper)
    fields = [Field(name, value) for name, value in _fields(paper, where) if value]
    return Entry(ENTRY[where.kind], paper.id, fields)


def _fields(paper: Paper, where: Appearance) -> Iterator[tuple[str, str | list[NameParts]]]:
    yield "title", protect_capitals(line(paper.title), line(paper.name))
    yield "author", [_author(name_parts(author.name, author.family)) for author in paper.authors]
    yield _venue(where, paper.ids.arxiv)
    yield "year", str(paper.year)
    yield "eprint", paper.ids.arxiv or ""
    yield "archivePrefix", "arXiv" if paper.ids.arxiv else ""
    yield "doi", (paper.ids.doi or "").translate(VERBATIM)
    yield "url", best_address(paper).translate(VERBATIM)
    yield "note", "Retracted" if paper.status == "retracted" else ""


def _venue(where: Appearance, arxiv: str | None) -> tuple[str, str]:
    if where.kind == "journal":
        return "journal", escape(where.full)
    if where.kind == "conference":
        short = f" ({where.short})" if where.short not in where.full else ""
        return "booktitle", escape(f"{where.full}{short}")
    return "howpublished", "" if arxiv else escape(where.full)  # the eprint says it already


def escape(text: str) -> str:
    """Text for the inside of a field."""
    return text.translate(COMMANDS)


def protect_capitals(title: str, name: str) -> str:
    """A title for the inside of a field, with braces around words whose capitals must stay and around math.

    These are the paper's own ``name`` before a colon, words with a capital inside, single letters but ``A``,
    the words in PROPER, and in a title that is not written in capitals, every capital but those at a start.
    """
    has_name = title.startswith(f"{name}:") and _has_capital(name)
    parts, end = [f"{{{escape(name)}}}"] if has_name else [], len(name) if has_name else 0
    sentence = _is_sentence_case(title)
    for match in re.compile(rf"{MATH.pattern}|{WORD}").finditer(title, end):
        if _is_math(match[0]):
            parts += [escape(title[end : match.start()]), f"{{{match[0]}}}"]
            end = match.end()
            continue
        word = escape(match[0])
        parts.append(escape(title[end : match.start()]))
        parts.append(f"{{{word}}}" if _has_fixed_capital(title, match, sentence) else word)
        end = match.end()
    return "".join([*parts, escape(title[end:])])


def _is_math(text: str) -> bool:
    """True if a text is math of LaTeX, closed in itself."""
    depths = [text[:end].count("{") - text[:end].count("}") for end in range(len(text) + 1)]
    return MATH.fullmatch(text) is not None and min(depths) == depths[-1] == 0


def _has_capital(text: str) -> bool:
    """True if a letter is a capital."""
    return any(letter.isupper() for letter in text)


def _has_fixed_capital(title: str, match: re.Match[str], sentence: bool) -> bool:
    """True if a style must not set the word in small letters."""
    word, before = match[0], title[: match.start()].rstrip()
    if _has_capital(word[1:]) or word in PROPER:
        return True
    starts = not before or before[-1] in ":?!."
    return word[0].isupper() and not starts and word != "A" and (len(word) == 1 or sentence)


def _is_sentence_case(title: str) -> bool:
    """True if most of the long words after the first start small."""
    words = [word for word in title.split()[1:] if len(word) > 4]
    return sum(word[0].islower() for word in words) * 2 > len(words)


def _author(name: PersonName) -> NameParts:
    """The name in BibTeX's parts; braces keep a group whole, and a small word in a family name there.

    Without them, the small word of Ortega y Gasset makes Ortega a particle.
    """
    given, particle, last, suffix = map(escape, (name.given, name.particle, name.family, name.suffix))
    braces = name.whole or any(word[0].islower() for word in name.family.split())
    return NameParts([given], [particle], [f"{{{last}}}" if braces else last], [suffix])
