"""The transformer of Speech SimCLR, smaller: layer normalisation everywhere, one vector a moment.

The paper's has 3 layers of width 768 with 12 heads on 80 bands (Sec. 3.3). Here neighbouring frames go
together into one token, which halves the moments.
"""

import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from repro.catalog.records.bounds import Positive
from repro.learning.clip import Clip
from repro.learning.nn.encoder import Encoder
from repro.learning.settings import bounded


@runtime_checkable
class Tokens(Protocol):
    """An encoder that gives a vector for each moment: S tokens, each for P numbers of the input."""

    width: int
    patch_width: int  # P

    def patches(self, batch: Tensor) -> Tensor:
        """The input cut into tokens: (B, 1, F, M) -> (B, S, P)."""

    def moments(self, batch: Tensor) -> Tensor:
        """A vector for each token: (B, 1, F, M) -> (B, S, W)."""


class SpeechTransformer(Encoder):
    """Log-mel spectrograms (B, 1, F, M) -> (B, width), or a vector for each of ``tokens`` moments."""

    @bounded("encoder")
    def __init__(
        self,
        example: Clip,
        *,
        width: Positive = 96,  # of every token, and of the output; a multiple of heads
        layers: Positive = 3,  # of the transformer
        heads: Positive = 4,  # of attention in each layer
        expansion: Positive = 4,  # width of the feed-forward layers, in widths
        stack: Positive = 2,  # frames that make one token
    ) -> None:
        super().__init__()
        self.width, self.stack = width, stack
        self.tokens = math.ceil(example.frames / stack)
        self.patch_width = example.mels * stack
        self.embed = nn.Sequential(nn.Linear(self.patch_width, width), nn.LayerNorm(width))
        layer = nn.TransformerEncoderLayer(
            width, heads, expansion * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(
            layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.register_buffer("places", positions(self.tokens, width), persistent=False)

    places: Tensor

    def patches(self, batch: Tensor) -> Tensor:
        """Neighbouring frames side by side, the last filled up: (B, 1, F, M) -> (B, tokens, patch_width)."""
        short = self.tokens * self.stack - batch.shape[3]
        frames = nn.functional.pad(batch, (0, short)).squeeze(1).transpose(1, 2)  # (B, M, F)
        return frames.reshape(len(batch), self.tokens, self.patch_width)

    def moments(self, batch: Tensor) -> Tensor:
        """A vector for each token: (B, 1, F, M) -> (B, tokens, width)."""
        out: Tensor = self.layers(self.embed(self.patches(batch)) + self.places)
        return out

    def forward(self, batch: Tensor) -> Tensor:
        """Their mean over time: (B, 1, F, M) -> (B, width)."""
        return self.moments(batch).mean(dim=1)


def positions(count: int, width: int) -> Tensor:
    """Sines and cosines of falling frequency that tell places apart: (count, width)."""
    half = math.ceil(width / 2)
    angle = torch.arange(count).unsqueeze(1) / 10_000 ** (torch.arange(half) / half)
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width]
