"""Published weights as the beginning of an encoder: which files are read, what matches, what is told."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import Tensor, nn

from repro.errors import DataError
from repro.learning.checkpoint import save_weights
from repro.learning.examples import Image
from repro.learning.methods.byol import BYOL
from repro.learning.nn.resnet import ResNet18
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.nn.weights import begin_with, find_match, read_tensors

State = dict[str, Tensor]
EXAMPLE = Image(3, 64)


@pytest.fixture(scope="module")
def published() -> State:
    """The state of a ResNet-18 with its classifier, as torchvision and timm name it."""
    torch.manual_seed(7)
    return dict(torchvision.models.resnet18(weights=None).state_dict())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def behind(prefix: str, state: State) -> State:
    return {prefix + name: value for name, value in state.items()}


def other(state: State) -> State:
    return {name: value + 1 for name, value in state.items()}


def without_head(state: State) -> State:
    return {name: value for name, value in state.items() if not name.startswith("fc.")}


# As the official codes save them.
LAYOUTS: dict[str, Callable[[State], Any]] = {
    "torchvision": lambda state: state,
    "simsiam": lambda state: {
        "epoch": 100,
        "arch": "resnet50",
        "state_dict": {**behind("module.encoder.", state), "module.predictor.0.weight": torch.zeros(2, 2)},
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.05}]},
    },
    "moco": lambda state: {
        "epoch": 200,
        "state_dict": {
            **behind("module.encoder_k.", other(state)),
            **behind("module.encoder_q.", state),
            "module.queue": torch.zeros(128, 8),
        },
    },
    "moco-v3": lambda state: {
        "state_dict": behind("module.base_encoder.", state) | behind("module.momentum_encoder.", other(state))
    },
    "barlow-twins": lambda state: {"epoch": 1, "model": behind("module.backbone.", without_head(state))},
    "byol": lambda state: {
        "target_network": behind("encoder.", other(state)),
        "online_network": behind("encoder.", state),
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("is_zip", [True, False])
def test_official_checkpoints(layout: str, is_zip: bool, published: State, tmp_path: Path) -> None:
    file = tmp_path / "published.pth.tar"
    torch.save(LAYOUTS[layout](published), file, _use_new_zipfile_serialization=is_zip)
    network = nn.Sequential(ResNet18(EXAMPLE), nn.Linear(512, 4))
    said = begin_with(network, file, sha256(file))
    for name, value in network[0].state_dict().items():
        assert torch.equal(value, published[name]), name
    assert f"The encoder begins with 100 of its 100 tensors from {file}" in said
    assert "at random" not in said
    assert ("left in the file are fc.weight, fc.bias" in said) == (layout != "barlow-twins")


def test_our_own_file_and_every_copy_in_a_method(tmp_path: Path) -> None:
    torch.manual_seed(1)
    save_weights(tmp_path / "encoder.safetensors", SmallResNet(EXAMPLE, width=4))
    torch.manual_seed(2)
    method = BYOL(SmallResNet(EXAMPLE, width=4), dim=4, hidden=8)
    said = begin_with(method, tmp_path / "encoder.safetensors", "")
    begun = read_tensors(tmp_path / "encoder.safetensors")
    assert "left in the file" not in said
    for name, value in begun.items():
        assert torch.equal(method.encoder.state_dict()[name], value)
        assert torch.equal(method.target.state_dict()[f"0.{name}"], value)


def test_another_stem_begins_at_random_and_is_told(published: State, tmp_path: Path) -> None:
    save_file(published, tmp_path / "w.safetensors")
    encoder = ResNet18(Image(3, 32), stem="cifar")
    stem = encoder.conv1.weight.clone()
    said = begin_with(encoder, tmp_path / "w.safetensors", "")
    assert "99 of its 100 tensors" in said
    assert "at random begin conv1.weight" in said
    assert torch.equal(encoder.conv1.weight, stem)
    assert torch.equal(encoder.bn1.weight, published["bn1.weight"])


def test_another_network_is_refused_and_named(published: State, tmp_path: Path) -> None:
    save_file(published, tmp_path / "w.safetensors")
    with pytest.raises(DataError, match="it looks like a resnet18: try `--encoder resnet18`") as caught:
        begin_with(SmallResNet(EXAMPLE), tmp_path / "w.safetensors", "")
    assert "holds 0 of the" in str(caught.value)
    assert "at least 90% are needed" in str(caught.value)


def test_a_part_is_refused(published: State) -> None:
    part = dict(list(published.items())[:60])
    with pytest.raises(DataError, match="and at least 90% are needed"):
        find_match(ResNet18(EXAMPLE), part, Path("part.pth"))


class Code:
    """What a pickle can make its reader call."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("kind", ["pickle", "torch", "legacy", "text", "empty", "list"])
def test_files_that_are_no_weights(kind: str, tmp_path: Path) -> None:
    file, mark = tmp_path / "w.pkl", tmp_path / "mark"
    writers: dict[str, Callable[[], object]] = {
        "pickle": lambda: file.write_bytes(pickle.dumps({"conv1.weight": Code(mark)})),
        "torch": lambda: torch.save({"conv1.weight": Code(mark)}, file),
        "legacy": lambda: torch.save(Code(mark), file, _use_new_zipfile_serialization=False),
        "text": lambda: file.write_text("no weights"),
        "empty": lambda: file.write_bytes(b""),
        "list": lambda: torch.save([torch.zeros(2)], file),
    }
    writers[kind]()
    with pytest.raises(DataError, match=r"neither safetensors nor|no tensors by name") as caught:
        begin_with(SmallResNet(EXAMPLE), file, "")
    assert "\n" not in str(caught.value)
    assert not mark.exists()


def test_a_file_that_changed_meanwhile(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(DataError, match="changed since the run was asked for"):
        read_tensors(tmp_path / "w.safetensors", "0" * 64)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_tensors(tmp_path / "nowhere.pth")
