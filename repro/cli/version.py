"""The version of this installation, for a report of what went wrong."""

import platform

import repro
from repro.files import source_state


def version() -> str:
    """Version, commit if this is a checkout, and Python: ``repro 0.1.0 (1a2b3c4d5e6f), Python 3.11.7``."""
    commit, dirty = source_state()
    source = f" ({commit[:12]}{', with changes' if dirty else ''})" if commit else ""
    return f"repro {repro.__version__}{source}, Python {platform.python_version()}"
