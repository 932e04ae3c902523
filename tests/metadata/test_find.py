"""A paper goes by its id, its name, its identifiers and its addresses; what goes by several is refused."""

import doctest
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.errors import UsageError
from repro.metadata import find
from repro.metadata.find import find_paper
from tests.support.toy_catalog import catalog

REAL = Catalog.load()


@pytest.mark.parametrize("paper", REAL.paper_ids)
def test_every_paper_goes_by_its_names_and_identifiers(paper: str) -> None:
    entry = REAL[paper]
    texts = [paper, paper.upper(), paper.replace("-", "_"), f" {paper} ", entry.name, entry.name.lower()]
    if arxiv := entry.ids.arxiv:
        texts += [arxiv, f"arXiv:{arxiv}v2 [cs.CV]", f"https://arxiv.org/pdf/{arxiv}v1.pdf"]
        texts += [f"https://huggingface.co/papers/{arxiv}", f"alphaxiv.org/abs/{arxiv}"]
    if doi := entry.ids.doi:
        texts += [doi, doi.upper(), f"https://doi.org/{doi}", f"https://dl.acm.org/doi/{doi}"]
    if entry.ids.openreview:
        texts.append(f"https://openreview.net/forum?id={entry.ids.openreview}")
    assert {text: find_paper(REAL, text) for text in texts} == dict.fromkeys(texts, paper)


def test_a_paper_goes_by_the_address_of_its_code_and_of_its_page() -> None:
    assert find_paper(REAL, "https://github.com/FacebookResearch/simsiam/") == "simsiam"
    page = next(link.url for link in REAL["simsiam"].links if "openaccess" in link.url)
    assert find_paper(REAL, page.replace("https://", "http://www.")) == "simsiam"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("simsaim", "there is no paper 'simsaim'; see `repro list` for all .* Did you mean 'simsiam'?"),
        ("SIMSAIM", "Did you mean 'simsiam'?"),
        ("2009.99999", "no paper of this catalog has arxiv:2009.99999; `repro add arxiv:2009.99999` begins"),
        ("https://example.org/paper", "there is no paper 'https://example.org/paper'"),
        ("", "there is no paper ''"),
        ("--", "there is no paper '--'"),
        ("../papers/simsiam", "there is no paper"),
    ],
)
def test_what_names_no_paper_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")) as raised:
        find_paper(REAL, text)
    assert "\n" not in str(raised.value)


def test_a_name_that_two_papers_share_is_refused_with_both(tmp_path: Path) -> None:
    toy = catalog(tmp_path)
    for paper in toy.paper_ids:
        file = toy.root / "papers" / f"{paper}.yaml"
        lines = file.read_text(encoding="utf-8").splitlines()
        lines = ["name: The Same" if line.startswith("name:") else line for line in lines]
        file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError, match="'the same' names several papers: other, toy"):
        find_paper(Catalog.load(toy.root), "the same")


def test_a_faulty_entry_stands_in_nobodys_way(tmp_path: Path) -> None:
    toy = catalog(
        tmp_path, {"papers/broken.yaml": "name: [Broken\nids: {arxiv: ", "papers/half.yaml": "name: Half\n"}
    )
    assert find_paper(toy, "TOY") == "toy"
    assert find_paper(toy, "HALF") == "half"
    assert find_paper(toy, "Broken") == "broken"


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(find).attempted > 1
    assert doctest.testmod(find).failed == 0
