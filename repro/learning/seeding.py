"""Random numbers as a pure function of (seed, stream, index).

Every step of training starts its generators anew from its own number, so a resumed run draws what an
uninterrupted one would have drawn, with no generator state to save.
"""

import hashlib

import torch

STREAMS = ("weights", "order", "views", "step", "probes")


def derive(seed: int, stream: str, index: int = 0) -> int:
    """A 63-bit seed, different for every stream and index. ValueError if the stream is not in STREAMS."""
    if stream not in STREAMS:
        raise ValueError(f"no stream {stream!r}; there are {', '.join(STREAMS)}")
    digest = hashlib.sha256(f"{seed}/{stream}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(device: torch.device | str, seed: int, stream: str, index: int = 0) -> torch.Generator:
    """A fresh generator on ``device`` at the start of a stream."""
    fresh = torch.Generator(device=device)
    fresh.manual_seed(derive(seed, stream, index))
    return fresh
