"""The search finds what is meant: papers first, all authors and ids, Chinese in a sentence, numbers."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader
from playwright.sync_api import Browser, expect

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.files import site_root
from tests.support.site_browser import window
from tests.support.site_build import Site

Ask = Callable[[str], list[str]]

# The theme's worker as a page starts it, told the same: first the index, then what was typed.
READY = """async () => {
    const config = JSON.parse(document.getElementById("__config").textContent)
    const base = new URL(config.base, location.href)
    const index = await (await fetch(new URL("search/search_index.json", base))).json()
    const worker = new Worker(config.search)
    window.tell = (type, data) => new Promise((answered) => {
        worker.onmessage = ({ data }) => answered(data.data)
        worker.postMessage({ type, data })
    })
    await window.tell(0, { ...index, options: { suggest: true } })
}"""
ASK = "typed => window.tell(2, typed).then(({ items }) => items.map(([first]) => first.location))"
FIRST = ".md-search-result__link"

# What is typed, and the pages of which one must come first.
WANTED = {
    "SimSiam": ["papers/simsiam"],
    "BYOL": ["papers/byol"],
    "SimCLR": ["papers/simclr"],
    "Barlow Twins": ["papers/barlow-twins"],
    "MoCo v2": ["papers/moco-v2"],
    "MAE": ["papers/mae"],
    "DINO": ["papers/dino"],
    "mocov2": ["papers/moco-v2"],
    "barlowtwins": ["papers/barlow-twins"],
    "sim siam": ["papers/simsiam"],
    "exploring simple siamese": ["papers/simsiam"],
    "2011.10566": ["papers/simsiam"],
    "arXiv:2011.10566": ["papers/simsiam"],
    "10.1109/CVPR46437.2021.01549": ["papers/simsiam"],
    "Kaiming He": ["papers/simsiam", "papers/moco", "papers/moco-v2", "papers/moco-v3", "papers/mae"],
    "Xinlei Chen": ["papers/simsiam", "papers/moco-v2", "papers/moco-v3", "papers/mae"],
    "Grill": ["papers/byol"],
    "LeCun": ["papers/barlow-twins"],
    "Hinton": ["papers/simclr"],
    "Kavukcuoglu": ["papers/byol"],
    "altche": ["papers/byol"],
    "stop gradient": ["claims/simsiam/stop-gradient"],
    "simclr temperature": ["claims/simclr/temperature-trade-off"],
    "BYOL without batch norm": ["papers/byol-no-bn"],
    "collapse": ["papers/simsiam-collapse"],
    "audio": ["papers/byol-a"],
    "graph": ["papers/graphcl"],
    "momentum encoder": ["papers/moco", "papers/moco-v2"],
    "68.1": ["papers/simsiam"],
    "68.1%": ["papers/simsiam"],
    "linear eval imagenet 200 epochs": ["results/linear-probe-v1"],
    "一侧的小预测头": ["papers/simsiam"],
    "SimSiam 预测头": ["papers/simsiam"],
}


@pytest.fixture(scope="module")
def index(site: Site) -> list[dict[str, Any]]:
    """What the search looks through, entry by entry."""
    text = (site.where.html / "search" / "search_index.json").read_text("utf-8")
    return json.loads(text)["docs"]


@pytest.fixture(scope="module")
def papers(site: Site) -> tuple[Paper, ...]:
    """The papers of the site."""
    return Catalog.load(site.where.catalog).papers


@pytest.fixture(scope="module")
def ask(browser: Browser, site: Site) -> Iterator[Ask]:
    """The pages found for what is typed, best first, each as its folder; the index is read once for all."""
    with window(browser, site, search=True) as opened:
        opened.page.goto(f"{site.http}/papers/simsiam/index.html")
        opened.page.evaluate(READY)
        yield lambda typed: [folder(place) for place in opened.page.evaluate(ASK, typed)]
        assert opened.faults == []


def folder(place: str) -> str:
    """``papers/simsiam`` for ``papers/simsiam/index.html#claims``."""
    return place.partition("#")[0].removesuffix("index.html").rstrip("/")


@pytest.mark.parametrize("typed", WANTED)
def test_what_is_meant_comes_first(ask: Ask, typed: str) -> None:
    assert ask(typed)[0] in WANTED[typed]


def test_a_papers_name_finds_it_first_and_its_ids_and_title_early(
    ask: Ask, papers: tuple[Paper, ...]
) -> None:
    wrong = {
        paper.name: ask(paper.name)[:2] for paper in papers if ask(paper.name)[0] != f"papers/{paper.id}"
    }
    assert wrong == {}
    for paper in papers:
        for typed in filter(None, (paper.id, paper.title, paper.ids.arxiv, paper.ids.doi)):
            assert f"papers/{paper.id}" in ask(typed)[:3], typed


def test_every_author_finds_the_paper(ask: Ask, papers: tuple[Paper, ...]) -> None:
    for paper in papers:
        for author in {paper.authors[0], paper.authors[len(paper.authors) // 2], paper.authors[-1]}:
            assert f"papers/{paper.id}" in ask(author.name)[:10], (paper.id, author.name)


@pytest.mark.parametrize("word", ["对比学习", "自监督", "表示学习", "图像", "坍塌", "预测头", "线性评测"])
def test_chinese_word_is_found_anywhere_in_a_sentence(
    ask: Ask, index: list[dict[str, Any]], word: str
) -> None:
    having = {folder(entry["location"]) for entry in index if word in entry["text"] + entry["title"]}
    assert len(having) > 1
    assert set(ask(word)) == having


def test_rules_and_fields_do_not_stand_in_the_way(ask: Ask, index: list[dict[str, Any]]) -> None:
    places = [entry["location"] for entry in index]
    assert [place for place in places if place.startswith(("contribute/rules", "contribute/fields"))] == []
    for typed in ("batch size", "linear probe", "temperature"):
        assert ask(typed)[0].startswith(("papers/", "claims/", "methods/", "results/")), typed


def test_numbers_are_words_of_their_own(
    ask: Ask, papers: tuple[Paper, ...], index: list[dict[str, Any]]
) -> None:
    rows = [entry["text"] for entry in index if entry["location"].startswith("results/linear-probe-v1/")]
    assert any(" SimSiam 68.1 % resnet50" in text for text in rows)
    for paper in papers:
        for value in paper.reported[:2]:
            assert any(place.startswith("results/") for place in ask(f"{paper.name} {value.text}")), value.id
    assert "papers/byol" not in ask("2006"), "2006.07733 is another number"


def test_no_two_words_of_neighbouring_cells_are_one(index: list[dict[str, Any]]) -> None:
    claims = next(entry for entry in index if entry["location"] == "papers/simsiam/index.html#claims")
    assert "Claim State Kind Where the paper says so" in claims["text"]


@pytest.mark.parametrize("way", ["http", "disk"])
def test_box_finds_chinese_and_the_page_marks_it(browser: Browser, site: Site, way: str) -> None:
    with window(browser, site, search=True) as opened:
        page = opened.page
        page.goto(f"{getattr(site, way)}/index.html")
        page.keyboard.press("/")
        page.keyboard.insert_text("一侧的小预测头")
        page.locator(".md-search__input").press("Shift")  # the box looks when a key is let go
        expect(page.locator(FIRST).first).to_have_attribute("href", re.compile("papers/simsiam/index.html"))
        page.locator(FIRST).first.click()
        expect(page.locator("article mark").first).to_be_visible()
        assert set(page.locator("article mark").all_inner_texts()) == {"一侧的小预测头"}
        assert opened.faults == []


def test_index_is_fetched_when_the_box_is_first_used(browser: Browser, site: Site) -> None:
    with window(browser, site, search=True) as opened:
        page, fetched = opened.page, []
        page.on(
            "request", lambda request: fetched.append(request.url) if "search_index" in request.url else None
        )
        page.goto(f"{site.http}/papers/simsiam/index.html")
        page.wait_for_load_state("networkidle")
        assert fetched == []
        page.keyboard.press("/")
        page.keyboard.type("BYOL")
        expect(page.locator(FIRST).first).to_have_attribute("href", re.compile("papers/byol/index.html"))
        assert len(fetched) == 1
        assert opened.faults == []


def test_words_for_the_search_alone_are_not_shown(browser: Browser, site: Site) -> None:
    with window(browser, site, search=True) as opened:
        opened.page.goto(f"{site.http}/papers/moco-v2/index.html")
        assert opened.page.locator("h1").inner_text().replace("¶", "").strip() == "MoCo v2"
        assert "MoCov2" not in opened.page.locator("article").inner_text()
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("mocov2")
        hit = opened.page.locator(FIRST).first
        expect(hit).to_contain_text("MoCo v2: Improved Baselines")
        assert "MoCov2" in (hit.text_content() or "")
        assert "MoCov2" not in hit.inner_text()
        assert opened.faults == []


@pytest.mark.parametrize("typed", ["LeCun", "2103.03230", "互相关矩阵", "zbontar deny"])
def test_table_of_papers_is_filtered_by_all_authors_ids_and_chinese(
    browser: Browser, site: Site, typed: str
) -> None:
    with window(browser, site) as opened:
        opened.page.goto(f"{site.http}/papers/index.html")
        opened.page.get_by_label("Find").fill(typed)
        expect(opened.page.locator("#barlow-twins")).to_be_visible()
        expect(opened.page.locator("#simclr")).to_be_hidden()


def test_feed_of_a_published_site_makes_the_theme_ask_for_nothing_else(browser: Browser, site: Site) -> None:
    base = DictLoader({"base.html": "{% block extrahead %}{% endblock %}"})
    templates = Environment(
        loader=ChoiceLoader([FileSystemLoader(site_root() / "overrides"), base]), autoescape=True
    )
    templates.filters["url"] = lambda path: f"../{path}"
    head = templates.get_template("main.html").render(config={"site_url": site.http})
    assert 'type="application/atom+xml"' in head
    page = site.where.html / "start" / "index.html"
    asked: list[str] = []
    with window(browser, site) as opened:
        text = page.read_text("utf-8").replace("</head>", f"{head}</head>")
        opened.page.route(
            "**/start/index.html", lambda route: route.fulfill(body=text, content_type="text/html")
        )
        opened.page.on("request", lambda request: asked.append(request.url))
        opened.page.goto(f"{site.http}/start/index.html")
        opened.page.wait_for_load_state("networkidle")
        assert [url for url in asked if "sitemap" in url] == []
        assert opened.faults == []
