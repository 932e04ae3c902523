"""A catalog of self-supervised-learning papers whose claims you can run; :mod:`repro.api` has the names."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repro.api import load, method, papers, reported, run, verdict, verify, views
    from repro.learning.methods.base import Progress

__version__ = "0.1.0"
__all__ = ["Progress", "load", "method", "papers", "reported", "run", "verdict", "verify", "views"]


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'repro' has no attribute '{name}'; it has {', '.join(__all__)}")
    if name == "Progress":
        from repro.learning.methods.base import Progress

        return Progress
    from repro import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
