"""The website as people meet it: narrow and wide, light and dark, served and from disk, without scripts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from repro.catalog.catalog import Catalog
from tests.support.site_browser import unscripted, window
from tests.support.site_build import Site

PAGES = [
    "index.html",
    "papers/index.html",
    "papers/simsiam/index.html",
    "relations/index.html",
    "recipes/simsiam/digits/index.html",
    "claims/index.html",
    "claims/simsiam/stop-gradient/index.html",
    "claims/simsiam/half-gradient/index.html",
    "zh/index.html",
]
WAYS = pytest.mark.parametrize("way", ["http", "disk"])
# `preload` would ask for style sheets again, which a browser refuses from disk.
AXE = {"preload": False, "resultTypes": ["violations"]}
# Width, whether it is dark, what is asked: contrast takes most of the time and depends on the palette alone.
LOOKS: list[tuple[int, bool, dict[str, Any] | None]] = [
    (1280, False, {}),
    (1280, True, {"runOnly": ["color-contrast", "link-in-text-block"]}),
    (360, True, None),
    (360, False, {"rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}}}),
]
REPEATED = "article tbody tr:nth-child(n + 9)"  # what is wrong with these is wrong with those above them
ROWS = "#paper-table tbody tr:not([hidden])"


def fits(page: Page) -> bool:
    """Whether the page has nothing to scroll to the side for, once it has settled."""
    for _ in range(20):
        if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            return True
        page.wait_for_timeout(50)
    return False


def test_what_no_page_may_do_is_noticed(browser: Browser, site: Site) -> None:
    with window(browser, site) as opened:
        opened.page.goto(f"{site.http}/index.html")
        opened.page.evaluate("""async () => {
            console.error("it said")
            alert("it asked")
            setTimeout(() => { throw new Error("it threw") })
            await fetch("https://example.org/it-sent").catch(() => undefined)
            await new Promise((done) => setTimeout(done, 50))
        }""")
        noticed = " ".join(opened.faults)
    done = ["it said", "it asked", "it threw", "it-sent"]
    assert [what for what in done if what not in noticed] == []


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_and_nothing_serious_stands_in_the_way(browser: Browser, site: Site, path: str) -> None:
    with window(browser, site, search=True) as opened:
        page = opened.page
        page.goto(f"{site.http}/{path}")
        page.evaluate(f"{AXE_SCRIPT}; 0")
        page.eval_on_selector_all(REPEATED, "all => all.forEach((row) => row.remove())")
        for width, dark, rules in LOOKS:
            turn(page, width, dark)
            assert fits(page), (width, dark)
            assert rules is None or obstacles(page, rules) == [], (width, dark)
        assert out_of_reach(page) == []
        assert opened.faults == []


@pytest.mark.parametrize("path", PAGES)
def test_page_opens_from_disk(browser: Browser, site: Site, path: str) -> None:
    with window(browser, site, search=True) as opened:
        opened.page.goto(f"{site.disk}/{path}")
        expect(opened.page.locator("h1")).to_be_visible()
        for width, dark, _ in LOOKS:
            turn(opened.page, width, dark)
            assert fits(opened.page), (width, dark)
        assert opened.faults == []


def turn(page: Page, width: int, dark: bool) -> None:
    """Give the window another width and the person another wish; the page follows both."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate" if dark else "default")


def obstacles(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe finds serious or critical, with the place."""
    violations = page.evaluate("options => axe.run(options).then(it => it.violations)", AXE | rules)
    return [
        f"{broken['id']}: {node['html'][:200]} {node['failureSummary']}"
        for broken in violations
        if broken["impact"] in {"serious", "critical"}
        for node in broken["nodes"]
    ]


def out_of_reach(page: Page) -> list[str]:
    """Tables, and frames that scroll by themselves, that the keyboard cannot scroll or that have no name."""
    return page.evaluate("""() => {
        document.querySelectorAll("details").forEach((details) => { details.open = true })
        return [...document.querySelectorAll(".wide, article table")].filter((part) => {
            const frame = part.closest(".wide")
            frame?.focus()
            return document.activeElement !== frame || !frame.getAttribute("aria-label")
        }).map((part) => part.outerHTML.slice(0, 200))
    }""")


def test_content_is_there_without_scripts(browser: Browser, site: Site) -> None:
    papers = Catalog.load(site.where.catalog).paper_ids
    with unscripted(browser, site) as opened:
        page = opened.page
        for path in PAGES:
            page.goto(f"{site.disk}/{path}")
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                expect(page.locator("h1")).to_be_visible()
                assert fits(page), (path, width)
        page.goto(f"{site.disk}/papers/index.html")
        assert sorted(listed(page)) == sorted(papers)
        expect(page.locator(ROWS).last).to_be_visible()
        expect(page.locator("#counted")).to_have_text(f"{len(papers)} papers")
        expect(page.locator("#filters")).to_be_hidden()
        expect(page.locator("#none")).to_be_hidden()
        expect(page.locator("#paper-table button")).to_have_count(0)
        page.goto(f"{site.disk}/relations/index.html")
        expect(page.locator("svg.graph").last).to_be_visible()
        expect(page.locator("svg.graph").last.locator(".node > a")).to_have_count(len(papers))
        assert opened.faults == []


@pytest.fixture
def table(browser: Browser, site: Site) -> Iterator[Page]:
    """The page of papers, which must have been quiet by the end."""
    with window(browser, site) as opened:
        opened.page.goto(f"{site.http}/papers/index.html")
        yield opened.page
        assert opened.faults == []


def listed(page: Page) -> list[str]:
    """The papers in the table, from top to bottom."""
    return page.evaluate("rows => [...document.querySelectorAll(rows)].map(row => row.id)", ROWS)


def column(page: Page, place: int) -> list[str]:
    """What a column of the table says, from top to bottom."""
    return page.locator(f"{ROWS} > :nth-child({place})").all_inner_texts()


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until the focus is on the element."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is out of the keyboard's reach")


def assert_counted(page: Page, shown: int, papers: int) -> None:
    """The number of rows is announced, and is right."""
    said = f"{papers} papers" if shown == papers else f"{shown} of {papers} papers"
    expect(page.get_by_role("status").filter(has_text="paper")).to_have_text(said)
    assert len(listed(page)) == shown


def test_table_is_filtered_by_keyboard_alone(table: Page) -> None:
    everything = listed(table)
    tab_to(table, "#filter-text")
    table.keyboard.type("simtriplet")
    assert listed(table) == ["simtriplet"]
    assert_counted(table, 1, len(everything))
    tab_to(table, "#filters button[type=reset]")
    table.keyboard.press("Enter")
    assert_counted(table, len(everything), len(everything))
    tab_to(table, "[name=runs]", "Shift+Tab")
    table.keyboard.press("Space")
    running = column(table, 7)
    assert all(running)
    assert_counted(table, len(running), len(everything))
    tab_to(table, "#filter-text", "Shift+Tab")
    table.keyboard.type("no such paper")
    assert_counted(table, 0, len(everything))
    tab_to(table, "#none-clear")
    table.keyboard.press("Enter")
    assert listed(table) == everything


def test_facet_is_chosen_by_keyboard(table: Page) -> None:
    before = len(listed(table))
    tab_to(table, "#filter-guard")
    table.keyboard.press("ArrowDown")
    name = table.locator("#filter-guard option:checked").inner_text()
    shown = column(table, 6)
    assert shown
    assert all(name in said for said in shown)
    assert_counted(table, len(shown), before)


def test_table_is_sorted_by_keyboard_alone(table: Page) -> None:
    head = table.locator("#paper-table thead th").nth(2)
    tab_to(table, "#paper-table th:nth-child(3) button")
    table.keyboard.press("Enter")
    years = column(table, 3)
    assert years == sorted(years)
    assert years[0] != years[-1]
    expect(head).to_have_attribute("aria-sort", "ascending")
    table.keyboard.press("Space")
    assert column(table, 3) == years[::-1]
    expect(head).to_have_attribute("aria-sort", "descending")
    tab_to(table, "#paper-table th:nth-child(4) button")
    table.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None


@WAYS
def test_state_of_the_table_is_in_its_address(browser: Browser, site: Site, way: str) -> None:
    with window(browser, site) as opened:
        page = opened.page
        page.goto(f"{getattr(site, way)}/papers/index.html")
        page.get_by_label("Find").fill("learn é")
        page.locator("#filter-modality").select_option("image")
        page.get_by_role("button", name="Year").click()
        page.get_by_role("button", name="Year").click()
        address, rows, counted = page.url, listed(page), page.locator("#counted").inner_text()
        assert 1 < len(rows) < len(Catalog.load(site.where.catalog).paper_ids)
    with window(browser, site) as opened:
        opened.page.goto(address)
        assert listed(opened.page) == rows
        assert opened.page.locator("#counted").inner_text() == counted
        assert opened.page.url == address
        expect(opened.page.get_by_label("Find")).to_have_value("learn é")
        assert opened.faults == []


def test_address_that_makes_no_sense_shows_every_paper(table: Page) -> None:
    everything = listed(table)
    hostile = quote("<img src=x onerror=alert(1)>")
    for query in (f"sort=99&family={hostile}", f"sort={hostile}&q=%20&other=x"):
        table.goto(f"{table.url.partition('?')[0]}?{query}")
        assert listed(table) == everything, query
    table.goto(f"{table.url.partition('?')[0]}?q={hostile}")
    assert_counted(table, 0, len(everything))


def test_text_filter_ignores_accents_and_capitals(table: Page) -> None:
    for typed in ("altche", "ALTCHÉ", "Altche\u0301"):
        table.get_by_label("Find").fill(typed)
        assert "byol" in listed(table)
        assert all("Altché" in said for said in column(table, 1))


@WAYS
def test_search_finds_a_method(browser: Browser, site: Site, way: str) -> None:
    with window(browser, site, search=True) as opened:
        page, root = opened.page, getattr(site, way)
        page.goto(f"{root}/index.html")
        page.keyboard.press("/")
        page.keyboard.type("SimTriplet")
        first = page.locator(".md-search-result__link").first
        expect(first).to_have_attribute("href", re.compile("papers/simtriplet/index.html"))
        expect(first).to_be_visible()
        first.click()
        expect(page.locator("h1")).to_contain_text("SimTriplet")
        assert page.url.startswith(f"{root}/papers/simtriplet/index.html")
        assert opened.faults == []
