"""Where the catalog, the site's sources, the package's own source and downloaded data are."""

import os
from pathlib import Path

import platformdirs

from repro.errors import UsageError

PACKAGE = Path(__file__).resolve().parent


def catalog_root() -> Path:
    """The catalog folder: ``$REPRO_CATALOG`` if set, else the wheel's copy, else the checkout's."""
    chosen = os.environ.get("REPRO_CATALOG")
    if not chosen:
        return _data_folder("catalog")
    root = Path(chosen).expanduser().resolve()
    if not root.is_dir():
        raise UsageError(f"REPRO_CATALOG names {root}, which is not a folder; unset it or correct it.")
    return root


def site_root() -> Path:
    """The folder of the site's hand-written pages and templates: the wheel's copy, else the checkout's."""
    return _data_folder("site")


def cache_root() -> Path:
    """The folder for downloaded data, in the user's cache; it need not exist yet."""
    return platformdirs.user_cache_path("repro", appauthor=False)


def _data_folder(name: str) -> Path:
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name
