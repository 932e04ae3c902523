"""The check of a component's settings wherever it is built: their bounds, and that they fit each other."""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from inspect import Parameter, signature
from typing import Annotated, Any, ParamSpec, get_origin, get_type_hints

from repro.catalog.records.kinds import read
from repro.catalog.settings.fit import misfits
from repro.errors import UsageError

P = ParamSpec("P")


def bounded(section: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make the ``__init__`` of a method, an encoder, views or data refuse what ``repro check`` refuses.

    Its keyword-only arguments are settings of ``section``, and are held against their types; an argument that
    is none is held against its bounds, if it has any. UsageError says what is wrong in the same sentence.
    """

    def decorate(init: Callable[P, None]) -> Callable[P, None]:
        form = signature(init)
        keys = {
            name: f"{section}.{name}" if _is_setting(form.parameters[name]) else name
            for name in form.parameters
        }
        hints = cache(lambda: get_type_hints(init, include_extras=True))

        @wraps(init)
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            bound = form.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, value in bound.arguments.items():
                kind = hints().get(name)
                if keys[name] != name or get_origin(kind) is Annotated:
                    bound.arguments[name] = _read(kind, keys[name], value)
            example: dict[str, Any] = getattr(
                bound.arguments.get("example"), "_asdict", dict
            )()  # what the data hold
            _require_fit(example | {keys[name]: value for name, value in bound.arguments.items()})
            init(*bound.args, **bound.kwargs)

        return checked

    return decorate


def _is_setting(parameter: Parameter) -> bool:
    """True if a recipe can give the argument."""
    return parameter.kind is Parameter.KEYWORD_ONLY


def _read(kind: Any, key: str, value: Any) -> Any:
    try:
        return read(kind, value)
    except ValueError as error:
        raise UsageError(f"{key}: {error}") from None


def _require_fit(given: Mapping[str, Any]) -> None:
    """UsageError for the first settings that do not fit each other."""
    for misfit in misfits(given):
        raise UsageError(misfit.sentence)
