"""A run: what its probes and its spread look at, and what it says and keeps when a network goes wrong."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from repro.evidence.run import Baselines
from repro.learning import checkpoint
from repro.learning.evaluate import diagnose
from repro.learning.examples import Image
from repro.learning.job import Job
from repro.learning.methods.base import Progress
from repro.learning.methods.byol import BYOL
from repro.learning.nn.small_resnet import SmallResNet
from tests.support.tiny import STEPS, advance, job, strict_json

SCALED = {"views.mean": [0.25], "views.std": [0.5]}


def watched(running: Job, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, Tensor]]:
    """(whether in training mode, batch) of everything the encoder is given from now on."""
    seen: list[tuple[bool, Tensor]] = []
    encoder = running.parts.method.encoder
    forward = encoder.forward

    def noted(batch: Tensor) -> Any:
        seen.append((encoder.training, batch.detach().clone()))
        return forward(batch)

    monkeypatch.setattr(encoder, "forward", noted)
    return seen


def test_probes_see_a_network_in_eval_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = advance(job(tmp_path), STEPS)
    done.parts.method.train()
    seen = watched(done, monkeypatch)
    done.finish()
    assert len(seen) >= 3  # both splits, and the images of the spread
    assert not any(training for training, _ in seen)


def test_probes_see_images_scaled_as_in_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = advance(job(tmp_path, "simsiam", SCALED), STEPS)
    seen = watched(done, monkeypatch)
    done.finish()
    test = done.parts.dataset.sample("test", range(done.parts.dataset.test_size)).float() / 255  # type: ignore[attr-defined]
    assert any(batch.shape == test.shape and torch.allclose(batch, (test - 0.25) / 0.5) for _, batch in seen)
    assert not any(batch.shape == test.shape and torch.equal(batch, test) for _, batch in seen)
    assert all(batch.min() < 0 for _, batch in seen)  # the darkest pixels lie below the mean


def test_curve_and_result_measure_the_spread_alike(tmp_path: Path) -> None:
    done = advance(job(tmp_path), STEPS)
    summary = done.finish()
    for name in ("std", "effective_rank"):
        assert summary.metrics[name] == pytest.approx(done.latest[name], rel=1e-5)
    assert strict_json(done.folder.summary)["metrics"]["std"] == summary.metrics["std"]


def test_a_pause_never_replaces_good_weights_with_none(tmp_path: Path) -> None:
    running = advance(job(tmp_path), 5)
    running.pause()
    before = running.folder.checkpoint.read_bytes()
    next(running.parts.method.parameters()).data.fill_(float("nan"))
    running.pause()
    assert running.folder.checkpoint.read_bytes() == before
    assert checkpoint.load(running.folder.checkpoint, torch.device("cpu"))["step"] == 5


BEFORE = Baselines(untrained={"linear": 0.35, "effective_rank": 73.0})


@pytest.mark.parametrize(
    ("metrics", "collapsed", "words"),
    [
        ({"std": 0.97, "effective_rank": 52.0}, False, "No collapse: the outputs keep 0.97"),
        ({"std": 0.89, "effective_rank": 6.5}, False, "Few directions: the outputs keep 0.89"),
        ({"std": 0.01, "effective_rank": 44.0, "linear": 0.25}, True, "reads 25% of the images right"),
    ],
    ids=["spread out", "few directions", "one point"],
)
def test_the_diagnosis_reads_spread_and_rank_together(
    metrics: dict[str, float], collapsed: bool, words: str
) -> None:
    found = diagnose(metrics, BEFORE, 1000, "image")
    assert found.collapsed is collapsed
    assert words in found.sentence


@pytest.mark.parametrize("fraction", [0, 9, 19])
def test_a_target_without_memory_stays_without_it(fraction: int) -> None:
    """Table 5a keeps tau = 0 throughout, whatever the schedule does to other values."""
    method = BYOL(SmallResNet(Image(1, 32), width=4), dim=8, hidden=8, tau=0.0)
    for weight in method.encoder.parameters():
        weight.data.add_(1.0)
    method.after_step(Progress(fraction, 20, 0, 1))
    pairs = zip(method.encoder.parameters(), method.target[0].parameters(), strict=True)
    assert all(torch.equal(online, slow) for online, slow in pairs)
