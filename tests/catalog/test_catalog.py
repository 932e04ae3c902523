"""The catalog as an object, what is shown of it, and where it is."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from repro import files as paths
from repro.catalog import catalog as catalog_module
from repro.catalog.catalog import Catalog
from repro.catalog.reading.head import Head, is_tested
from repro.catalog.show import RelatedPaper, list_rows, paper_details
from repro.cli.app import app
from repro.errors import CatalogError, UsageError
from tests.support.toy_catalog import FILES, RECIPE, catalog


def test_records_are_found_by_id(tmp_path: Path) -> None:
    toy = catalog(tmp_path)
    assert toy.paper_ids == ("other", "toy")
    assert [paper.name for paper in toy.papers] == ["Other", "Toy"]
    assert toy.paper("toy") is toy.paper("toy")
    assert toy.benchmark("digits").budget.epochs == 20
    assert toy.recipe("toy").benchmark == "digits"
    assert set(toy.vocabulary("venues")) == {"cvpr", "icml", "arxiv"}


def test_digits_comes_first_then_the_alphabet(tmp_path: Path) -> None:
    more = {f"recipes/toy/{name}.yaml": RECIPE.replace("digits", name, 1) for name in ("zebra", "apple")}
    benchmarks = {f"benchmarks/{name}.yaml": FILES["benchmarks/digits.yaml"] for name in ("zebra", "apple")}
    toy = catalog(tmp_path, more | benchmarks)
    assert toy.benchmarks_of("toy") == ("digits", "apple", "zebra")
    assert toy.benchmark_ids == ("digits", "apple", "zebra")
    assert [recipe.benchmark for recipe in toy.recipes("toy")] == ["digits", "apple", "zebra"]
    assert toy.benchmarks_of("other") == ()


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    toy = catalog(tmp_path, {"papers/other.yaml": "broken: ["})
    assert toy.paper("toy").name == "Toy"
    with pytest.raises(CatalogError, match=r"^catalog/papers/other.yaml:"):
        toy.paper("other")


def test_a_catalog_is_a_container_of_papers(tmp_path: Path) -> None:
    toy = catalog(tmp_path)
    assert toy["toy"] is toy.paper("toy")
    assert [paper.id for paper in toy] == ["other", "toy"]
    assert ("toy" in toy, "digits" in toy, 3 in toy, len(toy)) == (True, False, False, 2)
    assert repr(toy) == f"<Catalog {tmp_path / 'catalog'}: 2 papers>"
    with pytest.raises(UsageError, match=r"^there is no paper 'tyo'; .* Did you mean 'toy'\?$"):
        toy["tyo"]


def test_a_catalog_without_papers_is_true(tmp_path: Path) -> None:
    empty = Catalog.load(tmp_path)
    assert (len(empty), bool(empty), list(empty)) == (0, True, [])


def test_the_examples_of_the_docstring_hold() -> None:
    assert doctest.testmod(catalog_module).attempted > 2


UNFINISHED = {"papers/third.yaml": "schema: 1\nid: third\nyear: TODO\n"}
LEFT_OUT = (
    "warning: catalog/papers/third.yaml cannot be read and is left out; `repro check` says what is wrong."
)


def test_an_unfinished_entry_is_left_out_with_a_warning(tmp_path: Path) -> None:
    sound, toy = catalog(tmp_path / "sound"), catalog(tmp_path, UNFINISHED)
    warnings: list[str] = []
    assert list_rows(toy, warnings.append) == list_rows(sound, pytest.fail)
    assert paper_details(toy, "toy", warnings.append) == paper_details(sound, "toy", pytest.fail)
    assert warnings == [LEFT_OUT, LEFT_OUT]
    with pytest.raises(CatalogError, match=r"^catalog/papers/third.yaml:"):
        paper_details(toy, "third", warnings.append)


@pytest.mark.parametrize("verb", [("list",), ("show", "toy"), ("show", "toy", "--json")])
def test_the_warning_is_one_line_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    done = []
    for folder, files in (("sound", {}), ("unfinished", UNFINISHED)):
        monkeypatch.setenv("REPRO_CATALOG", str(catalog(tmp_path / folder, files).root))
        done.append(CliRunner().invoke(app, verb))
    assert [result.exit_code for result in done] == [0, 0]
    assert done[0].stdout == done[1].stdout
    assert [result.stderr for result in done] == ["", f"{LEFT_OUT}\n"]


@pytest.mark.parametrize("name", ["../benchmarks/digits", "", "toy.yaml", "TOY"])
def test_an_id_that_is_not_listed_is_never_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="there is no paper"):
        catalog(tmp_path).paper(name)


def test_list_rows_are_ordered_by_year_and_name(tmp_path: Path) -> None:
    rows = list_rows(catalog(tmp_path), pytest.fail)
    assert [(row.id, row.year, row.venue, row.benchmarks, row.idea) for row in rows] == [
        ("other", 2020, "Icml", (), "Do otherwise."),
        ("toy", 2021, "Cvpr", ("digits",), "Play."),
    ]


def test_a_paper_shows_both_sides_of_relations(tmp_path: Path) -> None:
    toy = catalog(tmp_path)
    assert paper_details(toy, "toy", pytest.fail).relations == (
        RelatedPaper("Simplifies", "other", "Other", ""),
        RelatedPaper("Compares", "arxiv:2003.04297", "arxiv:2003.04297", ""),
    )
    assert paper_details(toy, "other", pytest.fail).relations == (
        RelatedPaper("Simplified-By", "toy", "Toy", ""),
    )


def test_a_paper_shows_its_facts_and_commands(tmp_path: Path) -> None:
    view = paper_details(catalog(tmp_path), "toy", pytest.fail)
    assert dict(view.facts) == {
        "Authors": "Ada Lovelace",
        "Venue": "Cvpr 2021 (published)",
        "arXiv": "https://arxiv.org/abs/2011.10560",
        "DOI": "https://doi.org/10.1000/toy",
        "Official code": "https://example.org/code at a7bc177 (MIT, quiet)",
    }
    assert view.recipes == (("digits", "repro run toy"),)
    assert view.tags == (("Family", ("contrastive",)),)


def test_another_catalog_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = catalog(tmp_path).root
    monkeypatch.setenv("REPRO_CATALOG", str(root))
    assert Catalog.load().paper_ids == ("other", "toy")
    monkeypatch.setenv("REPRO_CATALOG", str(root / "gone"))
    with pytest.raises(UsageError, match=r"REPRO_CATALOG names .*gone, which is not a folder"):
        Catalog.load()


def test_a_packaged_catalog_wins_over_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "repro"
    monkeypatch.setattr(paths, "PACKAGE", package)
    assert paths.catalog_root() == tmp_path / "catalog"
    (package / "_data" / "catalog").mkdir(parents=True)
    assert paths.catalog_root() == package / "_data" / "catalog"
    assert paths.site_root() == tmp_path / "site"


def test_downloads_go_to_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert paths.cache_root() == tmp_path / "repro"
    assert paths.cache_root().name == "repro"


def test_the_catalog_is_imported_and_read_without_torch() -> None:
    code = (
        "import sys\nfrom repro.catalog.catalog import Catalog\nfrom repro.catalog.show import list_rows\n"
        "import repro.catalog.check.check, repro.catalog.settings.fingerprint\n"
        "assert list_rows(Catalog.load(), print); print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


REAL = Catalog.load()


def test_official_code_says_when_it_was_looked_at() -> None:
    assert [paper.id for paper in REAL if paper.official and not paper.official.checked] == []


@pytest.mark.parametrize("paper", REAL.paper_ids)
def test_the_head_of_an_entry_is_what_the_whole_entry_says(paper: str) -> None:
    head, whole = REAL.head(paper), REAL.paper(paper)
    assert isinstance(head, Head)
    names = [name for name in Head.model_fields if name != "claims"]
    assert head.model_dump(include={*names}) == {name: whole.model_dump()[name] for name in names}
    assert list(map(is_tested, head.claims)) == list(map(is_tested, whole.claims))
