"""The convolutional encoder of BYOL-A: Niizumi et al. 2021, arXiv:2103.06695, Sec. IV-A, narrower.

Three convolutions that halve both axes, two linear layers for each moment that is left, then mean and
maximum over time together. The paper has 64 channels and 512 to 2048 outputs.
"""

from torch import Tensor, nn

from repro.catalog.records.bounds import BelowOne, Positive
from repro.learning.clip import Clip
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded

BLOCKS = 3


class AudioCNN(Encoder):
    """Log-mel spectrograms (B, 1, F, M) -> (B, width)."""

    @bounded("encoder")
    def __init__(
        self,
        example: Clip,
        *,
        channels: Positive = 32,  # of every convolution
        width: Positive = 256,  # of both linear layers, and of the output
        dropout: BelowOne = 0.3,  # between the linear layers
    ) -> None:
        super().__init__()
        self.width = width
        blocks: list[nn.Module] = []
        for inner in [1] + [channels] * (BLOCKS - 1):
            blocks += [nn.Conv2d(inner, channels, 3, padding=1), nn.BatchNorm2d(channels)]
            blocks += [nn.ReLU(inplace=True), nn.MaxPool2d(2, ceil_mode=True)]
        self.blocks = nn.Sequential(*blocks)
        bands = -(-example.mels // 2**BLOCKS)
        self.layers = nn.Sequential(
            nn.Linear(channels * bands, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.ReLU(),
        )

    def forward(self, batch: Tensor) -> Tensor:
        """Mean plus maximum over time: (B, 1, F, M) -> (B, width)."""
        moments = self.blocks(batch).flatten(1, 2).transpose(1, 2)  # (B, M / 8, channels * F / 8)
        out: Tensor = self.layers(moments)
        return out.mean(dim=1) + out.amax(dim=1)
