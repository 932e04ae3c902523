"""A server on this machine that answers like arXiv, Crossref, DataCite, OpenAlex, OpenReview and others.

A path has a list of answers, which are given in turn; the last one is given again and again.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from repro.metadata.services.client import Client, ClientLimits
from repro.metadata.services.services import Addresses, Services

SERVICES = ("arxiv", "crossref", "datacite", "openalex", "openreview", "openreview_before", "doi", "github")
# No pauses, but patience: a machine may be busy. A test of silence sets a short `read` of its own.
QUICK = ClientLimits(interval=0.0, hosts={}, wait=0.0, connect=20.0, read=20.0, whole=60.0, size=200_000)


@dataclass(frozen=True)
class Answer:
    """promised: a Content-Length other than the body's. pause: seconds of silence before the answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None
    pause: float = 0.0


class Plain(HTTPAdapter):
    """Asks without the encryption that a client insists on."""

    def send(self, request: PreparedRequest, **more: Any) -> Response:
        request.url = str(request.url).replace("https:", "http:", 1)
        return super().send(request, **more)


def asks_here(client: Client) -> Client:
    """The client, for which addresses on https lead to servers as they are here."""
    client._session.mount("https://", Plain())
    return client


class Asked(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]


class Server:
    """Runs in a ``with`` block. routes: answers by path with query. asked: every request so far."""

    def __init__(self) -> None:
        self.routes: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []
        self.stopped = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self.base = f"https://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def put(self, path: str, *answers: Answer) -> str:
        """Say what is answered at a path; its whole address."""
        self.routes[path] = list(answers)
        return f"{self.base}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == path for asked in self.asked)

    def client(self, limits: ClientLimits = QUICK, **more: Any) -> Client:
        return asks_here(Client(more.pop("cache", None), limits, **more))

    def services(self, limits: ClientLimits = QUICK, **more: Any) -> Services:
        addresses = Addresses(**{name: f"{self.base}/{name}" for name in SERVICES})
        return Services(self.client(limits, **more), addresses)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(whole=True)

        def do_HEAD(self) -> None:
            self.reply(whole=False)

        def reply(self, whole: bool) -> None:
            server.asked.append(Asked(self.command, self.path, dict(self.headers)))
            left = server.routes.get(self.path, [Answer(b"nothing here", 404)])
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer.pause and server.stopped.wait(answer.pause):
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            promised = len(answer.body) if answer.promised is None else answer.promised
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            if whole:
                self.wfile.write(answer.body)

        def log_message(self, *words: object) -> None: ...

    return Handler


# What the services send, as their own documentation and their own answers have it.


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json"})


def arxiv_path(number: str) -> str:
    return f"/arxiv/api/query?id_list={quote(number)}&max_results=1"


def crossref_path(doi: str) -> str:
    return f"/crossref/v1/works/{quote(doi, safe='')}"


def datacite_path(doi: str) -> str:
    return f"/datacite/dois/{quote(doi, safe='')}"


def openalex_path(doi: str) -> str:
    return f"/openalex/works/doi:{quote(doi)}"


def openreview_path(forum: str, before: bool = False) -> str:
    return f"/openreview{'_before' if before else ''}/notes?id={forum}"


def feed(number: str, title: str, authors: Sequence[str], year: int, **more: str) -> Answer:
    """arXiv's Atom feed with one entry; ``more`` is doi, journal_ref or comment."""
    people = "".join(f"<author><name>{escape(name)}</name></author>" for name in authors)
    extra = "".join(f"<arxiv:{key}>{escape(value)}</arxiv:{key}>" for key, value in more.items())
    return feed_of(
        f"<entry><id>http://arxiv.org/abs/{number}v2</id><title>{escape(title)}</title>"
        f"<updated>{year}-12-31T00:00:00Z</updated><published>{year}-11-20T18:59:33Z</published>"
        f"<summary>An official\n  abstract of {number}.</summary>{people}{extra}</entry>"
    )


def feed_of(entries: str, before: str = "") -> Answer:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom"><link href="http://arxiv.org/api/query" rel="self"/>'
        f"<title>arXiv Query</title><id>http://arxiv.org/api/x</id>{entries}</feed>"
    )
    return Answer(text.encode(), headers={"Content-Type": "application/atom+xml"})


def crossref_work(doi: str, title: Any, authors: Any, year: int, venue: str, **more: Any) -> dict[str, Any]:
    """authors: (given, family) pairs, or anything hostile."""
    people = (
        [{"given": given, "family": family, "sequence": "additional"} for given, family in authors]
        if isinstance(authors, list) and all(isinstance(one, tuple) for one in authors)
        else authors
    )
    message = {
        "DOI": doi.lower(),
        "title": [title],
        "author": people,
        "container-title": [venue],
        "issued": {"date-parts": [[year, 6]]},
        "type": "proceedings-article",
    }
    return {"status": "ok", "message-type": "work", "message": {**message, **more}}


def datacite_work(doi: str, title: str, authors: Sequence[str], year: Any, publisher: Any) -> dict[str, Any]:
    attributes = {
        "doi": doi.lower(),
        "titles": [{"title": title}],
        "creators": [{"name": name, "nameType": "Personal"} for name in authors],
        "publicationYear": year,
        "publisher": publisher,
        "descriptions": [{"description": "What it holds.", "descriptionType": "Abstract"}],
    }
    return {"data": {"id": doi.lower(), "type": "dois", "attributes": attributes}}


def openalex_work(doi: str, title: str, authors: Sequence[str], year: int, venue: str) -> dict[str, Any]:
    return {
        "doi": f"https://doi.org/{doi.lower()}",
        "title": title,
        "publication_year": year,
        "authorships": [{"author": {"display_name": name}} for name in authors],
        "primary_location": {"source": {"display_name": venue}},
    }


def openreview_note(forum: str, title: Any, authors: Any, venue: str, wrapped: bool = True) -> dict[str, Any]:
    """A submission as the present interface gives it, or the former one, which does not wrap values."""
    content = {"title": title, "authors": authors, "venue": venue, "abstract": "An official abstract."}
    inner = {key: {"value": value} for key, value in content.items()} if wrapped else content
    return {"notes": [{"id": forum, "forum": forum, "cdate": 1_601_308_000_000, "content": inner}]}
