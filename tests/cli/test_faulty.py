"""A faulty file is named on standard error and stands in nobody's way; check and site stop at it."""

import json
import shutil
from pathlib import Path

import pytest

from repro.errors import CatalogError
from repro.website.build import load_book, places
from tests.cli.test_cli import SMALL, repro

BROKEN = "\nnonsense: [\n"
LEFT_OUT = "catalog/papers/simsiam.yaml cannot be read and is left out; `repro check` says what is wrong."


@pytest.fixture
def catalog(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalog with its evidence, which the commands take for the real one."""
    shutil.copytree(root / "catalog", tmp_path / "catalog")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRO_CATALOG", str(tmp_path / "catalog"))
    return tmp_path / "catalog"


def damage(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + BROKEN, encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [("list",), ("list", "contrastive"), ("show", "byol"), ("search", "siamese"), ("judge",)],
    ids=" ".join,
)
def test_a_faulty_entry_is_named_and_the_others_are_shown(catalog: Path, words: tuple[str, ...]) -> None:
    damage(catalog / "papers" / "simsiam.yaml")
    done = repro(*words)
    assert done.code == 0
    assert done.out
    assert done.err == f"warning: {LEFT_OUT}\n"


@pytest.mark.parametrize(
    "words",
    [("judge", "byol"), ("show", "BYOL", "--config"), ("export", "bibtex", "2006.07733")],
    ids=" ".join,
)
def test_verbs_about_another_paper_do_not_even_look(catalog: Path, words: tuple[str, ...]) -> None:
    damage(catalog / "papers" / "simsiam.yaml")
    done = repro(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out


def test_another_paper_runs(catalog: Path) -> None:
    damage(catalog / "papers" / "simsiam.yaml")
    done = repro("run", "byol", *SMALL, "--out", "run", "--quiet")
    assert done.code == 0, done.err
    assert Path("run/summary.json").is_file()


def test_check_and_site_stop_at_a_faulty_entry(catalog: Path) -> None:
    damage(catalog / "papers" / "simsiam.yaml")
    assert repro("check").code == 1
    with pytest.raises(CatalogError, match="the catalog has faults, so no site is built from it"):
        load_book(places(catalog.parent / "build"))


@pytest.mark.parametrize(
    "words", [("show", "simsiam"), ("run", "simsiam"), ("judge", "simsiam")], ids=" ".join
)
def test_the_faulty_paper_itself_is_one_sentence(catalog: Path, words: tuple[str, ...]) -> None:
    damage(catalog / "papers" / "simsiam.yaml")
    damage(catalog / "recipes" / "simsiam" / "digits.yaml")
    done = repro(*words)
    assert done.code == 2
    last = done.err.splitlines()[-1]
    assert last.startswith("error: catalog/")
    assert "not well-formed YAML" in last


@pytest.mark.parametrize(
    "name", ["benchmarks/cifar10.yaml", "recipes/simsiam/digits.yaml", "vocab/venues.yaml"]
)
def test_other_faulty_files_do_not_stop_a_list_or_a_judgement(catalog: Path, name: str) -> None:
    damage(catalog / name)
    for words in (("list",), ("search", "siamese"), ("judge", "byol"), ("judge",)):
        done = repro(*words)
        assert done.code == 0
        assert all(name in line for line in done.err.splitlines())
    assert len(repro("list").out.splitlines()) == len(list((catalog / "papers").glob("*.yaml")))


def test_claims_on_a_faulty_recipe_are_named_and_left_out(catalog: Path) -> None:
    damage(catalog / "recipes" / "simsiam" / "digits.yaml")
    done = repro("judge", "--json")
    assert done.code == 0
    assert "warning: simsiam/stop-gradient cannot be judged and is left out: catalog/recipes/sims" in done.err
    judged = {verdict["claim"] for verdict in json.loads(done.out)["verdicts"]}
    assert "byol/slow-target-needed" in judged
    assert "simsiam/stop-gradient" not in judged
    alone = repro("judge", "simsiam", "stop-gradient")
    assert alone.code == 2
    assert alone.err.startswith("error: catalog/recipes/simsiam/digits.yaml:")


def test_a_faulty_record_is_named_and_left_out(catalog: Path) -> None:
    record = next((catalog / "evidence" / "simsiam" / "digits").glob("*.json"))
    record.write_text("{", encoding="utf-8")
    for words in (("judge", "byol"), ("show", "byol"), ("judge",)):
        done = repro(*words)
        assert done.code == 0
        assert done.err.startswith(f"warning: {record} is no evidence that this version can read;")
        assert done.err.endswith("it is left out\n")
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("name", ["tags", "relations"])
def test_a_faulty_vocabulary_is_one_sentence_where_it_is_needed(catalog: Path, name: str) -> None:
    damage(catalog / "vocab" / f"{name}.yaml")
    done = repro("show", "byol")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: catalog/vocab/{name}.yaml:")
    assert repro("list").code == 0
