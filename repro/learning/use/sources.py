"""Images to use a trained encoder on, with their names and, where known, classes and splits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ComponentConfig, ResolvedConfig
from repro.errors import DataError, UsageError
from repro.evidence.run import Config
from repro.learning.data.images import PackedImages
from repro.learning.data.listing import find_images, shown
from repro.learning.registry import DATASETS

SPLITS = ("train", "training", "test", "testing", "val", "valid", "validation", "eval")
FOLDER = "folder"  # the data set that is a folder of a person's own


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Images in an order: what an encoder takes slices of, and a name, split and class for each.

    ``names`` are paths below the folder, or ``train/17`` in a data set; ``splits`` and ``classes`` are empty
    text where they are not known. ``images`` are paths, or uint8 (N, C, H, W).
    """

    label: str
    names: tuple[str, ...]
    splits: tuple[str, ...]
    classes: tuple[str, ...]
    images: Sequence[Path] | Tensor

    def __len__(self) -> int:
        return len(self.names)

    def without(self, path: Path) -> "ImageSource":
        """The same without one file, so that an image is not its own neighbour."""
        if isinstance(self.images, Tensor):
            return self
        kept = [row for row, image in enumerate(self.images) if image.resolve() != path.resolve()]
        names, splits, classes = (
            tuple(column[row] for row in kept) for column in (self.names, self.splits, self.classes)
        )
        return ImageSource(self.label, names, splits, classes, [self.images[row] for row in kept])


def open_source(place: str, config: Config | None) -> ImageSource:
    """The images of a folder, a single image, or the data of a benchmark by its id.

    Raises:
        UsageError: ``place`` is neither, or a benchmark that has no data of its own.
        DataError: there are no images, or the data set cannot be had.
    """
    path = Path(place)
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return ImageSource(shown(path.name), (shown(path.name),), ("",), ("",), [path])
    return of_component(data_of(place, config))


def data_of(benchmark: str, config: Config | None) -> ComponentConfig:
    """The data of a benchmark: as the run has them if it ran on it, else as the catalog says."""
    if config is not None and config.benchmark == benchmark:
        return ResolvedConfig.model_validate(config.config).data
    given = Catalog.load().benchmark(benchmark).data
    if given["name"] == FOLDER:
        raise UsageError(
            f"{benchmark} has no images of its own: give the folder of yours instead of its name"
        )
    return ComponentConfig.model_validate(given)


def of_component(data: ComponentConfig) -> ImageSource:
    """The images of a data set; of a folder its files, by their names."""
    if data.name == FOLDER:
        path = Path(str(data.params["path"]))
        if not path.is_dir():
            raise DataError(f"{path}, which the run was trained on, is not there any more; name a folder")
        return _in_folder(path)
    return _packed(packed_images(data))


def packed_images(data: ComponentConfig) -> PackedImages:
    """A data set of images, built on the CPU. UsageError if it holds something else."""
    kind: Any = DATASETS[data.name]
    dataset = kind(torch.device("cpu"), **data.params)
    if not isinstance(dataset, PackedImages):
        raise UsageError(f"{data.name} holds no images")
    return dataset


def _packed(dataset: PackedImages) -> ImageSource:
    counts = {"train": len(dataset), "test": dataset.test_size}
    names = tuple(f"{split}/{row}" for split, count in counts.items() for row in range(count))
    labels = [*_names(dataset, dataset.train_labels), *_names(dataset, dataset.test_labels)]
    return ImageSource(
        dataset.label,
        names,
        tuple(name.partition("/")[0] for name in names),
        tuple(labels) or ("",) * len(names),
        torch.cat([dataset.train, dataset.test]),
    )


def _names(dataset: PackedImages, labels: Tensor | None) -> list[str]:
    return [] if labels is None else [dataset.classes[label] for label in labels.tolist()]


def _in_folder(folder: Path) -> ImageSource:
    """The image files below a folder; the sub-folder that one lies in, under its split, is its class."""
    files = find_images(folder).images
    splits, classes = zip(*_split_and_class([file.name for file in files]), strict=True)
    names = tuple(shown("/".join(file.name)) for file in files)
    return ImageSource(shown(folder.resolve().name), names, splits, classes, [Path(f.path) for f in files])


def _split_and_class(names: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Split and class of each file; text is empty where the folders do not say it."""
    parts = [name[:-1] for name in names]
    while parts and all(parts) and len({part[0] for part in parts}) == 1 and parts[0][0] not in SPLITS:
        parts = [part[1:] for part in parts]  # one folder around all, as archives unpack to, says nothing
    splits = [""] * len(parts)
    if parts and all(part and part[0] in SPLITS for part in parts):
        splits, parts = [part[0] for part in parts], [part[1:] for part in parts]
    return [(split, shown(part[0]) if part else "") for split, part in zip(splits, parts, strict=True)]
