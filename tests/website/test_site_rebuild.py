"""A rebuild gives the site that a fresh build gives, and makes only the pages that differ."""

import re
import shutil
from pathlib import Path

import pytest

from repro.errors import UsageError
from repro.website import build as website
from repro.website.build import Places
from tests.support.export_catalog import dumped
from tests.support.site_build import smaller
from tests.website.test_pages_tree import ENTRY

PAPERS = 12


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a site by its place in it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def fresh(where: Places, folder: Path) -> dict[str, bytes]:
    """The files of a site built from nothing."""
    clean = Places(where.catalog, where.site, folder / "clean")
    shutil.rmtree(clean.out, ignore_errors=True)
    website.build(clean)
    return files(clean.html)


def entry(where: Places) -> Path:
    """A paper that no other one names."""
    return where.catalog / "papers" / f"{ENTRY['id']}.yaml"


def made(where: Places) -> set[str]:
    """Build again; the pages of the site that were written."""
    before = {path: path.stat().st_ino for path in where.html.rglob("*.html")}
    website.build(where)
    written = (path for path in where.html.rglob("*.html") if before.get(path) != path.stat().st_ino)
    return {path.relative_to(where.html).as_posix() for path in written} - {"404.html"}


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A small catalog and a copy of the site's sources, built once; the tests change both in turn."""
    folder = tmp_path_factory.mktemp("rebuild")
    found = smaller(folder, PAPERS)
    site = folder / "sources" / "site"
    shutil.copytree(found.site, site)
    for name in ("mkdocs.yml", "CONTRIBUTING.md"):
        shutil.copy(found.site.parent / name, site.parent / name)
    own = Places(found.catalog, site, found.out)
    entry(own).write_text(dumped(ENTRY), "utf-8")
    website.build(own)
    return own


def test_nothing_is_made_where_nothing_changed(where: Places) -> None:
    before = files(where.html)
    assert made(where) == set()
    assert files(where.html) == before
    assert not where.html.with_name("site.part").exists()


def test_after_one_edit_the_site_is_as_if_built_anew(where: Places, tmp_path: Path) -> None:
    idea = {"en": "Come unheard.", "zh": "无声而来。"}
    entry(where).write_text(dumped(ENTRY | {"idea": idea}), "utf-8")
    pages = made(where)
    assert "papers/newcomer/index.html" in pages
    assert len(pages) < 10
    assert files(where.html) == fresh(where, tmp_path)
    assert b"Come unheard." in files(where.html)["search/search_index.js"]


def test_a_paper_that_goes_and_comes_back_leaves_no_trace(where: Places, tmp_path: Path) -> None:
    before, text = files(where.html), entry(where).read_text("utf-8")
    entry(where).unlink()
    made(where)
    without = files(where.html)
    assert "papers/newcomer/index.html" not in without
    assert without == fresh(where, tmp_path)
    entry(where).write_text(text, "utf-8")
    made(where)
    assert files(where.html) == before


def test_a_page_that_was_damaged_or_lost_is_made_again(where: Places) -> None:
    before = files(where.html)
    (where.html / "papers" / "simsiam" / "index.html").write_text("gone", "utf-8")
    (where.html / "papers" / "byol" / "index.html").unlink()
    (where.html / "stray.html").write_text("stray", "utf-8")
    for path in sorted((where.out / "kept").iterdir())[::7]:
        path.write_text("{}", "utf-8")
    (where.docs / "papers" / "simclr" / "index.md").write_text("gone", "utf-8")
    made(where)
    assert files(where.html) == before
    (where.out / "filled.json").write_text("[]", "utf-8")
    made(where)
    assert files(where.html) == before


def test_a_link_that_another_edit_breaks_is_found_in_a_kept_page(
    where: Places, capfd: pytest.CaptureFixture[str]
) -> None:
    start, commands = where.site / "start.md", where.site / "commands.md"
    texts = [path.read_text("utf-8") for path in (start, commands)]
    start.write_text(f"{texts[0]}\n[There](../commands/index.md#new-place)\n", "utf-8")
    commands.write_text(f"{texts[1]}\n## New place\n", "utf-8")
    assert made(where) == {"start/index.html", "commands/index.html"}
    with_it = files(where.html)
    commands.write_text(texts[1], "utf-8")
    for _ in range(2):  # what was wrong is wrong again
        with pytest.raises(UsageError, match="MkDocs could not build the site"):
            website.build(where)
        assert "does not contain an anchor '#new-place'" in capfd.readouterr().err
        assert files(where.html) == with_it
    start.write_text(texts[0], "utf-8")


# What is added to sources of the site, and a page or file that shows it.
ADDED = {
    "templates/paper.md.j2": ("\nAdded to each.\n", "papers/byol/index.html"),
    "overrides/main.html": ("{% block analytics %}<!-- on all -->{% endblock %}", "commands/index.html"),
    "assets/css/site.css": ("\n.added { color: red }\n", "assets/css/site.css"),
}


def test_changed_sources_of_the_site_change_what_they_make(where: Places, tmp_path: Path) -> None:
    texts = {name: (where.site / name).read_text("utf-8") for name in ADDED}
    for name, (added, _) in ADDED.items():
        (where.site / name).write_text(texts[name] + added, "utf-8")
    made(where)
    found = files(where.html)
    assert [name for name, (added, shown) in ADDED.items() if seen(added) not in found[shown]] == []
    assert found == fresh(where, tmp_path)


def seen(added: str) -> bytes:
    """What of an addition is seen."""
    return re.sub(r"{%.*?%}", "", added).strip().encode()
