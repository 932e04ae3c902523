"""A local cache of published abstracts: ``.local/abstracts/`` beside the catalog, for who fetched them.

They are other people's text: a build of the site on this machine may show them with their source, and git
never sees them. The catalog's own abstracts are written by us.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from repro.catalog.reading.document import MAX_BYTES
from repro.catalog.records.kinds import describe
from repro.errors import UsageError
from repro.files import write_whole


@dataclass(frozen=True, slots=True)
class OfficialAbstract:
    """An abstract as the service ``source`` gave it for the identifier ``asked`` on the day ``date``."""

    text: str
    source: str
    asked: str
    date: str


def folder(root: Path) -> Path:
    """The cache folder of the catalog at ``root``; it need not exist."""
    return root.parent / ".local" / "abstracts"


def read_abstract(root: Path, paper: str) -> OfficialAbstract | None:
    """The cached abstract of a paper; None if there is none that can be read."""
    try:
        with (folder(root) / f"{paper}.json").open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
        fields = {key: content[key] for key in ("text", "source", "asked", "date")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return OfficialAbstract(**fields) if all(isinstance(value, str) for value in fields.values()) else None


def write_abstract(root: Path, paper: str, abstract: OfficialAbstract) -> None:
    """Cache an abstract. UsageError if the folder cannot be written."""
    place = folder(root)
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".gitignore").write_text("*\n", encoding="utf-8")  # wherever this catalog lies
        text = json.dumps(asdict(abstract), indent=2, ensure_ascii=False) + "\n"
        write_whole(place / f"{paper}.json", text, durable=True)
    except OSError as error:
        raise UsageError(f"{describe(str(place))} cannot be written ({error.strerror})") from error
