"""A run that begins with published weights: the same by file or by resuming, and its report says so."""

import json
from pathlib import Path

import pytest
import torch

import repro
from repro.errors import DataError
from repro.evidence.folder import RunFolder
from repro.evidence.request import Request, ResolvedRequest, resolve_request
from repro.learning.checkpoint import save_weights
from repro.learning.data.count import count_images
from repro.learning.examples import Image
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.start import resume, start
from tests.support.photos import write_photos

SETTINGS = {"encoder.width": 4, "method.dim": 16, "method.hidden": 8, "budget.epochs": 2, "data.size": 32}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    save_weights(tmp_path / "published.safetensors", SmallResNet(Image(3, 32), width=4))
    return tmp_path / "published.safetensors"


@pytest.fixture
def wanted(tmp_path: Path, weights: Path) -> ResolvedRequest:
    photos = write_photos(tmp_path / "photos", 15)
    request = Request(
        "byol", settings=SETTINGS, data=photos, threads=1, out=tmp_path / "run", weights=weights
    )
    return resolve_request(request, [0], count_images)


def test_an_interrupted_run_needs_the_file_only_to_begin(wanted: ResolvedRequest, weights: Path) -> None:
    with start(wanted, 0) as job:
        begun = {name: value.clone() for name, value in job.parts.method.encoder.state_dict().items()}
        next(job.train())
        job.pause()
        trained = {name: value.clone() for name, value in job.parts.method.encoder.state_dict().items()}
    assert not torch.equal(begun["stem.0.weight"], trained["stem.0.weight"])
    weights.unlink()
    with resume(wanted.top) as job:
        for name, value in job.parts.method.encoder.state_dict().items():
            assert torch.equal(value, trained[name])


def test_a_run_killed_before_its_first_checkpoint_begins_with_the_file_again(
    wanted: ResolvedRequest, weights: Path
) -> None:
    with start(wanted, 0) as job:
        begun = {name: value.clone() for name, value in job.parts.method.encoder.state_dict().items()}
    with resume(wanted.top) as job:
        for name, value in job.parts.method.encoder.state_dict().items():
            assert torch.equal(value, begun[name])
    weights.write_bytes(weights.read_bytes()[:-1] + b"0")
    with pytest.raises(DataError, match="changed since the run was asked for"), resume(wanted.top):
        pass


def test_nothing_is_written_for_weights_that_do_not_fit(wanted: ResolvedRequest, tmp_path: Path) -> None:
    request = Request(
        "simsiam",
        settings={**SETTINGS, "encoder.width": 8},
        data=wanted.request.data,
        threads=1,
        out=tmp_path / "other",
        weights=wanted.request.weights,
    )
    with (
        pytest.raises(DataError, match="at least 90% are needed"),
        start(resolve_request(request, [0], count_images), 0),
    ):
        pass
    assert not RunFolder(tmp_path / "other").config.exists()


def test_the_run_says_where_its_encoder_came_from(tmp_path: Path, weights: Path) -> None:
    photos = write_photos(tmp_path / "photos", 15)
    run = repro.run(
        "simsiam",
        set={**SETTINGS, "probes.linear.l2": 0.1},
        data=photos,
        threads=1,
        out=tmp_path / "run",
        encoder_weights=weights,
    )
    said = f"The encoder begins with 45 of its 45 tensors from {weights}."
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert config["begun_from"] == run.config.begun_from == said
    assert config["config"]["start"]["sha256"] in (tmp_path / "run" / "report.html").read_text(
        encoding="utf-8"
    )
    assert "is the same network with random weights" in (tmp_path / "run" / "report.html").read_text("utf-8")
    assert config["config"]["optimizer"]["warmup_epochs"] == 0.2
