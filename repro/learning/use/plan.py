"""An encoder as a residual network that others know: its shape in numbers, its weights under their names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from repro.errors import UsageError
from repro.evidence.encoder import EncoderFacts
from repro.learning.use.encoder import require_image

SMALL = {"body.0": "conv1", "body.1": "bn1", "body.3": "conv2", "body.4": "bn2", "shortcut": "downsample"}
STEM = {"stem.0": "conv1", "stem.1": "bn1"}


@dataclass(frozen=True, slots=True)
class EncoderPlan:
    """A residual network: :class:`repro.learning.use.plain.ResNet` takes these numbers.

    ``stock`` is the name that torchvision and timm have for it, empty if neither has one.
    """

    in_chans: int
    kernel: int
    stride: int
    pool: bool
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    bottleneck: bool
    stock: str = ""

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the plain network, as JSON has them."""
        values = {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }
        del values["stock"]
        return values


def plan_of(facts: EncoderFacts) -> EncoderPlan:
    """The plan of an encoder. UsageError if it is no residual network of a known kind."""
    settings = dict(facts.architecture)
    plan = PLANS.get(name := str(settings.pop("name", "")))
    if plan is None:
        raise UsageError(
            f"the encoder {name} is none that this format can describe (it can {', '.join(PLANS)}); "
            "`--to onnx` takes every encoder, and `--to timm` those of timm"
        )
    return plan(require_image(facts).channels, settings)


def _small(channels: int, settings: Mapping[str, Any]) -> EncoderPlan:
    stages, width = int(settings["stages"]), int(settings["width"])
    widths = tuple(width * 2**stage for stage in range(stages))
    return EncoderPlan(channels, 3, int(settings["stem_stride"]), False, widths, (1,) * stages, False)


def _resnet(name: str, depths: tuple[int, ...], bottleneck: bool) -> Callable[..., EncoderPlan]:
    def plan(channels: int, settings: Mapping[str, Any]) -> EncoderPlan:
        widths = (64, 128, 256, 512)
        if settings["stem"] == "cifar":
            return EncoderPlan(channels, 3, 1, False, widths, depths, bottleneck)
        return EncoderPlan(channels, 7, 2, True, widths, depths, bottleneck, name)

    return plan


PLANS: dict[str, Callable[[int, Mapping[str, Any]], EncoderPlan]] = {
    "small_resnet": _small,
    "resnet18": _resnet("resnet18", (2, 2, 2, 2), False),
    "resnet50": _resnet("resnet50", (3, 4, 6, 3), True),
}


def in_torchvision_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of an encoder under the names that torchvision gives a residual network's."""
    return {_renamed(name): tensor.contiguous() for name, tensor in weights.items()}


def _renamed(name: str) -> str:
    """A parameter's name; those of ResNet18 and ResNet50 are torchvision's already."""
    for ours, theirs in STEM.items():
        if name.startswith(f"{ours}."):
            return theirs + name.removeprefix(ours)
    block = re.fullmatch(r"stages\.(\d+)\.(body\.\d|shortcut)(\..+)", name)
    if block is None:
        return name
    return f"layer{int(block[1]) + 1}.0.{SMALL[block[2]]}{block[3]}"
