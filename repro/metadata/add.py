"""``repro add``: an identifier, a BibTeX file or answers at the terminal become a new entry."""

import shlex
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.vocabulary import Word
from repro.errors import ServiceError, UsageError
from repro.files import catalog_root, create_whole
from repro.metadata.ask import Prompt, Say, ask
from repro.metadata.bibtex import from_bibtex
from repro.metadata.entry import marked_lines, stub
from repro.metadata.identify import FORMS, Identifier, identify
from repro.metadata.known import check_id, free_id, identifiers, known_papers, refuse_known, refuse_title
from repro.metadata.record import Metadata
from repro.metadata.services.client import NoAnswerError
from repro.metadata.services.replies import day
from repro.metadata.services.services import Services


@dataclass(frozen=True, slots=True)
class AddRequest:
    """The arguments of ``repro add``. root: the catalog to add to. paper: the id to take."""

    root: Path
    identifier: str | None = None
    bibtex: Path | None = None
    offline: bool = False
    paper: str | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A new entry file. marked: lines on which something must be written. next: the commands that follow."""

    paper: str
    file: Path
    marked: tuple[int, ...]
    next: tuple[str, ...]
    records: tuple[Metadata, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON values; the published abstracts stay out."""
        records = [{k: v for k, v in asdict(record).items() if k != "abstract"} for record in self.records]
        return {
            "paper": self.paper,
            "file": str(self.file),
            "marked": list(self.marked),
            "next": list(self.next),
            "records": records,
        }

    def sentences(self) -> str:
        """For people."""
        lines = ", ".join(map(str, self.marked))
        commands = "\n".join(f"  {command}" for command in self.next)
        return f"Written: {self.file}\nWrite what is marked TODO on lines {lines}, then:\n{commands}"


def add(request: AddRequest, services: Callable[[], Services], prompt: Prompt, say: Say) -> NewEntry:
    """Write the entry; ``services`` is called only if the network is needed.

    Raises:
        UsageError: what was typed is no identifier, or the paper or the id is in the catalog already.
        ServiceError: no service could be asked, or none knows the paper.
    """
    catalog = Catalog.load(request.root)
    papers = known_papers(catalog)
    today = day(time.time())
    wanted = identify(request.identifier) if request.identifier is not None else None
    _check_origin(request)
    if wanted is not None:
        refuse_known(papers, {wanted.kind: wanted.value})
    chosen = None if request.paper is None else check_id(request.paper, catalog.paper_ids)
    records = _records(request, wanted, services, prompt, say, today)
    for record in records:
        refuse_known(papers, identifiers(record))
    refuse_title(papers, records[0].title, equal_only=chosen is not None)
    paper = chosen or free_id(records, catalog.paper_ids)
    text = stub(records, paper, today, _vocabularies(catalog))
    file = _create(request.root, paper, text)
    return NewEntry(
        paper, file, tuple(marked_lines(text)), _next_commands(request.root, paper, file), tuple(records)
    )


def _check_origin(request: AddRequest) -> None:
    origins = (request.identifier is not None, request.bibtex is not None, request.offline)
    if request.bibtex is not None and sum(origins) > 1:
        raise UsageError("--bibtex takes everything from the file; leave the identifier and --offline out")
    if not any(origins):
        raise UsageError(f"name a paper: {FORMS}; or use --bibtex FILE or --offline")


def _records(
    request: AddRequest,
    wanted: Identifier | None,
    services: Callable[[], Services],
    prompt: Prompt,
    say: Say,
    today: str,
) -> list[Metadata]:
    if request.bibtex is not None:
        return [from_bibtex(request.bibtex, today, say)]
    if request.offline or wanted is None:
        return [ask(prompt, say, today, wanted)]
    with (online := services()).client:
        try:
            return gather(wanted, online, say)
        except NoAnswerError as error:
            raise ServiceError(f"{error} `--offline` asks here for what it would have said.") from error


def gather(wanted: Identifier, services: Services, say: Say) -> list[Metadata]:
    """What a service says, and what another one says of the published version that the first one names."""
    first = services.look_up(wanted)
    if wanted.kind == "doi" or first.doi is None:
        return [first]
    try:
        return [first, services.look_up(Identifier("doi", first.doi))]
    except ServiceError as error:
        say(f"Year and venue are those of the preprint: {error}")
        return [first]


def _vocabularies(catalog: Catalog) -> dict[str, dict[str, Word]]:
    """The words for venues and tags; a faulty file of them is `repro check`'s to report."""
    words = {}
    for name in ("venues", "tags"):
        try:
            words[name] = catalog.vocabulary(name)
        except CatalogFileError:
            continue
    return words


def _create(root: Path, paper: str, text: str) -> Path:
    file = root / "papers" / f"{paper}.yaml"
    try:
        create_whole(file, text)
    except FileExistsError:
        raise UsageError(
            f"{file} exists already and is not overwritten; choose another id with --id"
        ) from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror})") from error
    return file


def _next_commands(root: Path, paper: str, file: Path) -> tuple[str, ...]:
    there = "" if root == catalog_root().resolve() else f"REPRO_CATALOG={shlex.quote(str(root))} "
    words = (f"check {shlex.quote(str(file))}", f"show {paper}", f"refresh {paper}")
    return tuple(f"{there}repro {rest}" for rest in words)
