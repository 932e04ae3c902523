"""The questions of ``repro add --offline``: what a service would have said, asked at the terminal."""

from collections.abc import Callable
from typing import TypeVar

from repro.errors import ReproError, UsageError
from repro.metadata.identify import Identifier, identify
from repro.metadata.record import Metadata, authors, optional, title, year

Prompt = Callable[[str], str]
Say = Callable[[str], None]
Answer = TypeVar("Answer")


def ask(prompt: Prompt, say: Say, today: str, known: Identifier | None = None) -> Metadata:
    """Title, authors, year, venue and identifiers; what does not fit is asked again with the reason.

    prompt: shows a question and returns the answer, empty if none was given. known: an identifier that was
    already typed and need not be asked for.
    """
    heading = _ask_until_valid(prompt, say, "Title", lambda text: title(text, "the answer"))
    names = _ask_until_valid(prompt, say, "Authors, separated by semicolons", _authors)
    when = _ask_until_valid(prompt, say, "Year", _year)
    venue = _ask_until_valid(prompt, say, "Venue, such as CVPR 2021 (empty for a preprint)", optional)
    ids = [known] if known else _ask_until_valid(prompt, say, "Identifiers (arXiv, DOI, OpenReview)", _ids)
    values = {identifier.kind: identifier.value for identifier in ids}
    return Metadata(
        source="typed",
        asked=" ".join(map(str, ids)) or heading,
        date=today,
        title=heading,
        authors=names,
        years=when,
        venue=venue,
        arxiv=values.get("arxiv"),
        doi=values.get("doi"),
        openreview=values.get("openreview"),
    )


def _ask_until_valid(prompt: Prompt, say: Say, question: str, read: Callable[[str], Answer]) -> Answer:
    while True:
        try:
            return read(prompt(question).strip())
        except ReproError as error:
            say(str(error))


def _authors(text: str) -> tuple[str, ...]:
    """Names as they are spoken: ``Xinlei Chen; Kaiming He``."""
    names = [name for name in map(str.strip, text.split(";")) if name]
    if not names:
        raise UsageError("a paper has at least one author; type names such as Xinlei Chen; Kaiming He")
    return authors(names, "the answer")


def _year(text: str) -> tuple[int, ...]:
    if years := year(text):
        return years
    raise UsageError(f"{text[:40]!r} is no year of a paper; type four digits, such as 2021")


def _ids(text: str) -> list[Identifier]:
    return [identify(word) for word in text.replace(",", " ").split()]
