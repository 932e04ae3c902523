"""Fill a template of ``site/report`` into one HTML file that loads nothing else."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from repro.catalog.prose import NBSP, duration
from repro.errors import RunError
from repro.files import site_root, write_whole
from repro.report import words

NUMBERS = {
    "percent": words.percent,
    "decimal": words.decimal,
    "significant": words.significant,
    "duration": duration,
    "count": words.count,
    "memory": words.memory,
    "plain": words.plain,
}


def environment(
    folders: Sequence[Path],
    filters: Mapping[str, Callable[..., Any]],
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """The Jinja environment over folders, the first found counts; a name that is not given is an error.

    Every value is escaped unless it is :class:`markupsafe.Markup`; ``finalize`` is put before that.
    """
    found = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(NUMBERS)
    found.filters.update(filters)
    return found


@cache
def _environment(folder: Path) -> Environment:
    return environment([folder], {"emphasised": emphasised, "prose": prose})


def fill(template: str, values: Mapping[str, object]) -> str:
    """Render ``site/report/<template>``; every value is escaped unless it is :class:`markupsafe.Markup`."""
    return _environment(site_root() / "report").get_template(template).render(values)


def emphasised(sentence: str) -> Markup:
    """A sentence with its percentages set in bold."""
    return Markup(re.sub(rf"\d+{NBSP}%", r"<b>\g<0></b>", str(escape(sentence))))  # noqa: S704 - escaped above


def prose(sentence: str, shown: Callable[[str], Markup] = escape) -> Markup:
    """A sentence of our own in which `backticks` set a word as code; ``shown`` escapes its parts."""
    parts = [shown(part) for part in sentence.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


def write_page(path: Path, text: str) -> Path:
    """Put the page in place in one step, so that a reader never sees half of it."""
    try:
        write_whole(path, text)
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror or error}).") from None
    return path
