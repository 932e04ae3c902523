"""CONTRIBUTING.md is walked as written: its YAML goes into a copy of the catalog, which must stay sound."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.settings.resolve import resolve
from repro.evidence.plan import arms
from repro.evidence.records import load_all
from repro.files import catalog_root, site_root
from repro.learning.examples import Image
from repro.learning.job import build_method
from repro.website.book import Book
from repro.website.tree import tree

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, moved to the left margin."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", GUIDE, re.MULTILINE | re.DOTALL)
    return ["\n".join(line[len(indent) :] for line in body.split("\n")) for indent, body in found]


TABLE, DIAGRAM = blocks("yml")
PAPER, SETTINGS, RECIPE, CLAIM = blocks("yaml")
ID = re.findall(r"^id: (\S+)$", PAPER, re.MULTILINE)[0]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    copy = tmp_path / "catalog"
    shutil.copytree(catalog_root(), copy)
    return copy


def faults(catalog: Path) -> list[str]:
    return [str(fault) for fault in check(catalog)]


def pages(catalog: Path) -> Iterator[tuple[str, bytes]]:
    return tree(Book(Catalog.load(catalog), tuple(load_all(catalog)), site_root()))


def test_a_paper_takes_one_file_and_ends_with_a_page(catalog: Path) -> None:
    (catalog / "papers" / f"{ID}.yaml").write_text(PAPER, encoding="utf-8")
    assert faults(catalog) == []
    page = dict(pages(catalog))[f"papers/{ID}/index.md"].decode()
    assert "Any head that can follow the network is enough" in page
    assert "builds on" in page


def test_a_recipe_is_compared_and_builds_its_network(catalog: Path) -> None:
    (catalog / "papers" / f"{ID}.yaml").write_text(PAPER + SETTINGS, encoding="utf-8")
    recipe = catalog / "recipes" / ID / "digits.yaml"
    recipe.parent.mkdir()
    recipe.write_text(RECIPE, encoding="utf-8")
    assert faults(catalog) == []
    config = resolve(Catalog.load(catalog), ID)
    assert build_method(config, 0, Image(1, 24), torch.device("cpu")).encoder.width > 0
    card = dict(pages(catalog))[f"recipes/{ID}/digits/index.md"].decode()
    assert "Two epochs show that it trains" in card


def test_without_its_reason_the_recipe_is_refused(catalog: Path) -> None:
    (catalog / "papers" / f"{ID}.yaml").write_text(PAPER + SETTINGS, encoding="utf-8")
    recipe = catalog / "recipes" / ID / "digits.yaml"
    recipe.parent.mkdir()
    recipe.write_text(RECIPE.split("why:")[0], encoding="utf-8")
    assert [found for found in faults(catalog) if "budget.epochs is 2 here and 20 in the paper" in found]


def test_a_claim_gets_its_runs(catalog: Path) -> None:
    (catalog / "papers" / f"{ID}.yaml").write_text(PAPER + SETTINGS + CLAIM, encoding="utf-8")
    recipe = catalog / "recipes" / ID / "digits.yaml"
    recipe.parent.mkdir()
    recipe.write_text(RECIPE, encoding="utf-8")
    assert faults(catalog) == []
    loaded = Catalog.load(catalog)
    [claim] = loaded.paper(ID).claims
    assert claim.test is not None
    found = {arm.name: len({run.digest for run in arm.runs}) for arm in arms(loaded, ID, claim.test)}
    assert found == {"with": 5, "without": 5}


def test_a_table_is_read_as_its_values(catalog: Path) -> None:
    (catalog / "papers" / f"{ID}.yaml").write_text(PAPER + TABLE + DIAGRAM, encoding="utf-8")
    assert faults(catalog) == []
    found = Catalog.load(catalog).paper(ID).reported
    assert [(value.of, value.setting.epochs, value.source.place) for value in found] == [
        *((None, epochs, "Table 4") for epochs in (100, 200)),
        *(("byol", epochs, "Table 4") for epochs in (100, 200)),
    ]


def test_every_file_it_names_exists() -> None:
    named = set(re.findall(r"`((?:repro|tests|catalog|site)/[\w./-]+\.\w+)`", GUIDE))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.stem
)
def test_forms_ask_each_thing_once(form: Path) -> None:
    asked = [part["id"] for part in yaml.safe_load(form.read_text("utf-8"))["body"]]
    assert asked
    assert len(asked) == len(set(asked))
