"""The cache folder, where downloads, packs and unpacked archives lie. No torch."""

from pathlib import Path

from repro.errors import DataError


def unwritable(folder: Path, error: Exception) -> DataError:
    """What to say of a cache folder that cannot be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(
        f"the cache folder {folder} cannot be written ({reason}); make room there, "
        "or name another folder in the environment variable REPRO_CACHE"
    )
