"""A residual network in plain PyTorch, in torchvision's layout, that needs nothing of repro.

`repro export RUN --to hub` and `--to timm` copy this file, so that a trained encoder runs where repro is not
installed. Parameters carry torchvision's names. Shapes: (B, C, H, W) -> (B, width).
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3 and 1x1 to four times the width, around a shortcut."""

    def __init__(self, inner: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        outer = 4 * width if bottleneck else width
        self.conv1 = nn.Conv2d(inner, width, 1, bias=False) if bottleneck else _conv3(inner, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv3(width, width, stride if bottleneck else 1)
        self.bn2 = nn.BatchNorm2d(width)
        if bottleneck:
            self.conv3 = nn.Conv2d(width, outer, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(outer)
        self.bottleneck = bottleneck
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inner != outer:
            shortcut = nn.Conv2d(inner, outer, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outer))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inner, H, W) -> (B, outer, H / stride, W / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.bottleneck:
            x = self.bn3(self.conv3(self.relu(x)))
        out: Tensor = self.relu(x + shortcut)
        return out


def _conv3(inner: int, outer: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inner, outer, 3, stride, padding=1, bias=False)


class ResNet(nn.Module):
    """A stem, stages of blocks, the global average; a classifier if ``num_classes`` is not 0."""

    def __init__(
        self,
        *,
        in_chans: int = 3,
        kernel: int = 7,  # of the stem's convolution
        stride: int = 2,  # of the stem's convolution
        pool: bool = True,  # a max-pooling in the stem
        widths: Sequence[int] = (64, 128, 256, 512),  # of the stages
        depths: Sequence[int] = (2, 2, 2, 2),  # blocks of the stages
        bottleneck: bool = False,
        num_classes: int = 0,
        global_pool: str = "avg",
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_chans, widths[0], kernel, stride, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if pool else nn.Identity()
        inner, reduction = widths[0], stride
        self.feature_info = [{"num_chs": inner, "reduction": reduction, "module": "relu"}]
        reduction *= 2 if pool else 1
        for number, (width, depth) in enumerate(zip(widths, depths, strict=True), 1):
            blocks = []
            for block in range(depth):
                step = 2 if number > 1 and block == 0 else 1
                blocks.append(ResidualBlock(inner, width, step, bottleneck))
                inner, reduction = (4 * width if bottleneck else width), reduction * step
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            self.feature_info.append({"num_chs": inner, "reduction": reduction, "module": f"layer{number}"})
        self.stages = len(widths)
        self.num_features = self.head_hidden_size = inner
        self.in_chans = in_chans
        self.reset_classifier(num_classes, global_pool)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, width), or (B, num_classes) with a classifier."""
        return self.forward_head(self.forward_features(images))

    def forward_features(self, images: Tensor) -> Tensor:
        """The map of the last stage: (B, width, h, w)."""
        x: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for number in range(1, self.stages + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The average of a map, and the classifier unless ``pre_logits``."""
        features = x.mean(dim=(2, 3)) if self.global_pool == "avg" else x
        out: Tensor = features if pre_logits else self.fc(features)
        return out

    def get_classifier(self) -> nn.Module:
        """The last layer."""
        return self.get_submodule("fc")

    def reset_classifier(self, num_classes: int, global_pool: str = "avg") -> None:
        """A new classifier, or none for 0 classes; ``global_pool`` is avg, or empty to keep the map."""
        self.num_classes, self.global_pool = num_classes, global_pool
        self.fc: Any = nn.Linear(self.num_features, num_classes) if num_classes else nn.Identity()
