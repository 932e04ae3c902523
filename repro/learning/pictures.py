"""What a report draws: views beside their originals, nearest neighbours, and a map of the features."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor

from repro.learning import seeding
from repro.learning.clip import Clip, spectrograms
from repro.learning.data.base import Dataset, Encode, Features
from repro.learning.data.graphs import NodeGraph
from repro.learning.data.images import PackedImages
from repro.learning.data.packed_sounds import PackedSounds, unit
from repro.learning.examples import Image
from repro.learning.graph import Node
from repro.learning.probes.knn import nearest
from repro.learning.views.base import Views
from repro.learning.views.images import ImageViews

ORIGINALS = 8
QUERIES = 10
NEIGHBOURS = 5
MAPPED = 1000
SHOWN_VIEWS = 2  # of sounds: further ones are targets
PERPLEXITY = 30
SQUARABLE = 1e-6, 1e6  # features that extend less, or more, are scaled first, lest a square is no number


def pictures(
    dataset: Dataset, views: Any, encode: Encode, features: Features | None, seed: int
) -> dict[str, Tensor]:
    """The tensors of ``pictures.safetensors``, chosen by what an example is.

    Of anything with labels, ``features``, a map (m, 2) in [0, 1]; more of the kinds in :data:`PICTURES`.
    """
    if draw := PICTURES.get(type(dataset.example)):
        return draw(dataset, views, encode, features, seed)
    if features is None:
        return {}
    rows = _evenly(len(features.test), MAPPED)
    return {
        "map": feature_map(features.test[rows].cpu(), seed),
        "map_label": features.test_labels[rows].cpu(),
    }


def image_pictures(
    dataset: PackedImages, views: ImageViews, encode: Encode, features: Features | None, seed: int
) -> dict[str, Tensor]:
    """Views beside originals, neighbours and the map: images are uint8 (..., C, H, W).

    Without labels ``features`` is None: then only views and a map of training images are drawn.
    """
    drawn = _views(dataset, views, seed)
    if features is None:
        rows = _evenly(len(dataset), MAPPED)
        images = dataset.sample("train", rows).to(dataset.device).float() / 255
        with torch.no_grad():
            return drawn | {"map": feature_map(encode(images).float().cpu(), seed)}
    cpu = Features(*(part.cpu() for part in features))
    rows = _evenly(len(cpu.test), MAPPED)
    mapped = {"map": feature_map(cpu.test[rows], seed), "map_label": cpu.test_labels[rows]}
    return drawn | mapped | _neighbours(dataset, cpu, seed)


def sound_pictures(
    dataset: PackedSounds, views: Views, encode: Encode, features: Features | None, seed: int
) -> dict[str, Tensor]:
    """As of images, with spectrograms uint8 (..., 1, F, M) for pictures, low bands at the bottom.

    Beside them a few clips to listen to, int16 (..., T) at ``rate`` a second: the originals and the queries.
    """
    clip = dataset.example
    originals = dataset.sample("train", _evenly(len(dataset), ORIGINALS))
    made = views(unit(originals).to(dataset.device), seeding.generator(dataset.device, seed, "probes"))
    shown = torch.stack([_gray(view.cpu()) for view in made[:SHOWN_VIEWS]], dim=1)
    drawn = {"originals": _heard(originals, clip), "views": shown, "original_sound": originals}
    drawn["rate"] = torch.tensor(clip.rate)
    if features is None:
        return drawn
    cpu = Features(*(part.cpu() for part in features))
    rows = _evenly(len(cpu.test), MAPPED)
    drawn |= {"map": feature_map(cpu.test[rows], seed), "map_label": cpu.test_labels[rows]}
    near = _neighbours(dataset, cpu, seed)
    drawn |= near | {"query": _heard(near["query"], clip), "query_sound": near["query"]}
    return drawn | {"neighbours": _heard(near["neighbours"], clip)}


def _heard(clips: Tensor, clip: Clip) -> Tensor:
    """The spectrograms of int16 clips as pictures: (..., T) -> uint8 (..., 1, F, M)."""
    pictures = _gray(spectrograms(unit(clips.reshape(-1, clip.samples)), clip))
    return pictures.reshape(*clips.shape[:-1], *pictures.shape[1:])


def _gray(spectrogram: Tensor) -> Tensor:
    """Each spectrogram from black to white, upside down: (n, 1, F, M) -> uint8."""
    low, high = (torch.quantile(spectrogram.flatten(1), q, dim=1).view(-1, 1, 1, 1) for q in (0.01, 0.995))
    scaled = ((spectrogram - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)
    return (scaled * 255).round().to(torch.uint8).flip(2).contiguous()


def node_pictures(
    dataset: NodeGraph, views: Any, encode: Encode, features: Features | None, seed: int
) -> dict[str, Tensor]:
    """The map of test nodes, and of some of them the nearest nodes by name, if nodes have names.

    A text is the bytes of its UTF-8, a line for each name.
    """
    assert features is not None, "every graph here has labels"
    rows = _evenly(len(features.test), MAPPED)
    drawn = {
        "map": feature_map(features.test[rows].cpu(), seed),
        "map_label": features.test_labels[rows].cpu(),
    }
    return drawn | _named(dataset, encode, seed) if dataset.names else drawn


def feature_map(rows: Tensor, seed: int) -> Tensor:
    """t-SNE from a PCA start: features (m, W) -> positions (m, 2) in [0, 1]; PCA alone for very few rows.

    Features that are all the same are all at (0, 0).
    """
    data = rows.numpy()
    extent = float(np.ptp(data, axis=0).max())
    if extent > 0 and not SQUARABLE[0] < extent < SQUARABLE[1]:
        data = (data - data.min(axis=0)) / extent
    if min(data.shape) < 2 or extent == 0:
        flat = np.zeros((len(data), 2))
    elif len(data) <= 3 * PERPLEXITY:
        flat = PCA(2, random_state=0).fit_transform(data)
    else:
        state = seeding.derive(seed, "probes") % 2**32
        tsne = TSNE(2, perplexity=PERPLEXITY, init="pca", learning_rate="auto", random_state=state)
        flat = tsne.fit_transform(data)
    flat = flat - flat.min(axis=0)
    # PCA gives columns in memory order, which the file format does not take.
    return torch.from_numpy(flat / max(float(flat.max()), 1e-12)).float().contiguous()


def _views(dataset: PackedImages, views: ImageViews, seed: int) -> dict[str, Tensor]:
    originals = dataset.sample("train", _evenly(len(dataset), ORIGINALS))
    batch = originals.to(dataset.device).float() / 255
    made = views(batch, seeding.generator(dataset.device, seed, "probes"))
    shown = torch.stack([views.restore(view).cpu() for view in made], dim=1)  # (n, V, C, H, W)
    return {"originals": originals, "views": (shown.clamp(0, 1) * 255).round().to(torch.uint8)}


def _neighbours(dataset: PackedImages | PackedSounds, features: Features, seed: int) -> dict[str, Tensor]:
    order = torch.randperm(len(features.test), generator=seeding.generator("cpu", seed, "probes", 1))
    queries = order[:QUERIES]
    similarity, index = nearest(features, queries, min(NEIGHBOURS, len(features.train)))
    found = dataset.sample("train", index.flatten())
    return {
        "query": dataset.sample("test", queries),
        "query_label": features.test_labels[queries],
        "neighbours": found.reshape(*index.shape, *found.shape[1:]),
        "neighbour_label": features.train_labels[index],
        "neighbour_similarity": similarity,
    }


@torch.no_grad()
def _named(dataset: NodeGraph, encode: Encode, seed: int) -> dict[str, Tensor]:
    """Some test nodes and, of all other nodes, those that are nearest to them."""
    order = torch.randperm(dataset.test_size, generator=seeding.generator("cpu", seed, "probes", 1))
    queries = dataset.test_nodes[order[:QUERIES]]
    rows = F.normalize(encode(dataset.graph).float().cpu(), dim=1)
    similarity = rows[queries] @ rows.T
    similarity[torch.arange(len(queries)), queries] = -1  # itself is no neighbour
    nearest_similarity, index = similarity.topk(min(NEIGHBOURS, len(rows) - 1), dim=1)
    return {
        "query_name": _text(dataset.names[node] for node in queries.tolist()),
        "query_label": dataset.labels[queries],
        "neighbour_name": _text(dataset.names[node] for node in index.flatten().tolist()),
        "neighbour_label": dataset.labels[index],
        "neighbour_similarity": nearest_similarity,
    }


def _text(lines: Iterable[str]) -> Tensor:
    return torch.frombuffer(bytearray("\n".join(lines).encode()), dtype=torch.uint8)


def _evenly(count: int, wanted: int) -> Tensor:
    return torch.arange(min(wanted, count)) * count // min(wanted, count)


PICTURES: dict[type, Callable[..., dict[str, Tensor]]] = {
    Image: image_pictures,
    Clip: sound_pictures,
    Node: node_pictures,
}
