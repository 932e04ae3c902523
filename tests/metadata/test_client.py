"""The client asks seldom, waits when told, keeps what it got, and lets nothing in that it did not ask for."""

import gzip
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from repro.errors import ServiceError
from repro.metadata.services.addresses import is_same_site
from repro.metadata.services.client import AGENT, Client, ClientLimits, NoAnswerError
from repro.metadata.services.replies import Reply, ReplyCache
from tests.support.metadata_server import QUICK, Answer, Server, as_json, asks_here

NOW = 1_795_500_000.0  # 2026-11-24


class Clock:
    """Time that passes only by sleeping; every sleep is noted."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(server: Server, clock: Clock, cache: Path | None = None, **limits: object) -> Client:
    chosen = replace(QUICK, **limits)  # type: ignore[arg-type]
    return server.client(chosen, cache=cache, clock=clock, sleep=clock.sleep)


# Politeness


def test_it_says_who_it_is_and_takes_no_compression_cookies_or_credentials(
    server: Server, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    url = server.put("/a", Answer(headers={"Set-Cookie": "seen=1"}))
    with client(server, clock) as asking:
        asking.get(url)
        asking.get(url)
    for asked in server.asked:
        assert asked.headers["User-Agent"] == AGENT
        assert asked.headers["Accept-Encoding"] == "identity"
        assert not {"Cookie", "Authorization"} & set(asked.headers)


def test_an_address_for_the_services_is_told_to_them(server: Server) -> None:
    url = server.put("/a", Answer())
    with server.client(contact="me@example.org") as asking:
        asking.get(url)
    assert server.asked[0].headers["User-Agent"] == f"{AGENT[:-1]}; mailto:me@example.org)"


def test_a_host_is_asked_once_in_its_interval(server: Server, clock: Clock) -> None:
    first, second = server.put("/a", Answer(b"a")), server.put("/b", Answer(b"b"))
    with client(server, clock, hosts={"127.0.0.1": 3.0}) as asking:
        assert [asking.get(url).body for url in (first, second)] == [b"a", b"b"]
    assert clock.slept == [3.0]


def test_arxiv_is_asked_every_three_seconds_at_most() -> None:
    assert ClientLimits().hosts["export.arxiv.org"] == 3.0


def test_a_clock_that_is_set_back_does_not_stop_it(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer())
    with client(server, clock, interval=1.0) as asking:
        asking.get(url)
        clock.now -= 86_400
        asking.get(url)
    assert clock.slept == [1.0]


# Waiting


def in_a_minute() -> str:
    return format_datetime(datetime.fromtimestamp(time.time() + 60, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        *(("7", 7.0), ("", 2.0), ("0", 2.0), ("-5", 2.0), ("²", 2.0), ("soon", 2.0), ("9" * 9_000, 2.0)),
        ("Mon, 24 Nov 2025 10:00:00 GMT", 2.0),
        ("Mon, 24 Nov 99999 10:00:00 GMT", 2.0),
    ],
)
def test_it_waits_as_long_as_a_busy_service_asks(
    server: Server, clock: Clock, asked: str, waited: float
) -> None:
    busy = Answer(b"slow down", 429, {"Retry-After": asked.encode().decode("latin-1")})
    url = server.put("/a", busy, Answer(b"here"))
    with client(server, clock, wait=2.0) as asking:
        reply = asking.get(url)
    assert (reply.status, reply.body) == (200, b"here")
    assert clock.slept == [waited]


def test_it_waits_until_the_time_that_a_busy_service_names(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"", 503, {"Retry-After": in_a_minute()}), Answer(b"here"))
    with client(server, clock, longest_wait=70.0) as asking:
        assert asking.get(url).body == b"here"
    [waited] = clock.slept
    assert 0 < waited <= 60


def test_without_a_wish_the_pauses_double_up_to_a_limit(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(status=503))
    with client(server, clock, wait=4.0, longest_wait=10.0, attempts=5) as asking:
        assert asking.get(url).status == 503
    assert clock.slept == [4.0, 8.0, 10.0, 10.0]
    assert server.count("/a") == 5


def test_a_service_that_asks_for_an_hour_is_not_asked_again(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(status=429, headers={"Retry-After": "3600"}))
    with client(server, clock) as asking:
        reply = asking.get(url)
    assert (reply.status, reply.wait, clock.slept) == (429, 3600.0, [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_answer_that_will_not_change_is_taken_at_once(server: Server, clock: Clock, status: int) -> None:
    url = server.put("/a", Answer(status=status))
    with client(server, clock) as asking:
        assert asking.get(url).status == status
    assert server.count("/a") == 1


# Answers that are none


def test_silence_ends_and_is_tried_again(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(pause=30.0), Answer(b"late"))
    with client(server, clock, read=2.0) as asking:
        assert asking.get(url).body == b"late"
    assert server.count("/a") == 2


def test_lasting_silence_is_one_sentence(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(pause=5.0))
    with (
        client(server, clock, read=0.1, attempts=2) as asking,
        pytest.raises(NoAnswerError, match=r"^127\.0\.0\.1 did not answer within 0\.1 s\.$"),
    ):
        asking.get(url)
    assert server.count("/a") == 2


def test_where_nothing_has_answered_two_attempts_are_enough(server: Server, clock: Clock) -> None:
    there = server.put("/b", Answer())
    with Server() as gone:
        base = gone.base
    limits = replace(QUICK, wait=1.0)
    with asks_here(Client(None, limits, clock=clock, sleep=clock.sleep)) as asking:
        for pauses in ([1.0], [1.0, 2.0, 4.0]):
            clock.slept.clear()
            with pytest.raises(NoAnswerError):
                asking.get(f"{base}/a")
            assert clock.slept == pauses
            asking.get(there)


def test_a_body_that_breaks_off_is_tried_again(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"half", promised=100), Answer(b"whole"))
    with client(server, clock) as asking:
        assert asking.get(url).body == b"whole"


def test_a_body_that_always_breaks_off_is_one_sentence(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"half", promised=100))
    with client(server, clock) as asking, pytest.raises(NoAnswerError, match="broke off in the middle"):
        asking.get(url)


def test_nobody_listening_is_one_sentence(clock: Clock) -> None:
    with Server() as gone:
        base = gone.base
    with asks_here(Client(None, QUICK, sleep=clock.sleep)) as asking:
        with pytest.raises(NoAnswerError, match=r"^127\.0\.0\.1 cannot be reached; check"):
            asking.get(f"{base}/a")
        assert not asking.answered


def test_a_body_beyond_the_limit_is_refused_and_not_read_to_its_end(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"x" * 150_000))
    with (
        client(server, clock, size=100_000) as asking,
        pytest.raises(ServiceError, match=r"sent more than 100,000 bytes; refused"),
    ):
        asking.get(url)
    assert server.count("/a") == 1


def test_an_answer_that_takes_too_long_in_all_is_given_up(server: Server) -> None:
    times = iter([NOW] * 3 + [NOW + 100 * count for count in range(1, 50)])
    url = server.put("/a", Answer(b"drop by drop"))
    with (
        server.client(replace(QUICK, attempts=1), clock=lambda: next(times)) as asking,
        pytest.raises(NoAnswerError, match=r"took more than 60 s to answer"),
    ):
        asking.get(url)


def test_compression_that_nobody_asked_for_is_refused(server: Server, clock: Clock) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    url = server.put("/a", Answer(bomb, headers={"Content-Encoding": "gzip"}))
    with client(server, clock) as asking, pytest.raises(ServiceError, match="compressed its answer"):
        asking.get(url)


# Redirects


@pytest.mark.parametrize(
    "target",
    [
        "file:///secret.txt",
        "ftp://example.org/a",
        "http://example.org/a",
        "https://[broken/a",
        "https://example.org:999999/a",
        "javascript:alert(1)",
        "data:text/plain,hello",
    ],
)
def test_a_redirect_to_anything_but_https_is_refused(server: Server, clock: Clock, target: str) -> None:
    url = server.put("/a", Answer(status=302, headers={"Location": target}))
    with client(server, clock) as asking:
        with pytest.raises(ServiceError, match=r"redirects to .* no https address; refused"):
            asking.get(url)
        with pytest.raises(ServiceError, match="refused"):
            asking.probe(url)


@pytest.mark.parametrize(
    ("target", "there"),
    [
        ("https://example.org/a", "example.org"),
        ("//example.org/a", "example.org"),
        ("https://localhost/a", "localhost"),
        ("https://2130706433/a", "2130706433"),
        ("https://[::1]/a", "[::1]"),
        ("https://127.0.0.1@example.org/", "example.org"),
        ("https://example.org\\@127.0.0.1/", "example.org"),  # some would read 127.0.0.1
        ("https://example.org\\.0.0.1/", "example.org"),
    ],
)
def test_a_service_must_not_redirect_to_another_host(
    server: Server, clock: Clock, target: str, there: str
) -> None:
    url = server.put("/a", Answer(status=301, headers={"Location": target}))
    with (
        client(server, clock) as asking,
        pytest.raises(ServiceError, match=rf"redirects to another host, {re.escape(there)}; refused"),
    ):
        asking.get(url)


def test_credentials_in_an_address_are_told_to_nobody(server: Server, clock: Clock) -> None:
    target = f"{server.base.replace('//', '//me:secret@')}/b"
    url = server.put("/a", Answer(status=302, headers={"Location": target}))
    server.put("/b", Answer(b"here"))
    with client(server, clock) as asking:
        assert asking.get(url).body == b"here"
    assert "Authorization" not in server.asked[1].headers


def test_what_belongs_together() -> None:
    assert is_same_site("export.arxiv.org", "arxiv.org")
    assert not is_same_site("arxiv.org", "arxiv.example.org")
    assert not is_same_site("?", "org")
    assert not is_same_site("localhost", "intranet")


def test_the_body_of_a_redirect_is_not_read(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"half", 302, {"Location": "/b"}, promised=10**12))
    server.put("/b", Answer(b"here"))
    with client(server, clock, attempts=1) as asking:
        assert asking.get(url).body == b"here"


def test_a_redirect_within_the_host_is_followed(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(status=302, headers={"Location": "/b"}))
    server.put("/b", Answer(b"here"))
    with client(server, clock) as asking:
        reply = asking.get(url)
    assert (reply.url, reply.body) == (url, b"here")


def test_redirects_in_a_circle_end(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(status=302, headers={"Location": "/a"}))
    with (
        client(server, clock, redirects=3) as asking,
        pytest.raises(ServiceError, match="redirects more than 3 times"),
    ):
        asking.get(url)
    assert server.count("/a") == 4


@pytest.mark.parametrize(
    "url",
    ["http://example.org", "file:///secret.txt", "ftp://x/", "https://[x", "https://", "example.org", ""],
)
def test_an_address_that_is_not_on_https_is_never_asked(clock: Clock, url: str) -> None:
    with (
        Client(None, QUICK, sleep=clock.sleep) as asking,
        pytest.raises(ServiceError, match="is no https address; refused"),
    ):
        asking.get(url)


def test_control_characters_of_a_redirect_do_not_reach_the_terminal(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(status=302, headers={"Location": "ftp://x/\x1b[31m"}))
    with client(server, clock) as asking, pytest.raises(ServiceError) as caught:
        asking.get(url)
    assert "\x1b" not in str(caught.value)


# The cache


def test_an_answer_is_kept_for_a_day(server: Server, clock: Clock, tmp_path: Path) -> None:
    url = server.put("/a", Answer(b"first"), Answer(b"second"))
    for hours, body, date in [
        (0, b"first", "2026-11-24"),
        (23, b"first", "2026-11-24"),
        (2, b"second", None),
    ]:
        clock.now += 3600 * hours
        with client(server, clock, tmp_path / "cache") as asking:
            reply = asking.get(url)
        assert reply.body == body
        assert date in (reply.date, None)
    assert server.count("/a") == 2


@pytest.mark.parametrize("status", [404, 403, 500])
def test_only_good_answers_are_kept(server: Server, clock: Clock, tmp_path: Path, status: int) -> None:
    url = server.put("/a", Answer(b"no", status))
    with client(server, clock, tmp_path, attempts=1) as asking:
        asking.get(url)
        asking.get(url)
    assert server.count("/a") == 2


def test_what_was_of_no_use_is_forgotten(server: Server, clock: Clock, tmp_path: Path) -> None:
    url = server.put("/a", Answer(b"junk"), Answer(b"sense"))
    with client(server, clock, tmp_path) as asking:
        asking.get(url)
        asking.forget(url)
        assert asking.get(url).body == b"sense"


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]\nx",
        b'{"url": "u"}\n',
        b"\xff\xfe\n",
        b"[" * 100_000,
        b'{"url":"U","time":NaN,"bytes":1}\nx',
    ],
)
def test_a_damaged_cache_is_no_cache(tmp_path: Path, damage: bytes) -> None:
    cache = ReplyCache(tmp_path, 10.0)
    cache.store(Reply("U", 200, b"body", NOW))
    assert cache.find("U", NOW) == Reply("U", 200, b"body", NOW)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert cache.find("U", NOW) is None


def test_a_cut_or_foreign_file_of_the_cache_is_not_used(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path, 10.0)
    cache.store(Reply("U", 200, b"body", NOW))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert cache.find("U", NOW) is None
    file.write_bytes(whole.replace(b'"U"', b'"V"'))
    assert cache.find("U", NOW) is None
    file.write_bytes(whole)
    assert cache.find("U", NOW - 5) is None, "from the future"


def test_a_cache_that_cannot_be_written_does_not_matter(server: Server, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    url = server.put("/a", as_json({}))
    with client(server, clock, tmp_path / "file" / "cache") as asking:
        assert asking.get(url).status == 200


# Probing


def test_a_probe_reads_no_body_and_asks_head_first(server: Server, clock: Clock) -> None:
    url = server.put("/a", Answer(b"x" * 150_000))
    with client(server, clock, size=10) as asking:
        assert asking.probe(url) == 200
    assert [asked.method for asked in server.asked] == ["HEAD"]


@pytest.mark.parametrize("first", [Answer(status=405), Answer(status=403), Answer(pause=30.0)])
def test_where_head_is_not_liked_get_decides(server: Server, clock: Clock, first: Answer) -> None:
    url = server.put("/a", first, Answer(b"x"))
    with client(server, clock, read=2.0) as asking:
        assert asking.probe(url) == 200
    assert [asked.method for asked in server.asked] == ["HEAD", "GET"]
