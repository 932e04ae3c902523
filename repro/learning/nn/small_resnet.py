"""A small ResNet for small images: the encoder of the embedded benchmark."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from repro.catalog.records.bounds import Positive
from repro.learning.examples import Image
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut, in ResNet's order; the first may halve the image."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(inplace=True),
            nn.Conv2d(outer, outer, 3, padding=1, bias=False),
            nn.BatchNorm2d(outer),
        )
        self.shortcut = (
            nn.Identity()
            if stride == 1 and inner == outer
            else nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inner, H, W) -> (B, outer, H / stride, W / stride)."""
        out: Tensor = self.relu(self.body(x) + self.shortcut(x))
        return out


class SmallResNet(Encoder):
    """A strided stem and one block a stage: (B, C, H, W) -> (B, width * 2 ** (stages - 1))."""

    @bounded("encoder")
    def __init__(
        self,
        example: Image,
        *,
        width: Positive = 32,  # channels of the first stage; each later stage doubles them
        stages: Positive = 3,  # each later stage halves the image
        stem_stride: Positive = 2,  # 1 keeps the full resolution in the first stage, at four times the cost
    ) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(stages)]
        self.stem = nn.Sequential(
            nn.Conv2d(example.channels, width, 3, stem_stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        blocks = [Block(width, width, 1)]
        blocks += [Block(a, b, 2) for a, b in pairwise(widths)]
        self.stages = nn.Sequential(*blocks)
        self.width = widths[-1]
        self.to(memory_format=torch.channels_last)

    def forward(self, batch: Tensor) -> Tensor:
        """Global average of the last stage: (B, C, H, W) -> (B, width)."""
        out: Tensor = self.stages(self.stem(batch)).mean(dim=(2, 3))
        return out
