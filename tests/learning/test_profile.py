"""Where the time of a step goes: every phase is measured, and nothing else changes."""

from pathlib import Path

import pytest

from repro.learning.profile import PHASES, Profile
from tests.support.tiny import STEPS, job


def test_phases_make_up_the_whole_and_the_run_stays_the_same(tmp_path: Path) -> None:
    plain, measured = job(tmp_path / "plain"), job(tmp_path / "measured")
    profile = Profile(measured)
    for running in (plain, measured):
        assert [moment.step for moment in running.train()][-1] == STEPS
    shares = profile.shares()
    assert tuple(shares) == PHASES
    assert sum(shares.values()) == pytest.approx(1.0)
    assert all(share > 0 for share in shares.values())
    assert shares["backward"] > shares["optimiser"]  # of a convolutional network
    assert profile.steps == STEPS
    assert plain.folder.metrics.read_bytes() == measured.folder.metrics.read_bytes()
    assert str(profile).startswith(f"{sum(profile.seconds.values()) * 1000 / STEPS:.1f} ms a step: data ")
