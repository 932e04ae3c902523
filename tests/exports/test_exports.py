"""Every export of the real catalog, read back by parsers that others wrote, and the command for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import feedparser
import pytest
from typer.testing import CliRunner

from repro.catalog.catalog import Catalog
from repro.cli import app as cli
from repro.cli.catalog import EXPORTS
from repro.errors import UsageError
from repro.evidence.records import load_all
from repro.exports import bibtex, cite, csl, head, venue
from repro.exports.formats import FORMATS, Material, choose_papers, files
from repro.exports.table import reported_rows
from repro.verdicts.verdict import verdicts
from tests.support.export_catalog import SITE, parsed_bibtex, rows


@pytest.fixture(scope="module")
def real() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def exported(real: Catalog) -> dict[str, str]:
    return files(Material(real, real.papers, load_all(real.root), SITE))


def test_every_export_is_there(exported: dict[str, str]) -> None:
    assert sorted(exported) == sorted(found.file for found in FORMATS.values())
    assert all(content.endswith("\n") for content in exported.values())


def test_bibtex_is_read_back(real: Catalog, exported: dict[str, str]) -> None:
    library = parsed_bibtex(exported["catalog.bib"])
    assert library.failed_blocks == []
    assert [found.key for found in library.entries] == list(real.paper_ids)
    for found, paper in zip(library.entries, real.papers, strict=True):
        fields = {field.key: field.value for field in found.fields}
        assert fields["title"] == paper.title
        assert fields["year"] == str(paper.year)
        assert len(fields["author"]) == len(paper.authors)
        assert fields.get("eprint") == paper.ids.arxiv
        assert fields.get("archivePrefix") == ("arXiv" if paper.ids.arxiv else None)
        assert fields.get("doi") == paper.ids.doi


def test_csl_is_read_back(real: Catalog, exported: dict[str, str]) -> None:
    items = json.loads(exported["catalog.csl.json"])
    assert [found["id"] for found in items] == list(real.paper_ids)
    assert [found["title"] for found in items] == [paper.title for paper in real.papers]
    assert all(found["issued"]["date-parts"] == [[real.paper(found["id"]).year]] for found in items)


def test_tables_are_read_back(real: Catalog, exported: dict[str, str]) -> None:
    assert [row["id"] for row in rows(exported["papers.csv"])] == list(real.paper_ids)
    values = [(paper.id, value.id, value.value) for paper in real.papers for value in paper.reported]
    found = [(row["paper"], row["id"], row["value"]) for row in rows(exported["reported.csv"])]
    assert found == values
    assert {row["higher_is_better"] for row in rows(exported["reported.csv"])} <= {"true", "false"}


def test_runs_are_read_back(real: Catalog, exported: dict[str, str]) -> None:
    found = {row["digest"]: row for row in rows(exported["runs.csv"])}
    kept = load_all(real.root)
    assert list(found) == [run.config.digest for run in kept]
    for run in kept:
        row = found[run.config.digest]
        assert row["overrides"] == "; ".join(run.config.overrides)
        assert (int(row["seed"]), row["commit"]) == (run.config.seed, run.environment.commit)
        if run.finished:
            assert float(row["linear"]) == pytest.approx(run.metrics["linear"], rel=1e-5)
            before = run.summary.baselines.untrained
            assert float(row["untrained.std"]) == pytest.approx(before["std"], rel=1e-5)


def test_verdicts_are_read_back(real: Catalog, exported: dict[str, str]) -> None:
    found = {verdict["claim"]: verdict for verdict in json.loads(exported["verdicts.json"])["verdicts"]}
    judged = {verdict.name: verdict for verdict in verdicts(real, load_all(real.root)) if verdict.arms}
    assert {name: verdict.state for name, verdict in judged.items()} == {
        name: verdict["state"] for name, verdict in found.items()
    }
    digests = {row["digest"] for row in rows(exported["runs.csv"])}
    arms = [arm for verdict in found.values() for arm in verdict["arms"].values()]
    assert {run["digest"] for arm in arms for run in arm["runs"]} <= digests


def test_the_whole_is_read_back(real: Catalog, exported: dict[str, str]) -> None:
    found = json.loads(exported["catalog.json"])
    assert [paper["id"] for paper in found["papers"]] == list(real.paper_ids)
    assert [benchmark["id"] for benchmark in found["benchmarks"]] == list(real.benchmark_ids)
    assert found["vocab"]["venues"]["cvpr"]["name"] == "CVPR"
    runnable = {(recipe["paper"], recipe["benchmark"]) for recipe in found["recipes"]}
    assert runnable == {(paper, name) for paper in real.paper_ids for name in real.benchmarks_of(paper)}
    assert all(recipe["config"]["optimizer"]["lr"] > 0 for recipe in found["recipes"])


def test_relations_are_told_from_both_sides(real: Catalog, exported: dict[str, str]) -> None:
    papers = {paper["id"]: paper for paper in json.loads(exported["catalog.json"])["papers"]}
    types = real.vocabulary("relations")
    stated = {
        (relation["to"], types[relation["type"]].inverse, name)  # type: ignore[attr-defined]
        for name, paper in papers.items()
        for relation in paper["relations"]
        if relation["to"] in papers
    }
    derived = {
        (name, relation["type"], relation["to"])
        for name, paper in papers.items()
        for relation in paper["inverse_relations"]
    }
    assert derived == stated
    assert ("byol", "simplified-by", "simsiam") in derived


def test_the_feed_is_read_back(real: Catalog, exported: dict[str, str]) -> None:
    found = feedparser.parse(exported["feed.xml"])
    assert (found.bozo, found.version) == (False, "atom10")
    links = [item.link for item in found.entries]
    assert set(links) == {f"{SITE}/papers/{paper}/" for paper in real.paper_ids}
    assert len({item.id for item in found.entries} | {found.feed.id}) == len(found.entries) + 1
    assert all(item.updated_parsed >= item.published_parsed for item in found.entries)
    abstracts = [" ".join(real.paper(link.split("/")[-2]).abstract.en.split()) for link in links]
    assert all(item.content[0].value.endswith(a) for item, a in zip(found.entries, abstracts, strict=True))


def test_pages_name_the_feed_by_its_file(root: Path) -> None:
    assert f"'data/{FORMATS['feed'].file}' | url" in (root / "site" / "overrides" / "main.html").read_text()


def test_every_paper_has_a_citation_and_a_head(real: Catalog) -> None:
    for paper in real.papers:
        assert paper.title.rstrip(".") in cite.cite(real, paper).text
        assert json.loads(cite.cite(real, paper).csl)["id"] == paper.id
        names = [name for name, _ in head.meta(real, paper, SITE)]
        assert names.count("citation_author") == len(paper.authors)
        assert json.loads(head.json_ld_text(real, paper, SITE))["headline"] == paper.title


def test_every_venue_says_what_it_is(real: Catalog) -> None:
    unclear = [name for name, word in real.vocabulary("venues").items() if venue.kind_of(word) == "other"]
    assert unclear == [], f"say in the description that it is a conference, workshop or journal: {unclear}"


def test_the_same_catalog_gives_the_same_bytes(exported: dict[str, str], root: Path) -> None:
    code = (
        "import json; from repro.catalog.catalog import Catalog\n"
        "from repro.evidence.records import load_all\n"
        "from repro.exports.formats import Material, files\n"
        f"c = Catalog.load(); print(json.dumps(files(Material(c, c.papers, load_all(c.root), '{SITE}'))))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root, env=environment
    )
    assert json.loads(done.stdout) == exported


# The command


def export(*words: str) -> str:
    done = CliRunner().invoke(cli.app, ["export", *words])
    if done.exception:
        raise done.exception
    return done.stdout


def test_the_command_prints_an_export(real: Catalog) -> None:
    assert export("bibtex") == bibtex.bibtex(real, real.papers)
    assert export("csl", "simsiam", "byol", "simsiam") == csl.csl(
        real, choose_papers(real, ["byol", "simsiam"])
    )
    assert "tag:example.org,2026:papers/byol" in export("feed", "byol", "--site", SITE)


def test_the_command_writes_a_file(tmp_path: Path, real: Catalog) -> None:
    assert export("cite", "--out", str(tmp_path / "list.txt")) == f"Written: {tmp_path / 'list.txt'}\n"
    export("papers-csv", "--out", str(tmp_path))
    assert (tmp_path / "list.txt").read_bytes().decode() == cite.sentences(real, real.papers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt", "papers.csv"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bibtx"], "there is no export 'bibtx'; there are bibtex, csl, .*Did you mean 'bibtex'?"),
        (["csl", "simsiem"], "there is no paper 'simsiem'"),
        (["feed"], "say where the site is: --site https://"),
        (["feed", "--site", "here"], "'here' is not the address of a site"),
    ],
)
def test_what_cannot_be_exported(words: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        export(*words)


def test_the_command_names_every_format() -> None:
    assert EXPORTS.rstrip(".").replace(" or ", ", ").split(", ") == list(FORMATS)


def test_every_number_says_whose_it_is(real: Catalog, exported: dict[str, str]) -> None:
    numbers = {(row["paper"], row["id"]): row["of"] for row in rows(exported["reported.csv"])}
    assert (numbers["simsiam", "t4-byol-800ep"], numbers["simsiam", "t4-simsiam-800ep"]) == (
        "byol",
        "simsiam",
    )
    known = {*real.paper_ids, *real.vocabulary("methods")}
    assert set(numbers.values()) <= known
    papers = {paper["id"]: paper for paper in json.loads(exported["catalog.json"])["papers"]}
    assert {
        (name, value["id"]): value["of"] for name, paper in papers.items() for value in paper["reported"]
    } == numbers
    mine = [row["of"] for row in reported_rows(real, {"of": "simsiam"})]
    assert set(mine) == {"simsiam"}
    assert len(mine) > sum(value.of is None for value in real["simsiam"].reported), "others quote it too"
