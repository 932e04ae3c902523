"""A paper's parts in somebody else's training: its method, its views, and the encoder of a finished run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from repro.catalog.catalog import Catalog
from repro.catalog.settings.resolve import resolve
from repro.errors import UsageError
from repro.evidence.encoder import find_encoder
from repro.learning.examples import Image
from repro.learning.job import build_for
from repro.learning.methods.base import Method
from repro.learning.nn.encoder import Encoder
from repro.learning.registry import DATASETS, METHODS, VIEWS
from repro.learning.use.encoder import TrainedEncoder, load_encoder
from repro.learning.views.base import Views


class Wrapped(Encoder):
    """Somebody's own network as an encoder: what it puts out is flattened to (B, width)."""

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.network = network
        self.width = width

    def forward(self, batch: Any) -> Tensor:
        """The features of a batch: (B, width)."""
        out: Tensor = self.network(batch)
        return out.flatten(1)


class PlainViews:
    """Views of a paper without a seed: a batch in, a list of views out, from torch's own random numbers."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.count = views.count

    def __call__(self, batch: Any, generator: torch.Generator | None = None) -> list[Any]:
        """Views of images (B, C, H, W), uint8 or float32 in [0, 1]; each (B, C, size, size) float32.

        Of a :class:`repro.learning.graph.Graph`, graphs with the same nodes.
        """
        if isinstance(batch, Tensor) and batch.dtype == torch.uint8:
            batch = batch.float() / 255
        fresh = torch.Generator(device=batch.device)
        fresh.manual_seed(int(torch.randint(2**62, ()).item()))
        return self.views(batch, generator or fresh)


def method_of(paper: str, encoder: nn.Module, width: int | None, settings: Mapping[str, Any]) -> Method:
    """The method of a paper around an encoder. UsageError if it has none, or a setting does not fit."""
    encoder = encoder.network if isinstance(encoder, TrainedEncoder) else encoder  # views are normalised
    catalog = Catalog.load()
    catalog.paper(paper)
    name = paper.replace("-", "_")
    if name not in METHODS:
        runnable = ", ".join(key.replace("_", "-") for key in METHODS)
        raise UsageError(f"{paper} has no method here yet; there are {runnable}.")
    width = width if width is not None else getattr(encoder, "width", None)
    if not isinstance(width, int) or width < 1:
        raise UsageError(
            "the encoder does not say how wide its features are; give `width=`, the length of one feature "
            "vector, such as 512 for a ResNet-18 without its classifier"
        )
    inner = encoder if isinstance(encoder, Encoder) else Wrapped(encoder, width)
    checked = catalog.signatures.check("method", name, settings)
    return METHODS[name](inner, **checked)


def views_of(paper: str, benchmark: str | None, example: Image | None) -> PlainViews:
    """The augmentations of a paper's recipe, for the benchmark's own images or for those of another size."""
    config = resolve(Catalog.load(), paper, benchmark)
    shape = example or DATASETS[config.data.name].example_of(config.data.params)
    return PlainViews(build_for(shape, "views", VIEWS, config.views))


def encoder_of(path: Path) -> TrainedEncoder:
    """The trained encoder of a run, or in a file, in eval mode on the CPU. RunError if it is not there."""
    return load_encoder(find_encoder(path))
