"""``repro refresh``: what services say of papers, kept in lock files, and where entries disagree with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.reading.snapshot import ServiceAnswer, Snapshot
from repro.catalog.records.paper import Identifiers, Paper
from repro.errors import ServiceError
from repro.metadata.abstracts import OfficialAbstract, write_abstract
from repro.metadata.compare import Disagreement, disagreements, stray_links
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import Metadata
from repro.metadata.services.services import Services
from repro.metadata.snapshots import as_answer, load_snapshot, write_snapshot

HEADS = ("paper", "field", "the entry says", "the source says", "source")

MOST_SILENT = 5  # failures without any answer after which the network is taken to be out of reach

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be done for a paper, in one sentence."""

    paper: str
    what: str


@dataclass(slots=True)
class Refreshed:
    """What came of it."""

    papers: int = 0
    fetched: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Everything was fetched, and nothing disagrees."""
        return not self.disagreements and not self.failures

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def rows(self) -> list[tuple[str, ...]]:
        """The disagreements under :data:`HEADS`."""
        return [(d.paper, d.field, d.ours, d.theirs, d.source) for d in self.disagreements]

    def sentences(self) -> Iterator[str]:
        """What could not be fetched, and the sum."""
        yield from (f"{failure.paper}: {failure.what}" for failure in self.failures)
        yield (
            f"{self.papers} papers, {self.fetched} records fetched: {len(self.disagreements)} disagreements, "
            f"{len(self.failures)} failures"
        )


def refresh(root: Path, papers: Sequence[str], services: Services, say: Say) -> Refreshed:
    """Fetch anew for these papers, or for all. What a service does not answer now stays as it was.

    Raises:
        UsageError: there is no such paper, or the catalog cannot be written.
        ServiceError: nothing answers at all.
    """
    catalog, done = Catalog.load(root), Refreshed()
    for name in papers or catalog.paper_ids:
        try:
            paper, lock = catalog.paper(name), load_snapshot(root, name)
        except CatalogFileError as error:
            done.failures.append(Failure(name, str(error).splitlines()[0]))
            continue
        say(f"{name} …")
        _one(root, paper, lock, services, done)
        if not services.client.answered and len(done.failures) >= MOST_SILENT:
            raise ServiceError("no service answered at all; check this machine's connection")
    return done


def asked_of(ids: Identifiers) -> list[Identifier]:
    """The identifiers of an entry that a service can be asked for."""
    texts = (f"arxiv:{ids.arxiv}", f"doi:{ids.doi}", f"openreview:{ids.openreview}")
    named = (recognise(text) for text in texts if not text.endswith(":None"))
    return list(dict.fromkeys(one for one in named if one is not None))


def _one(root: Path, paper: Paper, lock: Snapshot, services: Services, done: Refreshed) -> None:
    done.papers += 1
    kept: list[ServiceAnswer] = []
    before = {fetched.asked: fetched for fetched in lock.fetched}
    records: list[Metadata] = []
    for asked in asked_of(paper.ids):
        try:
            records.append(services.look_up(asked))
            kept.append(as_answer(records[-1]))
        except ServiceError as error:
            done.failures.append(Failure(paper.id, str(error)))
            kept += [before[str(asked)]] if str(asked) in before else []
    done.fetched += len(records)
    new = lock.model_copy(update={"fetched": tuple(kept)})
    if new != lock:
        write_snapshot(root, new)
    _keep_abstract(root, paper.id, records)
    done.disagreements += stray_links(paper)
    done.disagreements += [found for fetched in kept for found in disagreements(paper, fetched)]


def _keep_abstract(root: Path, paper: str, records: Sequence[Metadata]) -> None:
    for record in records:
        if record.abstract:
            kept = OfficialAbstract(record.abstract, record.source, record.asked, record.date)
            write_abstract(root, paper, kept)
            return
