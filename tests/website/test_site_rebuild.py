"""A preview of some papers, made anew as their files change; and a build that is strict."""

import http.client
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from repro.cli.app import main
from repro.errors import CatalogError, UsageError
from repro.website import build as website
from repro.website.build import Places, Written
from repro.website.tree import tree
from tests.support.site_build import smaller

PAPERS = 12
PATIENCE = 60  # seconds until a page has to be there; it takes about three


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A small catalog and a copy of the site's sources, which the tests change and put back."""
    folder = tmp_path_factory.mktemp("rebuild")
    found = smaller(folder, PAPERS)
    site = folder / "sources" / "site"
    shutil.copytree(found.site, site)
    for name in ("mkdocs.yml", "CONTRIBUTING.md"):
        shutil.copy(found.site.parent / name, site.parent / name)
    return Places(found.catalog, site, found.out)


@pytest.fixture(scope="module")
def whole(where: Places) -> dict[str, bytes]:
    """Every file of the complete tree."""
    return dict(tree(website.load_book(where)))


def is_of(path: str, *papers: str) -> bool:
    """True if a file of the tree is a page of one of these papers."""
    sections = ("papers", "methods", "claims", "runs", "recipes")
    return path.startswith(tuple(f"{section}/{paper}/" for section in sections for paper in papers))


@pytest.mark.parametrize("papers", [("simsiam",), ("byol", "simsiam")])
def test_a_preview_has_the_pages_of_its_papers_as_the_site_has_them(
    where: Places, whole: dict[str, bytes], papers: tuple[str, ...]
) -> None:
    made = dict(tree(website.load_book(where), papers))
    first = made.pop("index.md").decode()
    pages = {path for path in made if path.endswith(".md")}
    assert pages == {path for path in whole if is_of(path, *papers)}
    assert {path.split("/")[0] for path in pages} == {"papers", "methods", "claims", "runs", "recipes"}
    assert {path: whole[path] for path in made} == made
    assert set(made) - pages == {
        path for path in whole if path.startswith(("assets/", "images/", "notebooks/"))
    }
    assert [path for path in pages if f"]({path.removesuffix('.md')}.html)" not in first] == []


def test_a_preview_says_what_it_leaves_out(where: Places) -> None:
    count = len(list((where.catalog / "papers").iterdir()))
    said = website.left_out(where, ["simsiam", "byol", "simsiam"])
    assert said.startswith("A preview of SimSiam, BYOL; left out are the pages of the other ")
    assert f" {count - 2} papers, " in said
    with pytest.raises(UsageError, match=r"there is no paper 'simsaim'.* Did you mean 'simsiam'\?"):
        website.left_out(where, ["byol", "simsaim"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["simsaim"], "Did you mean 'simsiam'?"),
        (["simsiam", "--at", "8000"], "--at 8000: expected host and port, such as 127.0.0.1:8001"),
        (["simsiam", "--at", "127.0.0.1:99999"], "name another, as in --at 127.0.0.1:8001"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["repro", "site", "serve", *words, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_taken_is_said_before_anything_is_made(where: Places) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match=f"nothing can be served at {address}: it is taken"):
            next(website.serve(where, address, ["simsiam"]))
    assert not where.out.exists()


@pytest.fixture
def address() -> str:
    """A place on this machine where nothing is served."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"127.0.0.1:{found.getsockname()[1]}"


def shown(address: str, page: str, text: str) -> bool:
    """True once a page that is served has this text."""
    late = time.monotonic() + PATIENCE
    while time.monotonic() < late:
        try:
            with closing(http.client.HTTPConnection(address, timeout=PATIENCE)) as client:
                client.request("GET", f"/{page}")
                if text in client.getresponse().read().decode():
                    return True
        except OSError:
            pass  # the server is on its way
        time.sleep(0.05)
    return False


def test_an_edit_of_a_papers_file_is_served(where: Places, address: str) -> None:
    entry = where.catalog / "papers" / "simsiam.yaml"
    text = entry.read_text("utf-8")
    serving: Iterator[Written | CatalogError] = website.serve(where, address, ["simsiam"])
    with closing(serving):  # type: ignore[type-var]
        first = next(serving)
        assert isinstance(first, Written)
        assert not where.docs.exists(), "a preview leaves the complete tree alone"
        entry.write_text(text.replace("\nidea:\n  en: ", "\nidea:\n  en: Edited, "), "utf-8")
        edited = next(serving)
        assert isinstance(edited, Written)
        assert (edited.files, edited.removed) == (first.files, 0)
        assert 0 < edited.changed < 10
        assert shown(address, "papers/simsiam/index.html", "Edited, ")
        assert shown(address, "index.html", "papers/simsiam")
        entry.write_text(f"{text}\nhalf: [", "utf-8")
        broken = next(serving)
        assert isinstance(broken, CatalogError)
        assert "papers/simsiam.yaml" in str(broken)
        entry.write_text(text, "utf-8")
        assert isinstance(next(serving), Written)
    assert not shown_now(address), "nothing is left running"


def shown_now(address: str) -> bool:
    """True if anything answers there."""
    host, _, port = address.partition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def test_a_dead_link_fails_the_build(where: Places) -> None:
    start = where.site / "start.md"
    text = start.read_text("utf-8")
    start.write_text(f"{text}\n[There](../commands/index.md#no-such-place)\n", "utf-8")
    try:
        with pytest.raises(UsageError, match="does not contain an anchor '#no-such-place'") as failed:
            website.build(where)
    finally:
        start.write_text(text, "utf-8")
    assert str(failed.value).startswith("MkDocs could not build the site:\n")
