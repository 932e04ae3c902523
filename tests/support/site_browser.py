"""A browser for tests, and a window that keeps what a page did that no page of this site may do."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.support.site_build import Site

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root has no sandbox in a container; no name is looked up, so nothing leaves even if a request is overlooked.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
PATIENCE = 10_000  # milliseconds
# Every page that is opened takes the index of search apart, for longer than all else it does.
FIELDS = {name: {"boost": 1.0} for name in ("title", "text", "tags")}
NO_INDEX = {"config": {"lang": ["en"], "separator": " ", "pipeline": [], "fields": FIELDS}, "docs": []}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; without one the test is skipped, or fails where nobody would see that."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        missing = f"no browser to look at the site with: none of {', '.join(NAMES)} is on PATH"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=program, args=SWITCHES)
        found.new_context()  # windows share it, since another one for each takes longer than most pages do
        yield found
        found.close()


@dataclass(frozen=True)
class Window:
    """A page of the site, and its faults so far: errors, dialogs, requests to anywhere else."""

    page: Page
    faults: list[str]


@contextmanager
def window(browser: Browser, site: Site, *, search: bool = False) -> Iterator[Window]:
    """A window of its own; without ``search``, pages from the server find nothing and are there sooner."""
    page = browser.contexts[0].new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    faults = watched(page, site)
    if not search:
        page.route("**/search_index.json", lambda route: route.fulfill(json=NO_INDEX))
    try:
        yield Window(page, faults)
    finally:
        page.close()


@contextmanager
def unscripted(browser: Browser, site: Site) -> Iterator[Window]:
    """A window that runs no script of the page."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    try:
        yield Window(page, watched(page, site))
    finally:
        context.close()


def watched(page: Page, site: Site) -> list[str]:
    """The faults of a page, kept from now on."""
    faults: list[str] = []
    own = "|".join(map(re.escape, (site.http, site.disk, "data:", "blob:")))

    def refuse(route: Route) -> None:
        faults.append(f"asked for {route.request.url}")
        route.abort()

    page.set_default_timeout(PATIENCE)
    page.route(re.compile(f"^(?!{own})"), refuse)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return faults
