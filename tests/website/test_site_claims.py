"""Claims in the browser: filtered by what a count leads to, with nothing serious in the way."""

import html
import re

from playwright.sync_api import Browser, expect

from repro.files import catalog_root
from tests.support.site_browser import unscripted, window
from tests.support.site_build import Site

ROWS = "#claim-table tbody tr:not([hidden])"


def test_every_count_leads_to_as_many_claims(browser: Browser, site: Site) -> None:
    with window(browser, site) as opened:
        page = opened.page
        page.goto(f"{site.http}/claims/index.html")
        whole = page.locator(ROWS).count()
        links = page.locator("article ul.tally a").all()
        counts = [(link.get_attribute("href") or "", int(link.locator("b").inner_text())) for link in links]
        assert sum(number for _, number in counts) == whole > 60
        for target, number in counts:
            page.goto(f"{site.http}/claims/{target.removeprefix('../claims/')}")
            expect(page.locator(ROWS)).to_have_count(number)
            expect(page.locator("#counted")).to_have_text(
                f"{number} of {whole} claims" if number < whole else f"{whole} claims"
            )
            state = (re.search(r"state=([a-z-]+)", target) or [""])[1]
            assert page.locator("#filter-state").input_value() == state
        assert opened.faults == []


def test_claims_are_filtered_by_what_they_cost(browser: Browser, site: Site) -> None:
    with window(browser, site) as opened:
        page = opened.page
        page.goto(f"{site.http}/claims/index.html?cost=10&kind=trained")
        expect(page.locator("#filter-cost")).to_have_value("10")
        minutes = [float(cell) for cell in page.locator(f"{ROWS} td:nth-of-type(6)").all_inner_texts()]
        assert 0 < max(minutes) <= 10
        page.locator("#filter-cost").select_option("5")
        assert page.locator(ROWS).count() < len(minutes)
        page.locator("#filter-kind").select_option("exact")  # identities take moments
        assert page.locator(ROWS).count() == page.locator("tr[data-kind=exact]").count() > 0
        assert opened.faults == []


def test_a_claim_leads_to_the_records_it_rests_on(site: Site) -> None:
    page = site.where.html / "claims" / "simsiam" / "stop-gradient" / "index.html"
    links = re.findall(r'href="([^"]*/evidence/[^"]*)"', page.read_text())
    assert len(links) == 10
    for link in links:
        record = (page.parent / html.unescape(link)).resolve()
        assert record.read_bytes() == (catalog_root() / "evidence/simsiam/digits" / record.name).read_bytes()


def test_a_chip_of_a_paper_leads_to_its_claim(browser: Browser, site: Site) -> None:
    with unscripted(browser, site) as opened:
        page = opened.page
        page.goto(f"{site.disk}/papers/simsiam/index.html")
        page.locator("#claim-half-gradient a.chip").click()
        expect(page.locator("h1")).to_contain_text("SimSiam: half-gradient")
        expect(page.locator(".highlight.command").first).to_contain_text(
            "repro verify simsiam half-gradient --exact"
        )
        page.goto(f"{site.disk}/claims/index.html")
        expect(page.locator("#filters")).to_be_hidden()
        assert page.locator(ROWS).count() > 60
        assert opened.faults == []
