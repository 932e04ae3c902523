"""``repro links``: whether identifiers and addresses of the catalog still lead somewhere.

Identifiers are asked for at their own services, because publishers' pages refuse programs. A refusal says
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
from repro.catalog.reading.snapshot import LinkHealth, Snapshot
from repro.catalog.records.paper import Paper
from repro.errors import ServiceError
from repro.metadata.identify import Identifier, recognise
from repro.metadata.record import NoRecordError
from repro.metadata.refresh import MOST_SILENT, Failure, Say, asked_of
from repro.metadata.services.client import NoAnswerError
from repro.metadata.services.replies import Reply, day
from repro.metadata.services.services import Services
from repro.metadata.services.works import at, parsed
from repro.metadata.snapshots import load_snapshot, write_snapshot

HEADS = ("paper", "what", "state", "found", "missing since")
GITHUB = re.compile(r"https://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?(?:[/#?].*)?")
GONE = (404, 410)

Verdict = Literal["there", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    verdict: Verdict
    found: str


@dataclass(slots=True)
class Checked:
    """What came of it: the state of everything by paper."""

    health: dict[str, dict[str, LinkHealth]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Nothing is dead, and every entry could be read."""
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
            (paper, what, one.state, one.found, one.strikes[0] if one.strikes else "")
            for paper, states in self.health.items()
            for what, one in states.items()
            if one.state != "alive"
        ]

    def sentences(self) -> Iterator[str]:
        """What could not be read, and the sum."""
        yield from (f"{failure.paper}: {failure.what}" for failure in self.failures)
        states = [one.state for states in self.health.values() for one in states.values()]
        counts = ", ".join(f"{states.count(one)} {one}" for one in ("alive", "unknown", "failing", "dead"))
        yield f"{len(self.health)} papers, {len(states)} links: {counts}"


def check_links(root: Path, papers: Sequence[str], services: Services, say: Say) -> Checked:
    """Look at everything these papers, or all, lead to, and note it in their lock files.

    Raises:
        UsageError: there is no such paper, or the catalog cannot be written.
        ServiceError: nothing answered at all; nothing is noted then.
    """
    catalog, checked = Catalog.load(root), Checked()
    locks: dict[str, Snapshot] = {}
    looks: dict[str, Look] = {}
    targets: dict[str, list[str]] = {}
    for name in papers or catalog.paper_ids:
        try:
            targets[name], locks[name] = leads(catalog.paper(name)), load_snapshot(root, name)
        except CatalogFileError as error:
            checked.failures.append(Failure(name, str(error).splitlines()[0]))
            continue
        say(f"{name} …")
        for what in targets[name]:
            looks[what] = looks.get(what) or look_at(what, services)
            _stop_without_network(looks, services, MOST_SILENT)
    _stop_without_network(looks, services, 1)
    today = day(services.client.clock())
    for name, lock in locks.items():
        states = {what: judged(lock.health.get(what), looks[what], today) for what in targets[name]}
        checked.health[name] = states
        write_snapshot(root, lock.model_copy(update={"health": states}))
    return checked


def _stop_without_network(looks: Mapping[str, Look], services: Services, least: int) -> None:
    """ServiceError if nothing has answered yet and that many looks failed: then none of them is a strike."""
    failed = sum(look.verdict != "there" for look in looks.values())
    if not services.client.answered and failed >= least:
        raise ServiceError("no address answered at all, so nothing is noted; check this machine's connection")


def leads(paper: Paper) -> list[str]:
    """Identifiers and addresses of an entry, each once; an address that holds an identifier counts as it."""
    addresses = [link.url for link in paper.links]
    addresses += [paper.official.repo] if paper.official else []
    found = [*map(str, asked_of(paper.ids)), *(str(recognise(url) or url) for url in addresses)]
    return list(dict.fromkeys(found))


def look_at(what: str, services: Services) -> Look:
    """One identifier (``doi:10...``) or address."""
    named = recognise(what)
    if named is not None:
        return _identifier(named, services)
    if repository := GITHUB.fullmatch(what):
        return _repository(f"{repository[1]}/{repository[2]}", services)
    return _address(what, services)


def judged(before: LinkHealth | None, look: Look, today: str) -> LinkHealth:
    """The new state: dead needs two strikes, at least a day apart; an unknown neither adds nor clears any."""
    strikes = before.strikes if before else ()
    if look.verdict == "there":
        return LinkHealth(state="alive", found=look.found, checked=today)
    if look.verdict == "unknown":
        return LinkHealth(state="unknown", found=look.found, checked=today, strikes=strikes)
    if not strikes or date.fromisoformat(today) > date.fromisoformat(strikes[-1]):
        strikes = (*strikes[:1], today)  # the first day it was missing, and the last
    state: Literal["dead", "failing"] = "dead" if len(strikes) > 1 else "failing"
    return LinkHealth(state=state, found=look.found, checked=today, strikes=strikes)


def _identifier(asked: Identifier, services: Services) -> Look:
    if asked.kind == "doi":
        url = f"{services.addresses.doi}/api/handles/{quote(asked.value)}"
        return _told("doi.org", url, services, _registered)
    ask: Callable[[Identifier], object] = services.arxiv if asked.kind == "arxiv" else services.openreview
    try:
        ask(asked)
    except NoRecordError as error:
        return Look("gone", str(error))
    except ServiceError as error:
        return Look("unknown", str(error))
    return Look("there", "on record")


def _registered(reply: Reply) -> Look | None:
    """What the handle service says: its codes are 1 for found and 100 for not found."""
    try:
        code = at(parsed(reply.body), "responseCode")
    except ValueError:
        return None
    if code == 1 and reply.status == 200:
        return Look("there", "registered")
    return Look("gone", "not registered") if code == 100 else None


def _repository(name: str, services: Services) -> Look:
    def read(reply: Reply) -> Look | None:
        if reply.status in GONE:
            return Look("gone", f"status {reply.status}")
        return Look("there", "on record") if reply.status == 200 else None

    return _told("GitHub", f"{services.addresses.github}/repos/{name}", services, read)


def _told(name: str, url: str, services: Services, read: Callable[[Reply], Look | None]) -> Look:
    """What a service says of an identifier; its own failures say nothing about that."""
    try:
        reply = services.ask(name, url)
    except ServiceError as error:
        return Look("unknown", str(error))
    return read(reply) or Look("unknown", f"status {reply.status}")


def _address(url: str, services: Services) -> Look:
    try:
        status = services.client.probe(url)
    except NoAnswerError as error:
        return Look("gone", str(error))
    except ServiceError as error:
        return Look("unknown", str(error))
    if status in GONE:
        return Look("gone", f"status {status}")
    # 202 is how some publishers keep programs waiting.
    return Look("there" if status < 300 and status != 202 else "unknown", f"status {status}")
