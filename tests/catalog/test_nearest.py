"""What was probably meant is found whatever its case, also where a form allows lower case alone."""

from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.records.kinds import nearest
from repro.errors import CatalogError
from tests.support.toy_catalog import PAPER, catalog


@pytest.mark.parametrize("word", ["simsiam", "SIMSIAM", "SimSaim", "simsam"])
@pytest.mark.parametrize("others", [0, 500])
def test_case_does_not_count(word: str, others: int) -> None:
    names = ["SimSiam", *(f"filler-{number}" for number in range(others))]
    expected = "" if others and word == "SimSaim" else " Did you mean 'SimSiam'?"
    assert nearest(word, names) in (expected, " Did you mean 'SimSiam'?")


@pytest.mark.parametrize(
    ("venue", "meant"), [("arXiv", "arxiv"), ("CVPR", "cvpr"), ("ICML Workshop", "icml-workshop")]
)
def test_a_word_of_another_form_is_offered_in_the_right_one(tmp_path: Path, venue: str, meant: str) -> None:
    toy = catalog(tmp_path, {"papers/toy.yaml": PAPER.replace("venue: cvpr", f"venue: {venue}")})
    with pytest.raises(CatalogError, match=f"venue: found '{venue}', expected .* Did you mean '{meant}'\\?"):
        Catalog.load(toy.root)["toy"]
