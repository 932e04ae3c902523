"""The rules for what people wrote: whole, plain, in the language of its key, without placeholders."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import TITLE, Rule

PLACEHOLDER = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b|\?\?\?|\b([Ll]orem ipsum|LOREM IPSUM)\b")
# A replacement character, UTF-8 read as Latin-1 or Windows-1252, letters joined as PDF files join them.
DAMAGE = re.compile("\ufffd|[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|[\ufb00-\ufb06]")
MARKUP = re.compile(
    r"</?[A-Za-z][A-Za-z0-9:-]*(\s[^<>=]*=[^<>]*)?\s*/?>|<!--"  # HTML
    r"|&(#[0-9]+|#x[0-9A-Fa-f]+|[A-Za-z]{2,8});"
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


def text_faults(document: Document) -> Iterator[Fault]:
    """Everything that is wrong with the texts of a file, whatever they are for."""
    if _can_break_form(document.text):
        for steps, text in _texts(document.value):
            yield from _form(document, steps, text)
    for key, value in document.mapping.items():
        if isinstance(value, dict) and key != "entries":
            yield from _language(document, key, value)


def _can_break_form(text: str) -> bool:
    """True if a text of the file may break a rule of form. (The first line of a file has one dollar sign.)"""
    marked = any(mark in text for mark in TELLING) or text.count("$") > 1
    return marked or not unicodedata.is_normalized("NFC", text)


def _texts(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """(path, text) of every scalar."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, step))


COMPOSED_FORM = Rule(
    "R006",
    "text is in composed Unicode form (NFC)",
    why="The same name typed on two systems would be two names for search and sorting.",
    wrong='authors: [{name: "Andre\\u0301 Martin"}]',
    right="authors: [{name: André Martin}]",
)
UNDAMAGED = Rule(
    "R007",
    "text is not damaged by copying or by a wrong encoding",
    why="Replacement characters, letters such as Ã© and joined letters from PDF files break search.",
    wrong="authors: [{name: AndrÃ© Martin}]",
    right="authors: [{name: André Martin}]",
)
NO_MARKUP = Rule(
    "R008",
    "text is plain, without HTML, LaTeX or Markdown links",
    why="Pages and exports show text as it is written, so that readers would see the markup.",
    wrong="title: Exploring <i>Simple</i> Siamese Representation Learning",
    right=TITLE,
)
NO_PLACEHOLDER = Rule(
    "R016",
    "no placeholder is left in the text",
    why="What was meant to be written later would be published as it is.",
    wrong="idea: {en: TODO, zh: 待写。}",
    right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
)


def _form(document: Document, steps: Steps, text: str) -> Iterator[Fault]:
    if match := PLACEHOLDER.search(text):
        message = f"'{match[0]}' is left in the text; write what belongs there."
        yield document.fault(NO_PLACEHOLDER, steps, message)
    if not unicodedata.is_normalized("NFC", text):
        message = "a letter and its accent are apart; type them as one character."
        yield document.fault(COMPOSED_FORM, steps, message)
    if match := DAMAGE.search(text):
        message = f"'{match[0]}' is left of another encoding or a PDF; type it anew."
        yield document.fault(UNDAMAGED, steps, message)
    if not text.startswith("https://") and (match := MARKUP.search(text)):
        shown = match[0] if len(match[0]) <= 40 else f"{match[0][:37]}..."
        yield document.fault(NO_MARKUP, steps, f"'{shown}' is markup; write plain text.")


LANGUAGE_OF_KEY = Rule(
    "R018",
    "a text is in the language of its key",
    why="Readers choose a language; English under `zh` hides that the Chinese text is missing.",
    wrong="idea: {en: Stop the gradient on one side., zh: Stop the gradient on one side.}",
    right="idea: {en: Stop the gradient on one side., zh: 在一侧停止梯度。}",
)


def _language(document: Document, key: str, value: dict[str, Any]) -> Iterator[Fault]:
    """Texts in two languages, such as an abstract; a vocabulary's Chinese names may be Latin ones."""
    english, chinese = value.get("en"), value.get("zh")
    if isinstance(chinese, str) and not CHINESE.search(chinese):
        message = "there is no Chinese character in the Chinese text."
        yield document.fault(LANGUAGE_OF_KEY, (key, "zh"), message)
    if not isinstance(english, str) or not CHINESE.search(english):
        return
    if count_chinese(english) > len(LATIN.findall(english)):
        yield document.fault(LANGUAGE_OF_KEY, (key, "en"), "the English text is mostly Chinese.")


def count_chinese(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(CHINESE.findall(text))
