"""Templates to text in which nothing from the catalog can act.

A page is Markdown with HTML inside, and a value may land in either. So every value is made inert for both at
once: each character that means something to Markdown or HTML becomes a numeric entity, which both show as the
character itself. Only :class:`markupsafe.Markup`, which this package's own code builds, passes as it is.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashLexer, PythonLexer, YamlLexer

from repro.catalog.prose import duration
from repro.report import words

ACTIVE = re.compile(r"""[&<>"'`*_\[\]\\{}~^$|!#]|\A[^\w\s]|(?<=\d)[.)](?!\S)|(?<=:)/""")
LEXERS = {"python": PythonLexer(), "console": BashLexer(), "yaml": YamlLexer()}


def inert(value: Any) -> Any:
    """A value as text that Markdown and HTML show letter by letter, on one line; markup as it is."""
    if isinstance(value, Markup):
        return value
    text = "" if value is None else " ".join(str(value).split())
    return Markup(ACTIVE.sub(lambda found: f"&#{ord(found[0])};", text))  # noqa: S704 - escaped here


def front(value: str) -> Markup:
    """A value of the front matter: quoted for YAML, escaped for the theme, which prints it as HTML."""
    text = html.escape(" ".join(value.split()))
    return Markup(json.dumps(text, ensure_ascii=False))  # noqa: S704 - escaped here


def data(value: Any) -> Markup:
    """A value of the front matter as it is: the theme's templates escape it where they print it."""
    return Markup(json.dumps(value, ensure_ascii=False))  # noqa: S704 - never printed into a page by itself


def prose(text: str) -> Markup:
    """A sentence of our own in which `backticks` set a word as code."""
    parts = text.split("`")
    shown = [
        Markup("<code>{}</code>").format(inert(part)) if i % 2 else inert(part)
        for i, part in enumerate(parts)
    ]
    return Markup("").join(shown)


def preformatted(text: str) -> Markup:
    """Text for the inside of ``<pre>``: every line kept, nothing acts."""
    lines = text.rstrip("\n").split("\n")
    return Markup("\n").join(Markup(ACTIVE.sub(_entity, line)) for line in lines)  # noqa: S704 - escaped here


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def code(text: str, language: str = "python") -> Markup:
    """Source with its syntax coloured by classes, as the theme's own code blocks have them."""
    body = highlight(text.rstrip("\n"), LEXERS[language], HtmlFormatter(nowrap=True)).rstrip("\n")
    kept = re.sub(r"[`*_\[\]\\{}~^$|]", _entity, body)
    pre = '<div class="highlight"><pre tabindex="0"><code>{}\n</code></pre></div>'
    return Markup(pre).format(Markup(kept))  # noqa: S704 - Pygments escapes


def math(latex: str, display: str = "block") -> Markup:
    """An equation of our own as MathML, which browsers draw without a script. ``display``: block, inline."""
    return Markup(convert(latex, display=display))  # noqa: S704 - written by us, built as elements


def engine(*folders: Path) -> Environment:
    """The template engine over folders, the first found counts; a name that is not given is an error."""
    found = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        finalize=inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(
        front=front,
        data=data,
        prose=prose,
        pre=preformatted,
        code=code,
        math=math,
        markdown=Markup,
        percent=words.percent,
        decimal=words.decimal,
        duration=duration,
        count=words.count,
        memory=words.memory,
        significant=words.significant,
    )
    return found
