"""``repro links``: a link check of the identifiers and addresses of the catalog.

Identifiers are looked up at their own services, because publishers' pages refuse programs. A refusal says
nothing; and what is missing is called dead only when it is missing again a day later.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from repro.catalog.catalog import Catalog
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.reading.snapshot import LinkHealth, LinkState, Snapshot
from repro.catalog.records.paper import Paper
from repro.errors import ServiceError
from repro.metadata.ask import Say
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import NoRecordError
from repro.metadata.refresh import MOST_SILENT, Failure, identifiers_of
from repro.metadata.services.client import NoAnswerError
from repro.metadata.services.replies import Reply, day
from repro.metadata.services.services import LookUp, Services
from repro.metadata.services.works import at, parse_json
from repro.metadata.snapshots import load_snapshot, write_snapshot

HEADS = ("paper", "what", "state", "found", "missing since")
GITHUB = re.compile(r"https://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?(?:[/#?].*)?")
GONE = (404, 410)

Presence = Literal["there", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """The outcome of one check of a link; ``found`` says it in words."""

    presence: Presence
    found: str


@dataclass(slots=True)
class LinkReport:
    """The result of a link check: the health of every target by paper, and what could not be read."""

    health: dict[str, dict[str, LinkHealth]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """True if nothing is dead, and every entry could be read."""
        return not self.failures and not any(row[2] == "dead" for row in self.rows())

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        states = {
            paper: {k: v.model_dump(mode="json") for k, v in s.items()} for paper, s in self.health.items()
        }
        return {"health": states, "failures": [asdict(failure) for failure in self.failures]}

    def rows(self) -> list[tuple[str, ...]]:
        """What is not alive, under :data:`HEADS`."""
        return [
            (paper, target, health.state, health.found, health.strikes[0] if health.strikes else "")
            for paper, states in self.health.items()
            for target, health in states.items()
            if health.state != "alive"
        ]

    def sentences(self) -> Iterator[str]:
        """What could not be read, and the sum."""
        yield from (f"{failure.paper}: {failure.what}" for failure in self.failures)
        states = [health.state for states in self.health.values() for health in states.values()]
        names: tuple[LinkState, ...] = ("alive", "unknown", "failing", "dead")
        counts = ", ".join(f"{states.count(name)} {name}" for name in names)
        yield f"{len(self.health)} papers, {len(states)} links: {counts}"


def check_links(root: Path, papers: Sequence[str], services: Services, say: Say) -> LinkReport:
    """Check every link of these papers, or of all, and note its health in their snapshots.

    Raises:
        UsageError: there is no such paper, or the catalog cannot be written.
        ServiceError: nothing answered at all; nothing is noted then.
    """
    catalog, report = Catalog.load(root), LinkReport()
    snapshots: dict[str, Snapshot] = {}
    checks: dict[str, LinkCheck] = {}
    targets: dict[str, list[str]] = {}
    for name in papers or catalog.paper_ids:
        try:
            targets[name], snapshots[name] = link_targets(catalog.paper(name)), load_snapshot(root, name)
        except CatalogFileError as error:
            report.failures.append(Failure(name, str(error).splitlines()[0]))
            continue
        say(f"{name} …")
        for target in targets[name]:
            checks[target] = checks.get(target) or check_target(target, services)
            _stop_without_network(checks, services, MOST_SILENT)
    _stop_without_network(checks, services, 1)
    today = day(services.client.clock())
    for name, snapshot in snapshots.items():
        before = snapshot.health
        states = {
            target: update_health(before.get(target), checks[target], today) for target in targets[name]
        }
        report.health[name] = states
        write_snapshot(root, snapshot.model_copy(update={"health": states}))
    return report


def _stop_without_network(checks: Mapping[str, LinkCheck], services: Services, least: int) -> None:
    """ServiceError if nothing has answered yet and that many checks failed: then none of them is a strike."""
    failed = sum(check.presence != "there" for check in checks.values())
    if not services.client.answered and failed >= least:
        raise ServiceError("no address answered at all, so nothing is noted; check this machine's connection")


def link_targets(paper: Paper) -> list[str]:
    """Identifiers and addresses of an entry, each once; an address that holds an identifier counts as it."""
    addresses = [link.url for link in paper.links]
    addresses += [paper.official.repo] if paper.official else []
    targets = [*map(str, identifiers_of(paper.ids)), *(str(recognise(url) or url) for url in addresses)]
    return list(dict.fromkeys(targets))


def check_target(target: str, services: Services) -> LinkCheck:
    """Check one identifier (``doi:10...``) or address."""
    identifier = recognise(target)
    if identifier is not None:
        return _identifier(identifier, services)
    if repository := GITHUB.fullmatch(target):
        return _repository(f"{repository[1]}/{repository[2]}", services)
    return _address(target, services)


def update_health(before: LinkHealth | None, check: LinkCheck, today: str) -> LinkHealth:
    """The new state: dead needs two strikes, at least a day apart; an unknown neither adds nor clears any."""
    strikes = before.strikes if before else ()
    if check.presence == "there":
        return LinkHealth(state="alive", found=check.found, checked=today)
    if check.presence == "unknown":
        return LinkHealth(state="unknown", found=check.found, checked=today, strikes=strikes)
    if not strikes or date.fromisoformat(today) > date.fromisoformat(strikes[-1]):
        strikes = (*strikes[:1], today)  # the first day it was missing, and the last
    state: Literal["dead", "failing"] = "dead" if len(strikes) > 1 else "failing"
    return LinkHealth(state=state, found=check.found, checked=today, strikes=strikes)


def _identifier(identifier: Identifier, services: Services) -> LinkCheck:
    if identifier.kind == "doi":
        url = f"{services.addresses.doi}/api/handles/{quote(identifier.value)}"
        return _ask_service("doi.org", url, services, _read_handle)
    is_arxiv = identifier.kind == "arxiv"
    look_up: LookUp = services.arxiv if is_arxiv else services.openreview
    try:
        look_up(identifier)
    except NoRecordError as error:
        return LinkCheck("gone", str(error))
    except ServiceError as error:
        return LinkCheck("unknown", str(error))
    return LinkCheck("there", "on record")


def _read_handle(reply: Reply) -> LinkCheck | None:
    """What the handle service says: its codes are 1 for found and 100 for not found."""
    try:
        code = at(parse_json(reply.body), "responseCode")
    except ValueError:
        return None
    if code == 1 and reply.status == 200:
        return LinkCheck("there", "registered")
    return LinkCheck("gone", "not registered") if code == 100 else None


def _repository(name: str, services: Services) -> LinkCheck:
    def read(reply: Reply) -> LinkCheck | None:
        if reply.status in GONE:
            return LinkCheck("gone", f"status {reply.status}")
        return LinkCheck("there", "on record") if reply.status == 200 else None

    return _ask_service("GitHub", f"{services.addresses.github}/repos/{name}", services, read)


def _ask_service(
    name: str, url: str, services: Services, read: Callable[[Reply], LinkCheck | None]
) -> LinkCheck:
    """What a service says of an identifier; its own failures say nothing about that."""
    try:
        reply = services.ask(name, url)
    except ServiceError as error:
        return LinkCheck("unknown", str(error))
    return read(reply) or LinkCheck("unknown", f"status {reply.status}")


def _address(url: str, services: Services) -> LinkCheck:
    try:
        status = services.client.probe(url)
    except NoAnswerError as error:
        return LinkCheck("gone", str(error))
    except ServiceError as error:
        return LinkCheck("unknown", str(error))
    if status in GONE:
        return LinkCheck("gone", f"status {status}")
    # 202 is how some publishers keep programs waiting.
    return LinkCheck("there" if status < 300 and status != 202 else "unknown", f"status {status}")
