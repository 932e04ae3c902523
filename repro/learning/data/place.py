"""Where downloads, packs and unpacked archives lie. No torch."""

import os
from pathlib import Path

import platformdirs

from repro.errors import DataError


def cache_root() -> Path:
    """The folder of downloads and packs: ``$REPRO_CACHE``, else the user's cache folder. It may not exist."""
    chosen = os.environ.get("REPRO_CACHE", "")
    return Path(chosen).absolute() if chosen else platformdirs.user_cache_path("repro", appauthor=False)


def unwritable(folder: Path, error: Exception) -> DataError:
    """What to say of a cache folder that cannot be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(
        f"the cache folder {folder} cannot be written ({reason}); make room there, "
        "or name another folder in the environment variable REPRO_CACHE"
    )
