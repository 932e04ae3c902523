"""`repro links`: identifiers at their own services, refusals that say nothing, two strikes before dead."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from repro.catalog.check.check import check
from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import parse
from repro.catalog.reading.snapshot import LinkHealth
from repro.catalog.records.paper import Paper
from repro.cli.app import main
from repro.errors import ServiceError
from repro.metadata.link_check import (
    LinkCheck,
    LinkReport,
    check_links,
    check_target,
    link_targets,
    update_health,
)
from repro.metadata.services.client import Client, NoAnswerError
from repro.metadata.services.services import Services
from repro.metadata.snapshots import load_snapshot
from tests.support.metadata_server import (
    QUICK,
    Answer,
    Server,
    arxiv_path,
    as_json,
    feed,
    feed_of,
    openreview_note,
    openreview_path,
)

DOI = "10.1109/CVPR46437.2021.01549"
HANDLE = f"/doi/api/handles/{DOI}"
REPOSITORY = "/github/repos/facebookresearch/simsiam"
DAY = 86_400.0
NOW = 1_795_500_000.0  # 2026-11-24


def entry(*links: str, ids: str = "") -> str:
    listed = "".join(f'  - {{role: project, url: "{link}"}}\n' for link in links)
    return (
        "schema: 1\nid: simsiam\nname: SimSiam\ntitle: A Title\nauthors: [{name: Xinlei Chen}]\nyear: 2021\n"
        'venue: cvpr\nstatus: published\ndepth: short\nadded: "2026-11-24"\n'
        f"ids: {{{ids}}}\n{'links:' if links else ''}\n{listed}"
        f"abstract: {{en: {' '.join(['word'] * 80)}}}\nidea: {{en: I.}}\ntags: {{family: [contrastive]}}\n"
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def services(server: Server) -> Iterator[Services]:
    with (found := server.services()).client:
        yield found


@pytest.fixture
def catalog(tmp_path: Path, root: Path) -> Path:
    """A catalog with the real vocabularies; tests write the one paper."""
    made = tmp_path / "catalog"
    (made / "papers").mkdir(parents=True)
    shutil.copytree(root / "catalog" / "vocab", made / "vocab")
    return made


# What is looked at


def test_identifiers_and_addresses_are_looked_at_once_each() -> None:
    text = entry(
        "https://arxiv.org/pdf/2011.10566v2.pdf",
        f"https://doi.org/{DOI}",
        "https://github.com/facebookresearch/simsiam",
        "https://github.com/facebookresearch/simsiam",
        "https://example.org/a",
        ids=f'arxiv: "2011.10566", doi: {DOI}',
    )
    code = 'official: {repo: "https://example.org/code", licence: MIT, state: quiet}\n'
    assert link_targets(bind(Paper, parse(text + code, "x"))) == [
        "arxiv:2011.10566",
        f"doi:{DOI}",
        "https://github.com/facebookresearch/simsiam",
        "https://example.org/a",
        "https://example.org/code",
    ]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (as_json({"responseCode": 1, "handle": DOI}), "there"),
        (as_json({"responseCode": 100}, status=404), "gone"),
        (as_json({"responseCode": 2}, status=500), "unknown"),
        (as_json({"responseCode": 200}), "unknown"),
        (as_json(["1"]), "unknown"),
        (Answer(b"<html>", 200), "unknown"),
        (Answer(b"[" * 90_000, 200), "unknown"),
        (Answer(status=404), "unknown"),
        (Answer(status=403), "unknown"),
        (Answer(status=429, headers={"Retry-After": "999"}), "unknown"),
        (Answer(b"x", promised=999), "unknown"),
    ],
)
def test_a_doi_is_asked_of_the_handle_service(
    server: Server, services: Services, answer: Answer, verdict: str
) -> None:
    server.put(HANDLE, answer)
    assert check_target(f"doi:{DOI}", services).presence == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (feed("2011.10566", "A Title", ["A B"], 2020), "there"),
        (feed_of(""), "gone"),
        (Answer(b"Rate exceeded."), "unknown"),
        (Answer(status=403), "unknown"),
    ],
)
def test_an_arxiv_id_is_asked_of_arxiv(
    server: Server, services: Services, answer: Answer, verdict: str
) -> None:
    server.put(arxiv_path("2011.10566"), answer)
    assert check_target("arxiv:2011.10566", services).presence == verdict


def test_an_openreview_id_is_asked_of_openreview(server: Server, services: Services) -> None:
    assert check_target("openreview:abcdef", services).presence == "gone"
    server.put(openreview_path("abcdef"), as_json(openreview_note("abcdef", "T", [], "")))
    assert check_target("openreview:abcdef", services).presence == "there"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/facebookresearch/simsiam",
        "https://github.com/facebookresearch/simsiam.git",
        "https://www.github.com/facebookresearch/simsiam/blob/main/README.md",
        "https://github.com/facebookresearch/simsiam#models-and-logs",
    ],
)
@pytest.mark.parametrize(
    ("status", "verdict"), [(200, "there"), (404, "gone"), (403, "unknown"), (429, "unknown")]
)
def test_a_repository_is_asked_of_github(
    server: Server, services: Services, address: str, status: int, verdict: str
) -> None:
    server.put(REPOSITORY, Answer(b"{}", status, {"Retry-After": "999"}))
    assert check_target(address, services).presence == verdict


@pytest.mark.parametrize(
    ("answer", "verdict", "found"),
    [
        (Answer(b"here"), "there", "status 200"),
        (Answer(status=404), "gone", "status 404"),
        (Answer(status=410), "gone", "status 410"),
        (Answer(status=202), "unknown", "status 202"),
        (Answer(status=401), "unknown", "status 401"),
        (Answer(status=403), "unknown", "status 403"),
        (Answer(status=429), "unknown", "status 429"),
        (Answer(status=503), "unknown", "status 503"),
        (Answer(status=302, headers={"Location": "http://example.org"}), "unknown", "redirects to"),
        (Answer(status=302, headers={"Location": "file:///secret.txt"}), "unknown", "redirects to"),
    ],
)
def test_an_address_is_looked_at(
    server: Server, services: Services, answer: Answer, verdict: str, found: str
) -> None:
    look = check_target(server.put("/page", answer), services)
    assert look.presence == verdict
    assert found in look.found


def test_silence_is_a_strike_for_an_address_and_says_nothing_of_an_identifier(server: Server) -> None:
    url = server.put("/page", Answer(pause=30.0))
    server.put(arxiv_path("2011.10566"), Answer(pause=30.0))
    with (services := server.services(replace(QUICK, read=0.1))).client:
        looks = [check_target(what, services) for what in (url, "arxiv:2011.10566")]
    assert [look.presence for look in looks] == ["gone", "unknown"]
    assert all("did not answer within 0.1 s" in look.found for look in looks)


# Strikes


@pytest.mark.parametrize(
    ("looks", "state", "strikes"),
    [
        ([("there", "24")], "alive", []),
        ([("gone", "24")], "failing", ["24"]),
        ([("gone", "24"), ("gone", "24")], "failing", ["24"]),
        ([("gone", "24"), ("gone", "25")], "dead", ["24", "25"]),
        ([("gone", "24"), ("gone", "25"), ("gone", "29")], "dead", ["24", "29"]),
        ([("gone", "24"), ("unknown", "25"), ("gone", "26")], "dead", ["24", "26"]),
        ([("gone", "24"), ("unknown", "25")], "unknown", ["24"]),
        ([("gone", "24"), ("there", "25"), ("gone", "26")], "failing", ["26"]),
        ([("gone", "24"), ("gone", "25"), ("there", "26")], "alive", []),
        ([("unknown", "24"), ("unknown", "26")], "unknown", []),
        ([("gone", "24"), ("gone", "23")], "failing", ["24"]),
    ],
)
def test_dead_needs_two_strikes_a_day_apart(
    looks: list[tuple[str, str]], state: str, strikes: list[str]
) -> None:
    health: LinkHealth | None = None
    for verdict, day in looks:
        look = LinkCheck(verdict, "found")  # type: ignore[arg-type]
        health = update_health(health, look, f"2026-11-{day}")
    assert health is not None
    assert health.state == state
    assert list(health.strikes) == [f"2026-11-{day}" for day in strikes]


def again(server: Server, catalog: Path, days: float = 0.0) -> LinkReport:
    with (services := server.services(clock=lambda: NOW + days * DAY)).client:
        return check_links(catalog, [], services, lambda text: None)


def test_strikes_are_kept_in_the_lock_file(server: Server, catalog: Path) -> None:
    (catalog / "papers" / "simsiam.yaml").write_text(entry(ids=f"doi: {DOI}"))
    server.put(HANDLE, as_json({"responseCode": 100}, status=404))
    states = []
    for days in (0, 0.2, 1):
        checked = again(server, catalog, days)
        states.append((checked.is_sound, load_snapshot(catalog, "simsiam").health[f"doi:{DOI}"].state))
    assert states == [(True, "failing"), (True, "failing"), (False, "dead")]
    assert checked.rows() == [("simsiam", f"doi:{DOI}", "dead", "not registered", "2026-11-24")]
    assert [one for one in check(catalog) if one.severity == "error"] == []
    server.put(HANDLE, as_json({"responseCode": 1}))
    assert again(server, catalog, 2).rows() == []


def test_what_the_entry_no_longer_names_is_forgotten(server: Server, catalog: Path) -> None:
    file = catalog / "papers" / "simsiam.yaml"
    server.put(HANDLE, as_json({"responseCode": 1}))
    server.put(REPOSITORY, Answer(b"{}"))
    file.write_text(entry("https://github.com/facebookresearch/simsiam", ids=f"doi: {DOI}"))
    again(server, catalog)
    file.write_text(entry(ids=f"doi: {DOI}"))
    again(server, catalog)
    assert list(load_snapshot(catalog, "simsiam").health) == [f"doi:{DOI}"]


def test_fetched_records_survive(server: Server, catalog: Path) -> None:
    (catalog / "papers" / "simsiam.yaml").write_text(entry(ids=f"doi: {DOI}"))
    (catalog / "lock").mkdir()
    said = {"source": "crossref", "asked": f"doi:{DOI}", "date": "2026-11-20"}
    said |= {"title": "T", "authors": [], "years": []}
    before = {"format": 1, "paper": "simsiam", "fetched": [said], "health": {}}
    (catalog / "lock" / "simsiam.json").write_text(json.dumps(before))
    server.put(HANDLE, as_json({"responseCode": 1}))
    again(server, catalog)
    assert load_snapshot(catalog, "simsiam").fetched[0].date == "2026-11-20"


def test_without_a_network_nothing_is_noted(catalog: Path) -> None:
    (catalog / "papers" / "simsiam.yaml").write_text(entry(ids=f'arxiv: "2011.10566", doi: {DOI}'))
    with Server() as gone:
        pass
    with pytest.raises(ServiceError, match="no address answered at all, so nothing is noted"):
        again(gone, catalog)
    assert not (catalog / "lock").exists()


def test_a_long_run_without_a_network_ends_early(
    server: Server, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"https://host{number}.example.org" for number in range(50)]
    (catalog / "papers" / "simsiam.yaml").write_text(entry(*addresses))
    tried: list[str] = []

    def silent(client: Client, url: str) -> int:
        tried.append(url)
        raise NoAnswerError("it cannot be reached.")

    monkeypatch.setattr(Client, "probe", silent)
    with pytest.raises(ServiceError, match="no address answered at all"):
        again(server, catalog)
    assert tried == addresses[:5]


def test_a_faulty_entry_does_not_stop_others(server: Server, catalog: Path) -> None:
    (catalog / "papers" / "broken.yaml").write_text("id: [")
    (catalog / "papers" / "simsiam.yaml").write_text(entry(ids=f"doi: {DOI}"))
    server.put(HANDLE, as_json({"responseCode": 1}))
    checked = again(server, catalog)
    assert [one.paper for one in checked.failures] == ["broken"]
    assert list(checked.health) == ["simsiam"]
    assert not checked.is_sound


# The command


def test_the_command(server: Server, catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Services, "public", server.services)
    (catalog / "papers" / "simsiam.yaml").write_text(
        entry("https://github.com/facebookresearch/simsiam", ids=f"doi: {DOI}")
    )
    server.put(HANDLE, as_json({"responseCode": 1}))

    def run(*words: str) -> tuple[int, str]:
        out, code = StringIO(), 0
        monkeypatch.setattr(sys, "argv", ["repro", "links", "--catalog", str(catalog), *words])
        try:
            with redirect_stdout(out), redirect_stderr(StringIO()):
                main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, out.getvalue()

    code, out = run()
    assert code == 0
    repository = "https://github.com/facebookresearch/simsiam"
    assert out.splitlines()[1].split()[:4] == ["simsiam", repository, "failing", "status"]
    assert out.splitlines()[-1] == "1 papers, 2 links: 1 alive, 0 unknown, 1 failing, 0 dead"
    code, out = run("--json", "simsiam")
    assert json.loads(out)["health"]["simsiam"][f"doi:{DOI}"]["state"] == "alive"
