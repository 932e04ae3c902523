"""Exports of a trained encoder, each loaded by the other side's own loader: the features are ours."""

import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import timm
import torch
import torchvision
from PIL import Image as Pillow
from safetensors.torch import load_file
from torch import Tensor, nn

from repro.errors import UsageError
from repro.evidence.encoder import EncoderFacts, Normalisation
from repro.learning.use.convert import CONVERTERS, convert
from repro.learning.use.encoder import TrainedEncoder, untrained_network
from repro.learning.use.plain import ResNet
from repro.learning.use.plan import in_torchvision_names, plan_of

SMALL = {"name": "small_resnet", "width": 12, "stages": 3, "stem_stride": 2}
FULL = {**SMALL, "width": 8, "stages": 2, "stem_stride": 1}
R18 = {"name": "resnet18", "stem": "imagenet", "zero_init_residual": False}
R50 = {**R18, "name": "resnet50"}
CIFAR = {**R18, "stem": "cifar"}
PLAIN = Normalisation()
SCALED = Normalisation((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))


def encoder_of(
    architecture: dict[str, Any], channels: int = 3, scaling: Normalisation = PLAIN
) -> TrainedEncoder:
    """An encoder with running statistics and scales of its own, so that a mixed-up layer would show."""
    facts = EncoderFacts(
        input={"kind": "image", "channels": channels, "size": 32},
        normalisation=scaling,
        architecture=architecture,
        width=0,
        paper="simsiam",
        benchmark="images",
        seed=3,
        digest="0" * 64,
        repro="0.1.0",
    )
    network = untrained_network(facts)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.mul_(1 + 0.2 * torch.rand(tensor.shape, generator=generator))
    facts = EncoderFacts(**{**{n: getattr(facts, n) for n in facts.__slots__}, "width": network.width})
    return TrainedEncoder(network, facts).eval()


CASES = [
    pytest.param(SMALL, 3, PLAIN, id="small"),
    pytest.param(FULL, 1, PLAIN, id="small-gray"),
    pytest.param(SMALL, 3, SCALED, id="small-normalised"),
    pytest.param(R18, 3, SCALED, id="resnet18"),
    pytest.param(R18, 1, PLAIN, id="resnet18-gray"),
    pytest.param(CIFAR, 3, SCALED, id="resnet18-cifar"),
    pytest.param(R50, 3, PLAIN, id="resnet50"),
]
FEW = pytest.mark.parametrize(("architecture", "channels", "scaling"), [*CASES[1:3], CASES[5]])
ALL = pytest.mark.parametrize(("architecture", "channels", "scaling"), CASES)


def written(folder: Path, encoder: TrainedEncoder, target: str) -> Path:
    folder.mkdir()
    for name, content in convert(encoder, target).items():
        (folder / name).write_bytes(content)
    return folder


def images(channels: int, count: int = 3) -> Tensor:
    return torch.rand(count, channels, 32, 32, generator=torch.Generator().manual_seed(2))


def expected(encoder: TrainedEncoder, batch: Tensor) -> Tensor:
    with torch.no_grad():
        return encoder(batch)


def close(found: Tensor, wanted: Tensor) -> None:
    scale = wanted.abs().max()
    assert wanted.std() > 1e-3 * scale
    torch.testing.assert_close(found / scale, wanted / scale, rtol=1e-5, atol=1e-5)


@pytest.fixture(autouse=True)
def imports_as_they_were() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in ("hubconf", "repro_resnet"):
        if name not in modules:
            sys.modules.pop(name, None)


@ALL
def test_timm_loads_it(
    architecture: dict[str, Any], channels: int, scaling: Normalisation, tmp_path: Path
) -> None:
    encoder = encoder_of(architecture, channels, scaling)
    folder = written(tmp_path / "timm", encoder, "timm")
    if (folder / "repro_resnet.py").exists():
        sys.path.insert(0, str(folder))
        importlib.import_module("repro_resnet")
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    batch = images(channels)
    with torch.no_grad():
        close(model(encoder.normalise(batch)), expected(encoder, batch))
    assert model.num_features == encoder.width
    config = timm.data.resolve_data_config(model=model)
    assert tuple(config["input_size"]) == (channels, 32, 32)
    assert tuple(config["mean"]) == (scaling.mean or (0.0,) * channels)
    assert tuple(config["std"]) == (scaling.std or (1.0,) * channels)


@pytest.mark.parametrize("model", ["resnet10t", "vit_tiny_patch16_224"])
def test_a_network_of_timm_goes_back_to_timm(model: str, tmp_path: Path) -> None:
    encoder = encoder_of({"name": "timm", "model": model, "pretrained": False}, 1)
    folder = written(tmp_path / "timm", encoder, "timm")
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json"}
    again = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    batch = images(1)
    with torch.no_grad():
        close(again(batch), expected(encoder, batch))
    for target in ("torchvision", "hub"):
        with pytest.raises(UsageError, match="and `--to timm` those of timm"):
            convert(encoder, target)


@pytest.mark.parametrize("architecture", [SMALL, R18], ids=["small", "resnet18"])
def test_timm_fine_tunes_it_and_takes_maps_from_it(architecture: dict[str, Any], tmp_path: Path) -> None:
    encoder = encoder_of(architecture)
    folder = written(tmp_path / "timm", encoder, "timm")
    if (folder / "repro_resnet.py").exists():
        sys.path.insert(0, str(folder))
        importlib.import_module("repro_resnet")
    classifier = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=7).eval()
    batch = images(3)
    with torch.no_grad():
        assert classifier(batch).shape == (3, 7)
        close(
            classifier.forward_head(classifier.forward_features(batch), pre_logits=True),
            expected(encoder, batch),
        )
    levels = timm.create_model(f"local-dir:{folder}", pretrained=True, features_only=True, out_indices=(1, 2))
    shapes = [tuple(level.shape) for level in levels(batch)]
    assert [shape[1] for shape in shapes] == levels.feature_info.channels()
    assert [32 // shape[2] for shape in shapes] == levels.feature_info.reduction()


def test_timm_makes_our_features_of_a_picture(tmp_path: Path) -> None:
    encoder = encoder_of(R18, 3, SCALED)
    folder = written(tmp_path / "timm", encoder, "timm")
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    picture = Pillow.fromarray(noise)
    with torch.no_grad():
        close(model(transform(picture).unsqueeze(0)), expected(encoder, picture))


@pytest.mark.parametrize("architecture", [R18, R50], ids=["resnet18", "resnet50"])
def test_torchvision_loads_it(architecture: dict[str, Any], tmp_path: Path) -> None:
    encoder = encoder_of(architecture, 3, SCALED)
    folder = written(tmp_path / "torchvision", encoder, "torchvision")
    model = torchvision.models.get_model(architecture["name"], weights=None)
    model.fc = nn.Identity()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    batch = images(3)
    with torch.no_grad():
        close(model.eval()(encoder.normalise(batch)), expected(encoder, batch))


@pytest.mark.parametrize(
    ("architecture", "channels", "says"),
    [
        (SMALL, 3, "torchvision has no such network"),
        (CIFAR, 3, "stem for small images"),
        (R18, 1, "takes 1 channel"),
    ],
)
def test_torchvision_is_refused_what_it_cannot_load(
    architecture: dict[str, Any], channels: int, says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        convert(encoder_of(architecture, channels), "torchvision")
    assert "use `--to timm`" in str(caught.value)


@FEW
def test_torch_hub_loads_it(
    architecture: dict[str, Any], channels: int, scaling: Normalisation, tmp_path: Path
) -> None:
    encoder = encoder_of(architecture, channels, scaling)
    folder = written(tmp_path / "hub", encoder, "hub")
    model = torch.hub.load(str(folder), "encoder", source="local", trust_repo=True)
    batch = images(channels)
    with torch.no_grad():
        close(model(batch), expected(encoder, batch))
    assert not model.training
    blank = torch.hub.load(str(folder), "encoder", source="local", trust_repo=True, pretrained=False)
    with torch.no_grad():
        assert not torch.allclose(blank(batch), model(batch))


def test_the_hub_folder_needs_nothing_of_this_project(tmp_path: Path) -> None:
    folder = written(tmp_path / "hub", encoder_of(SMALL), "hub")
    lines = (folder / "hubconf.py").read_text("utf-8").splitlines()
    packages = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert packages <= {"torch", "json", "pathlib", "collections", "typing"}


@FEW
def test_onnxruntime_loads_it(
    architecture: dict[str, Any], channels: int, scaling: Normalisation, tmp_path: Path
) -> None:
    encoder = encoder_of(architecture, channels, scaling)
    folder = written(tmp_path / "onnx", encoder, "onnx")
    session = onnxruntime.InferenceSession(folder / "encoder.onnx", providers=["CPUExecutionProvider"])
    for count in (1, 5):  # any number of images
        batch = images(channels, count)
        (found,) = session.run(None, {"images": batch.numpy()})
        close(torch.from_numpy(found), expected(encoder, batch))
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["architecture"]) == architecture
    assert told["paper"] == "simsiam"


@ALL
def test_the_plain_network_is_ours(
    architecture: dict[str, Any], channels: int, scaling: Normalisation
) -> None:
    encoder = encoder_of(architecture, channels, scaling)
    network = ResNet(**plan_of(encoder.facts).arguments()).eval()
    network.load_state_dict(in_torchvision_names(encoder.network.state_dict()))
    batch = images(channels)
    with torch.no_grad():
        close(network(encoder.normalise(batch)), expected(encoder, batch))


def test_an_encoder_of_another_kind_goes_to_onnx_alone() -> None:
    encoder = encoder_of(SMALL)
    facts = {name: getattr(encoder.facts, name) for name in encoder.facts.__slots__}
    encoder.facts = EncoderFacts(**{**facts, "architecture": {"name": "vit"}})
    for target in CONVERTERS.keys() - {"onnx"}:
        with pytest.raises(UsageError, match="`--to onnx` takes every encoder"):
            convert(encoder, target)
    with warnings.catch_warnings():
        assert convert(encoder, "onnx").keys() == {"encoder.onnx"}
