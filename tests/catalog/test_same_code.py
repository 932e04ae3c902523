"""Codes declared equal: records of the earlier code stay current, and nothing else does."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.records.same_code import EqualCode, SameCode
from repro.evidence.run import RunView
from repro.verdicts.verdict import Evidence, judge_claim
from tests.support.fake_evidence import evidence, find, other_code
from tests.support.toy_catalog import check_files

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
HEAD = "schema: 1\nequal:\n  - what: A loss in other words.\n    before: 7568bd4\n    proof: Two steps.\n"


def same(*groups: list[str]) -> SameCode:
    changes = [
        EqualCode(what="a", before="7568bd4", proof="b", codes={"toy/digits": group}) for group in groups
    ]
    return SameCode(schema=1, equal=changes)


def test_the_earliest_stands_for_all() -> None:
    known = same([A, B], [B, C])
    assert [known.earliest(code) for code in (A, B, C, D)] == [A, A, A, D]


def test_declarations_in_a_circle_end() -> None:
    assert same([A, B], [B, A]).earliest(A) in (A, B)


def test_a_record_of_code_declared_equal_is_judged() -> None:
    catalog = Catalog.load()
    claim = find(catalog, "simsiam", "stop-gradient")
    numbers = {"linear": [0.8] * 5, "loss": [0.5] * 5, "std": [0.9] * 5}
    runs = evidence(catalog, "simsiam", "stop-gradient", {"with": numbers, "without": numbers})
    earlier = [other_code(run) for run in runs]

    def freshness(found: Sequence[RunView]) -> str:
        return judge_claim(catalog, "simsiam", claim, Evidence(found, catalog.same_code)).freshness

    assert (freshness(runs), freshness(earlier)) == ("current", "stale")
    codes = {(old.config.code, run.config.code) for old, run in zip(earlier, runs, strict=True)}
    catalog.same_code = same(*map(list, codes))
    assert (freshness(runs), freshness(earlier)) == ("current", "current")


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (f"toy/digits: [{A}]", "at least 2"),
        (f"toy/digits: [{A}, short]", "short"),
        (f"toy/digits: {A}", "expected"),
        (f"toy/nowhere: [{A}, {B}]", "there is no recipe 'toy/nowhere'"),
    ],
)
def test_a_faulty_declaration_is_a_fault(tmp_path: Path, codes: str, says: str) -> None:
    found = check_files(tmp_path, {"evidence/code.yaml": f"{HEAD}    codes: {{{codes}}}\n"})
    assert [fault.file for fault in found] == ["catalog/evidence/code.yaml"]
    assert says in found[0].message


def test_a_sound_declaration_is_fine(tmp_path: Path) -> None:
    text = f"{HEAD}    codes: {{toy/digits: [{A}, {B}]}}\n"
    assert check_files(tmp_path, {"evidence/code.yaml": text}) == []
