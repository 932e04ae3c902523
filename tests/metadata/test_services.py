"""What services say becomes one clean record, or one sentence: no hostile body becomes anything else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.catalog.reading.events import FORBIDDEN
from repro.errors import ServiceError
from repro.metadata.identify import Identifier
from repro.metadata.record import Metadata, NoRecordError, UnusableError, clean
from repro.metadata.services.atom import from_arxiv
from repro.metadata.services.services import Services
from repro.metadata.services.works import from_crossref, from_datacite, from_openalex, from_openreview
from tests.support.metadata_server import (
    Answer,
    Server,
    arxiv_path,
    as_json,
    crossref_path,
    crossref_work,
    datacite_path,
    datacite_work,
    feed,
    feed_of,
    openalex_path,
    openalex_work,
    openreview_note,
    openreview_path,
)

ARXIV = Identifier("arxiv", "2011.10566")
DOI = Identifier("doi", "10.1109/CVPR46437.2021.01549")
FORUM = Identifier("openreview", "ryQu7f-RZ")
TITLE = "Exploring Simple Siamese Representation Learning"
CVPR = "2021 IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)"
AUTHORS = [("Xinlei", "Chen"), ("Kaiming", "He")]
NAMES = ("Xinlei Chen", "Kaiming He")
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def services(server: Server) -> Iterator[Services]:
    found = server.services()
    with found.client:
        yield found


# Each service


def test_arxiv(server: Server, services: Services) -> None:
    entry = feed("2011.10566", f"Exploring\n  {TITLE[10:]}", NAMES, 2020, comment="Technical report")
    server.put(arxiv_path("2011.10566"), entry)
    found = services.arxiv(ARXIV)
    assert (found.source, found.asked, found.title, found.authors) == ("arxiv", str(ARXIV), TITLE, NAMES)
    assert (found.years, found.year, found.venue) == ((2020,), 2020, "Technical report")
    assert (found.arxiv, found.doi) == ("2011.10566", None)
    assert found.abstract == "An official abstract of 2011.10566."


def test_arxiv_names_the_published_version(server: Server, services: Services) -> None:
    more = {"doi": DOI.value, "journal_ref": "CVPR 2021", "comment": "8 pages"}
    server.put(arxiv_path("2011.10566"), feed("2011.10566", TITLE, NAMES, 2020, **more))
    found = services.arxiv(ARXIV)
    assert (found.doi, found.venue) == (DOI.value, "CVPR 2021")


def test_crossref(server: Server, services: Services) -> None:
    work = crossref_work(DOI.value, TITLE, AUTHORS, 2021, CVPR, abstract="<jats:p>An abstract.</jats:p>")
    server.put(crossref_path(DOI.value), as_json(work))
    found = services.crossref(DOI)
    assert (found.title, found.authors, found.years, found.venue) == (TITLE, NAMES, (2021,), CVPR)
    assert (found.doi, found.abstract) == (DOI.value, "An abstract.")


def test_family_names_of_several_words_are_kept_apart(server: Server, services: Services) -> None:
    people = [
        ("Ana", "García Márquez"),
        ("Aäron", "van den Oord"),
        ("Kaiming", "He"),
        ("", "Deep Mind"),
        ("A", "B, C D"),
    ]
    server.put(crossref_path(DOI.value), as_json(crossref_work(DOI.value, TITLE, people, 2021, CVPR)))
    found = services.crossref(DOI)
    assert found.families == (
        ("Ana García Márquez", "García Márquez"),
        ("Aäron van den Oord", "van den Oord"),
    )


def test_crossref_tells_print_from_online_and_joins_a_subtitle(server: Server, services: Services) -> None:
    dates = {"published-print": {"date-parts": [[2022]]}, "published-online": {"date-parts": [[2021, 12]]}}
    work = crossref_work(DOI.value, "BYOL for Audio", AUTHORS, 2021, CVPR, subtitle=["Sounds"], **dates)
    server.put(crossref_path(DOI.value), as_json(work))
    found = services.crossref(DOI)
    assert (found.title, found.years) == ("BYOL for Audio: Sounds", (2022, 2021))


def test_crossref_and_datacite_tell_groups(server: Server, services: Services) -> None:
    people = [{"name": "Google Research", "sequence": "first"}, {"given": "Ada", "family": "de la Cruz Ruiz"}]
    server.put(crossref_path(DOI.value), as_json(crossref_work(DOI.value, TITLE, people, 2021, CVPR)))
    told = (("Google Research", "Google Research"), ("Ada de la Cruz Ruiz", "de la Cruz Ruiz"))
    assert services.crossref(DOI).families == told
    work = datacite_work(DOI.value, "A Data Set", ["Google Research", "Deep Mind"], 2021, "Zenodo")
    work["data"]["attributes"]["creators"][0]["nameType"] = "Organizational"
    work["data"]["attributes"]["titles"].append({"title": "Of Images", "titleType": "Subtitle"})
    server.put(datacite_path(DOI.value), as_json(work))
    found = services.datacite(DOI)
    assert (found.title, found.families) == ("A Data Set: Of Images", told[:1])


def test_datacite(server: Server, services: Services) -> None:
    asked = Identifier("doi", "10.5281/zenodo.1234567")
    work = datacite_work(
        asked.value, "A Data Set", ["Chen, Xinlei", "He, Kaiming"], "2021", {"name": "Zenodo"}
    )
    server.put(datacite_path(asked.value), as_json(work))
    found = services.datacite(asked)
    assert (found.title, found.authors, found.years) == ("A Data Set", NAMES, (2021,))
    assert (found.venue, found.doi, found.abstract) == ("Zenodo", asked.value, "What it holds.")


def test_openalex(server: Server, services: Services) -> None:
    server.put(openalex_path(DOI.value), as_json(openalex_work(DOI.value, TITLE, NAMES, 2021, "CVPR")))
    found = services.openalex(DOI)
    assert (found.title, found.authors, found.years, found.venue) == (TITLE, NAMES, (2021,), "CVPR")


@pytest.mark.parametrize("wrapped", [True, False])
def test_openreview_by_both_interfaces(server: Server, services: Services, wrapped: bool) -> None:
    note = openreview_note(FORUM.value, "Whitening", list(NAMES), "ICLR 2021 Poster", wrapped)
    server.put(openreview_path(FORUM.value, before=not wrapped), as_json(note))
    found = services.openreview(FORUM)
    assert (found.title, found.authors, found.years) == ("Whitening", NAMES, (2021,))
    assert (found.venue, found.openreview) == ("ICLR 2021 Poster", FORUM.value)


def test_openreview_without_a_venue_takes_the_year_of_submission(server: Server, services: Services) -> None:
    server.put(openreview_path(FORUM.value), as_json(openreview_note(FORUM.value, "T", ["A B"], "")))
    assert services.openreview(FORUM).years == (2020,)


# Who is asked when somebody does not answer


def test_datacite_stands_in_for_arxiv(server: Server, services: Services) -> None:
    doi = "10.48550/arXiv.2011.10566"
    server.put(arxiv_path("2011.10566"), Answer(b"Rate exceeded.", 429, {"Retry-After": "3600"}))
    server.put(datacite_path(doi), as_json(datacite_work(doi, TITLE, ["Chen, Xinlei"], 2020, "arXiv")))
    found = services.look_up(ARXIV)
    assert (found.source, found.arxiv, found.doi) == ("datacite", "2011.10566", None)


def test_openalex_stands_in_for_both(server: Server, services: Services) -> None:
    server.put(openalex_path(DOI.value), as_json(openalex_work(DOI.value, TITLE, NAMES, 2021, "CVPR")))
    assert services.look_up(DOI).source == "openalex"


def test_what_nobody_knows_is_one_sentence_for_each(services: Services) -> None:
    with pytest.raises(NoRecordError) as caught:
        services.look_up(DOI)
    assert str(caught.value) == (
        f"Crossref has no {DOI}. DataCite has no {DOI}. OpenAlex has no {DOI}. Check the identifier."
    )


def test_a_busy_service_is_named_rather_than_the_paper_called_unknown(
    server: Server, services: Services
) -> None:
    server.put(arxiv_path("2011.10566"), Answer(status=429, headers={"Retry-After": "120"}))
    with pytest.raises(ServiceError, match=r"arXiv is asked too often .* try again in 120 s") as caught:
        services.look_up(ARXIV)
    assert not isinstance(caught.value, NoRecordError)


def test_a_busy_service_is_left_alone_as_long_as_it_asks(server: Server, tmp_path: Path) -> None:
    now = [1_795_500_000.0]
    paths = [arxiv_path(number) for number in ("2011.10566", "2011.10567")]
    server.put(paths[0], Answer(status=429, headers={"Retry-After": "900"}))
    server.put(paths[1], feed("2011.10567", TITLE, NAMES, 2020))
    with (services := server.services(cache=tmp_path, clock=lambda: now[0])).client:
        for number in ("2011.10566", "2011.10567"):
            with pytest.raises(ServiceError, match="arXiv is asked too often"):
                services.arxiv(Identifier("arxiv", number))
        assert [server.count(path) for path in paths] == [1, 0]
        now[0] += 901
        assert services.arxiv(Identifier("arxiv", "2011.10567")).title == TITLE
        server.put(paths[0], Answer(status=503))
        with pytest.raises(ServiceError, match="status 503"):
            services.arxiv(ARXIV)
        assert services.arxiv(Identifier("arxiv", "2011.10567")).title == TITLE, "what is kept is no question"


def test_a_silent_service_is_not_waited_for_again(server: Server, services: Services) -> None:
    server.put(arxiv_path("2011.10566"), Answer(b"half", promised=999))
    for number in ("2011.10566", "2011.10567"):
        with pytest.raises(ServiceError, match="broke off"):
            services.arxiv(Identifier("arxiv", number))
    assert server.count(arxiv_path("2011.10566")) == 4
    assert server.count(arxiv_path("2011.10567")) == 0


def test_openreview_out_of_reach_does_not_mean_unknown(server: Server, services: Services) -> None:
    server.put(openreview_path(FORUM.value), Answer(status=403))
    with pytest.raises(ServiceError, match="refuses to answer programs") as caught:
        services.look_up(FORUM)
    assert not isinstance(caught.value, NoRecordError)


@pytest.mark.parametrize(
    "answer",
    [
        feed_of(""),
        feed_of("<entry><id>http://arxiv.org/api/errors#bad</id><title>Error</title></entry>"),
        Answer(status=404),
    ],
)
def test_an_unknown_arxiv_id(server: Server, services: Services, answer: Answer) -> None:
    server.put(arxiv_path("2011.10566"), answer)
    with pytest.raises(NoRecordError, match=r"^arXiv has no arxiv:2011.10566\.$"):
        services.arxiv(ARXIV)


def test_an_unusable_answer_is_not_kept(server: Server, tmp_path: Path) -> None:
    good = feed("2011.10566", TITLE, NAMES, 2020)
    server.put(arxiv_path("2011.10566"), Answer(b"Rate exceeded."), good)
    with (services := server.services(cache=tmp_path)).client:
        with pytest.raises(UnusableError, match="asked too often"):
            services.arxiv(ARXIV)
        assert services.arxiv(ARXIV).title == TITLE
        services.arxiv(ARXIV)
    assert server.count(arxiv_path("2011.10566")) == 2


# Hostile answers

Reader = Callable[[bytes, Identifier, str], Metadata]


def work(**changes: Any) -> bytes:
    whole = crossref_work(DOI.value, TITLE, AUTHORS, 2021, CVPR)
    whole["message"].update(changes)
    return json.dumps(whole).encode()


HOSTILE: list[tuple[Reader, bytes, Identifier, str]] = [
    (from_arxiv, feed_of("", BOMB).body, ARXIV, "document type"),
    (from_arxiv, feed_of("", '<!DOCTYPE x SYSTEM "file:///secret.txt">').body, ARXIV, "document type"),
    (from_arxiv, feed_of("", "<!doctype html>").body, ARXIV, "document type"),
    (from_arxiv, feed_of("", BOMB).body.decode().encode("utf-16"), ARXIV, "not UTF-8"),
    (from_arxiv, feed_of("<entry>").body, ARXIV, "no well-formed XML at 1:"),
    (from_arxiv, feed_of("<entry><title>&lol;</title></entry>").body, ARXIV, "no well-formed XML"),
    (from_arxiv, b"", ARXIV, "no well-formed XML"),
    (from_arxiv, b"<html><body>Sorry</body></html>", ARXIV, "no Atom feed"),
    (from_arxiv, feed("2006.07733", TITLE, NAMES, 2020).body, ARXIV, "answers with arxiv:2006.07733 when"),
    (from_arxiv, feed("2011.10566", "", NAMES, 2020).body, ARXIV, "a title without any text"),
    (from_arxiv, feed("2011.10566", "x" * 2_000_000, NAMES, 2020).body, ARXIV, "a title of 2,000,000 char"),
    (from_arxiv, feed("2011.10566", TITLE, ["x" * 300], 2020).body, ARXIV, "an author of 300 characters"),
    (from_arxiv, feed("2011.10566", TITLE, ["A B"] * 6000, 2020).body, ARXIV, "6,000 authors"),
    (from_crossref, b"", DOI, "is no JSON"),
    (from_crossref, b"\xff\xfe\x00", DOI, "is no JSON"),
    (from_crossref, b'{"message": {"DOI": ', DOI, "is no JSON"),
    (from_crossref, b"[" * 200_000, DOI, "is no JSON"),
    (from_crossref, b"9" * 10_000, DOI, "is no JSON"),
    (from_crossref, b"[1, 2]", DOI, "no record"),
    (from_crossref, b'"text"', DOI, "no record"),
    (from_crossref, b"{}", DOI, "answers with something else"),
    (from_crossref, work(DOI="10.1000/other"), DOI, r"answers with 10\.1000/other when"),
    (from_crossref, work(DOI={"a": 1}), DOI, "answers with something else"),
    (from_crossref, work(title=[5]), DOI, "gives a number as a title, expected text"),
    (from_crossref, work(title={"en": TITLE}), DOI, "gives nothing as a title"),
    (from_crossref, work(title=[[TITLE]]), DOI, "gives a list as a title"),
    (from_crossref, work(title=["\x00\u202e<b></b>"]), DOI, "a title without any text"),
    (from_crossref, work(title=["x" * 1_048_576]), DOI, "a title of 1,048,576 characters, expected at most"),
    (
        from_crossref,
        work(author="Xinlei Chen"),
        DOI,
        "gives text as the authors, expected a list",
    ),
    (from_crossref, work(author=[5]), DOI, "gives nothing as an author"),
    (from_crossref, work(author=[{"name": {"given": "X"}}]), DOI, "gives a mapping as an author"),
    (from_datacite, b'{"data": []}', DOI, "answers with something else"),
    (from_datacite, b'{"data": {"attributes": {"doi": 5}}}', ARXIV, "answers with another paper"),
    (from_openalex, b'{"doi": null, "title": "x"}', DOI, "answers with something else"),
    (from_openreview, b'{"notes": [5]}', FORUM, "answers with another note"),
    (from_openreview, b'{"notes": {"id": "x"}}', FORUM, "has no openreview"),
    (
        from_openreview,
        json.dumps(openreview_note(FORUM.value, {"value": 5}, [], "")).encode(),
        FORUM,
        "gives a mapping as a title",
    ),
]


@pytest.mark.parametrize(("reader", "body", "asked", "says"), HOSTILE)
def test_a_hostile_answer_is_one_sentence(reader: Reader, body: bytes, asked: Identifier, says: str) -> None:
    with pytest.raises((UnusableError, NoRecordError), match=says) as caught:
        reader(body, asked, "2026-11-24")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("Learning <i>in vivo</i> with <sub>2</sub>", "Learning in vivo with 2"),
        ("A <script>alert(1)</script>Title", "A alert(1)Title"),
        ("&lt;script&gt;alert(1)&lt;/script&gt; Title", "alert(1) Title"),
        ("&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt; &amp;amp; more", "Bold & more"),
        ('<img src=x onerror="alert(1)">Title', "Title"),
        ("<mml:math><mml:mi>k</mml:mi></mml:math>-means", "k-means"),
        ("When a < b and c > d", "When a < b and c > d"),
        ("Two\r\n  lines\tand\x0b more", "Two lines and more"),
        ("Re\u202everse\u2066d \ud800 \ufeff\ufffe\x1b[31m red", "Reversed [31m red"),
        ("Cafe\u0301", "Café"),
        ("孪生网络：表示学习", "孪生网络：表示学习"),
    ],
)
def test_titles_are_cleaned(title: str, cleaned: str) -> None:
    body = work(title=[title])
    assert from_crossref(body, DOI, "2026-11-24").title == cleaned


@pytest.mark.parametrize(
    "changes",
    [
        {"container-title": 5},
        {"container-title": ["x" * 2_000]},
        {"container-title": [{"a": 1}]},
        {"issued": {"date-parts": [[None]]}},
        {"issued": {"date-parts": [["2021"]]}},
        {"issued": {"date-parts": "2021"}},
        {"issued": {"date-parts": [[True]]}},
        {"issued": {"date-parts": [[10**400]]}},
        {"issued": {"date-parts": [[9999]]}},
        {"abstract": "x" * 100_000},
        {"abstract": {"a": 1}},
        {"subtitle": [5]},
        {"author": None},
    ],
)
def test_a_record_does_without_what_is_unusable_but_not_needed(changes: dict[str, Any]) -> None:
    found = from_crossref(work(**changes), DOI, "2026-11-24")
    assert found.title == TITLE
    (key,) = changes
    missing = {"container-title": found.venue, "abstract": found.abstract}.get(key)
    assert missing is None
    assert found.years in ((2021,), ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
KEYS = ["DOI", "title", "author", "container-title", "issued", "published-print", "abstract", "subtitle"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_any_json_becomes_a_record_or_a_sentence(changes: dict[str, Any]) -> None:
    body = json.dumps({**crossref_work(DOI.value, TITLE, AUTHORS, 2021, CVPR)["message"], **changes})
    found: Metadata | str
    try:
        found = from_crossref(f'{{"message": {body}}}'.encode(), DOI, "2026-11-24")
    except UnusableError as error:
        found = str(error)
    if isinstance(found, str):
        assert found.startswith("Crossref ")
        assert "\n" not in found
    else:
        assert found.title
        assert all(isinstance(name, str) and name for name in found.authors)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_clean_text_is_one_writable_line(text: str) -> None:
    found = clean(text)
    assert found == found.strip()
    assert "\n" not in found
    assert not FORBIDDEN.search(found)
    found.encode("utf-8")


def test_a_megabyte_of_markup_is_refused_quickly(server: Server) -> None:
    server.put(arxiv_path("2011.10566"), feed("2011.10566", "<a" * 500_000, NAMES, 2020))
    with (services := server.services()).client, pytest.raises(ServiceError, match="more than 200,000 bytes"):
        services.arxiv(ARXIV)
    with pytest.raises(UnusableError, match="a title of 1,000,000 characters"):
        from_arxiv(feed("2011.10566", "<a" * 500_000, NAMES, 2020).body, ARXIV, "2026-11-24")
