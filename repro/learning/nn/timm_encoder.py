"""Networks of timm as encoders: any by its name, without its classifier. timm is loaded when one is built."""

from difflib import get_close_matches
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from repro.errors import DataError, UsageError
from repro.learning.examples import Image
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded


class TimmEncoder(Encoder):
    """A network of timm without its classifier: (B, C, H, W) -> (B, width)."""

    @bounded("encoder")
    def __init__(
        self,
        example: Image,
        *,
        model: str = "resnet18",  # its name in timm, such as vit_tiny_patch16_224
        pretrained: bool = False,  # begin with timm's published weights, which it downloads
    ) -> None:
        super().__init__()
        self.network = _create(model, example, pretrained)
        self.width = _width(self.network, example)
        self.to(memory_format=torch.channels_last)

    def forward(self, batch: Tensor) -> Tensor:
        """The pooled features of a batch: (B, C, H, W) -> (B, width)."""
        out: Tensor = self.network(batch)
        return out.flatten(1)


def _create(model: str, example: Image, pretrained: bool) -> Any:
    """The network with random weights, or timm's own. A sentence for all that can be wrong with it."""
    timm = _timm()
    known = timm.list_models()
    if model.partition(".")[0] not in known:
        close = get_close_matches(model, known, 1)
        advice = f"; did you mean {close[0]}?" if close else "; `timm.list_models()` lists them"
        raise UsageError(
            f"there is no encoder '{model}', here or among the {len(known)} networks of timm{advice}"
        )
    about = timm.get_pretrained_cfg(model)
    sized = {"img_size": example.size} if about is not None and about.fixed_input_size else {}
    try:
        return timm.create_model(
            model, pretrained=pretrained, num_classes=0, in_chans=example.channels, **sized
        )
    except OSError as error:
        raise DataError(f"timm could not fetch the weights of {model} ({_line(error)})") from error
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise _misfit(model, example, error) from error


def _timm() -> Any:
    try:
        return import_module("timm")
    except ImportError as error:
        raise UsageError(
            "this encoder is a network of timm, which is not installed; `pip install timm`, or choose "
            "another encoder"
        ) from error


@torch.no_grad()
def _width(network: Any, example: Image) -> int:
    """The length of a feature vector, by asking for one."""
    rows = torch.zeros(2, example.channels, example.size, example.size)
    try:
        out = network.eval()(rows)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise _misfit(type(network).__name__, example, error) from error
    network.train()
    return int(out.flatten(1).shape[1])


def _misfit(model: str, example: Image, error: Exception) -> UsageError:
    return UsageError(
        f"{model} does not take images of {example.channels} x {example.size} x {example.size} "
        f"({_line(error)}); try another `--size`, such as 224"
    )


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
