"""Every method with what it runs on: those of the registry, found there, and the toys of this folder."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import torch

from repro.learning.clip import Clip
from repro.learning.data.base import Dataset
from repro.learning.examples import Image
from repro.learning.graph import Node
from repro.learning.methods.base import Method
from repro.learning.methods.speech_simclr import SpeechSimCLR
from repro.learning.nn.audio_cnn import AudioCNN
from repro.learning.nn.gcn import GCN
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.nn.speech_transformer import SpeechTransformer
from repro.learning.registry import METHODS
from repro.learning.views.base import Views
from repro.learning.views.graphs import GraphViews
from repro.learning.views.images import ImageViews
from repro.learning.views.spectrogram import SpectrogramViews
from repro.learning.views.speech import SpeechViews
from tests.support.contract.audio import AudioEncoder, AudioViews, Sound
from tests.support.contract.data import Rows
from tests.support.contract.dino import Dino, MultiCrop
from tests.support.contract.graphs import OneGraph

SMALL = {"dim": 8, "hidden": 16, "queue": 32}  # what a method is cut down to, where it has such a size
SOUND = Sound(8, 12)
CLIP = Clip(1000, 8000, 12)


@dataclass(frozen=True)
class Case:
    """A method, its data and its views; ``batch`` rows a step."""

    method: Callable[[], Method]
    views: Callable[[], Views]
    dataset: Callable[[], Dataset]
    batch: int = 8

    def build(self, seed: int = 0) -> Method:
        torch.manual_seed(seed)
        return self.method()


def image_encoder() -> SmallResNet:
    return SmallResNet(Image(1, 32), width=4, stages=2)


def image_views() -> ImageViews:
    return ImageViews(Image(1, 12), saturation=0.0, hue=0.0, gray_p=0.0)


def images() -> Rows:
    return Rows(1, 12, 12)


def small(name: str, **options: Any) -> Method:
    """A method of the registry around a small encoder of images."""
    accepted = inspect.signature(METHODS[name].__init__).parameters
    shrunk = {key: value for key, value in SMALL.items() if key in accepted}
    return METHODS[name](image_encoder(), **(shrunk | options))


def clips() -> Rows:
    return Rows(CLIP.samples, example=CLIP)


def speech(**options: Any) -> Case:
    """Speech SimCLR, which asks for an encoder with a vector for each moment, and for four views."""
    encoder = {"width": 8, "layers": 1, "heads": 2}
    return Case(
        lambda: SpeechSimCLR(SpeechTransformer(CLIP, **encoder), **({"dim": 8, "hidden": 16} | options)),  # type: ignore[arg-type]
        lambda: SpeechViews(CLIP),
        clips,
    )


def of_registry(name: str, **options: Any) -> Case:
    if name == "speech_simclr":
        return speech(**options)
    return Case(lambda: small(name, **options), image_views, images)


def on_graph(name: str, **options: Any) -> Case:
    """A method of the registry on the toy graph."""
    nodes = Node(24, 6)
    return Case(
        lambda: METHODS[name](GCN(nodes, width=8, hidden=12), **options),
        lambda: GraphViews(nodes),
        OneGraph,
        batch=24,
    )


TOYS = {
    "dino": Case(lambda: Dino(image_encoder()), lambda: MultiCrop(Image(1, 12)), images),
    "byol on sounds": Case(
        lambda: METHODS["byol"](AudioEncoder(SOUND), dim=8, hidden=16),  # type: ignore[call-arg]
        lambda: AudioViews(SOUND),
        lambda: Rows(1, 8, 12, example=SOUND),
    ),
    "byol-a": Case(
        lambda: METHODS["byol"](AudioCNN(CLIP, channels=4, width=8), dim=8, hidden=16),  # type: ignore[call-arg]
        lambda: SpectrogramViews(CLIP, memory=12),
        clips,
    ),
    "barlow_twins on a graph": on_graph("barlow_twins", dim=8, hidden=16),
    "graph_bt on a graph": on_graph("graph_bt"),
    "graph_bt with a projector": on_graph("graph_bt", projector=12),
}

CASES = {name: of_registry(name) for name in METHODS} | TOYS


def options() -> dict[str, Case]:
    """One case for each other value of each switch of each method: flags, and choices of a few words."""
    found = {}
    for name, method in METHODS.items():
        hints = get_type_hints(method.__init__)
        for key, parameter in inspect.signature(method.__init__).parameters.items():
            hint = hints.get(key)
            values = get_args(hint) if get_origin(hint) is Literal else (True, False) if hint is bool else ()
            for value in values:
                if value != parameter.default:
                    found[f"{name}, {key}={value}"] = of_registry(name, **{key: value})
    return found
