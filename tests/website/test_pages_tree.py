"""The tree of pages and its site: the same every time, written where it changed, no link that is dead."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import yaml

from repro.files import PACKAGE
from repro.metadata import abstracts
from repro.website import build as website
from repro.website.book import Page
from repro.website.build import Places, Written
from repro.website.engine import engine
from repro.website.tree import rendered, tree
from tests.support.export_catalog import dumped
from tests.support.site_build import Site, smaller

FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
KEYS = {"title", "description", "hide", "search", "citation", "jsonld"}
# Elements and the attribute by which each brings something in; a link only leads somewhere.
RESOURCES = {"img": "src", "script": "src", "iframe": "src", "link": "href", "use": "href", "source": "src"}


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A smaller catalog of the tests' own, and where its pages go."""
    return smaller(tmp_path_factory.mktemp("tree"))


def kept(where: Places) -> dict[str, bytes]:
    """Every file of the tree as it lies on disk."""
    found = (path for path in where.docs.rglob("*") if path.is_file())
    return {path.relative_to(where.docs).as_posix(): path.read_bytes() for path in found}


# Makes the tree in a process of its own and tells what it read, and a digest for each file.
APART = """
import hashlib, json, sys
from pathlib import Path
from repro.website import build as website
from repro.website.tree import tree
from repro.website.build import Places
where = Places(*map(Path, sys.argv[1:]))
read, wrote = set(), set()
def hook(event, found):
    if event in ("open", "os.scandir", "os.listdir") and isinstance(found[0], str):
        (wrote if event == "open" and "r" not in (found[1] or "r") else read).add(found[0])
sys.addaudithook(hook)
made = [(name, hashlib.sha256(content).hexdigest()) for name, content in tree(website.load_book(where))]
json.dump({"made": made, "read": sorted(read), "wrote": sorted(wrote)}, sys.stdout)
"""


@pytest.fixture(scope="module")
def apart(where: Places) -> dict[str, Any]:
    """What another process makes of the same catalog, in which sets have another order."""
    command = [sys.executable, "-c", APART, *map(str, (where.catalog, where.site, where.out))]
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def test_same_catalog_gives_the_same_bytes_and_no_path_twice(where: Places, apart: dict[str, Any]) -> None:
    files = [[name, sha256(content).hexdigest()] for name, content in tree(website.load_book(where))]
    assert files == apart["made"]
    names = Counter(name for name, _ in files)
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if name.startswith("/") or {"..", ""} & set(name.split("/"))] == []


def test_rendering_reads_its_own_folders_alone_and_writes_nothing(
    where: Places, apart: dict[str, Any], root: Path
) -> None:
    own = [where.catalog, where.site, PACKAGE, root / "CONTRIBUTING.md", abstracts.folder(where.catalog)]
    imported = [Path(folder) for folder in (sys.prefix, sys.base_prefix)]
    read = [Path(name) for name in apart["read"]]
    assert where.catalog / "papers" / "simsiam.yaml" in read
    assert [path for path in read if not any(path.is_relative_to(folder) for folder in own + imported)] == []
    assert apart["wrote"] == []


def times(where: Places) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in where.docs.rglob("*") if path.is_file()}


ENTRY = {
    "schema": "1",
    "id": "newcomer",
    "name": "Newcomer",
    "title": "A Newcomer",
    "authors": [{"name": "Ada Lovelace"}],
    "year": "2021",
    "venue": "arxiv",
    "status": "preprint",
    "depth": "short",
    "added": "2026-11-20",
    "ids": {"doi": "10.1000/newcomer"},
    "links": [{"role": "paper", "url": "https://example.org/newcomer"}],
    "abstract": {"en": " ".join(["word"] * 80), "zh": "词" * 100},
    "idea": {"en": "Come late.", "zh": "后来者。"},
    "tags": {"family": ["contrastive"]},
}


def test_rendering_writes_what_changed_and_removes_what_went(where: Places) -> None:
    first = website.render(where)
    assert (first.changed, first.removed) == (first.files, 0)
    before, written = kept(where), times(where)
    assert website.render(where) == Written(first.files, 0, 0)
    assert times(where) == written
    entry = where.catalog / "papers" / "newcomer.yaml"
    entry.write_text(dumped(ENTRY), "utf-8")
    website.render(where)
    with_it = kept(where)
    assert set(with_it) - set(before) == {"papers/newcomer/index.md"}
    entry.write_text(
        dumped(ENTRY | {"links": [{"role": "pdf", "url": "https://example.org/other"}]}), "utf-8"
    )
    edited = website.render(where)
    assert (edited.files, edited.removed) == (len(with_it), 0)
    changed = {name for name, content in kept(where).items() if with_it[name] != content}
    assert len(changed) == edited.changed
    assert "papers/newcomer/index.md" in changed
    assert {name for name in changed if not name.startswith("data/")} == {"papers/newcomer/index.md"}
    entry.unlink()
    website.render(where)
    assert kept(where) == before
    assert not (where.docs / "papers" / "newcomer").exists()


def test_half_a_character_from_a_record_is_no_fault_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "page.j2").write_text("{{ text }}", "utf-8")
    assert rendered(engine(tmp_path), Page("page.md", "page.j2", {"text": "a\ud83db"})) == b"a?b"


def test_front_matter_is_plain_yaml(site: Site) -> None:
    for path in site.where.docs.rglob("*.md"):
        found = FRONT.match(path.read_text("utf-8"))
        assert found, path
        front = yaml.safe_load(found[1])
        assert set(front) <= KEYS, path
        assert all(isinstance(front[key], str) and front[key] for key in ("title", "description")), path


class Outline(HTMLParser):
    """What a page names, leads to and brings in, and how many headings of the first level it has."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.resources: list[str] = []
        self.heads = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.names += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.resources += [found[RESOURCES[tag]]] if RESOURCES.get(tag, "") in found else []
        self.heads += tag == "h1"


@pytest.fixture(scope="module")
def outlines(site: Site) -> dict[str, Outline]:
    """{address of a page: its outline}"""
    return {path.as_uri(): Outline(path.read_text("utf-8")) for path in site.pages}


def test_every_page_has_one_heading_of_the_first_level_and_no_name_twice(
    outlines: dict[str, Outline],
) -> None:
    assert len(outlines) > 100
    assert [page for page, found in outlines.items() if found.heads != 1] == []
    twice = {
        page: [name for name, times in Counter(found.names).items() if times > 1]
        for page, found in outlines.items()
    }
    assert {page: names for page, names in twice.items() if names} == {}


def test_every_link_of_the_site_leads_to_a_place_that_is_there(
    site: Site, outlines: dict[str, Outline]
) -> None:
    dead = [
        f"{page.removeprefix(site.disk)} -> {link}"
        for page, found in outlines.items()
        for link in (*found.links, *found.resources)
        if not urlsplit(link).netloc and not reached(urljoin(page, link), outlines)
    ]
    assert dead == []
    assert reached(f"{site.disk}/papers/index.html?q=x#simsiam", outlines)
    assert not reached(f"{site.disk}/papers/index.html#no-such-paper", outlines)
    assert not reached(f"{site.disk}/papers/no-such-paper/index.html", outlines)


def reached(address: str, outlines: dict[str, Outline]) -> bool:
    """Whether there is such a file, and in it such an anchor."""
    page, _, anchor = address.partition("#")
    page = page.partition("?")[0]
    if not Path(unquote(urlsplit(page).path)).is_file():
        return False
    return not anchor or unquote(anchor) in outlines[page].names


def test_nothing_is_brought_in_from_elsewhere(site: Site, outlines: dict[str, Outline]) -> None:
    foreign = [link for found in outlines.values() for link in found.resources if urlsplit(link).netloc]
    assert foreign == []
    for sheet in site.where.html.rglob("*.css"):
        assert (
            re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\"']*", sheet.read_text("utf-8")) == []
        ), sheet


def test_search_knows_places_that_are_there(site: Site, outlines: dict[str, Outline]) -> None:
    index = json.loads((site.where.html / "search" / "search_index.json").read_text("utf-8"))
    places = [entry["location"] for entry in index["docs"]]
    assert "papers/simsiam/index.html" in places
    assert [place for place in places if not reached(f"{site.disk}/{place}", outlines)] == []
