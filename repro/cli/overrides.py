"""``--set section.key=value``: text to settings, and what is wrong with a setting back to the text."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from repro.catalog.reading.document import parse
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.settings.layers import KEY, SettingError
from repro.catalog.settings.own_images import SIZES
from repro.errors import UsageError


def parse_overrides(texts: Sequence[str]) -> dict[str, Any]:
    """{dotted key: value as YAML writes it}.

    UsageError for a text of another form, a value that is no YAML, or a key that is given twice.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        key, value = _parse(text)
        if key in settings:
            both = " and ".join(f"`{other}`" for other in texts if _key(other) == key)
            raise UsageError(f"--set {key} is given twice, {both}; leave one of them out.")
        settings[key] = value
    return settings


@contextmanager
def naming(texts: Sequence[str]) -> Iterator[None]:
    """Put the text that was typed before what is wrong with its setting."""
    try:
        yield
    except SettingError as error:
        key, sentence = error.faults[0]
        typed = {_key(text): text for text in texts}
        if key not in typed:
            raise
        raise UsageError(f"--set {typed[key]}: {sentence.removeprefix(f'{key}: ')}") from None


def parse_size(text: str | None) -> int | None:
    """Pixels a side, as ``--size`` takes them. UsageError for others, which ``--set data.size`` may take."""
    if text is None:
        return None
    if text not in map(str, SIZES):
        *most, last = SIZES
        raise UsageError(
            f"--size {text}: expected {', '.join(map(str, most))} or {last}; `--set data.size=` takes others."
        )
    return int(text)


def _key(text: str) -> str:
    return text.partition("=")[0].strip()


def _parse(text: str) -> tuple[str, Any]:
    key, (_, equals, written) = _key(text), text.partition("=")
    if not equals or (key != "seed" and not KEY.fullmatch(key)):
        raise UsageError(f"--set {text}: expected section.key=value, such as --set budget.epochs=2.")
    try:
        return key, parse(written, "value").value
    except CatalogFileError as error:
        raise UsageError(f"--set {text}: the value cannot be read: {error.faults[0].message}") from None
