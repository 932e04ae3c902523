"""The services that know papers: which of them an identifier is looked up at, and in what order."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from repro.errors import ServiceError
from repro.files import cache_root
from repro.metadata.identify import Identifier
from repro.metadata.record import Metadata, NoRecordError, UnusableError
from repro.metadata.services.atom import from_arxiv
from repro.metadata.services.client import BUSY, Client, NoAnswerError
from repro.metadata.services.replies import Reply
from repro.metadata.services.works import from_crossref, from_datacite, from_openalex, from_openreview


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each service is; tests put a server of their own here."""

    arxiv: str = "https://export.arxiv.org"
    crossref: str = "https://api.crossref.org"
    datacite: str = "https://api.datacite.org"
    openalex: str = "https://api.openalex.org"
    openreview: str = "https://api2.openreview.net"
    openreview_before: str = "https://api.openreview.net"  # submissions up to about 2022
    doi: str = "https://doi.org"
    github: str = "https://api.github.com"


LookUp = Callable[[Identifier], Metadata]


class Services:
    """Looks papers up; one client behind all."""

    def __init__(self, client: Client, addresses: Addresses | None = None) -> None:
        self.client = client
        self.addresses = addresses or Addresses()
        self._backoff: dict[str, tuple[float, str]] = {}  # until when a service is left alone, and why

    @classmethod
    def public(cls) -> "Services":
        """The real services. An e-mail address in ``$REPRO_CONTACT`` is told to them, as some ask for."""
        return cls(Client(cache_root() / "metadata", contact=os.environ.get("REPRO_CONTACT")))

    def look_up(self, identifier: Identifier) -> Metadata:
        """What the first service that can answer says.

        Raises:
            NoRecordError: all of them say that there is no such paper. ServiceError: none could be asked.
        """
        failed: list[ServiceError] = []
        for look_up in self._route(identifier):
            try:
                return look_up(identifier)
            except ServiceError as error:
                failed.append(error)
        unknown = [error for error in failed if isinstance(error, NoRecordError)]
        if len(unknown) == len(failed):
            raise NoRecordError(f"{' '.join(map(str, failed))} Check the identifier.")
        raise next(error for error in failed if error not in unknown)

    def _route(self, identifier: Identifier) -> tuple[LookUp, ...]:
        routes: dict[str, tuple[LookUp, ...]] = {
            "arxiv": (self.arxiv, self.datacite, self.openalex),
            "doi": (self.crossref, self.datacite, self.openalex),
            "openreview": (self.openreview,),
        }
        return routes[identifier.kind]

    def arxiv(self, identifier: Identifier) -> Metadata:
        """arXiv's own record. Raises ServiceError, as the others do."""
        url = f"{self.addresses.arxiv}/api/query?id_list={quote(identifier.value)}&max_results=1"
        return self._read("arXiv", url, from_arxiv, identifier)

    def crossref(self, identifier: Identifier) -> Metadata:
        """Crossref's record of a DOI."""
        url = f"{self.addresses.crossref}/v1/works/{quote(identifier.value, safe='')}"
        return self._read("Crossref", url, from_crossref, identifier)

    def datacite(self, identifier: Identifier) -> Metadata:
        """DataCite's record of a DOI, or of the DOI that every paper on arXiv has."""
        url = f"{self.addresses.datacite}/dois/{quote(_doi(identifier), safe='')}"
        return self._read("DataCite", url, from_datacite, identifier)

    def openalex(self, identifier: Identifier) -> Metadata:
        """OpenAlex's record of a DOI, or of the DOI that every paper on arXiv has."""
        url = f"{self.addresses.openalex}/works/doi:{quote(_doi(identifier))}"
        return self._read("OpenAlex", url, from_openalex, identifier)

    def openreview(self, identifier: Identifier) -> Metadata:
        """OpenReview's record of a submission, from its present interface or else the former one."""
        now, before = (
            f"{base}/notes?id={quote(identifier.value)}"
            for base in (self.addresses.openreview, self.addresses.openreview_before)
        )
        try:
            return self._read("OpenReview", now, from_openreview, identifier)
        except ServiceError as first:
            try:
                return self._read("OpenReview", before, from_openreview, identifier)
            except NoRecordError:  # which says nothing if the present interface was out of reach
                raise first from None

    def ask(self, name: str, url: str) -> Reply:
        """The answer of the service ``name``, which is left alone for a while when it is silent or busy.

        Raises:
            ServiceError: it does not answer, or has not done so a moment ago.
        """
        until, why = self._backoff.get(name, (0.0, ""))
        if self.client.clock() < until and self.client.find_cached(url) is None:
            raise ServiceError(why)
        try:
            reply = self.client.get(url)
        except NoAnswerError as error:
            self._backoff[name] = (float("inf"), str(error))
            raise
        if reply.status in BUSY:
            rest = max(reply.wait, self.client.limits.longest_wait)
            self._backoff[name] = (self.client.clock() + rest, refusal(name, reply))
        return reply

    def _read(
        self,
        name: str,
        url: str,
        reader: Callable[[bytes, Identifier, str], Metadata],
        identifier: Identifier,
    ) -> Metadata:
        reply = self.ask(name, url)
        if reply.status in (404, 410):
            raise NoRecordError(f"{name} has no {identifier}.")
        if reply.status != 200:
            raise ServiceError(refusal(name, reply))
        try:
            return reader(reply.body, identifier, reply.date)
        except UnusableError:
            self.client.forget(url)
            raise


def refusal(name: str, reply: Reply) -> str:
    """A status that is no answer, in one sentence."""
    if reply.status == 429 or (reply.status == 503 and reply.wait):
        when = f"in {reply.wait:.0f} s" if reply.wait else "in some minutes"
        return f"{name} is asked too often just now (status {reply.status}); try again {when}."
    if reply.status in (401, 403):
        return f"{name} refuses to answer programs from here (status {reply.status}); try again later."
    return f"{name} answers with status {reply.status}; try again later."


def _doi(identifier: Identifier) -> str:
    return f"10.48550/arXiv.{identifier.value}" if identifier.kind == "arxiv" else identifier.value
