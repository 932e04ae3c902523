"""Relations gathered once: as a paper states them, and as the other one sees them."""

from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.relations import RelationRow, by_paper, inverses, stated, turned
from repro.catalog.show import RelatedPaper, paper_details
from tests.support import toy_catalog

FORTH = RelationRow("toy", "Toy", "simplifies", "Simplifies", "other", "Other", "")
BACK = RelationRow("other", "Other", "simplified-by", "Simplified-By", "toy", "Toy", "")
OUTSIDE = RelationRow(
    "toy", "Toy", "compares", "Compares", "arxiv:2003.04297", "arxiv:2003.04297", "Both are small."
)


def related(folder: Path, old: str = "", new: str = "") -> Catalog:
    """The toy catalog with a note on its second relation, and something changed in the toy paper."""
    text = toy_catalog.PAPER.replace(
        'to: "arxiv:2003.04297"', 'to: "arxiv:2003.04297", note: Both are small.'
    )
    assert old in text
    return toy_catalog.catalog(folder, {"papers/toy.yaml": text.replace(old, new) if old else text})


def test_both_papers_see_a_relation(tmp_path: Path) -> None:
    catalog = related(tmp_path)
    assert list(stated(catalog, catalog.papers)) == [FORTH, OUTSIDE]
    assert turned(catalog, FORTH) == BACK
    assert turned(catalog, BACK) == FORTH
    assert inverses(catalog, catalog.papers) == {"other": (BACK,), "toy": ()}
    assert by_paper(catalog, catalog.papers) == {"other": (BACK,), "toy": (FORTH, OUTSIDE)}
    assert [row.is_known for row in (FORTH, OUTSIDE)] == [True, False]


def test_what_stands_first_follows_the_papers(tmp_path: Path) -> None:
    mutual = "relations:\n  - {type: compares, to: toy}\n"
    catalog = toy_catalog.catalog(tmp_path, {"papers/other.yaml": toy_catalog.OTHER + mutual})
    assert [row.source for row in stated(catalog, catalog.papers)] == ["other", "toy", "toy"]
    assert [row.source for row in stated(catalog, catalog.papers[::-1])] == ["toy", "toy", "other"]
    assert [row.kind for row in by_paper(catalog, catalog.papers)["other"]] == ["compares", "simplified-by"]


def test_an_arxiv_id_of_the_catalog_is_its_paper(tmp_path: Path) -> None:
    catalog = related(tmp_path, "arxiv:2003.04297", "arxiv:2006.07730")
    assert [row.target_name for row in by_paper(catalog, catalog.papers)["toy"]] == ["Other", "Other"]


def test_a_type_that_the_vocabulary_lacks_is_shown_from_one_side(tmp_path: Path) -> None:
    catalog = related(tmp_path, "type: simplifies", "type: outshines")
    row = RelationRow("toy", "Toy", "outshines", "outshines", "other", "Other", "")
    assert turned(catalog, row) is None
    assert by_paper(catalog, catalog.papers) == {"other": (), "toy": (row, OUTSIDE)}
    assert paper_details(catalog, "toy", pytest.fail).relations[0] == RelatedPaper(
        "outshines", "other", "Other", ""
    )
