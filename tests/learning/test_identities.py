"""Exact claims: each of the catalog is checked, holds for any numbers, and breaks where a loss is wrong."""

import importlib.util
import json
import math
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from repro.catalog.catalog import Catalog
from repro.catalog.claims import Chosen, exact_claims
from repro.catalog.records.paper import Claim
from repro.errors import CatalogError
from repro.files import PACKAGE
from repro.learning.identities import exact
from repro.learning.identities.exact import IDENTITIES, check, fresh_seed, hold
from repro.learning.identities.identity import Compared, Draw, compare, distance
from tests.cli.test_cli import refused, repro

SEEDS = (0, 1, 2, fresh_seed())  # the last one new each time: the claims must not depend on the numbers


@pytest.fixture(scope="module")
def chosen() -> list[Chosen]:
    return exact_claims(Catalog.load(), None)


# The catalog and the checks


def test_every_exact_claim_has_a_check_and_every_check_a_claim(chosen: list[Chosen]) -> None:
    assert sorted(claim.name for claim in chosen) == sorted(IDENTITIES)


def test_ten_full_papers_have_an_exact_claim(chosen: list[Chosen]) -> None:
    full = {paper.id for paper in Catalog.load().papers if paper.depth == "full"}
    assert len(full & {claim.paper for claim in chosen}) >= 10


def test_a_claim_without_a_check_is_named() -> None:
    claim = Claim(id="new", kind="exact", statement="Something.", place="Eq. 9")
    with pytest.raises(CatalogError, match=r"simsiam/new is an exact claim .* no identity"):
        check([Chosen("simsiam", claim)], 0)


# They hold


@pytest.mark.parametrize("name", IDENTITIES)
def test_it_holds(name: str) -> None:
    for seed in SEEDS:
        found = hold(name, seed)
        assert found.holds, f"seed {seed}: {found}"
        assert found.tolerance <= 2e-6


def test_a_check_leaves_no_trace() -> None:
    torch.manual_seed(5)
    threads, before = torch.get_num_threads(), torch.get_rng_state()
    hold("raft/mirrored-loss", 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_the_seed_and_the_claim_decide_the_numbers() -> None:
    same, again, other = (Draw(seed, "a/b").normal(4) for seed in (1, 1, 2))
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)
    assert not np.array_equal(same, Draw(1, "a/c").normal(4))
    name = "simsiam/half-gradient"
    assert hold(name, 3) == hold(name, 3)
    assert len({hold(name, seed).difference for seed in range(5)}) > 1


# The distance of two results


def test_distance_is_a_share_of_large_numbers_and_absolute_for_small_ones() -> None:
    assert distance([1000.0, 2001.0], [1000.0, 2000.0]) == pytest.approx(0.0005)
    assert distance(torch.tensor([0.25]), [0.0]) == pytest.approx(0.25)
    assert distance(0.5, 0.0) == pytest.approx(0.5)


def test_results_of_different_shapes_are_infinitely_far_apart() -> None:
    assert distance([1.0], 1.0) == math.inf
    assert not compare("", ([1.0, 1.0], [1.0])).holds


@pytest.mark.parametrize(
    "pairs", [[(math.nan, 0.0)], [(0.0, math.nan)], [(0.0, 0.0), (math.nan, 1.0), (2.0, 2.0)]]
)
def test_what_is_no_number_never_holds(pairs: list[tuple[float, float]]) -> None:
    assert not compare("", *pairs).holds


def test_the_worst_pair_counts() -> None:
    found = compare("", (0.0, 0.0), (0.3, 0.1), (1.0, 1.0), tolerance=0.2)
    assert found.difference == pytest.approx(0.2)
    assert not compare("", (0.0, 0.0), (0.3, 0.1), tolerance=0.1).holds


# The command


def test_the_command_checks_everything() -> None:
    found = repro("verify", "--exact")
    assert found.code == 0, found
    assert f"{len(IDENTITIES)} of {len(IDENTITIES)} exact claims hold" in found.out
    assert found.out.count("holds") == len(IDENTITIES)
    assert "broken" not in found.out


def test_the_command_as_json() -> None:
    words = ("verify", "byol", "target-decay-ends", "loss-is-cosine", "--exact", "--seed", "7", "--json")
    found = repro(*words)
    content = json.loads(found.out)
    assert content["seed"] == 7
    assert [claim["claim"] for claim in content["claims"]] == ["loss-is-cosine", "target-decay-ends"]
    claim = content["claims"][0]
    assert set(claim) == {
        *("paper", "claim", "statement", "place"),
        *("what", "difference", "tolerance", "holds"),
    }
    assert claim["holds"] is True
    assert claim["difference"] <= claim["tolerance"] == 1e-9
    assert repro(*words).out == found.out


def test_the_seed_is_told_so_that_a_draw_can_be_repeated() -> None:
    told = repro("verify", "simsiam", "--exact").out.rsplit("--seed ", 1)[1].strip(". \n")
    assert int(told) >= 0
    other = repro("verify", "simsiam", "--exact").out.rsplit("--seed ", 1)[1].strip(". \n")
    assert told != other


def test_a_broken_claim_is_told_and_gives_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(IDENTITIES, "byol/loss-is-cosine", lambda draw: Compared("this and that", 0.5, 1e-9))
    found = repro("verify", "byol", "--exact")
    assert found.code == 1
    assert "broken" in found.out
    assert "byol/loss-is-cosine compared this and that." in found.out
    assert "2 of 3 exact claims hold" in found.out


def test_a_check_that_stops_is_a_broken_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(draw: Draw) -> Compared:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setitem(IDENTITIES, "byol/loss-is-cosine", stop)
    content = json.loads(repro("verify", "byol", "loss-is-cosine", "--exact", "--json").out)
    assert content["claims"][0]["holds"] is False
    assert content["claims"][0]["difference"] is None
    assert content["claims"][0]["what"] == "stopped by RuntimeError: shapes do not fit"
    assert "no number" in repro("verify", "byol", "--exact").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), ("name a paper", "repro verify simsiam", "--exact")),
        (("simsiam", "--seed", "3"), ("--seed repeats a draw of --exact", "--seeds")),
        (("simsiam", "--exact", "--record"), ("--record is about training", "--exact")),
        (("simsaim", "--exact"), ("there is no paper 'simsaim'", "Did you mean 'simsiam'?")),
        (
            ("simsiam", "half-gradiant", "--exact"),
            ("no claim 'half-gradiant'", "Did you mean 'half-gradient'?"),
        ),
        (
            ("simsiam", "stop-gradient", "--exact"),
            ("simsiam/stop-gradient is tested by training", "leave --exact out"),
        ),
        (("graph-bt", "--exact"), ("graph-bt has no exact claim", "repro show graph-bt")),
    ],
)
def test_mistakes(words: tuple[str, ...], told: tuple[str, ...], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused("verify", *words)
    assert all(part in said for part in told), said


# A wrong loss breaks its paper's claim


def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("sabotage", root / "speed" / "sabotage.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sabotage"] = module
    spec.loader.exec_module(module)
    return module


SABOTAGE = script(PACKAGE.parent)


@contextmanager
def package(folder: Path) -> Iterator[ModuleType]:
    """``identities/exact.py`` of the package in ``folder``, in place of the installed one meanwhile.

    No bytecode is kept: a flip may leave a file with the size and the second of the one before.
    """
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(folder)
    mine = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "repro"}
    for name in mine:
        del sys.modules[name]
    try:
        yield importlib.import_module("repro.learning.identities.exact")
    finally:
        monkeypatch.undo()
        for name in [name for name in sys.modules if name.partition(".")[0] == "repro"]:
            del sys.modules[name]
        sys.modules.update(mine)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "repro", ignore=shutil.ignore_patterns("__pycache__", "_data"))
    return folder


@pytest.mark.parametrize("change", [f for f in SABOTAGE.FLIPS if f.claim], ids=lambda change: change.what)
def test_a_wrong_loss_breaks_a_claim(change: Any, copy: Path) -> None:
    file = copy / change.file
    before = file.read_text(encoding="utf-8")
    SABOTAGE.flip(copy, change)
    try:
        with package(copy) as changed:
            assert changed.__file__ == str(copy / "repro" / "learning" / "identities" / "exact.py")
            assert not changed.hold(change.claim, 0).holds
    finally:
        file.write_text(before, encoding="utf-8")
    assert sys.modules["repro.learning.identities.exact"] is exact


def test_without_a_change_the_copy_holds(copy: Path) -> None:
    with package(copy) as same:
        assert all(same.hold(change.claim, 0).holds for change in SABOTAGE.FLIPS if change.claim)


def test_every_flip_of_the_script_still_finds_its_place() -> None:
    assert len(SABOTAGE.FLIPS) == 25
    for change in SABOTAGE.FLIPS:
        assert change.old in (PACKAGE.parent / change.file).read_text(encoding="utf-8"), change.what
        assert all((PACKAGE.parent / file).is_file() for file in change.tests.split())
