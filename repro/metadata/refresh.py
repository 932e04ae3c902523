"""``repro refresh``: snapshots of what services answer about papers, and where entries disagree with them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.reading.snapshot import ServiceAnswer, Snapshot
from repro.catalog.records.paper import Identifiers, Paper
from repro.errors import ServiceError
from repro.metadata.abstracts import OfficialAbstract, write_abstract
from repro.metadata.ask import Say
from repro.metadata.compare import Disagreement, disagreements, stray_links
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import Metadata
from repro.metadata.services.services import Services
from repro.metadata.snapshots import as_answer, load_snapshot, write_snapshot

HEADS = ("paper", "field", "the entry says", "the source says", "source")

MOST_SILENT = 5  # failures without any answer after which the network is taken to be out of reach


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure: what could not be done for a paper, in one sentence."""

    paper: str
    what: str


@dataclass(slots=True)
class RefreshReport:
    """The result of a refresh: how much was fetched, and what disagrees or failed."""

    papers: int = 0
    fetched: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """True if everything was fetched, and nothing disagrees."""
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


def refresh(root: Path, papers: Sequence[str], services: Services, say: Say) -> RefreshReport:
    """Update the snapshots of these papers, or of all. What a service does not answer now stays as it was.

    Raises:
        UsageError: there is no such paper, or the catalog cannot be written.
        ServiceError: nothing answers at all.
    """
    catalog, report = Catalog.load(root), RefreshReport()
    for name in papers or catalog.paper_ids:
        try:
            paper, snapshot = catalog.paper(name), load_snapshot(root, name)
        except CatalogFileError as error:
            report.failures.append(Failure(name, str(error).splitlines()[0]))
            continue
        say(f"{name} …")
        _refresh_paper(root, paper, snapshot, services, report)
        if not services.client.answered and len(report.failures) >= MOST_SILENT:
            raise ServiceError("no service answered at all; check this machine's connection")
    return report


def identifiers_of(ids: Identifiers) -> list[Identifier]:
    """The identifiers of an entry that a service can be asked for."""
    texts = (f"arxiv:{ids.arxiv}", f"doi:{ids.doi}", f"openreview:{ids.openreview}")
    named = (recognise(text) for text in texts if not text.endswith(":None"))
    return list(dict.fromkeys(identifier for identifier in named if identifier is not None))


def _refresh_paper(
    root: Path, paper: Paper, snapshot: Snapshot, services: Services, report: RefreshReport
) -> None:
    report.papers += 1
    before = {answer.asked: answer for answer in snapshot.fetched}
    answers: list[ServiceAnswer] = []
    records: list[Metadata] = []
    for identifier in identifiers_of(paper.ids):
        try:
            records.append(services.look_up(identifier))
            answers.append(as_answer(records[-1]))
        except ServiceError as error:
            report.failures.append(Failure(paper.id, str(error)))
            answers += [before[str(identifier)]] if str(identifier) in before else []
    report.fetched += len(records)
    updated = snapshot.model_copy(update={"fetched": tuple(answers)})
    if updated != snapshot:
        write_snapshot(root, updated)
    _cache_abstract(root, paper.id, records)
    report.disagreements += stray_links(paper)
    report.disagreements += [row for answer in answers for row in disagreements(paper, answer)]


def _cache_abstract(root: Path, paper: str, records: Sequence[Metadata]) -> None:
    """Cache the first abstract among the records, if there is any."""
    for record in records:
        if record.abstract:
            abstract = OfficialAbstract(record.abstract, record.source, record.asked, record.date)
            write_abstract(root, paper, abstract)
            return
