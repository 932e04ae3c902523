"""The verbs that use a trained encoder: embed, neighbours, probe, and its export. Imports stand in the verbs.

What is wrong with a command is said before torch is loaded.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from repro.cli.options import AsJson
from repro.errors import RunError, UsageError

if TYPE_CHECKING:
    from repro.evidence.encoder import StoredEncoder

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="A finished run's folder, or its encoder.safetensors alone.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
TARGETS = ("timm", "torchvision", "onnx", "hub")


def embed(
    run: RunFolder,
    images: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder of images, one image, or a benchmark's name.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write: .npz, .csv or .parquet.")],
    device: Device = "auto",
) -> None:
    """Write the features of images to a file, with their names and, where known, classes."""
    from repro.cli import console
    from repro.evidence.encoder import find_encoder
    from repro.evidence.features import FeatureTable, require_writable, write_features

    stored = find_encoder(run)
    require_writable(out)
    _require_images(images)
    from repro.learning.environment import choose_device
    from repro.learning.use.encoder import load_encoder
    from repro.learning.use.features import embed as features_of
    from repro.learning.use.sources import open_source

    encoder = load_encoder(stored, choose_device(device))
    source = open_source(images, stored.config)
    features = features_of(encoder, source).numpy()
    write_features(out, FeatureTable(source.names, source.splits, source.classes, features))
    console.say(f"Written: {out}: {len(source)} x {encoder.width} features")


def neighbours(
    run: RunFolder,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image to find others like.")],
    among: Annotated[
        str | None,
        typer.Option("--among", help="A folder or a benchmark's name; without it what the run trained on."),
    ] = None,
    count: Annotated[int, typer.Option("-k", min=1, help="How many to list.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="Also a page with the pictures: .html.")] = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """List the images that a trained encoder finds most like an image."""
    from repro.cli import console
    from repro.evidence.encoder import find_encoder

    stored = find_encoder(run)
    _require_neighbours(stored, image, among, out)
    from repro.learning.use.neighbours import find_neighbours

    console.out.stderr = as_json
    listed = find_neighbours(stored, image, among, count, device)
    if out is not None:
        from repro.report.neighbours import write_neighbours

        console.say(f"Page: {write_neighbours(out, listed)}")
    console.neighbours(listed, as_json)


def _require_neighbours(stored: "StoredEncoder", image: Path, among: str | None, out: Path | None) -> None:
    """UsageError for what is wrong with `repro neighbours` and can be told without torch."""
    if not image.is_file():
        raise UsageError(f"{image} is {'a folder' if image.is_dir() else 'not there'}; name one image file")
    if among is not None:
        _require_images(among)
    elif stored.config is None:
        raise UsageError(f"{stored.file} is away from its run, whose data are not known; add `--among PATH`")
    if out is not None and (out.suffix != ".html" or not out.absolute().parent.is_dir()):
        raise UsageError(f"--out {out} must be a file that ends in .html, in a folder that is there")


def probe(
    run: RunFolder,
    data: Annotated[
        str, typer.Option("--data", help="A folder with a sub-folder for each class, or a benchmark's name.")
    ],
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Read a trained encoder on other labels: kNN and linear, beside raw pixels and the untrained encoder."""
    from repro.cli import console
    from repro.evidence.encoder import find_encoder

    stored = find_encoder(run)
    _require_images(data)
    from repro.learning.environment import choose_device
    from repro.learning.use.transfer import transfer

    console.transfer(transfer(stored, data, choose_device(device)), as_json)


def export_encoder(run: Path, target: str, folder: Path | None) -> None:
    """`repro export RUN --to TARGET DIR`: the encoder as the files that another library loads."""
    from repro.cli import console
    from repro.evidence.encoder import find_encoder
    from repro.evidence.optional import require

    if target not in TARGETS:
        raise UsageError(f"--to {target} is no format of encoders; there are {', '.join(TARGETS)}")
    if folder is None:
        raise UsageError(f"name the folder to write to: `repro export {run} --to {target} DIR`")
    stored = find_encoder(run)
    if target == "onnx":
        for library in ("onnx", "onnxscript"):
            require(library, "--to onnx")
    _require_free(folder)
    from repro.learning.use.convert import convert
    from repro.learning.use.encoder import load_encoder

    encoder = load_encoder(stored)
    files = convert(encoder, target)
    from repro.evidence.run import load_run
    from repro.report.card import model_card

    beside = load_run(stored.file.parent) if stored.config else None
    stock = "repro_resnet.py" not in files
    card = model_card(encoder.facts, beside, target, stock=stock).replace("FOLDER", str(folder))
    _write(folder, {**files, "README.md": card.encode()})
    console.say(f"Written: {folder}: {', '.join([*files, 'README.md'])}. README.md says how to load it.")


def _require_free(folder: Path) -> None:
    """UsageError unless a folder is empty or can be made."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    held = next(folder.iterdir(), None) if folder.is_dir() else None
    if held is not None:
        raise UsageError(f"{folder} is not empty (it holds {held.name}); name a new folder")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    from repro.files import write_whole

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
    except OSError as error:
        raise RunError(f"{folder} could not be written ({error.strerror or error})") from error


def _require_images(place: str) -> None:
    """UsageError unless images may be there: a folder, a file, or a benchmark's name."""
    from repro.catalog.catalog import Catalog

    if not Path(place).exists() and place not in (known := Catalog.load().benchmark_ids):
        raise UsageError(f"there is no folder, image or benchmark {place!r}; benchmarks: {', '.join(known)}")
