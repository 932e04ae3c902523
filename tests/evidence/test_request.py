"""Requests for runs: where they go, who gets which folder, and what may be asked of a run that goes on."""

from pathlib import Path

import pytest

from repro.errors import ReproError, RunError, UsageError
from repro.evidence import request
from repro.evidence.folder import RunFolder
from repro.evidence.request import Request, resolve_request, resolve_resume
from repro.evidence.run import Config, Summary
from repro.learning.data.count import count_images


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def begun(here: Path) -> RunFolder:
    """A run that began on the CPU with two threads."""
    folder = RunFolder(here / "begun")
    folder.create()
    folder.write(Config(paper="simsiam", benchmark="digits", seed=0, digest="d", device="cpu", threads=2))
    return folder


def test_requests_at_the_same_moment_get_folders_of_their_own(here: Path) -> None:
    wanted = [resolve_request(Request("simsiam"), [seed], count_images) for seed in range(4)]
    assert not (here / "runs").exists(), "nothing is written before a run begins"
    places = [each.folder(seed).path for seed, each in enumerate(wanted)]
    names = ["simsiam-digits", "simsiam-digits-2", "simsiam-digits-3", "simsiam-digits-4"]
    assert [path.name for path in places] == names


def test_the_seeds_of_a_request_share_a_new_folder(here: Path) -> None:
    one, two = (resolve_request(Request("simsiam"), [3, 4], count_images) for _ in range(2))
    places = [each.folder(seed).path for seed in (3, 4) for each in (one, two)]
    assert [str(path.relative_to("runs")) for path in places] == [
        *("simsiam-digits/seed3", "simsiam-digits-2/seed3"),
        *("simsiam-digits/seed4", "simsiam-digits-2/seed4"),
    ]


def test_a_new_folder_is_the_runs_own_and_a_named_one_only_if_it_was_not_there(here: Path) -> None:
    assert resolve_request(Request("simsiam"), [0], count_images).folder(0).is_new
    assert resolve_request(Request("simsiam", out=here / "named"), [0], count_images).folder(0).is_new
    assert not resolve_request(Request("simsiam", out=here / "named"), [0], count_images).folder(0).is_new


def test_a_named_folder_is_taken_once(here: Path, begun: RunFolder) -> None:
    with pytest.raises(RunError, match="already holds a run"):
        resolve_request(Request("simsiam", out=begun.path), [0], count_images)
    wanted = [resolve_request(Request("simsiam", out=here / "named"), [0], count_images) for _ in range(2)]
    wanted[0].folder(0).write(begun.read(Config))
    with pytest.raises(RunError, match="already holds a run"):
        wanted[1].folder(0)


def test_a_place_where_no_run_can_go_is_told_at_once(here: Path) -> None:
    (here / "runs").touch()
    with pytest.raises(RunError, match="choose another `--out`"):
        resolve_request(Request("simsiam"), [0], count_images)


@pytest.mark.parametrize(
    ("paper", "device", "threads"),
    [
        *((None, "auto", None), ("simsiam", "cpu", 2)),
        (None, "auto", 0),  # on two cores
    ],
)
def test_a_run_goes_on_as_it_began(
    begun: RunFolder, paper: str | None, device: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "usable_cores", lambda: 2)
    assert resolve_resume(begun.path, paper, device, threads).threads == 2


@pytest.mark.parametrize(
    ("paper", "device", "threads", "told"),
    [
        ("byol", "auto", None, "holds a run of simsiam, not of byol"),
        (None, "cuda:1", None, "--device cuda:1 cannot be used with --resume: the run in"),
        (None, "auto", 3, "began with 2 threads"),
        (None, "auto", 0, "--threads 0 cannot be used with --resume"),
    ],
)
def test_what_a_run_cannot_go_on_with_is_refused(
    begun: RunFolder,
    paper: str | None,
    device: str,
    threads: int | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request, "usable_cores", lambda: 4)
    with pytest.raises(UsageError) as caught:
        resolve_resume(begun.path, paper, device, threads)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_what_is_begun_and_not_finished_goes_on(here: Path, begun: RunFolder) -> None:
    with pytest.raises(ReproError, match="is no run folder"):
        resolve_resume(here, None, "auto", None)
    begun.write(Summary(digest="d", status="finished"))
    with pytest.raises(RunError, match="is finished; `repro report"):
        resolve_resume(begun.path, None, "auto", None)
