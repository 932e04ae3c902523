"""Networks of timm as encoders: built by name and size, downloaded never unless asked, told where missing."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from repro.errors import DataError, UsageError
from repro.learning.examples import Image
from repro.learning.nn.timm_encoder import TimmEncoder


class Net(nn.Module):
    """A network that takes images of one size alone, as vision transformers do."""

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.size = size
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[-1] == self.size, f"Input height ({x.shape[-1]}) doesn't match model ({self.size})"
        return self.norm(x).mean(dim=3)


class FakeTimm(ModuleType):
    """What of timm is used."""

    def __init__(self) -> None:
        super().__init__("timm")
        self.asked: dict[str, Any] = {}

    def list_models(self) -> list[str]:
        return ["fixed_16", "free", "lazy_conv"]

    def get_pretrained_cfg(self, model: str) -> Any:
        return SimpleNamespace(fixed_input_size=True) if model.startswith("fixed") else None

    def create_model(self, model: str, **asked: Any) -> nn.Module:
        self.asked = {"model": model, **asked}
        if asked["pretrained"]:
            raise OSError("no route to host")
        return Net(asked.get("img_size", 16), asked["in_chans"])


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> FakeTimm:
    fake = FakeTimm()
    monkeypatch.setitem(sys.modules, "timm", fake)
    return fake


def test_a_network_of_a_fixed_size_gets_that_of_the_images(timm: FakeTimm) -> None:
    encoder = TimmEncoder(Image(3, 32), model="fixed_16.in1k")
    assert (timm.asked["model"], timm.asked["num_classes"]) == ("fixed_16.in1k", 0)
    assert (timm.asked["in_chans"], timm.asked["img_size"]) == (3, 32)
    assert timm.asked["pretrained"] is False
    assert encoder.width == 96
    assert encoder(torch.rand(4, 3, 32, 32)).shape == (4, 96)


def test_looking_for_the_width_leaves_no_trace(timm: FakeTimm) -> None:
    network = TimmEncoder(Image(3, 16), model="free").network
    assert "img_size" not in timm.asked
    assert network.training
    assert torch.equal(network.norm.running_mean, torch.zeros(3))


def test_a_size_that_does_not_fit(timm: FakeTimm) -> None:
    with pytest.raises(UsageError, match=r"does not take images of 3 x 64 x 64 \(Input height.*--size"):
        TimmEncoder(Image(3, 64), model="free")


def test_an_unknown_name_is_told_with_the_nearest(timm: FakeTimm) -> None:
    with pytest.raises(UsageError, match=r"there is no encoder 'fre', here or among .* did you mean free"):
        TimmEncoder(Image(3, 16), model="fre")
    with pytest.raises(UsageError, match="there is no encoder 'hf-hub:a/b'"):
        TimmEncoder(Image(3, 16), model="hf-hub:a/b")
    assert timm.asked == {}


def test_weights_that_cannot_be_fetched(timm: FakeTimm) -> None:
    with pytest.raises(DataError, match=r"timm could not fetch the weights of free \(no route to host\)"):
        TimmEncoder(Image(3, 16), model="free", pretrained=True)


def test_without_timm_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UsageError, match="not installed; `pip install timm`, or choose another encoder"):
        TimmEncoder(Image(3, 16), model="vit_tiny_patch16_224")
