"""A browser for tests, and a window that keeps what a page did that no page of this site may do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright
from site_build import Site

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root has no sandbox in a container; no name is looked up, so nothing leaves even if a request is overlooked.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
PATIENCE = 10_000  # milliseconds


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
def window(browser: Browser, site: Site, *, width: int = 1280) -> Iterator[Window]:
    """A window of its own."""
    page = browser.contexts[0].new_page()
    page.set_viewport_size({"width": width, "height": 900})
    try:
        yield Window(page, watched(page, site))
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

    def guard(route: Route) -> None:
        if route.request.url.startswith((site.http, site.disk, "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"asked for {route.request.url}")
            route.abort()

    page.set_default_timeout(PATIENCE)
    page.route("**/*", guard)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return faults
