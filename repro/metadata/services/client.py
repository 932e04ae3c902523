"""The HTTP client, the one way to the network: cached, rate-limited, retrying, suspicious of answers.

Services ask for few requests from programs that say who they are. So every host is asked at most once in an
interval, an answer is cached for a day, a service that is busy is asked again when it says so, and whatever
comes back is read in pieces up to a limit. Redirects are followed one by one, and only to https.
"""

import http.cookiejar
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

import repro
from repro.errors import ServiceError
from repro.metadata.services.addresses import host, is_https, is_same_site, resolve_redirect
from repro.metadata.services.replies import Reply, ReplyCache

AGENT = f"repro/{repro.__version__} (catalog of self-supervised-learning papers)"
BUSY = (429, 500, 502, 503, 504)  # statuses after which asking again may help
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK = 65_536


class NoAnswerError(ServiceError):
    """A host could not be reached, fell silent, or its answer broke off; asking again may help."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Rate limits, time-outs, retries and sizes; times in seconds.

    interval: the least time between two requests to one host; hosts: those that ask for another one.
    wait: the first pause before asking again, doubled each time up to longest_wait; a service that asks for
    a longer one is not asked again. whole: what one answer may take in all. size: bytes of one answer.
    age: how old a cached answer may be.
    """

    interval: float = 0.2
    hosts: Mapping[str, float] = field(default_factory=lambda: {"export.arxiv.org": 3.0})
    attempts: int = 4
    wait: float = 1.0
    longest_wait: float = 60.0
    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0
    size: int = 4_000_000
    age: float = 86_400.0
    redirects: int = 5


class Client:
    """A client for services. Close it, or use it in a ``with`` block.

    cache: the folder for answers; None caches none. contact: an e-mail address for the services.
    """

    def __init__(
        self,
        cache: Path | None,
        limits: ClientLimits | None = None,
        *,
        contact: str | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits or ClientLimits()
        self.clock = clock
        self.answered = False  # True once anything has been reached
        self._sleep = sleep
        self._cache = ReplyCache(cache, self.limits.age)
        self._last_request: dict[str, float] = {}  # by host, on the clock
        self._session = _session(contact)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, url: str) -> Reply:
        """The answer of a service, cached or new; its status may be any. ServiceError if there is none."""
        cached = self.find_cached(url)
        if cached is not None:
            return cached
        reply = self._get_with_retries(url)
        if reply.status == 200:
            self._cache.store(reply)
        return reply

    def find_cached(self, url: str) -> Reply | None:
        """The cached answer of an address, if it is young enough."""
        return self._cache.find(url, self.clock())

    def forget(self, url: str) -> None:
        """Drop the cached answer of an address: it was of no use."""
        self._cache.forget(url)

    def probe(self, url: str) -> int:
        """The status of an address, without what is there: HEAD, then GET where HEAD is not answered well.

        Raises:
            NoAnswerError: nothing answered. Other ServiceErrors: the address or a redirect is refused.
        """
        try:
            status = self._follow("HEAD", url, foreign=True).status
        except NoAnswerError:  # there are servers that hang up on HEAD
            status = 405
        return status if status < 400 else self._follow("GET", url, foreign=True).status

    def _get_with_retries(self, url: str) -> Reply:
        """Retry until there is an answer that is not «busy», or as often as the limits allow.

        Not by the session's own retries: these neither take turns nor stop at the limits of an answer.
        """
        wait, longest = self.limits.wait, self.limits.longest_wait
        left = Retry(
            self.limits.attempts - 1, status_forcelist=BUSY, backoff_factor=wait, backoff_max=longest
        )
        while True:
            asked_for = 0.0
            try:
                reply = self._follow("GET", url, foreign=False)
            except NoAnswerError:
                if not left.total or (left.history and not self.answered):  # there may be no network at all
                    raise
            else:
                if not left.total or not left.is_retry("GET", reply.status) or reply.wait > longest:
                    return reply
                asked_for = reply.wait
            left = left.increment("GET", url)
            self._sleep(max(wait, left.get_backoff_time(), asked_for))

    def _follow(self, method: str, url: str, *, foreign: bool) -> Reply:
        """One request and its redirects; ``foreign``: these may lead to other hosts, and no body is read."""
        here = self._permit(url)
        for _ in range(self.limits.redirects + 1):
            with self._send(method, here) as response:
                target = response.headers.get("Location")
                if response.status_code not in REDIRECTS or target is None:
                    body = b"" if foreign else self._body(response, here)
                    now = self.clock()
                    wait = _seconds(response.headers.get("Retry-After", ""))
                    return Reply(url, response.status_code, body, now, wait)
            there = self._permit(resolve_redirect(here, target), here)
            if not foreign and not is_same_site(host(here), host(there)):
                raise ServiceError(f"{host(here)} redirects to another host, {host(there)}; refused.")
            here = there
        raise ServiceError(f"{host(url)} redirects more than {self.limits.redirects} times.")

    def _permit(self, url: str, source: str = "") -> str:
        """The address, if it may be asked. ServiceError if not; ``source`` is what redirected to it."""
        if is_https(url):
            return url
        what = f"{host(source)} redirects to {url[:80]!r}, which" if source else f"{url[:80]!r}"
        raise ServiceError(f"{what} is no https address; refused.")

    def _send(self, method: str, url: str) -> requests.Response:
        name = host(url)
        self._wait_for_turn(name)
        try:
            response = self._session.request(
                method,
                url,
                timeout=(self.limits.connect, self.limits.read),
                allow_redirects=False,
                stream=True,
            )
            self.answered = True
            return response
        except (requests.RequestException, UnicodeError) as error:
            raise NoAnswerError(f"{name} {self._why(error)}.") from error
        finally:
            self._last_request[name] = self.clock()

    def _wait_for_turn(self, name: str) -> None:
        interval = self.limits.hosts.get(name, self.limits.interval)
        left = self._last_request.get(name, float("-inf")) + interval - self.clock()
        if left > 0:
            self._sleep(min(left, interval))  # a clock that was set back must not stop us

    def _body(self, response: requests.Response, url: str) -> bytes:
        """The body, up to the limits of size and time."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ServiceError(f"{host(url)} compressed its answer without being asked to; refused.")
        body, until = bytearray(), self.clock() + self.limits.whole
        for chunk in self._chunks(response, url):
            body += chunk
            if len(body) > self.limits.size:
                raise ServiceError(f"{host(url)} sent more than {self.limits.size:,} bytes; refused.")
            if self.clock() > until:
                raise NoAnswerError(f"{host(url)} took more than {self.limits.whole:g} s to answer.")
        return bytes(body)

    def _chunks(self, response: requests.Response, url: str) -> Iterator[bytes]:
        try:
            yield from response.iter_content(CHUNK)
        except requests.RequestException as error:
            raise NoAnswerError(f"{host(url)} {self._why(error)}.") from error

    def _why(self, error: Exception) -> str:
        if isinstance(error, requests.exceptions.SSLError):
            return "shows no valid certificate"
        if isinstance(error, requests.ConnectTimeout):
            return f"did not answer within {self.limits.connect:g} s"
        # A pause inside a body arrives as a ConnectionError that names the timeout.
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            return f"did not answer within {self.limits.read:g} s"
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return "broke off in the middle of its answer"
        return "cannot be reached; check this machine's connection"


class _Session(requests.Session):
    """A session that leaves redirects alone: requests would read the whole body of one to look ahead."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is requests' to follow."""


def _session(contact: str | None) -> requests.Session:
    session = _Session()
    agent = f"{AGENT[:-1]}; mailto:{contact})" if contact else AGENT
    # Uncompressed: a small answer must not become a huge one.
    session.headers.update({"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"})
    session.auth = _nobody
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return session


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials; without this, requests would send those of a .netrc file."""
    return request


def _seconds(retry_after: str) -> float:
    """How long a Retry-After header asks to wait: it holds seconds or a date. 0 for anything else."""
    try:
        return Retry().parse_retry_after(retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0
