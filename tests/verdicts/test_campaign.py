"""`repro verify` for trained claims and `repro judge`, with runs that only pretend to train."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.claims import trained_claims
from repro.cli import console
from repro.cli import verdicts as trained
from repro.errors import RunError, UsageError
from repro.evidence import workers
from repro.evidence.plan import arms
from repro.evidence.records import load_all
from repro.files import catalog_root
from repro.verdicts.campaign import Campaign, Limits
from repro.verdicts.verdict import Verdict, verdicts
from tests.support import fake_run
from tests.support.fake_executor import InProcess

FAKE = (sys.executable, str(Path(fake_run.__file__)))
CLAIM = "stop-gradient"


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """SimSiam's part of the catalog, without evidence, and a fake in the place of training."""
    root, real = tmp_path / "catalog", catalog_root()
    for folder in ("vocab", "benchmarks", "recipes/simsiam"):
        shutil.copytree(real / folder, root / folder)
    (root / "papers").mkdir()
    shutil.copy(real / "papers" / "simsiam.yaml", root / "papers")
    monkeypatch.setenv("REPRO_CATALOG", str(root))
    monkeypatch.setattr(workers, "COMMAND", FAKE)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    monkeypatch.chdir(tmp_path)
    for chosen in trained_claims(Catalog.load(), "simsiam"):
        if chosen.claim.test:
            for arm in arms(Catalog.load(), "simsiam", chosen.claim.test, 12):
                for run in arm.runs:
                    monkeypatch.setenv(f"DIGEST_{run.name}", run.digest)
                    monkeypatch.setenv(f"CODE_{run.name}", run.code)
    return root


def verify(
    *claims: str,
    seeds: int | None = None,
    minutes: float | None = None,
    keep: bool = False,
    anew: bool = False,
) -> bool:
    limits = Limits(seeds, 2, minutes, anew)
    return trained.verify_trained("simsiam", claims, limits, keep=keep, page=None, as_json=False)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """What stands on the screen, with ordinary spaces."""
    return capsys.readouterr().out.replace("\xa0", " ")


def made(tmp_path: Path) -> int:
    log = tmp_path / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def judged(root: Path, claim: str = CLAIM) -> Verdict:
    found = verdicts(Catalog.load(root), load_all(root))
    return next(verdict for verdict in found if verdict.claim.id == claim)


def test_verify_runs_what_is_missing_judges_and_goes_on_where_it_was(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(CLAIM)
    told = printed(capsys)
    assert "10 runs to make, a time not known yet" in told
    assert "10/10" in told
    assert "simsiam/stop-gradient: SUPPORTED" in told
    assert "in `without`: method.stop_gradient=false." in told
    table = [line.split() for line in told.partition("arm  ")[2].splitlines()]
    assert ["with", "5"] in [cells[:2] for cells in table]
    assert "67.7 ± 0.1 (sd) %" in told
    page = Path(told.rpartition("Report: ")[2].strip())
    assert "stop-gradient" in page.read_text()
    assert made(tmp_path) == 10
    assert verify(CLAIM)
    assert made(tmp_path) == 10
    assert "to make" not in printed(capsys)


def test_anew_leaves_aside_what_is_kept_and_says_how_far_it_is(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(CLAIM, keep=True)
    shutil.rmtree(tmp_path / "runs")
    capsys.readouterr()
    verify(CLAIM)
    assert "Nothing to run" in printed(capsys)
    assert made(tmp_path) == 10
    kept = sorted(catalog.glob("evidence/simsiam/digits/*.json"))
    record = json.loads(kept[0].read_text())
    record["summary"]["metrics"]["linear"] += 0.25
    kept[0].write_text(json.dumps(record))
    for _ in range(2):  # the second time its own runs are there
        verify(CLAIM, anew=True)
        told = printed(capsys)
        assert made(tmp_path) == 20
        assert "The catalog keeps 10 runs of these; linear accuracy here differs by at most 0.250." in told
        assert "simsiam/stop-gradient: SUPPORTED" in told


def test_arms_that_claims_share_are_run_once(catalog: Path, tmp_path: Path) -> None:
    assert verify(CLAIM, "predictor-needed")
    assert made(tmp_path) == 15  # the arm with everything is the same in both


def test_recorded_runs_are_judged_from_the_catalog_alone(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(catalog).state == "not run"
    verify(CLAIM, keep=True)
    assert len(list(catalog.glob("evidence/simsiam/digits/*.json"))) == 10
    shutil.rmtree(tmp_path / "runs")
    verdict = judged(catalog)
    assert (verdict.state, verdict.freshness, verdict.exploratory) == ("supported", "current", False)
    capsys.readouterr()
    trained.judge_kept("simsiam", [], as_json=False)
    assert "supported" in printed(capsys)
    verify(CLAIM, keep=True)  # nothing is missing and nothing is recorded twice
    assert made(tmp_path) == 10
    assert "0 new records" in printed(capsys)


def test_the_table_of_all_papers_fits_a_terminal_and_counts_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trained, "load_all", lambda root: [])
    trained.judge_kept(None, [], as_json=False)
    table, _, told = printed(capsys).partition("\n\n")
    found = verdicts(Catalog.load(), [])
    tested = [verdict.name for verdict in found if verdict.arms]
    assert [line.split()[0] for line in table.splitlines()] == ["claim", *tested]
    assert max(map(len, table.splitlines())) <= 80
    assert f"Not listed: {len(found) - len(tested)} claims without a test" in told


def test_a_paper_with_no_trained_claim_gets_a_sentence() -> None:
    with pytest.raises(UsageError, match="no trained claim of vicreg is in the catalog; `repro show vicreg`"):
        trained.judge_kept("vicreg", [], as_json=False)


def test_records_of_other_code_are_stale_and_never_judged(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(CLAIM, keep=True)
    for path in catalog.glob("evidence/simsiam/digits/*.json"):
        record = json.loads(path.read_text())
        code = record["config"]["code"]
        path.write_text(path.read_text().replace(code, code[::-1]))
    verdict = judged(catalog)
    assert (verdict.state, verdict.freshness, verdict.judgements) == ("not run", "stale", ())
    capsys.readouterr()
    trained.judge_kept("simsiam", [CLAIM], as_json=False)
    told = printed(capsys)
    assert "stale: 10 records from other code" in told
    assert "`repro verify simsiam stop-gradient` makes what is missing" in told
    lines = list(trained.stale_lines(Catalog.load(catalog)))
    assert any(line.startswith("stale: simsiam/stop-gradient: 10") for line in lines)


def test_runs_from_changed_files_are_shown_as_exploratory_and_not_kept(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verify("predictor-needed")  # five of its runs are those of the other claim too, from clean files
    monkeypatch.setenv("FAKE_DIRTY", "1")
    with pytest.raises(RunError, match=r"5.runs were made from files that no commit holds"):
        verify(CLAIM, keep=True)
    told = printed(capsys)
    assert "Exploratory" in told
    assert "Report:" in told
    assert len(list(catalog.glob("evidence/**/*.json"))) == 5


def test_what_could_not_be_recorded_is_not_begun(catalog: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--record keeps runs made from committed files alone"):
        trained.verify_trained("simsiam", [CLAIM], Limits(), keep=True, clean=False, page=None, as_json=False)
    assert made(tmp_path) == 0


def test_fewer_seeds_are_at_best_leaning(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(CLAIM, seeds=3)
    assert "simsiam/stop-gradient: LEANING" in printed(capsys)


def test_a_run_that_fails_is_told_and_the_claim_stays_open(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "3")
    assert not verify("no-slow-target")
    told = printed(capsys)
    assert "seed 3: 3 is not a number to train with" in told
    assert "simsiam/no-slow-target: NOT RUN" in told
    assert "1 of 5 runs are missing" in told


def test_a_budget_that_holds_no_run_begins_none(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify("no-slow-target")
    before = made(tmp_path)
    assert verify("constant-predictor-lr", minutes=0.01)
    assert made(tmp_path) == before
    assert "5 of 10 runs are missing" in printed(capsys)


def test_json_holds_runs_findings_and_faults(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console.out.stderr = True
    trained.verify_trained("simsiam", ["no-slow-target"], Limits(jobs=2), page=None, as_json=True)
    found = json.loads(printed(capsys))
    console.out.stderr = False
    (verdict,) = found["verdicts"]
    assert verdict["state"] == "supported"
    assert [run["seed"] for run in verdict["arms"]["own-target"]["runs"]] == [0, 1, 2, 3, 4]
    assert verdict["findings"][1]["outcome"] == "supported"
    assert found["faults"] == []


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (["stop-gradiant"], "has no claim 'stop-gradiant'"),
        (["half-gradient"], "is an identity; `repro verify simsiam half-gradient --exact`"),
        (["no-slow-target", "small-batch"], "simsiam/small-batch has no test: The claim spans batches"),
    ],
)
def test_a_claim_that_cannot_be_run_is_one_sentence(catalog: Path, claims: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        verify(*claims)


def test_nobody_goes_on_until_the_answer_suits(catalog: Path) -> None:
    with pytest.raises(UsageError, match="stop-gradient is planned with 5 seeds an arm, and more would not"):
        verify(CLAIM, seeds=6)


def test_the_runs_of_a_campaign_can_be_made_elsewhere(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "COMMAND", ("no such command",))
    executor = InProcess()
    chosen = trained_claims(Catalog.load(), "simsiam", [CLAIM])
    campaign = Campaign(chosen, Limits(), tmp_path / "runs", executor)
    wanted = list(campaign.missing)
    made = {done.planned.digest for done in campaign.run()}
    assert made == {run.digest for run in wanted}
    assert executor.submitted == wanted
    assert len(wanted) == 10
    (verdict,) = campaign.verdicts()
    assert verdict.state == "supported"
    assert executor.stops == 1


def test_costs_are_told_before_anything_starts(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify("no-slow-target")
    campaign = Campaign(trained_claims(Catalog.load(), "simsiam", ["constant-predictor-lr"]), Limits())
    assert len(campaign.missing) == 5
    seconds = campaign.wall(campaign.missing)
    assert seconds is not None
    assert seconds > 0
