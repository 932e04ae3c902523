"""Checkpoints: written whole or not at all, and read as tensors and numbers only, never as code."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as as_bytes
from torch import Tensor, nn

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.run import Config
from repro.files import replacing
from repro.learning.facts import facts_of
from repro.learning.nn.encoder import Encoder

FORMAT = 1


def save(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, text, and dicts or lists of them) to ``path``.

    The file appears by a rename once it is complete and on the disk: a crash or a full disk leaves the one
    before it. RunError if it cannot be written.
    """
    with _replacing(path) as part, part.open("wb") as file:  # given a name, torch would put it into the file
        torch.save({"format": FORMAT, **state}, file)


def load(path: Path, device: torch.device) -> dict[str, Any]:
    """Read what :func:`save` wrote. RunError if the file is damaged, foreign, or of another format."""
    try:
        # The archive's own checksums come first: a flipped bit in a weight would otherwise pass for a weight.
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        state = None if damaged else torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # a file from anywhere can make its readers raise anything
        raise _damaged(path) from error
    if damaged:
        raise _damaged(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format") if isinstance(state, dict) else type(state).__name__
        raise RunError(
            f"{path} has checkpoint format {found!r}, and this version reads format {FORMAT}; "
            "delete the file to train again from the start"
        )
    return state


def _damaged(path: Path) -> RunError:
    return RunError(
        f"{path} is damaged or is no checkpoint of this project, so the run cannot go on from it; "
        "delete the file to train again from the start"
    )


def restore(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Put what ``state`` holds into a module and its optimiser. RunError if it does not fit them."""
    try:
        module.load_state_dict(state["method"])
        optimizer.load_state_dict(state["optimizer"])
    except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path} belongs to another network than this run's configuration builds; start a new run"
        ) from error


def save_weights(path: Path, module: nn.Module) -> None:
    """The state of ``module`` as safetensors, on the CPU, whole or not at all.

    In the folder of a run the file also says, as metadata, what its ``config.json`` says of the encoder.
    """
    weights: dict[str, Tensor] = {name: t.cpu().contiguous() for name, t in module.state_dict().items()}
    save_tensors(path, weights, _metadata(RunFolder(path.parent), module))


def _metadata(folder: RunFolder, module: nn.Module) -> dict[str, str] | None:
    if not isinstance(module, Encoder) or not folder.config.is_file():
        return None
    return facts_of(folder.read(Config), module.width).header()


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Named tensors as safetensors, whole or not at all."""
    with _replacing(path) as part:
        part.write_bytes(_with_header(as_bytes(tensors), metadata) if metadata else as_bytes(tensors))


def _with_header(data: bytes, metadata: dict[str, str]) -> bytes:
    """A safetensors file with metadata in their own order: the library's differs from process to process."""
    length = int.from_bytes(data[:8], "little")
    header = {"__metadata__": metadata, **json.loads(data[8 : 8 + length])}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """As :func:`repro.files.replacing`, with an error as a sentence."""
    try:
        with replacing(path, durable=True) as part:
            yield part
    except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
        kept = "the one before it is still there" if path.exists() else "there is none yet"
        raise RunError(
            f"{path} could not be written ({error}); {kept}; free some space and resume"
        ) from error
