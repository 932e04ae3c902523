"""What the options of a folder of images mean as settings, and what follows from the images. No torch."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.settings.own_images import FOLDER, OwnImages, fitted_settings
from repro.catalog.settings.resolve import resolve
from repro.errors import DataError

TIMM = "timm"  # the encoder that takes any of that library's networks

# How many images of a folder train, by its path and the share held out; who reads data knows.
CountImages = Callable[[str, float], OwnImages]


def fit_to_images(
    catalog: Catalog,
    paper: str,
    benchmark: str | None,
    settings: Mapping[str, Any],
    count_images: CountImages,
) -> tuple[OwnImages | None, dict[str, Any]]:
    """The images of a person's folder, and the settings that follow from them; nothing of other data."""
    lenient = {**settings, "optimizer.warmup_epochs": 0}  # whether it fits is known once the epochs are
    config = resolve(catalog, paper, benchmark, lenient)
    path = config.data.params.get("path")
    if config.data.name != FOLDER or not path:
        return None, {}
    images = count_images(path, config.data.params["evaluate_share"])
    return images, fitted_settings(images, config, settings)


def option_settings(
    catalog: Catalog, size: int | None, encoder: str | None, weights: Path | None
) -> dict[str, Any]:
    """What ``--size``, ``--encoder`` and ``--encoder-weights`` mean as settings."""
    settings: dict[str, Any] = {} if size is None else {"data.size": size}
    if encoder is not None:
        own = [name for name in catalog.signatures.names("encoder") if name != TIMM]
        is_own = encoder in own
        settings["encoder.name"] = encoder if is_own else TIMM
        settings |= {} if is_own else {"encoder.model": encoder}
    if weights is not None:
        settings["start.weights"] = str(weights.resolve())
    return settings


def start_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The checksum of the file that an encoder begins with: what is in it counts, not where it lies."""
    path = settings.get("start.weights")
    if not path:
        return {}
    try:
        with Path(str(path)).open("rb") as file:
            return {"start.sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        raise DataError(
            f"the weights in {path} cannot be read ({error.strerror}); `--encoder-weights FILE` takes "
            "safetensors or a checkpoint of torch"
        ) from error
