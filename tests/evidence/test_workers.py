"""Runs in processes of their own: each made once, whoever asks, and whatever is killed in between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from repro.errors import RunError
from repro.evidence import workers
from repro.evidence.plan import PlannedRun
from repro.evidence.run import load_run
from repro.evidence.workers import Costs, Done, Processes, finished_run, folder_of
from tests.support import fake_run
from tests.support.fake_executor import InProcess

FAKE = (sys.executable, str(Path(fake_run.__file__)))
WORK = """
import signal
from pathlib import Path
from repro.evidence import workers
from repro.evidence.plan import PlannedRun
workers.COMMAND = {command!r}
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins deaf to it
runs = [PlannedRun("toy", "digits", {{}}, seed, f"{{seed:016x}}" + "0" * 48, "c" * 64, 4) for seed in {seeds}]
for done in workers.work(runs, Path({root!r}), workers.Processes(2, 1), jobs=2):
    print(done.planned.seed, done.fault, flush=True)
"""


def planned(seed: int) -> PlannedRun:
    return PlannedRun("toy", "digits", {}, seed, f"{seed:016x}" + "0" * 48, "c" * 64, 4)


@pytest.fixture(autouse=True)
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "COMMAND", FAKE)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("FAKE_STEPS", "3")


def work(root: Path, seeds: list[int], jobs: int = 2) -> list[Done]:
    return list(workers.work([planned(seed) for seed in seeds], root, Processes(jobs, 1), jobs=jobs))


def log(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []


def begin(tmp_path: Path, seeds: list[int]) -> subprocess.Popen[str]:
    """The same work in a process that can be killed."""
    code = WORK.format(command=FAKE, seeds=seeds, root=str(tmp_path / "runs"))
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def end(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    process.send_signal(number)
    process.communicate(timeout=20)


def test_every_run_is_made_once_and_not_again_by_a_second_call(tmp_path: Path) -> None:
    done = work(tmp_path / "runs", [0, 1, 2])
    assert sorted(one.planned.seed for one in done) == [0, 1, 2]
    assert all(one.run is not None and one.run.finished and not one.fault for one in done)
    assert [line.split()[0] for line in log(tmp_path)] == ["start"] * 3
    again = work(tmp_path / "runs", [0, 1, 2])
    assert all(one.run is not None for one in again)
    assert len(log(tmp_path)) == 3
    assert not list((tmp_path / "runs").rglob("*.log"))


def test_a_run_takes_the_settings_the_seed_and_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = PlannedRun(
        "toy", "digits", {"views.crop": ["1", 1], "method.guard": False}, 5, "5" * 64, "c" * 64, 4
    )
    monkeypatch.setenv("DIGEST_5555555555555555-cccccccc", "5" * 64)
    (done,) = workers.work([run], tmp_path, Processes(1, 1), jobs=1)
    assert done.run is not None
    config = load_run(folder_of(tmp_path, run)).config
    assert (config.paper, config.benchmark, config.seed) == ("toy", "digits", 5)
    assert config.overrides == run.overrides


def test_a_run_has_the_threads_it_is_given(tmp_path: Path) -> None:
    (done,) = workers.work([planned(0)], tmp_path, Processes(1, 3), jobs=1)
    assert done.run is not None
    assert done.run.environment.threads == 3


def test_a_failing_run_is_told_in_its_own_words_and_the_others_go_on(tmp_path: Path) -> None:
    done = {one.planned.seed: one for one in work(tmp_path / "runs", [7, 8, 9, 0])}
    assert done[7].fault == "7 is not a number to train with"
    assert done[8].fault == "it ended with status 3 and said nothing"
    assert "out of memory" in workers._ended_silently(-signal.SIGKILL)
    assert done[7].run is done[8].run is None
    assert done[0].run is not None
    diverged = done[9].run
    assert diverged is not None
    assert not diverged.finished
    crashed = load_run_status(tmp_path / "runs", 7)
    assert crashed == "crashed: 7 is not a number to train with"


def load_run_status(root: Path, seed: int) -> str:
    return str(json.loads((folder_of(root, planned(seed)) / "summary.json").read_text())["status"])


def test_a_crash_is_tried_again_and_a_divergence_is_not(tmp_path: Path) -> None:
    work(tmp_path / "runs", [8, 9])
    work(tmp_path / "runs", [8, 9])
    starts = log(tmp_path)
    assert len([line for line in starts if "8-" in line]) == 2
    assert len([line for line in starts if "9-" in line]) == 1


def test_killed_five_times_it_ends_with_every_run_made_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_STEPS", "12")
    seeds = [0, 1, 2, 3]
    for delay in (0.9, 1.1, 1.3, 1.0, 1.2):
        process = begin(tmp_path, seeds)
        time.sleep(delay)
        end(process)
    done = work(tmp_path / "runs", seeds)
    assert sorted(one.planned.seed for one in done if one.run and one.run.finished) == seeds
    for seed in seeds:
        assert folder_of(tmp_path / "runs", planned(seed)).joinpath("checkpoint.pt").read_text() == "12"
    assert len([line for line in log(tmp_path) if line.startswith("start")]) == len(seeds)


def test_runs_that_are_killed_with_it_are_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_STEPS", "100")
    process = begin(tmp_path, [0, 1])
    wait_for(lambda: len(log(tmp_path)) == 2)
    time.sleep(0.3)
    end(process)
    for seed in (0, 1):
        kill_run(folder_of(tmp_path / "runs", planned(seed)))
    monkeypatch.setenv("FAKE_STEPS", "30")
    done = work(tmp_path / "runs", [0, 1])
    assert all(one.run and one.run.finished for one in done)
    assert sorted(line.split()[0] for line in log(tmp_path)) == ["resume", "resume", "start", "start"]


def test_two_at_once_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_STEPS", "20")
    seeds = list(range(6))
    first, second = begin(tmp_path, seeds), begin(tmp_path, seeds[::-1])
    told = [process.communicate(timeout=60)[0].split("\n")[:-1] for process in (first, second)]
    assert first.returncode == second.returncode == 0
    assert all(sorted(lines) == [f"{seed} " for seed in seeds] for lines in told)
    assert sorted(log(tmp_path)) == [f"start {planned(seed).name}" for seed in seeds]


def test_ctrl_c_lets_every_run_keep_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_STEPS", "500")
    process = begin(tmp_path, [0, 1])
    wait_for(lambda: len(log(tmp_path)) == 2)
    time.sleep(0.3)
    end(process, signal.SIGINT)
    assert sorted(line.split()[0] for line in log(tmp_path)) == ["start", "start", "stopped", "stopped"]
    kept = [
        int((folder_of(tmp_path / "runs", planned(seed)) / "checkpoint.pt").read_text()) for seed in (0, 1)
    ]
    assert all(0 < step < 500 for step in kept)
    assert not list((tmp_path / "runs").rglob("summary.json"))  # a run that was stopped did not crash


def test_a_run_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(99)
"""
    monkeypatch.setattr(workers, "COMMAND", (sys.executable, "-c", deaf))
    monkeypatch.setattr(workers, "WAIT_SECONDS", 0.2)
    executor = Processes(1, 1)
    future = executor.submit(planned(0), folder_of(tmp_path, planned(0)))
    log = folder_of(tmp_path, planned(0)).with_suffix(".log")
    wait_for(lambda: log.is_file() and bool(log.read_text()))
    start = time.monotonic()
    executor.stop()
    assert time.monotonic() - start < 20
    assert future.result().run is None


def test_no_run_begins_once_all_were_told_to_stop(tmp_path: Path) -> None:
    executor = Processes(1, 1)
    executor._stopping.set()
    done = executor.submit(planned(0), folder_of(tmp_path, planned(0))).result()
    executor.stop()
    assert (done.run, done.fault) == (None, "it was not begun")
    assert log(tmp_path) == []


def test_a_run_in_other_hands_is_waited_for_while_others_begin(tmp_path: Path) -> None:
    held = folder_of(tmp_path / "runs", planned(0))
    held.mkdir(parents=True)
    lock = FileLock(held / ".lock")
    lock.acquire()
    done = workers.work([planned(seed) for seed in (0, 1, 2)], tmp_path / "runs", Processes(1, 1), jobs=1)
    assert [next(done).planned.seed for _ in range(2)] == [1, 2]
    assert len(log(tmp_path)) == 2
    lock.release()
    assert [one.planned.seed for one in done] == [0]


def test_another_executor_can_make_the_runs(tmp_path: Path) -> None:
    executor, runs = InProcess(), [planned(seed) for seed in (0, 1, 2)]
    (first,) = workers.work(runs[:1], tmp_path, executor, jobs=1)
    assert first.run is not None
    done = list(workers.work(runs, tmp_path, executor, jobs=1, is_too_late=lambda run: run.seed == 2))
    assert sorted(one.planned.seed for one in done) == [0, 1]
    assert all(one.run is not None and one.run.finished for one in done)
    assert executor.submitted == runs[:2]  # the first of them once
    assert executor.stops == 2


def test_no_more_runs_are_submitted_than_may_go_at_a_time(tmp_path: Path) -> None:
    class Slow(InProcess):
        def submit(self, planned: PlannedRun, folder: Path) -> Future[Done]:
            self.submitted.append(planned)
            return pool.submit(self.finish, planned)

        def finish(self, planned: PlannedRun) -> Done:
            most.append(len(self.submitted))
            time.sleep(0.05)
            self.submitted.remove(planned)
            return Done(planned, None, "slow")

    most: list[int] = []
    with ThreadPoolExecutor(5) as pool:
        done = list(workers.work([planned(seed) for seed in range(5)], tmp_path, Slow(), jobs=2))
    assert len(done) == 5
    assert max(most) == 2


def test_what_an_executor_cannot_do_is_an_error_and_stops_the_others(tmp_path: Path) -> None:
    class Broken(InProcess):
        def submit(self, planned: PlannedRun, folder: Path) -> Future[Done]:
            future: Future[Done] = Future()
            future.set_exception(RunError("the cluster is gone"))
            return future

    executor = Broken()
    with pytest.raises(RunError, match="the cluster is gone"):
        list(workers.work([planned(0)], tmp_path, executor, jobs=1))
    assert executor.stops == 1


def test_a_run_that_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match=r"the run in .+ could not be started \(Not a directory\)"):
        work(tmp_path / "runs", [0])


def kill_run(folder: Path) -> None:
    os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
    wait_for(lambda: not workers._is_locked(folder))


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_run_that_would_be_too_late_is_not_begun(tmp_path: Path) -> None:
    runs, executor = [planned(0), planned(1)], Processes(2, 1)
    done = list(workers.work(runs, tmp_path, executor, jobs=2, is_too_late=lambda run: run.seed == 1))
    assert [one.planned.seed for one in done] == [0]
    assert not folder_of(tmp_path, planned(1)).exists()


def test_a_folder_that_holds_another_run_is_named(tmp_path: Path) -> None:
    work(tmp_path, [0])
    folder = folder_of(tmp_path, planned(0))
    for name in ("config.json", "summary.json"):
        text = (folder / name).read_text().replace("0" * 64, "1" * 64)
        (folder / name).write_text(text)
    with pytest.raises(Exception, match="holds another run than its name says"):
        finished_run(folder, planned(0))


def test_costs_follow_the_closest_runs_there_are(tmp_path: Path) -> None:
    (done,) = work(tmp_path, [0])
    assert done.run is not None
    costs = Costs([done.run])
    same = PlannedRun("toy", "digits", {}, 3, "a" * 64, "c" * 64, 4)
    twice = PlannedRun("toy", "digits", {"method.guard": "false"}, 3, "b" * 64, "c" * 64, 8)
    elsewhere = PlannedRun("toy", "cifar10", {}, 3, "c" * 64, "c" * 64, 4)
    start = workers.START_SECONDS
    assert costs.seconds(same) == pytest.approx(3.0 + start)
    assert costs.seconds(twice) == pytest.approx(2.0 * 2 + 1.0 + start)
    assert costs.seconds(elsewhere) is None
    assert Costs([]).seconds(same) is None
    assert os.environ["FAKE_STEPS"] == "3"
