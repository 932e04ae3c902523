"""Claims on the website: every state reads well, hostile text stays text, links lead somewhere."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.evidence.run import Run
from repro.files import site_root
from repro.website.book import Book, Page
from repro.website.engine import engine
from repro.website.identities import _table, identity
from repro.website.pages import claims, handwritten, paper, recipes
from repro.website.pages.claims import claim_rows, has_pages, tally
from repro.website.tree import rendered
from tests.report.test_report import EVIL
from tests.report.test_report import Page as Html
from tests.support import fake_evidence, toy_catalog

TEST = """
    test:
      benchmark: digits
      why: It is a matter of the loss.
      base: {budget.epochs: 3}
      arms: {with: {}, without: {method.guard: true}}
      reported: {with: t1}
      expect: [{kind: greater, arms: [with, without], metric: linear, margin: 0.1}]
"""
CLAIMS = f"""claims:
  - id: works
    kind: trained
    statement: It works.
    place: Fig. 2
    paper_values: [t1]{TEST}
  - {{id: same, kind: trained, statement: Said again., place: Fig. 3, tested_by: toy/works}}
  - {{id: far, kind: trained, statement: Too large., place: Fig. 4, out_of_reach: It takes a cluster.}}
  - {{id: later, kind: trained, statement: Untested., place: Fig. 5, paper_values: [t1]}}
  - {{id: sum, kind: exact, statement: One and one is two., place: Eq. 1}}
"""
TOY = re.sub(r"claims:\n.*\n", lambda _: CLAIMS, toy_catalog.PAPER, count=1)
HIGH, LOW = (0.80, 0.81, 0.82, 0.83, 0.84), (0.20, 0.21, 0.22, 0.23, 0.24)
# Numbers of the arms `with` and `without` that lead to each outcome of "more than .1 above".
OUTCOMES: dict[str, tuple[Sequence[float], Sequence[float]]] = {
    "supported": (HIGH, LOW),
    "contradicted": (LOW, HIGH),
    "not supported": (HIGH, tuple(value - 0.005 for value in HIGH)),
    "leaning": (HIGH, (0.2, 0.3, 0.6, 0.9, 0.95)),
    "inconclusive": (HIGH, (0.5, 0.6, 0.8, 0.95, 0.9)),
}

Section = Callable[[Book], Iterator[Page]]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return toy_catalog.catalog(tmp_path, {"papers/toy.yaml": TOY})


def numbers(linear: Sequence[float]) -> dict[str, Sequence[float]]:
    return {"linear": linear, "std": [0.9] * len(linear), "knn": [0.5] * len(linear)}


def runs(catalog: Catalog, with_: Sequence[float], without: Sequence[float]) -> list[Run]:
    given = {"with": numbers(with_), "without": numbers(without)}
    return fake_evidence.evidence(catalog, "toy", "works", given)


def pages(catalog: Catalog, found: Sequence[Run], *more: Section) -> dict[str, str]:
    """{path: text} of claims and papers, and of further sections, made from these records."""
    book = Book(catalog, tuple(found), site_root())
    templates = engine(book.site / "templates", book.site)
    sections = (claims.pages, paper.pages, *more)
    return {page.path: rendered(templates, page).decode() for section in sections for page in section(book)}


def claim(made: Mapping[str, str], name: str) -> Html:
    return Html(made[f"claims/toy/{name}/index.md"].partition("\n---\n")[2])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_is_told_with_what_was_seen_first(catalog: Catalog, outcome: str) -> None:
    made = pages(catalog, runs(catalog, *OUTCOMES[outcome]))
    page = claim(made, "works")
    seen = re.search(r"with is (above|below) without by", re.sub(r"\s+", " ", page.words))
    assert seen is not None
    assert page.says(f"Outcome {outcome}, by rule v1")
    assert page.says("not comparable: other data set, encoder, protocol and budget")
    assert page.says("re-implemented, scaled down; tier digits")
    assert page.says("current: today's code made every record")
    assert page.says("10 runs, 6.0 core-minutes")
    text = re.sub(r"\s+", " ", page.words)
    assert text.index("without by") < text.index(f" {outcome} ")
    for place in ("claims/index.md", "papers/toy/index.md"):
        assert f'<a class="chip state-{outcome.replace(" ", "-")}"' in made[place]


def test_arms_are_a_diff_with_the_papers_number_in_its_own_column(catalog: Catalog) -> None:
    page = claim(pages(catalog, runs(catalog, HIGH, LOW)), "works")
    assert page.says("and all of them with budget.epochs=3 .")
    assert page.says("with nothing 68.10 % Top1, Table 1 0.820 0.800 to 0.840 5")
    assert page.says("without method.guard=true – 0.220 0.200 to 0.240 5")
    assert page.says("Our linear-probe accuracy: mean")


EXPECT = "expect: [{kind: greater, arms: [with, without], metric: linear, margin: 0.1}]"
KINDS = {
    "collapse": (
        "[{kind: collapse, arms: [without]}, {kind: no-collapse, arms: [with]}]",
        ("In 5 of 5 seeds the outputs of without ended constant", "supported (5 of 5 seeds)"),
        ("constant below 0.3", "without/untrained the same runs before training"),
    ),
    "level": (
        "[{kind: level, arms: [with, with/untrained], metric: linear, margin: 0.05}]",
        ("with not below with/untrained in linear-probe accuracy by 0.05 or more", "supported"),
        ("margin −0.05", "with/untrained the same runs before training"),
    ),
    "equal": (
        "[{kind: equal, arms: [with, without], metric: linear, margin: 0.05}]",
        ("with and without less than 0.05 apart", "not supported"),
        ("margin −0.05", "margin 0.05"),
    ),
    "order": (
        "[{kind: order, arms: [with, without, middle], metric: linear, margin: 0}]",
        ("with above without above middle", "inconclusive"),
        ("with − without", "without − middle"),
    ),
    "trend": (
        "[{kind: trend, arms: [middle, without, with], metric: linear, margin: 0.01}]",
        ("rises from middle to with", "supported"),
        ("middle → with", "margin 0.01"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_expectation_is_drawn(tmp_path: Path, kind: str) -> None:
    expect, told, drawn = KINDS[kind]
    text = TOY.replace(EXPECT, f"expect: {expect}").replace(
        "arms: {with: {},", "arms: {with: {}, middle: {method.rate: 0.5},"
    )
    found = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": text})
    gone = {**numbers(LOW), "std": [0.02] * 5}
    given = {
        "with": numbers(HIGH),
        "without": gone,
        "middle": numbers([value + 0.005 for value in LOW[::-1]]),
    }
    page = claim(pages(found, fake_evidence.evidence(found, "toy", "works", given)), "works")
    for words in (*told, *drawn):
        assert page.says(words), words
    assert page.tags.count("svg") == 2


def test_a_verdict_can_be_cited_and_changes_with_its_records(catalog: Catalog, tmp_path: Path) -> None:
    found = runs(catalog, HIGH, LOW)
    cited = [_cited(pages(catalog, kept)) for kept in (found, found[::-1])]
    assert cited[0] == cited[1]
    longer = TOY.replace("budget.epochs: 3", "budget.epochs: 4")
    other = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": longer})
    assert _cited(pages(other, runs(other, HIGH, LOW))) != cited[0]
    assert "verdict v1-" not in claim(pages(other, found), "works").words


def _cited(made: Mapping[str, str]) -> str:
    found = re.search(r"verdict (v1-[0-9a-f]{12})\. repro, claims/toy/works/", claim(made, "works").words)
    assert found is not None
    return found[1]


def test_without_runs_the_command_is_shown(catalog: Catalog) -> None:
    page = claim(pages(catalog, []), "works")
    assert page.says("not run Nothing has been judged yet.")
    assert page.says("0 of 10 runs are there")
    assert page.says("repro verify toy works")
    assert page.says("Freshness no records")
    assert page.tags.count("svg") == 0


def test_some_runs_are_shown_and_not_judged(catalog: Catalog) -> None:
    page = claim(pages(catalog, runs(catalog, HIGH[:3], ())), "works")
    assert page.says("incomplete: 7 of 10 runs are missing")
    assert page.says("0.810")
    assert page.tags.count("svg") == 1
    assert not page.says("Outcome: ")


def test_stale_records_stay_and_are_grey(catalog: Catalog) -> None:
    old = [fake_evidence.other_code(run) for run in runs(catalog, HIGH, LOW)]
    made = pages(catalog, old)
    page = claim(made, "works")
    assert page.says("not run, stale")
    assert page.says("stale: 10 records from other code; they are kept and not judged")
    assert page.says("repro verify toy works")
    assert made["claims/toy/works/index.md"].count('<tr class="old">') == 10
    assert 'data-freshness="stale"' in made["claims/index.md"]


def test_a_run_that_broke_off_is_in_the_table(catalog: Catalog) -> None:
    found = runs(catalog, HIGH, LOW)
    stopped = replace(found[0], summary=replace(found[0].summary, status="stopped: NaN at step 7"))
    page = claim(pages(catalog, [stopped, *found[1:]]), "works")
    assert page.says("stopped: NaN at step 7")
    assert page.says("1 run did not finish")
    assert page.says("Outcome inconclusive, by rule v1")


def test_claims_that_cannot_be_run_read_well_too(catalog: Catalog) -> None:
    made = pages(catalog, runs(catalog, HIGH, LOW))
    assert claim(made, "far").says("not testable here This catalog cannot test it. It takes a cluster.")
    later = claim(made, "later")
    assert later.says("no test yet Nobody has written its test.")
    assert later.says("How to contribute")
    assert later.says("68.10 % Top1, Table 1")
    same = claim(made, "same")
    assert same.says("The test is that of toy/works , which says the same.")
    assert same.says("Outcome supported, by rule v1")
    assert claim(made, "works").says("toy/same says the same and shares this test")
    assert claim(made, "works").says("Toy Simplifies Other")
    exact = claim(made, "sum")
    assert exact.says("identity It follows from the paper's equations")
    assert exact.says("Nobody has written its identity yet")


def test_the_table_counts_states_and_ranks_nobody(catalog: Catalog) -> None:
    text = pages(catalog, runs(catalog, HIGH, LOW))["claims/index.md"]
    counted = re.findall(r'\?state=([a-z-]+)"><b>(\d+)</b>', text)
    assert counted == [
        ("supported", "2"),
        ("not-testable-here", "1"),
        ("no-test-yet", "1"),
        ("identity", "1"),
    ]
    rows = re.findall(r'<tr data-state="([a-z-]+)" data-kind="(\w+)" data-paper="toy"', text)
    assert rows == [
        *[("supported", "trained")] * 2,
        ("not-testable-here", "trained"),
        ("no-test-yet", "trained"),
        ("identity", "exact"),
    ]
    assert "rank" not in Html(text.partition("\n---\n")[2]).words.lower().split()
    on_page = pages(catalog, [])["papers/toy/index.md"]
    assert "claims/index.html?paper=toy&amp;state=not-run" in on_page


ELSEWHERE = ("methods/", "runs/", "results/", "data/")  # pages that need real methods, and files


class Links(HTMLParser):
    """Where a page leads inside the site."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href") or ""
        if tag == "a" and link and "://" not in link:
            self.found.append(link)


def test_every_link_of_a_claim_leads_to_a_page(catalog: Catalog) -> None:
    made = pages(catalog, runs(catalog, HIGH, LOW), recipes.pages, paper.tag_pages, handwritten.pages)
    checked = 0
    for path in (name for name in made if name.startswith(("claims/", "papers/")) and name.endswith(".md")):
        for link in Links(made[path].partition("\n---\n")[2]).found:
            file, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file.partition("?")[0]))
            wanted = path if not file else f"{target.removesuffix('.html')}.md"
            if wanted.startswith(ELSEWHERE):
                continue
            assert wanted in made, (path, link)
            assert not anchor or f'id="{anchor}"' in made[wanted], (path, link)
            checked += 1
    assert checked > 40


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    yaml = "'" + EVIL.replace("'", "''") + "'"
    text = TOY
    for words in ("It works.", "It is a matter of the loss.", "It takes a cluster.", "Fig. 2", "Untested."):
        text = text.replace(words, yaml)
    text = text.replace("place: Table 1", f"place: {yaml}")
    found = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": text})
    made_runs = [
        replace(
            run,
            summary=replace(run.summary, status=EVIL if run.config.seed == 0 else "finished"),
            environment=replace(run.environment, commit=EVIL),
        )
        for run in runs(found, HIGH, LOW)
    ]
    for path, content in pages(found, made_runs).items():
        if path.startswith(("claims/", "papers/toy")):
            page = Html(content.partition("\n---\n")[2])
            assert page.handlers == []
            assert not {"script", "img", "style"} & set(page.tags)


def test_same_records_same_bytes(catalog: Catalog) -> None:
    found = runs(catalog, HIGH, LOW)
    first, second = pages(catalog, found), pages(Catalog.load(catalog.root, catalog.signatures), found[::-1])
    assert {k: v for k, v in first.items() if k.startswith("claims")} == {
        k: v for k, v in second.items() if k.startswith("claims")
    }


def test_papers_that_nobody_tests_have_no_pages_of_claims(tmp_path: Path) -> None:
    found = toy_catalog.catalog(tmp_path)
    book = Book(found, (), site_root())
    paper = found.paper("toy")
    assert not has_pages(paper)
    (row,) = claim_rows(book, paper)
    assert (row.state, row.target) == ("no test yet", "papers/toy/index.md#claim-works")
    assert tally((row,)) == (("no test yet", "no-test-yet", 1),)
    assert [path for path in pages(found, []) if path.startswith("claims/")] == ["claims/index.md"]


def test_every_identity_is_read_without_being_run() -> None:
    names = list(_table())
    assert len(names) > 20
    for name in names:
        found = identity(name)
        assert found is not None
        assert found.what or found.equation
        assert found.code.startswith(f"def {name.partition('/')[2].replace('-', '_')}(")
    assert identity("simsiam/no-such-claim") is None
