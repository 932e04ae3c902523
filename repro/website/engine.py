"""Templates to text in which nothing from the catalog can act.

A page is Markdown with HTML inside, and a value may land in either. So every value is made inert for both at
once: each character that means something to Markdown or HTML becomes a numeric entity, which both show as the
character itself. Only :class:`markupsafe.Markup`, which this package's own code builds, passes as it is.
"""

import html
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from latex2mathml.converter import convert
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashLexer, PythonLexer, YamlLexer

from repro.report.page import environment, prose

ACTIVE = re.compile(r"""[&<>"'`*_\[\]\\{}~^$|!#]|\A[^\w\s]|(?<=\d)[.)](?!\S)|(?<=:)/""")
LEXERS = {"python": PythonLexer(), "console": BashLexer(), "yaml": YamlLexer()}


def inert(value: Any) -> Any:
    """A value as text that Markdown and HTML show letter by letter, on one line; markup as it is."""
    if isinstance(value, Markup):
        return value
    return _escaped("" if value is None else _one_line(str(value)))


def _escaped(line: str) -> Markup:
    return Markup(ACTIVE.sub(_entity, line))  # noqa: S704 - escaped here


def _one_line(text: str) -> str:
    return " ".join(text.split())


def front(value: str) -> Markup:
    """A value of the front matter: quoted for YAML, escaped for the theme, which prints it as HTML."""
    text = html.escape(_one_line(value))
    return Markup(json.dumps(text, ensure_ascii=False))  # noqa: S704 - escaped here


def data(value: Any) -> Markup:
    """A value of the front matter as it is: the theme's templates escape it where they print it."""
    return Markup(json.dumps(value, ensure_ascii=False))  # noqa: S704 - never printed into a page by itself


def preformatted(text: str) -> Markup:
    """Text for the inside of ``<pre>``: every line kept, nothing acts."""
    return Markup("\n").join(_escaped(line) for line in text.rstrip("\n").split("\n"))


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


@cache
def engine(*folders: Path) -> Environment:
    """The template engine over folders, the first found counts; a name that is not given is an error."""
    filters: dict[str, Callable[..., Any]] = {
        "front": front,
        "data": data,
        "prose": lambda text: prose(_one_line(text), _escaped),
        "pre": preformatted,
        "code": code,
        "math": math,
        "markdown": Markup,
    }
    return environment(folders, filters, inert)
