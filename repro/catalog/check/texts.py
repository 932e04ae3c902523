"""The rules for what people wrote: whole, plain, in the language of its key, without placeholders."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import Finding

PLACEHOLDER = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b|\?\?\?|\b([Ll]orem ipsum|LOREM IPSUM)\b")
# A replacement character, UTF-8 read as Latin-1 or Windows-1252, letters joined as PDF files join them.
DAMAGE = re.compile("\ufffd|[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|[\ufb00-\ufb06]")
MARKUP = re.compile(
    r"</?[A-Za-z][A-Za-z0-9:-]*(\s[^<>]*)?/?>|<!--|&(#[0-9]+|#x[0-9A-Fa-f]+|[A-Za-z]{2,8});"  # HTML
    r"|\\[A-Za-z]+\{|\{\\|\$[^\s$]([^$]*[^\s$])?\$"  # LaTeX
    r"|\]\([^)\s]+\)"  # Markdown
)
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]")
# Without one of these no text of a file can break a rule of form; most files have none.
TELLING = (
    *("TODO", "FIXME", "XXX", "TBD", "???", "orem ipsum", "OREM IPSUM"),
    *("<", "&", "\\", "]("),
    *("\ufffd", "\u00c2", "\u00c3", "\u00e2\u20ac", *"\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"),
)


def text_findings(document: Document) -> Iterator[Finding]:
    """Everything that is wrong with the texts of a file, whatever they are for."""
    if _telling(document.text):
        for steps, text in texts(document.value):
            yield from _form(document, steps, text)
    for key, value in document.mapping.items():
        if isinstance(value, dict) and key != "entries":
            yield from _language(document, key, value)


def _telling(text: str) -> bool:
    """Whether a text may break a rule of form. (The first line of a file has one dollar sign.)"""
    marked = any(mark in text for mark in TELLING) or text.count("$") > 1
    return marked or not unicodedata.is_normalized("NFC", text)


def _language(document: Document, key: str, value: dict[str, Any]) -> Iterator[Finding]:
    """Texts in two languages, such as an abstract; a vocabulary's Chinese names may be Latin ones."""
    english, other = value.get("en"), value.get("zh")
    if isinstance(other, str) and not CHINESE.search(other):
        yield document.finding("R018", (key, "zh"), "there is no Chinese character in the Chinese text.")
    if not isinstance(english, str) or not CHINESE.search(english):
        return
    if chinese(english) > len(LATIN.findall(english)):
        yield document.finding("R018", (key, "en"), "the English text is mostly Chinese.")


def texts(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """(path, text) of every scalar."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(inner, (*path, step))


def chinese(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(CHINESE.findall(text))


def _form(document: Document, steps: Steps, text: str) -> Iterator[Finding]:
    if found := PLACEHOLDER.search(text):
        yield document.finding("R016", steps, f"'{found[0]}' is left in the text; write what belongs there.")
    if not unicodedata.is_normalized("NFC", text):
        yield document.finding(
            "R006", steps, "a letter and its accent are apart; type them as one character."
        )
    if found := DAMAGE.search(text):
        yield document.finding(
            "R007", steps, f"'{found[0]}' is left of another encoding or a PDF; type it anew."
        )
    if not text.startswith("https://") and (found := MARKUP.search(text)):
        shown = found[0] if len(found[0]) <= 40 else f"{found[0][:37]}..."
        yield document.finding("R008", steps, f"'{shown}' is markup; write plain text.")
