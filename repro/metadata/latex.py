"""Text of BibTeX fields without LaTeX: what commands stand for, math as it is, and what is left out."""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence

from bibtexparser.library import Library
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import Entry, Field
from pylatexenc.latex2text import get_default_latex_context_db

# Characters that mean something to LaTeX but not to BibTeX, and what stands for them while LaTeX is decoded.
STAND_INS = {"%": "\ufdd0", "&": "\ufdd1"}
BRACES = {"{": "\ufdd2", "}": "\ufdd3"}  # the same for braces that are meant to be seen
# Commands that the decoder does not know: marks that stand on a letter, and words.
MARKS = {"h": "\u0309", "t": "\u0361", "G": "\u030f", "U": "\u030e", "f": "\u0311"}
MARKED = re.compile(r"\\([htGUf])(?:\s*\{\s*(\\?[^\W\d_])([^{}]*)\}|\s+([^\W\d_]))")
WORDS = {name: name for name in ("LaTeX", "TeX", "BibTeX")} | {
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textasciicircum": "^",
    "textunderscore": "_",
    "textquotedbl": '"',
    "textquotesingle": "'",
    "slash": "/",
    "textbraceleft": BRACES["{"],
    "textbraceright": BRACES["}"],
}
WORD = re.compile(rf"\\({'|'.join(WORDS)})(?![A-Za-z])(?:\{{\}}|[ \t]+(?=[A-Za-z])|)")
COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
MATH = re.compile(r"\$[^$]*\$|\\\(.*?\\\)")
# Commands that change how text looks and nothing else.
LOOKS = frozenset(
    re.findall(
        r"\w+",
        "textsc texttt textsf textrm textup textnormal textmd textsl mbox hbox em sc tt sf rm bf it sl "
        "normalfont scshape ttfamily itshape bfseries relax protect nobreak noopsort uppercase lowercase "
        "MakeUppercase ensuremath allowbreak linebreak break boldmath small large Large textsuperscript "
        "textsubscript",
    )
)


class LatexError(ValueError):
    """Raised when LaTeX is not well-formed."""


def decode(texts: Sequence[str]) -> list[str]:
    """Texts without entities and LaTeX; a bare % or & is itself, as in BibTeX, no comment and no column.

    Raises:
        LatexError: a text is not well-formed.
    """
    fields = [Field(str(place), _prepared(text)) for place, text in enumerate(texts)]
    entry = LatexDecodingMiddleware().transform_entry(Entry("misc", "texts", fields), Library())
    if not isinstance(entry, Entry):
        raise LatexError("it holds LaTeX that is not well-formed.")
    back = str.maketrans({stand_in: mark for mark, stand_in in (STAND_INS | BRACES).items()})
    return [unicodedata.normalize("NFC", field.value.translate(back)) for field in entry.fields]


def unknown_commands(text: str) -> Iterator[str]:
    """The commands of a text whose meaning is not known, so that they are left out, each once."""
    known = get_default_latex_context_db()
    names = COMMAND.findall(MATH.sub("", WORD.sub("", MARKED.sub("", text))))
    for name in dict.fromkeys(names):
        if name not in LOOKS and known.get_macro_spec(name) is None:
            yield f"\\{name}"


def _prepared(text: str) -> str:
    """A text with what the decoder would take for something else, or drop, written in another way."""
    plain = WORD.sub(lambda match: WORDS[match[1]], MARKED.sub(_marked, html.unescape(text)))
    for mark, stand_in in STAND_INS.items():
        plain = re.sub(rf"(?<!\\){mark}", stand_in, plain)
    return plain


def _marked(match: re.Match[str]) -> str:
    """A letter with its mark behind it, as Unicode has it; of a tie, between two letters."""
    letter, rest = (match[4], "") if match[4] else (match[2], match[3])
    return f"{letter}{MARKS[match[1]]}{rest}" if not letter.startswith("\\") else match[0]
