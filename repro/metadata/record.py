"""The record of a paper as a service gives it: typed, and made from values that nobody has checked yet."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from repro.catalog.reading.events import FORBIDDEN
from repro.errors import ServiceError

LONGEST = {"title": 1_000, "author": 200, "venue": 500, "abstract": 20_000}
MOST_AUTHORS = 5_000
YEARS = (1950, 2100)
# Tags of HTML, JATS and MathML, those with attributes, comments; not what stands between two comparisons.
TAGS = (
    r"a|abbr|alternatives|b|bold|br|big|blockquote|body|center|cite|code|dd|del|div|dl|dt|em|email|fn|"
    r"font|h[1-6]|head|hr|html|i|img|inf|inline-formula|ins|italic|kbd|label|li|link|list|list-item|"
    r"maction|math|mfrac|mi|mn|mo|mover|mrow|ms|mspace|msqrt|mroot|mstyle|msub|msubsup|msup|mtable|mtd|"
    r"mtext|mtr|munder|munderover|named-content|ol|overline|p|pre|q|ref|roman|s|sans-serif|sc|script|"
    r"sec|small|span|strike|strong|style|styled-content|sub|sup|svg|table|tbody|td|tex-math|th|title|"
    r"tr|tt|u|ul|underline|var|monospace|xref"
)
ATTRIBUTES = r"(?:\s[^<>=]*=[^<>]*)"
MARKUP = re.compile(
    rf"</?(?:{TAGS})\b{ATTRIBUTES}?\s*/?>|</?[A-Za-z][\w-]*:[A-Za-z][\w-]*{ATTRIBUTES}?\s*/?>"
    rf"|<[A-Za-z][\w-]*{ATTRIBUTES}>|<![A-Za-z-][^<>]*>",
    re.IGNORECASE,
)
# What YAML cannot hold apart from what the catalog forbids: halves of surrogate pairs and two non-characters.
UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
YEAR = re.compile(r"(?<!\d)(19[5-9]\d|20\d\d)(?!\d)")


class UnusableError(ServiceError):
    """A service answered, but not with a record of a paper."""


class NoRecordError(ServiceError):
    """A service answered that it has no such paper."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The record of a paper by one source; every text is one clean line within the limits of :data:`LONGEST`.

    source: arxiv, crossref, datacite, openalex, openreview, bibtex or typed. asked: the identifier it was
    asked for. date: the day of the answer, ISO. more_authors: whether it leaves authors out and says so.
    years: those it gives for the paper, the one to cite first; they differ where a paper appeared online
    before it was printed. families: (name, family name) of each author whose family name has several words,
    where the source tells them apart; of a group, its name twice.
    """

    source: str
    asked: str
    date: str
    title: str
    authors: tuple[str, ...]
    more_authors: bool = False
    years: tuple[int, ...] = ()
    venue: str | None = None
    arxiv: str | None = None
    doi: str | None = None
    openreview: str | None = None
    abstract: str | None = None
    families: tuple[tuple[str, str], ...] = ()

    @property
    def year(self) -> int | None:
        """The year to cite."""
        return self.years[0] if self.years else None


def clean(text: str) -> str:
    """Text as one line without markup, entities, control, direction-changing and unwritable characters."""
    for _ in range(2):  # some services escape what was escaped before
        text = html.unescape(MARKUP.sub("", text))
    text = MARKUP.sub("", text)
    text = " ".join(UNWRITABLE.sub("", text).split())
    return unicodedata.normalize("NFC", " ".join(FORBIDDEN.sub("", text).split()))


def title(value: Any, source: str) -> str:
    """A title. :class:`UnusableError` if it is missing, no text or too long."""
    return _line(value, "title", source)


def authors(values: Any, source: str) -> tuple[str, ...]:
    """Names in order, none for None. :class:`UnusableError` for no list of texts, too many or too long."""
    if values is None:
        return ()
    if not isinstance(values, list | tuple):
        raise UnusableError(f"{source} gives {_kind_of(values)} as the authors, expected a list of names.")
    if len(values) > MOST_AUTHORS:
        raise UnusableError(f"{source} gives {len(values):,} authors, expected at most {MOST_AUTHORS:,}.")
    return tuple(_line(value, "author", source) for value in values)


def with_subtitle(main: Any, subtitle: Any) -> Any:
    """A title and what stands below it, unless it holds that already; anything but two texts is ``main``."""
    if not isinstance(main, str) or not isinstance(subtitle, str) or subtitle in main:
        return main
    return f"{main}{'' if main.endswith(('?', '!', ':')) else ':'} {subtitle}"


def families(people: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, str], ...]:
    """Of (name, family name) those whose family name is several words of the name, or all of it."""
    pairs = ((optional(name, "author"), optional(family, "author")) for name, family in people)
    return tuple((name, family) for name, family in pairs if name and family and _is_apart(name, family))


def _is_apart(name: str, family: str) -> bool:
    """True if a family name of several words stands as such in the name."""
    return " " in family and "," not in family and f" {family} " in f" {name} "


def optional(value: Any, what: str = "venue") -> str | None:
    """A venue, abstract or name; None if it is missing, no text, empty or too long, and done without."""
    if not isinstance(value, str) or len(value) > 2 * LONGEST[what]:
        return None
    text = clean(value)
    return text if 0 < len(text) <= LONGEST[what] else None


def year(value: Any) -> tuple[int, ...]:
    """One year from a number or the start of a date; empty if there is none in :data:`YEARS`."""
    if isinstance(value, str):
        value = int(value[:4]) if re.fullmatch(r"[0-9]{4}(-.{0,30})?", value) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return ()
    return (value,) if YEARS[0] <= value <= YEARS[1] else ()


def matching(value: Any, pattern: str) -> str | None:
    """An identifier that has the form the catalog asks for, else None."""
    return value if isinstance(value, str) and len(value) <= 200 and re.fullmatch(pattern, value) else None


def _line(value: Any, what: str, source: str) -> str:
    if not isinstance(value, str):
        raise UnusableError(f"{source} gives {_kind_of(value)} as {_with_article(what)}, expected text.")
    if len(value) > 4 * LONGEST[what] or len(text := clean(value)) > LONGEST[what]:
        length = f"{len(value):,} characters"
        raise UnusableError(
            f"{source} gives {_with_article(what)} of {length}, expected at most {LONGEST[what]:,}."
        )
    if not text:
        raise UnusableError(f"{source} gives {_with_article(what)} without any text.")
    return text


def _with_article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _kind_of(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return kinds.get(type(value), "a number")
