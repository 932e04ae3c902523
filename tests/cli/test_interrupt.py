"""Ctrl-C, SIGTERM and a closed terminal, at each stage of a run: one sentence, and everything is kept."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from repro.cli.interrupt import interruptible
from repro.cli.training import StoppedError, go_on, run_seeds
from repro.evidence.request import Request
from repro.learning.job import Job
from repro.learning.start import build
from tests.support.tiny import SETTINGS, STEPS

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(params=SIGNALS, ids=[number.name for number in SIGNALS])
def number(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def stopped(out: Path) -> str:
    """The sentence of a run that was stopped; the answers to signals are those of before."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(StoppedError) as caught:
        run_seeds(Request("simsiam", settings=SETTINGS, threads=1, out=out), [0], quiet=True)
    assert [signal.getsignal(number) for number in SIGNALS] == before
    return str(caught.value)


def test_before_training_nothing_is_left(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> Any:
        os.kill(os.getpid(), number)
        return build(*arguments)

    monkeypatch.setattr("repro.learning.start.build", interrupted)
    assert stopped(tmp_path / "run") == "stopped before training; nothing was written"
    assert list(tmp_path.iterdir()) == []


def test_in_training_the_step_in_hand_is_the_last(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Job._log

    def interrupted(job: Job, tick: Any) -> None:
        if tick.progress.step == 4:
            os.kill(os.getpid(), number)
        log(job, tick)

    monkeypatch.setattr(Job, "_log", interrupted)
    out = tmp_path / "a run"
    command = f"repro run simsiam --resume '{out}'"
    assert stopped(out) == f"stopped after step 5 of {STEPS}; everything is kept, go on with `{command}`"
    assert (out / "checkpoint.pt").exists()


def test_after_training_the_command_that_probes_anew_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Job.finish

    def interrupted(job: Job) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return finish(job)

    with monkeypatch.context() as patch:
        patch.setattr(Job, "finish", interrupted)
        told = stopped(tmp_path / "run")
    assert told.startswith("stopped after training, while the features were probed; everything is kept")
    assert f"`repro run simsiam --resume {tmp_path / 'run'}`" in told
    assert go_on(tmp_path / "run", None, "auto", quiet=True)[0].finished


def test_while_a_step_ends_one_signal_is_noted_and_the_next_ends_the_process() -> None:
    with interruptible() as interruption:
        interruption.waits = True
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.is_asked
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) == interruption.answer
