"""What stands in an entry is shown letter by letter and does nothing: on pages, in search, in addresses."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from repro.website import build as website
from tests.support import site_hostile
from tests.support.site_browser import window
from tests.support.site_build import Site, served
from tests.support.site_hostile import ADDRESS, DOI, ID, Texts, plain

# Elements and attributes that only the text could have made.
MADE = ", ".join(
    [
        "[class~=evil]",
        "#evil",
        "[onerror], [onload], [onclick], [onfocus], [onmouseover], [srcdoc]",
        "[href^='javascript:' i], [src^='javascript:' i], [href*='evil.example'], [href^='mailto:' i]",
        "article script, article style, article iframe, article img, article abbr[title=abbreviation]",
        ".admonition, .footnote, .footnote-ref, .arithmatex, .codehilite, article blockquote, article hr",
    ]
)
PAPER = [
    *("name", "title", "first author", "second author", "abstract", "abstract zh", "official abstract"),
    "source of abstract",
    *("idea", "idea zh", "link", "licence", "tag", "tags", "tag of family", "venues", "claim"),
    *("place of claim", "unit", "split", "protocols", "datasets", "metrics", "backbone", "circumstance"),
    *("place of value", "reader", "second reader", "relation", "other relation", "relations", "gap", "field"),
    *("was", "now", "why wrong", "label", "gpu"),
]
RUN = [
    *("name", "benchmark", "label", "diagnosis", "command", "python", "torch", "torchvision", "numpy", "gpu"),
    *("precision", "started"),
]
PAGES = {
    f"papers/{ID}/index.html": PAPER,
    "papers/index.html": [
        "name",
        "title",
        "first author",
        "second author",
        "idea",
        "venues",
        "tag of family",
    ],
    "papers/simsiam/index.html": ["name", "inverse", "relation"],
    "index.html": ["name", "idea"],
    "zh/index.html": ["name", "title", "idea zh", "abstract zh", "tag of collapse-guard zh"],
    "tags/index.html": ["tags", "tags described", "tag", "tag of topic"],
    f"tags/{ID}/index.html": ["tags", "tags described", "tag", "tag zh", "tag described", "name", "idea"],
    "timeline/index.html": ["name", "title"],
    "relations/index.html": ["name", "relations", "relation", "other relation"],
    "results/index.html": ["protocols", "protocols described"],
    f"results/{ID}/index.html": [
        *("protocols", "protocols described", "datasets", "split", "metrics", "name", "unit", "backbone"),
        *("circumstance", "place of value", "document", "reader", "second reader"),
    ],
    "methods/index.html": ["name", "idea", "tag of collapse-guard", "setting", "listed setting"],
    "recipes/index.html": ["name", "benchmark", "place of settings"],
    f"recipes/{ID}/{ID}/index.html": [
        *(
            "name",
            "benchmark",
            "place of settings",
            "setting",
            "listed setting",
            "setting of the code",
            "reason",
        ),
        "reason for all",
    ],
    "benchmarks/index.html": ["benchmark", "benchmark summary"],
    f"benchmarks/{ID}/index.html": [
        *(
            "benchmark",
            "benchmark summary",
            "benchmark summary zh",
            "protocols",
            "protocols described",
            "name",
        ),
    ],
    "runs/index.html": ["benchmark", "name", "label", "gpu"],
    f"runs/{ID}/{ID}/index.html": RUN,
}


@pytest.fixture(scope="module")
def texts() -> Texts:
    """The hostile texts, known once the site is built."""
    return Texts()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, texts: Texts) -> Iterator[Site]:
    """A site with the hostile entry: built in strict mode, past the rules that would refuse the entry."""
    where = site_hostile.catalog(tmp_path_factory.mktemp("hostile"), texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(website, "check", lambda root: [])
        website.build(where)
    with served(where) as found:
        yield found


def shown(page: Page) -> str:
    """The words of the page on one line, those in drawings left out."""
    words = """() => {
        const copy = document.querySelector("article").cloneNode(true)
        copy.querySelectorAll("svg").forEach((drawing) => drawing.remove())
        return copy.textContent
    }"""
    return plain(page.evaluate(words))


def assert_inert(page: Page, place: str) -> None:
    """Nothing has run, and nothing is there that only the text could have made."""
    assert page.evaluate("typeof window.evil") == "undefined", place
    assert (
        page.evaluate("made => [...document.querySelectorAll(made)].map(it => it.outerHTML)", MADE) == []
    ), place


def test_every_page_shows_the_text_and_nothing_acts(browser: Browser, hostile: Site, texts: Texts) -> None:
    missing = []
    with window(browser, hostile) as opened:
        for path, names in PAGES.items():
            opened.page.goto(f"{hostile.http}/{path}")
            assert_inert(opened.page, path)
            expect(opened.page.locator("article h1")).to_have_count(1)
            words = shown(opened.page)
            missing += [f"{path}: {name}" for name in names if plain(texts[name]) not in words]
        assert opened.faults == []
    assert missing == []


@pytest.fixture(scope="module")
def entry(browser: Browser, hostile: Site) -> Iterator[Page]:
    """The page of the hostile paper."""
    with window(browser, hostile) as opened:
        opened.page.goto(f"{hostile.http}/papers/{ID}/index.html")
        yield opened.page


def test_head_of_the_page_holds_the_text(entry: Page, texts: Texts) -> None:
    content = {
        name: entry.locator(f"meta[name='{name}']").first.get_attribute("content")
        for name in ("description", "citation_title", "citation_author", "citation_doi")
    }
    assert content == {
        "description": plain(texts["idea"]),
        "citation_title": plain(texts["title"]),
        "citation_author": plain(texts["first author"]),
        "citation_doi": DOI,
    }
    written = json.loads(entry.locator("script[type='application/ld+json']").text_content() or "")
    assert (written["headline"], written["description"]) == (plain(texts["title"]), plain(texts["idea"]))
    assert entry.title() == f"{plain(texts['name'])} - repro"
    assert entry.locator("head :not(meta, link, title, style, script)").count() == 0


def test_links_of_the_page_lead_where_the_entry_says(entry: Page) -> None:
    links = entry.eval_on_selector_all("article a", "all => all.map(it => it.getAttribute('href'))")
    assert links.count(ADDRESS) == 2
    assert f"https://doi.org/{DOI}" in links


def test_what_is_seen_when_pointed_at_holds_the_text(entry: Page, texts: Texts) -> None:
    assert entry.locator("a.tag").first.get_attribute("title") == plain(texts["tag of family described"])
    drawn = entry.locator("svg.graph title").all_text_contents()
    assert any(plain(texts["relation"]) in plain(told) for told in drawn)


def test_table_of_contents_holds_the_text(browser: Browser, hostile: Site, texts: Texts) -> None:
    with window(browser, hostile) as opened:
        opened.page.goto(f"{hostile.http}/runs/index.html")
        contents = opened.page.locator(".md-nav--secondary").text_content() or ""
        assert plain(texts["benchmark"]) in plain(contents)


@pytest.mark.parametrize("way", ["http", "disk"])
def test_search_shows_the_text_and_nothing_acts(
    browser: Browser, hostile: Site, texts: Texts, way: str
) -> None:
    number = re.findall(r"Text (\d+)", texts["abstract"])[0]
    with window(browser, hostile, search=True) as opened:
        page = opened.page
        page.goto(f"{getattr(hostile, way)}/index.html")
        page.keyboard.press("/")
        page.keyboard.type(f"onerror {number}")
        first = page.locator(".md-search-result__link").first
        expect(first).to_contain_text("onerror")
        assert_inert(page, "search")
        first.click()
        page.wait_for_url("**/*h=*")
        expect(page.locator("article mark").first).to_be_visible()
        assert_inert(page, "marked page")
        assert plain(texts["abstract"]) in shown(page)
        assert opened.faults == []


def test_addresses_and_what_is_typed_do_nothing(browser: Browser, hostile: Site) -> None:
    text = '"><img class=evil src=x onerror=window.evil=1><script>evil=1</script>'
    asked = quote(text)
    with window(browser, hostile, search=True) as opened:
        page = opened.page
        for query in (f"?q={asked}&family={asked}&sort={asked}", f"?h={asked}", f"?q={asked}#{asked}"):
            page.goto(f"{hostile.http}/papers/index.html{query}")
            assert_inert(page, query)
        page.keyboard.press("/")
        page.keyboard.type(text)
        expect(page.locator(".md-search-result__meta")).not_to_have_text("Type to start searching")
        assert_inert(page, "search")
        assert opened.faults == []
