"""The catalog as commands write to it: which folder may be written, and the snapshots in ``lock/``."""

import json
from pathlib import Path

from repro.catalog.reading.snapshot import ServiceAnswer, Snapshot, read_snapshot
from repro.errors import UsageError
from repro.files import PACKAGE, catalog_root, write_whole
from repro.metadata.record import Metadata


def writable_catalog(chosen: Path | None = None) -> Path:
    """The catalog that was named, or else this installation's.

    Raises:
        UsageError: it is no catalog, or the copy inside an installed package, which the next update replaces.
    """
    root = (chosen or catalog_root()).expanduser().resolve()
    if not (root / "papers").is_dir():
        raise UsageError(f"{root} is not a catalog: it has no folder papers; name another with --catalog")
    if root.is_relative_to(PACKAGE):
        raise UsageError(
            f"{root} is the copy inside the installed package and is not written to; "
            "name a checkout's catalog with --catalog, or set REPRO_CATALOG"
        )
    return root


def load_snapshot(root: Path, paper: str) -> Snapshot:
    """The snapshot of a paper; an empty one if there is none. CatalogFileError (R017) if it is damaged."""
    path = root / "lock" / f"{paper}.json"
    if not path.exists():
        return Snapshot(format=1, paper=paper)
    return read_snapshot(path, f"{root.name}/lock/{path.name}")


def write_snapshot(root: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot, whole or not at all. UsageError if the folder cannot be written."""
    path = root / "lock" / f"{snapshot.paper}.json"
    content = snapshot.model_dump(mode="json", exclude_none=True)
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n", durable=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error
    return path


def as_answer(record: Metadata) -> ServiceAnswer:
    """The part of a record that a snapshot keeps: everything but the abstract."""
    return ServiceAnswer.model_validate(
        {
            "source": record.source,
            "asked": record.asked,
            "date": record.date,
            "title": record.title,
            "authors": record.authors,
            "years": record.years,
            "venue": record.venue,
            "arxiv": record.arxiv,
            "doi": record.doi,
            "openreview": record.openreview,
        }
    )
