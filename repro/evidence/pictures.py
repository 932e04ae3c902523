"""The pictures of a run (``pictures.safetensors``), checked, as numpy arrays.

Of a graph there are no images: nodes are shown by their names.

Shapes: n originals, V views each, q queries, m points of the map, C channels (1 or 3), H and W pixels,
T samples.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from repro.errors import RunError

SLOWEST, FASTEST = 1000, 192_000  # samples a second of a sound
LARGEST = 512 * 2**20  # bytes; a run writes a few hundred pictures

Tensors = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class ViewSheets:
    """Training images and the views made of them: (n, C, H, W) and (n, V, C, H', W'), uint8."""

    originals: NDArray[np.uint8]
    views: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Test images and their nearest training images, the most similar first.

    ``query`` (q, C, H, W) and ``neighbours`` (q, K, C, H, W) are uint8, ``similarity`` (q, K) is a cosine;
    ``query_label`` (q,) and ``neighbour_label`` (q, K) are both None when the data has no labels.
    """

    query: NDArray[np.uint8]
    neighbours: NDArray[np.uint8]
    similarity: NDArray[np.float64]
    query_label: NDArray[np.int64] | None
    neighbour_label: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class NamedNeighbours:
    """Test examples that have a name and no image, and the examples nearest to them, the most similar first.

    ``query`` has q names, ``neighbours`` q times K; ``similarity`` (q, K) is a cosine; labels are (q,)
    and (q, K).
    """

    query: tuple[str, ...]
    neighbours: tuple[tuple[str, ...], ...]
    similarity: NDArray[np.float64]
    query_label: NDArray[np.int64]
    neighbour_label: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Features of test images in the plane: (m, 2) in [0, 1], labels (m,) or None."""

    points: NDArray[np.float64]
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Sounds:
    """Where a picture is a spectrogram, what it shows: int16 samples at ``rate`` a second.

    ``originals`` (n, T) and ``queries`` (q, T) go with the pictures of these names; no rows if not kept.
    """

    rate: int
    originals: NDArray[np.int16]
    queries: NDArray[np.int16]


@dataclass(frozen=True)
class Pictures:
    """What there is to look at, or to listen to; each part may be missing."""

    views: ViewSheets | None = None
    neighbours: Neighbours | None = None
    map: FeatureMap | None = None
    named: NamedNeighbours | None = None
    sounds: Sounds | None = None


NO_PICTURES = Pictures()


def read_pictures(path: Path) -> Pictures:
    """Read what is there; a missing file gives no pictures, a damaged one raises RunError."""
    if not path.is_file():
        return NO_PICTURES
    try:
        if path.stat().st_size > LARGEST:
            raise RunError(f"{path} is larger than {LARGEST // 2**20} MiB; no run writes such a file.")
        tensors: Tensors = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        raise RunError(f"{path} is not a safetensors file of numbers; it was damaged.") from None
    try:
        return Pictures(
            _views(tensors), _neighbours(tensors), _map(tensors), _named(tensors), _sounds(tensors)
        )
    except _ShapeError as error:
        raise RunError(f"{path} is not what a run writes: {error}.") from None


class _ShapeError(Exception):
    """A tensor is not what its name promises."""


def _images(tensors: Tensors, name: str, lead: tuple[int | None, ...]) -> NDArray[np.uint8]:
    """The uint8 images called ``name``, whose leading axes must have the lengths ``lead`` (None: any)."""
    array = tensors[name]
    ranked = array.ndim == len(lead) + 3 and 0 not in array.shape
    if not ranked or array.dtype != np.uint8 or array.shape[-3] not in (1, 3):
        raise _ShapeError(
            f"`{name}` is {array.dtype} {array.shape}, expected uint8 images of 1 or 3 channels"
        )
    if any(want not in (None, have) for want, have in zip(lead, array.shape, strict=False)):
        raise _ShapeError(f"`{name}` has shape {array.shape}, which does not go with the tensor beside it")
    return array.astype(np.uint8, copy=False)


def _labels(tensors: Tensors, name: str, shape: tuple[int, ...]) -> NDArray[np.int64] | None:
    array = tensors.get(name)
    if array is None:
        return None
    if array.dtype.kind not in "iu" or array.shape != shape:
        raise _ShapeError(f"`{name}` is {array.dtype} {array.shape}, expected whole numbers {shape}")
    return array.astype(np.int64)


def _numbers(tensors: Tensors, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = tensors[name]
    if array.dtype.kind != "f" or array.shape != shape:
        raise _ShapeError(f"`{name}` is {array.dtype} {array.shape}, expected real numbers {shape}")
    return array.astype(np.float64)


def _views(tensors: Tensors) -> ViewSheets | None:
    if not {"originals", "views"} <= tensors.keys():
        return None
    originals = _images(tensors, "originals", (None,))
    return ViewSheets(originals, _images(tensors, "views", (len(originals), None)))


def _neighbours(tensors: Tensors) -> Neighbours | None:
    if not {"query", "neighbours", "neighbour_similarity"} <= tensors.keys():
        return None
    query = _images(tensors, "query", (None,))
    neighbours = _images(tensors, "neighbours", (len(query), None))
    shape = neighbours.shape[:2]
    similarity = _numbers(tensors, "neighbour_similarity", shape)
    query_label = _labels(tensors, "query_label", shape[:1])
    label = _labels(tensors, "neighbour_label", shape)
    if query_label is None or label is None:
        query_label = label = None
    return Neighbours(query, neighbours, similarity, query_label, label)


def _named(tensors: Tensors) -> NamedNeighbours | None:
    if not {"query_name", "neighbour_name", "neighbour_similarity"} <= tensors.keys():
        return None
    query, neighbours = (_lines(tensors, name) for name in ("query_name", "neighbour_name"))
    count = len(neighbours) // len(query)
    similarity = _numbers(tensors, "neighbour_similarity", (len(query), count))
    query_label = _labels(tensors, "query_label", (len(query),))
    label = _labels(tensors, "neighbour_label", (len(query), count))
    if len(neighbours) != len(query) * count or query_label is None or label is None:
        raise _ShapeError("`neighbour_name` does not go with the tensors beside it")
    rows = tuple(neighbours[start : start + count] for start in range(0, len(neighbours), count))
    return NamedNeighbours(query, rows, similarity, query_label, label)


def _lines(tensors: Tensors, name: str) -> tuple[str, ...]:
    """The lines of a text kept as bytes of UTF-8."""
    array = tensors[name]
    if array.dtype != np.uint8 or array.ndim != 1:
        raise _ShapeError(f"`{name}` is {array.dtype} {array.shape}, expected the bytes of a text")
    try:
        return tuple(array.tobytes().decode("utf-8").split("\n"))
    except UnicodeDecodeError:
        raise _ShapeError(f"`{name}` is not UTF-8 text") from None


def _map(tensors: Tensors) -> FeatureMap | None:
    array = tensors.get("map")
    if array is None or array.shape[:1] == (0,):
        return None
    points = _numbers(tensors, "map", (len(array), 2) if array.ndim else (0, 2))
    if not np.isfinite(points).all():
        raise _ShapeError("`map` holds values that are not finite")
    return FeatureMap(np.clip(points, 0.0, 1.0), _labels(tensors, "map_label", (len(points),)))


def _sounds(tensors: Tensors) -> Sounds | None:
    rate = tensors.get("rate")
    if rate is None:
        return None
    if rate.dtype.kind not in "iu" or rate.shape != () or not SLOWEST <= int(rate) <= FASTEST:
        raise _ShapeError(f"`rate` is {rate}, expected a whole number from {SLOWEST} to {FASTEST}")
    originals, queries = (
        _clips(tensors, *names) for names in (("original_sound", "originals"), ("query_sound", "query"))
    )
    return Sounds(int(rate), originals, queries)


def _clips(tensors: Tensors, name: str, shown: str) -> NDArray[np.int16]:
    """The sounds called ``name``, one for each picture ``shown``; none if there are none."""
    if name not in tensors or shown not in tensors:
        return np.zeros((0, 0), np.int16)
    clips = tensors[name]
    if clips.dtype != np.int16 or clips.ndim != 2 or len(clips) != len(tensors[shown]) or not clips.size:
        raise _ShapeError(
            f"`{name}` is {clips.dtype} {clips.shape}, expected int16 sounds, one for each of `{shown}`"
        )
    return clips.astype(np.int16, copy=False)
