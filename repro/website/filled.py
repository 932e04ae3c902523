"""Pages filled before: a template that is given the same values again is not filled again.

What a page's text follows from is the templates, this package, and the values, which are data through and
through. A page whose values are more than data, such as functions, is filled each time.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment
from pydantic_core import PydanticSerializationError, to_json

from repro.files import PACKAGE
from repro.website.book import Late, Page
from repro.website.tree import rendered

MAKERS = ("jinja2", "markupsafe", "pygments", "latex2mathml", "pydantic")


class Filled:
    """The pages of a tree on disk, and the key of each: called as :func:`repro.website.tree.rendered` is.

    ``docs`` is the folder of the tree, ``index`` the file with the keys, ``site`` the templates' folder.
    """

    def __init__(self, docs: Path, index: Path, site: Path) -> None:
        self.docs = docs
        self.index = index
        self.sources = _sources(site)
        self.before = _read(index)
        self.sets: dict[frozenset[str], str] = {}  # {set: digest}
        self.now: dict[str, tuple[str, str]] = {}  # {page: (key, digest of its text)}

    def __call__(self, templates: Environment, page: Page) -> bytes:
        """The page's text, from the tree if it would be the same."""
        key = self._key(page)
        if key is None:
            return rendered(templates, page)
        text = self._found(page.path, key)
        if text is None:
            text = rendered(templates, page)
        self.now[page.path] = (key, sha256(text).hexdigest())
        return text

    def save(self) -> None:
        """Write the keys down, once the tree is on disk."""
        self.index.write_text(json.dumps(self.now), encoding="utf-8")

    def _key(self, page: Page) -> str | None:
        try:
            values = to_json(dict(self._ordered(page.values)), inf_nan_mode="strings", fallback=_late)
        except PydanticSerializationError:
            return None
        given = json.dumps([self.sources, page.path, page.template]).encode()
        return sha256(given + values).hexdigest()

    def _ordered(self, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        """The values, sets as digests that are the same in every process; many pages have the same one."""
        for name, value in values.items():
            if isinstance(value, frozenset):
                if value not in self.sets:
                    self.sets[value] = sha256(json.dumps(sorted(value)).encode()).hexdigest()
                yield name, self.sets[value]
            else:
                yield name, value

    def _found(self, path: str, key: str) -> bytes | None:
        known, digest = self.before.get(path, ("", ""))
        if known != key:
            return None
        try:
            text = (self.docs / path).read_bytes()
        except OSError:
            return None
        return text if sha256(text).hexdigest() == digest else None


def _late(value: object) -> object:
    if isinstance(value, Late):
        return value.key
    raise PydanticSerializationError("no plain data")


def _sources(site: Path) -> str:
    """A digest of everything that turns values into text."""
    digest = sha256(json.dumps([(name, version(name)) for name in MAKERS]).encode())
    for path in sorted([*PACKAGE.rglob("*.py"), *site.rglob("*.j2"), *site.rglob("*.md")]):
        digest.update(f"{path}\n{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _read(index: Path) -> dict[str, tuple[str, str]]:
    """The keys of the last time; none if they cannot be read."""
    try:
        found = json.loads(index.read_text(encoding="utf-8"))
        return {str(path): (str(key), str(digest)) for path, (key, digest) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
