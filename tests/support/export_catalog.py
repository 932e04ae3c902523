"""Catalogs for the tests of exports, hostile text to put into them, and readers that others wrote."""

import csv
import io
import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import bibtexparser
from bibtexparser import middlewares
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from repro.catalog.catalog import Catalog
from tests.support import toy_catalog

SITE = "https://example.org/repro"

# Commands of LaTeX's own for characters, which the reader's table lacks or takes for accents.
COMMANDS = {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textasciicircum": "^",
}

# Each of these lands in every free text of an entry.
HOSTILE = [
    "\"double\" 'single' `back` “curly”",
    "one brace { open",
    "one brace } closed, then {",
    "a backslash \\ and \\input{/etc/passwd} and one at the end \\",
    "</script><script>alert(1)</script><!-- -->",
    "]]> <![CDATA[ &amp; &#60; &lt;b&gt;",
    'first line\n\n@article{evil, title = {x}}\nlast line",',
    "@article{evil, title = {x}} @comment(y)",
    '=HYPERLINK("https://example.org","x")',
    "+1+2",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "＝1+1",
    "\t=1+1",
    "100% & $5 #1 a_b ~ ^ < > | x^2 $y$",
    "emoji 🦆 👩‍🔬, accents e\u0301 é ß ø, 汉字 and ﷽",
    "null",
    "yes",
    "1e400",
    "- !!python/object:x &a *a {b: c} # d",
    "{{ 7 * 7 }} {% raw %} [x](javascript:alert(1))",
    "and",
    "Ada and Grace and others",
    "Doe, Jane, Jr.",
]


def entry(**changes: Any) -> dict[str, Any]:
    """A complete entry of an id `toy`, with some keys replaced; a key that is None is left out."""
    whole = {
        "schema": "1",
        "id": "toy",
        "name": "Toy",
        "title": "A Toy",
        "authors": [{"name": "Ada Lovelace"}],
        "year": "2021",
        "venue": "cvpr",
        "status": "published",
        "depth": "short",
        "added": "2026-11-20",
        "ids": {"arxiv": "2011.10560", "doi": "10.1000/toy"},
        "links": [{"role": "paper", "url": "https://example.org/toy"}],
        "abstract": {"en": toy_catalog.ABSTRACT},
        "idea": {"en": "Play."},
        "tags": {"family": ["contrastive"]},
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def hostile(text: str) -> dict[str, Any]:
    """An entry with this text wherever free text may stand."""
    setting = {"backbone": text, "note": text}
    source = {"doc": text, "place": text, "how": "table", "mark": "pdf", "read_by": text, "checked_by": text}
    value = {"dataset": "imagenet-1k", "protocol": "linear-probe@1", "metric": "top1", "value": "-0.50"}
    reported = {"id": "t1", "task": "detection", "split": text, "unit": text} | value
    claim = {"id": "works", "kind": "trained", "statement": text, "place": text, "paper_values": ["t1"]}
    return entry(
        name=text,
        title=text,
        authors=[{"name": text}, {"name": "Ada Lovelace"}],
        ids={"doi": "10.1000/a{b}c<d>&%_\\"},
        links=[{"role": "paper", "url": "https://example.org/{x}?a=%20&b=@article{y,#z"}],
        abstract={"en": text, "zh": text},
        idea={"en": text, "zh": text},
        relations=[{"type": "simplifies", "to": "other", "note": text}],
        official={"repo": "https://example.org/code", "licence": text, "state": "gone"},
        settings=[
            {
                "id": "imagenet",
                "place": text,
                "paper": {"optimizer.lr": text, "views.crop_scale": [text, "1"]},
            }
        ],
        reported=[reported | {"setting": setting, "source": source}],
        claims=[claim],
        errata=[{"field": "title", "was": text, "now": text, "why": text}],
    )


def catalog(folder: Path, *entries: Mapping[str, Any], **vocabulary: Mapping[str, Any]) -> Catalog:
    """The toy catalog with these entries beside `toy` and `other`, or in their place.

    A keyword replaces a vocabulary: ``venues={"cvpr": {"name": ...}}``.
    """
    other = entry(id="other", name="Other", title="Another", ids={"arxiv": "2006.07730"}, venue="icml")
    papers = {f"papers/{found['id']}.yaml": dumped(found) for found in (entry(), other, *entries)}
    words = {
        f"vocab/{name}.yaml": dumped({"schema": "1", "entries": found}) for name, found in vocabulary.items()
    }
    return toy_catalog.catalog(folder, papers | words)


def dumped(content: Mapping[str, Any]) -> str:
    """JSON, which is YAML as well."""
    return json.dumps(content, ensure_ascii=False, indent=1)


def parsed_bibtex(source: str) -> bibtexparser.Library:
    """With commands turned back into characters, and authors into parts."""
    commands = get_default_latex_context_db()
    commands.add_context_category("ascii", [MacroTextSpec(*pair) for pair in COMMANDS.items()], prepend=True)
    return bibtexparser.parse_string(
        source,
        append_middleware=[
            middlewares.SeparateCoAuthors(),
            middlewares.SplitNameParts(),
            middlewares.LatexDecodingMiddleware(decoder=LatexNodes2Text(latex_context=commands)),
        ],
    )


def rows(source: str) -> list[dict[str, str]]:
    """A CSV file's rows by the names of their columns."""
    return list(csv.DictReader(io.StringIO(source), strict=True))


class Head(HTMLParser):
    """Scripts, and whatever else there is."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.others: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append("")
        else:
            self.others.append(tag)

    def handle_data(self, data: str) -> None:
        if self.scripts and not self.scripts[-1]:
            self.scripts[-1] = data
        elif data.strip():
            self.others.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)
