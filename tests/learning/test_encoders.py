"""Encoders: torchvision's own networks under their own names, and the stem for small images."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor, nn

from repro.learning.checkpoint import save_weights
from repro.learning.examples import Image
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.resnet import ResNet18, ResNet50
from repro.learning.nn.small_resnet import SmallResNet

KINDS = pytest.mark.parametrize(
    ("kind", "name", "width"), [(ResNet18, "resnet18", 512), (ResNet50, "resnet50", 2048)]
)


@pytest.fixture(autouse=True)
def _same_weights_every_time() -> None:
    torch.manual_seed(0)


def images(count: int, channels: int, side: int) -> Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1))


def shake(encoder: Encoder) -> None:
    """Running statistics and scales of their own, so that a mixed-up layer would show."""
    with torch.no_grad():
        for tensor in [*encoder.parameters(), *encoder.buffers()]:
            if tensor.is_floating_point():
                tensor.mul_(1 + 0.2 * torch.rand(tensor.shape))


@KINDS
def test_weights_load_into_torchvision_and_give_the_same_features(
    kind: Any, name: str, width: int, tmp_path: Path
) -> None:
    encoder = kind(Image(3, 32)).eval()
    shake(encoder)
    save_weights(tmp_path / "encoder.safetensors", encoder.to(memory_format=torch.channels_last))
    theirs = torchvision.models.get_model(name, weights=None).eval()
    missing, unexpected = theirs.load_state_dict(load_file(tmp_path / "encoder.safetensors"), strict=False)
    assert unexpected == []
    assert set(missing) == {"fc.weight", "fc.bias"}
    theirs.fc = nn.Identity()
    batch = images(2, 3, 64).double()
    with torch.no_grad():
        ours, expected = encoder.double()(batch), theirs.double()(batch)
    assert ours.shape == (2, width)
    assert encoder.width == width
    torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-9)


def sizes(encoder: Encoder, batch: Tensor) -> dict[str, tuple[int, ...]]:
    """Channels, height and width that each part of a ResNet hands on."""
    found: dict[str, tuple[int, ...]] = {}
    for name, part in encoder.named_children():
        part.register_forward_hook(lambda _m, _i, out, name=name: found.update({name: tuple(out.shape[1:])}))
    with torch.no_grad():
        encoder.eval()(batch)
    return found


@pytest.mark.parametrize("channels", [1, 3])
def test_the_stem_for_small_images(channels: int) -> None:
    """SimCLR App. B.9: a 3x3 convolution of stride 1, padding 1, and no pooling; 32 pixels end as 4x4."""
    encoder = ResNet18(Image(channels, 32), stem="cifar")
    assert isinstance(encoder.conv1, nn.Conv2d)
    assert encoder.conv1.weight.shape == (64, channels, 3, 3)
    assert (encoder.conv1.stride, encoder.conv1.padding) == ((1, 1), (1, 1))
    found = sizes(encoder, images(2, channels, 32))
    assert found["conv1"] == found["maxpool"] == found["layer1"] == (64, 32, 32)
    assert (found["layer2"], found["layer3"], found["layer4"]) == ((128, 16, 16), (256, 8, 8), (512, 4, 4))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_stem_for_photographs(channels: int) -> None:
    encoder = ResNet18(Image(channels, 32))
    assert encoder.conv1.weight.shape == (64, channels, 7, 7)
    found = sizes(encoder, images(1, channels, 64))
    assert (found["conv1"], found["maxpool"], found["layer4"]) == ((64, 32, 32), (64, 16, 16), (512, 2, 2))


@KINDS
def test_a_first_layer_is_drawn_as_torchvision_draws_it(kind: Any, name: str, width: int) -> None:
    """He initialisation by fan-out: a deviation of sqrt(2 / (64 x kernel area)), whatever the channels."""
    for options, area in (({}, 49), ({"stem": "cifar"}, 9)):
        drawn = kind(Image(1, 32), **options).conv1.weight
        assert drawn.std().item() == pytest.approx((2 / (64 * area)) ** 0.5, rel=0.15)


@KINDS
def test_residual_blocks_can_start_as_the_identity(kind: Any, name: str, width: int) -> None:
    last = "bn2" if name == "resnet18" else "bn3"
    for zero in (False, True):
        encoder = kind(Image(3, 32), zero_init_residual=zero)
        scales = [p for key, p in encoder.named_parameters() if key.endswith(f"{last}.weight")]
        assert len(scales) == (8 if name == "resnet18" else 16)
        assert all(bool((scale == 0).all()) == zero for scale in scales)


@pytest.mark.parametrize(
    ("options", "width", "map_side"),
    [({}, 128, 3), ({"width": 8, "stages": 2}, 16, 6), ({"width": 8, "stem_stride": 1}, 32, 6)],
)
def test_the_small_resnet(options: dict[str, Any], width: int, map_side: int) -> None:
    encoder = SmallResNet(Image(1, 32), **options)
    assert encoder.width == width
    found = sizes(encoder, images(2, 1, 24))
    assert found["stages"] == (width, map_side, map_side)
    assert encoder(images(2, 1, 24)).shape == (2, width)


def test_a_small_block_is_a_resnet_block() -> None:
    """relu(body(x) + shortcut(x)), with the identity as shortcut only where nothing changes its shape."""
    first, second = SmallResNet(Image(1, 32), width=8, stages=2).eval().stages
    x = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(first(x), torch.relu(first.body(x) + x))
        torch.testing.assert_close(second(x), torch.relu(second.body(x) + second.shortcut(x)))
    assert second(x).shape == (2, 16, 3, 3)
