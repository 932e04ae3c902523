"""The contract of an encoder: a module that knows its width."""

from torch import nn


class Encoder(nn.Module):
    """Maps a batch to one vector a row: ``forward(batch) -> (B, width)``."""

    width: int
