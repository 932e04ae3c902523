"""What ages evidence: a change of code that a claim's runs go through, and nothing else."""

import shutil
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import Signatures
from repro.catalog.code.source import PackageSource
from repro.catalog.settings.fingerprint import module_hash
from repro.evidence.plan import arms
from repro.files import PACKAGE, catalog_root
from repro.verdicts.verdict import source, trained

METHODS = "learning/methods"
Codes = dict[str, frozenset[str]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's own source, to be changed."""
    copy = tmp_path_factory.mktemp("source") / "repro"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    return copy


def codes(package: Path) -> Codes:
    """{paper/claim: the code that its runs are made with} of every claim of the real catalog with a test."""
    catalog = Catalog.load(catalog_root(), Signatures(PackageSource(package)))
    found = {}
    for paper in catalog.papers:
        for claim in trained(paper):
            owner, tested = source(catalog, paper.id, claim)
            if tested.test:
                asked = arms(catalog, owner, tested.test, 1)
                found[f"{paper.id}/{claim.id}"] = frozenset(run.code for arm in asked for run in arm.runs)
    module_hash.cache_clear()  # it would keep the syntax trees of every copy
    return found


@pytest.fixture(scope="module")
def before(package: Path) -> Codes:
    return codes(package)


def changed(package: Path, before: Codes, *edits: tuple[str, str, str]) -> set[str]:
    """The claims whose evidence ages once ``old`` is ``new`` in a module, for each edit."""
    texts = {module: (package / f"{module}.py").read_text(encoding="utf-8") for module, _, _ in edits}
    try:
        for module, old, new in edits:
            assert old in texts[module]
            text = texts[module].replace(old, new, 1)
            (package / f"{module}.py").write_text(text, encoding="utf-8")
        after = codes(package)
    finally:
        for module, text in texts.items():
            (package / f"{module}.py").write_text(text, encoding="utf-8")
    return {name for name, runs in after.items() if runs != before[name]}


def of(before: Codes, *papers: str) -> set[str]:
    return {name for name in before if name.partition("/")[0] in papers}


def test_there_are_enough_claims_with_a_test(before: Codes) -> None:
    assert len(before) >= 25
    assert all(before.values())


PROSE = [
    ("learning/methods/simsiam", "# hold the target constant; false collapses", "# said in other words"),
    ("learning/methods/barlow_twins", '"""L_BT of Eq. 1', '"""The loss of Eq. 1'),
    ("learning/losses", "Losses that two or more papers share", "What two or more papers share"),
    ("learning/train", "\n\ndef ", "\n\n\n# a remark\ndef "),
    ("report/drawing/svg", "def ", "def extra() -> None: ...\n\n\ndef "),
    ("verdicts/verdict", "def trained", "def also_trained"),
]


def test_prose_and_what_moves_no_number_age_nothing(package: Path, before: Codes) -> None:
    assert changed(package, before, *PROSE) == set()


@pytest.mark.parametrize(
    ("module", "old", "new", "papers"),
    [
        (
            f"{METHODS}/simclr",
            "z @ z.T / temperature",
            "z @ z.T / (2 * temperature)",
            ("simclr", "speech-simclr"),
        ),
        # Graphs and the note on HSIC use the invariance term of Barlow Twins, RAFT the loss of BYOL.
        (
            "learning/methods/barlow_twins",
            "(1 - c.diagonal())",
            "(2 - c.diagonal())",
            ("barlow-twins", "bt-hsic", "graph-bt"),
        ),
        (
            "learning/methods/byol",
            "return 2 + 2 * negative_cosine",
            "return 2 * negative_cosine",
            ("byol", "byol-a", "raft"),
        ),
    ],
)
def test_a_changed_loss_ages_exactly_the_claims_that_use_it(
    package: Path, before: Codes, module: str, old: str, new: str, papers: tuple[str, ...]
) -> None:
    assert changed(package, before, (module, old, new)) == of(before, *papers)


def test_a_changed_loop_ages_all(package: Path, before: Codes) -> None:
    assert changed(package, before, ("learning/train", "def diverged", "LIMIT = 3\n\n\ndef diverged")) == set(
        before
    )
