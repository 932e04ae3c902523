"""Published weights as the beginning of an encoder: read as tensors, never as code, and matched by name.

Read are safetensors, and checkpoints of torch by its reader that knows tensors and plain values alone. The
encoder's own names are looked for behind any prefix and inside any dict of a checkpoint, so that the state of
a network of torchvision or timm, our own ``encoder.safetensors`` and the official checkpoints of SimSiam and
MoCo (``state_dict``, ``module.encoder.`` and ``module.encoder_q.``) or Barlow Twins (``model``,
``module.backbone.``) need no conversion. Of several copies of an encoder the one that was trained is taken.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as safetensors_of
from torch import Tensor, nn

from repro.errors import DataError
from repro.learning.nn.encoder import Encoder

LEAST_SHARE = 0.9  # of an encoder's tensors that a file must hold, by name and shape
COPIES = ("_k.", "key", "target", "teacher", "momentum", "ema")  # in the names of slow copies of an encoder
COUNTERS = "num_batches_tracked"  # which older files do not have, and nothing here uses
DEPTH = 3  # of dicts in dicts
NAMED = 4  # tensors that a sentence names
PROOFS = {"resnet50": "layer4.2.conv3.weight", "resnet18": "layer4.1.conv2.weight"}  # the larger first


@dataclass(frozen=True, slots=True)
class Match:
    """What of a file fits an encoder: names without their prefix, which ``place`` says."""

    place: str
    tensors: Mapping[str, Tensor]
    missing: tuple[str, ...]  # of the encoder's, with those of another shape
    unexpected: tuple[str, ...]  # of the file's, behind the same prefix

    def sentence(self, path: Path) -> str:
        """Which of the encoder's tensors come from the file, and which of either are left."""
        count = len(self.tensors) + len(self.missing)
        inside = f" (below {self.place})" if self.place else ""
        told = f"The encoder begins with {len(self.tensors)} of its {count} tensors from {path}{inside}"
        if self.missing:
            told += f"; at random begin {_some(self.missing)}"
        if self.unexpected:
            told += f"; left in the file are {_some(self.unexpected)}"
        return f"{told}."


def begin_with(network: nn.Module, path: Path, sha256: str) -> str:
    """Give every encoder in a network the weights of a file; what was taken, as a sentence.

    DataError if the file is not the one that was asked for, holds no tensors, or too few that fit.
    """
    encoders = [module for module in network.modules() if isinstance(module, Encoder)]
    match = find_match(encoders[0], read_tensors(path, sha256), path)
    for encoder in encoders:  # a slow copy begins where its original does
        encoder.load_state_dict(match.tensors, strict=False)
    return match.sentence(path)


def read_tensors(path: Path, sha256: str = "") -> Mapping[str, Any]:
    """What a file of weights holds: tensors, and dicts of them, by name. DataError if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"the weights in {path} cannot be read ({error.strerror})") from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path} changed since the run was asked for; its sha256 was {sha256}")
    try:
        return safetensors_of(content)
    except SafetensorError:
        return _from_torch(content, path)


def _from_torch(content: bytes, path: Path) -> Mapping[str, Any]:
    """A checkpoint of torch, by the reader that runs no code."""
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # a file from anywhere can make its reader raise anything
        raise DataError(
            f"{path} is neither safetensors nor a checkpoint of torch that holds tensors and plain values "
            f"alone, and files that may hold code are not opened; where you trust it, save its state dict by "
            f"itself: `torch.save(state, FILE)` ({_line(error)})"
        ) from error
    return state if isinstance(state, Mapping) else {}


def find_match(encoder: Encoder, content: Mapping[str, Any], path: Path) -> Match:
    """The part of a file that fits an encoder best. DataError if it is less than ``LEAST_SHARE`` of it."""
    wanted = {name: t for name, t in encoder.state_dict().items() if not name.endswith(COUNTERS)}
    states = dict(_states(content))
    if not states:
        raise DataError(f"{path} holds no tensors by name, so it cannot be the weights of an encoder")
    matches = [
        _match(wanted, state, place, p) for place, state in states.items() for p in _prefixes(wanted, state)
    ]
    best = max(matches, key=lambda match: (len(match.tensors), not _is_copy(match.place)), default=None)
    share = len(best.tensors) / len(wanted) if best else 0.0
    if best is None or share < LEAST_SHARE:
        raise DataError(_misfit(encoder, wanted, states, best, path))
    return best


def _states(
    content: Mapping[str, Any], place: str = "", depth: int = DEPTH
) -> Iterator[tuple[str, Mapping[str, Tensor]]]:
    """(place, tensors by name) of a dict and of the dicts in it."""
    tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if tensors:
        yield place, tensors
    if depth:
        for key, value in content.items():
            if isinstance(value, Mapping):
                yield from _states(value, f"{place}{key}: ", depth - 1)


def _prefixes(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> list[str]:
    """What stands before the encoder's own names in a state, each once."""
    ends = [(name, f".{name}") for name in wanted]
    whole = [""] if any(name in state for name in wanted) else []
    behind = {key.removesuffix(name) for name, end in ends for key in state if key.endswith(end)}
    return [*whole, *sorted(behind)]


def _match(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor], place: str, prefix: str) -> Match:
    theirs = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    tensors = {n: theirs[n] for n, t in wanted.items() if n in theirs and theirs[n].shape == t.shape}
    unexpected = [name for name in theirs if name not in wanted and not name.endswith(COUNTERS)]
    missing = [name for name in wanted if name not in tensors]
    return Match(f"{place}{prefix}", tensors, tuple(missing), tuple(unexpected))


def _is_copy(place: str) -> bool:
    """True if the name of a place says that what is there follows another network."""
    return any(word in place for word in COPIES)


def _misfit(
    encoder: Encoder,
    wanted: Mapping[str, Tensor],
    states: Mapping[str, Mapping[str, Tensor]],
    best: Match | None,
    path: Path,
) -> str:
    fitting = len(best.tensors) if best else 0
    names = [name for state in states.values() for name in state]
    likely = next((kind for kind, proof in PROOFS.items() if any(n.endswith(proof) for n in names)), None)
    advice = f"; it looks like a {likely}: try `--encoder {likely}`" if likely else ""
    kind = type(encoder).__name__
    return (
        f"{path} holds {fitting} of the {len(wanted)} tensors of the encoder {kind} by name and shape, and "
        f"at least {LEAST_SHARE:.0%} are needed; it holds {_some(names)}, and the encoder has "
        f"{_some(list(wanted))}{advice}"
    )


def _some(names: tuple[str, ...] | list[str]) -> str:
    """The first few of the names of tensors."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
