"""A trained encoder as an object: images in any form go in, features come out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from repro.errors import RunError, UsageError
from repro.evidence.encoder import EncoderFacts, StoredEncoder
from repro.evidence.run import Config
from repro.learning import seeding
from repro.learning.data.in_memory import EVALUATION_BATCH
from repro.learning.examples import Image
from repro.learning.facts import facts_of, image_of
from repro.learning.nn.encoder import Encoder
from repro.learning.registry import ENCODERS
from repro.learning.use.pixels import as_batch
from repro.learning.views.colour import normalise


class TrainedEncoder(Encoder):
    """Images to features, resized, cropped and normalised as the run's own evaluation did it.

    A call takes PIL images, paths, numpy or torch arrays of uint8 - (H, W), (H, W, C), (C, H, W) or a batch
    of them - or a list of these, and gives (B, width) float32 on the encoder's device. Float arrays must be
    in [0, 1] and of the encoder's own size. In eval mode, as it is returned, no gradient is kept.

    Attributes:
        network: The bare module, from a normalised float32 batch (B, C, S, S) to (B, width), to train on.
        facts: What it is: architecture, input, normalisation, the run it comes from.
        example: The image it takes: ``channels`` and ``size``.
        width: The length of a feature vector.

    Example:
        >>> import numpy as np
        >>> from repro.evidence.encoder import EncoderFacts, Normalisation
        >>> facts = EncoderFacts(
        ...     input={"kind": "image", "channels": 3, "size": 16}, normalisation=Normalisation(),
        ...     architecture={"name": "small_resnet", "width": 4}, width=16,
        ...     paper="simsiam", benchmark="images", seed=0, digest="", repro="")
        >>> encoder = TrainedEncoder(untrained_network(facts), facts).eval()
        >>> encoder(np.zeros((5, 40, 50, 3), np.uint8)).shape
        torch.Size([5, 16])
    """

    def __init__(self, network: nn.Module, facts: EncoderFacts) -> None:
        super().__init__()
        self.network = network
        self.facts = facts
        self.example = require_image(facts)
        self.width = facts.width

    def forward(self, images: Any) -> Tensor:
        """The features of images: (B, width) float32.

        Raises:
            UsageError: something in ``images`` is no image.
            DataError: a file or a picture cannot be read.
        """
        with torch.set_grad_enabled(self.training and torch.is_grad_enabled()):
            parts = [self.encode(as_batch(part, self.example)) for part in _in_parts(images)]
            return torch.cat(parts)

    def encode(self, batch: Tensor) -> Tensor:
        """The features of a float32 batch (B, C, S, S) in [0, 1]: normalised, then the network."""
        out: Tensor = self.network(self.normalise(batch.to(self.device)))
        return out.float()

    def normalise(self, batch: Tensor) -> Tensor:
        """A batch in [0, 1] as the network expects it."""
        mean, std = self.facts.normalisation.mean, self.facts.normalisation.std
        return normalise(batch, list(mean), list(std)) if std else batch

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.network.parameters()).device

    def extra_repr(self) -> str:
        """What it is, in a line."""
        facts, size = self.facts, self.example.size
        return (
            f"{facts.paper} on {facts.benchmark}, {self.example.channels} x {size} x {size} -> {self.width}"
        )


def load_encoder(stored: StoredEncoder, device: torch.device | str = "cpu") -> TrainedEncoder:
    """The encoder in a file, in eval mode.

    Raises:
        RunError: the file does not hold the weights of the encoder that it, or its run, names.
    """
    facts = stored.facts or facts_of(_config(stored), width=0, version="")
    network = untrained_network(facts)
    facts = replace(facts, width=network.width)  # which the configuration of an older run does not say
    try:
        network.load_state_dict(load_file(stored.file))
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{stored.file} does not hold the weights of this run's encoder ({reason})") from None
    return TrainedEncoder(network, facts).eval().to(device)


def _config(stored: StoredEncoder) -> Config:
    assert stored.config is not None, "a file without metadata is read with its run alone"
    return stored.config


def untrained_network(facts: EncoderFacts) -> Encoder:
    """The network with the weights that its run began with, in eval mode.

    Raises:
        RunError: this version has no such encoder, or it takes other settings.
    """
    params = dict(facts.architecture)
    params |= {"pretrained": False} if params.get("pretrained") else {}  # its weights come from the file
    kind = ENCODERS.get(name := str(params.pop("name", "")))
    if kind is None:
        raise RunError(f"this version of repro has no encoder {name!r}; there are {', '.join(ENCODERS)}")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seeding.derive(facts.seed, "weights"))
        try:
            network: Encoder = kind(require_image(facts), **params)
        except (TypeError, UsageError) as error:
            raise RunError(f"this version of repro cannot build this {name} ({error})") from None
    return network.eval()


def require_image(facts: EncoderFacts) -> Image:
    """The image that an encoder takes. UsageError if it takes something else."""
    example = image_of(facts)
    if example is None:
        raise UsageError(f"this encoder takes {facts.input.get('kind', 'something')}s, and here go images")
    return example


def _in_parts(images: Any) -> list[Any]:
    """A list or a batch in parts that are taken at once; anything else whole."""
    is_batch = isinstance(images, torch.Tensor | np.ndarray) and images.ndim == 4
    is_list = isinstance(images, Sequence) and not isinstance(images, str)
    if not (is_batch or is_list):
        return [images]
    starts = range(0, max(1, len(images)), EVALUATION_BATCH)
    return [images[start : start + EVALUATION_BATCH] for start in starts]
