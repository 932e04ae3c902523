"""ResNets: torchvision's own for photographs, and a small one for the embedded benchmark.

Shapes: (B, C, H, W) -> (B, width). The parameters of ResNet18 and ResNet50 carry torchvision's names, so that
``encoder.safetensors`` loads into ``torchvision.models.resnet18`` (its ``fc`` apart).
"""

from typing import Literal

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import ResNet as TorchvisionResNet

from repro.learning.examples import Image
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded


class _ResNet(Encoder):
    """What ResNet18 and ResNet50 share: torchvision's trunk without its classifier."""

    def __init__(self, trunk: TorchvisionResNet, channels: int, stem: str) -> None:
        super().__init__()
        self.width = trunk.fc.in_features
        first = trunk.conv1.out_channels
        if stem == "cifar":  # SimCLR App. B.9: 3x3 convolution of stride 1, no pooling
            trunk.conv1 = nn.Conv2d(channels, first, 3, stride=1, padding=1, bias=False)
        elif channels != 3:
            trunk.conv1 = nn.Conv2d(channels, first, 7, stride=2, padding=3, bias=False)
        nn.init.kaiming_normal_(trunk.conv1.weight, mode="fan_out", nonlinearity="relu")
        pool = nn.Identity() if stem == "cifar" else trunk.maxpool
        for name in ("conv1", "bn1", "relu"):
            self.add_module(name, getattr(trunk, name))
        self.maxpool = pool
        for name in ("layer1", "layer2", "layer3", "layer4", "avgpool"):
            self.add_module(name, getattr(trunk, name))
        self.to(memory_format=torch.channels_last)

    def forward(self, batch: Tensor) -> Tensor:
        for module in self.children():
            batch = module(batch)
        return batch.flatten(1)


class ResNet18(_ResNet):
    """18 layers, width 512."""

    @bounded("encoder")
    def __init__(
        self,
        example: Image,
        *,
        stem: Literal["imagenet", "cifar"] = "imagenet",  # 7x7 stride 2 and max-pool, or 3x3 stride 1
        zero_init_residual: bool = False,  # start every residual block as the identity
    ) -> None:
        trunk = torchvision.models.resnet18(weights=None, zero_init_residual=zero_init_residual)
        super().__init__(trunk, example.channels, stem)


class ResNet50(_ResNet):
    """50 layers, width 2048."""

    @bounded("encoder")
    def __init__(
        self,
        example: Image,
        *,
        stem: Literal["imagenet", "cifar"] = "imagenet",  # 7x7 stride 2 and max-pool, or 3x3 stride 1
        zero_init_residual: bool = False,  # start every residual block as the identity
    ) -> None:
        trunk = torchvision.models.resnet50(weights=None, zero_init_residual=zero_init_residual)
        super().__init__(trunk, example.channels, stem)
