"""Evidence: only finished runs from a clean checkout, once, and readable again."""

import json
from pathlib import Path
from typing import Any

import pytest

from repro.errors import RunError
from repro.evidence import records as evidence
from repro.files import catalog_root
from tests.report.test_report import make_run

DIGEST = "0123456789abcdef" * 4
CODE = "c" * 64


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = make_run(tmp_path / "run")
    change(folder / "config.json", digest=DIGEST, code=CODE)
    change(folder / "summary.json", digest=DIGEST)
    change(folder / "environment.json", format=1, dirty=False)
    return folder


def test_a_record_is_read_back(run: Path, tmp_path: Path) -> None:
    file = evidence.record(run, tmp_path / "catalog")
    assert file == tmp_path / "catalog/evidence/simsiam/digits/0123456789abcdef.json"
    [view] = evidence.load_all(tmp_path / "catalog", "digits")
    assert view.config.digest == DIGEST
    assert view.metrics["linear"] == 0.84
    assert view.environment.dirty is False


def test_the_curve_keeps_its_last_point(run: Path, tmp_path: Path) -> None:
    curve = json.loads(evidence.record(run, tmp_path).read_text("utf-8"))["curve"]
    assert [point["step"] for point in curve] == [9, 19]


def test_a_record_is_written_once(run: Path, tmp_path: Path) -> None:
    file = evidence.record(run, tmp_path)
    before = file.read_bytes()
    with pytest.raises(RunError, match="already kept"):
        evidence.record(run, tmp_path)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("file", "values", "says"),
    [
        ("summary.json", {"status": "crashed: out of memory"}, "not finished"),
        ("environment.json", {"dirty": True}, "no commit holds"),
        ("environment.json", {"dirty": None}, "no commit holds"),
        ("config.json", {"paper": "../../elsewhere"}, "no ids"),
        ("config.json", {"digest": "../x"}, "belongs to another run"),
    ],
)
def test_what_is_no_evidence(run: Path, tmp_path: Path, file: str, values: dict[str, Any], says: str) -> None:
    change(run / file, **values)
    with pytest.raises(RunError, match=says):
        evidence.record(run, tmp_path / "catalog")
    assert not (tmp_path / "catalog").exists()


def test_a_run_whose_numbers_failed_is_a_record(run: Path, tmp_path: Path) -> None:
    change(run / "summary.json", status="stopped: the loss became nan")
    view = evidence.load(evidence.record(run, tmp_path))
    assert not view.finished
    assert evidence.is_recorded(view, tmp_path)


def test_of_two_records_of_one_run_the_newer_counts(run: Path, tmp_path: Path) -> None:
    change(run / "environment.json", started="2026-01-02T00:00:00+00:00")
    evidence.record(run, tmp_path)
    for name in ("config.json", "summary.json"):
        change(run / name, digest="f" * 64)
    change(run / "environment.json", started="2026-01-01T00:00:00+00:00")
    evidence.record(run, tmp_path)
    both = evidence.load_all(tmp_path)
    assert len(both) == 2
    assert [view.config.digest for view in evidence.latest(both)] == [DIGEST]


def test_a_damaged_record_is_one_sentence(run: Path, tmp_path: Path) -> None:
    file = evidence.record(run, tmp_path)
    file.write_text(file.read_text("utf-8")[:100], "utf-8")
    with pytest.raises(RunError, match="restore it from git"):
        evidence.load(file)


def test_the_evidence_of_the_catalog_is_sound() -> None:
    root = catalog_root()
    files = sorted((root / "evidence").glob("*/*/*.json"))
    assert files
    for file in files:
        view = evidence.load(file)
        assert file.parts[-3:] == (
            view.config.paper,
            view.config.benchmark,
            f"{view.config.digest[:16]}.json",
        )
        assert view.finished
