"""A trained encoder on disk: its file, and what that says of itself, so that it can leave its run. No torch.

``encoder.safetensors`` carries, as metadata, all that is needed to use its weights: what an image is, how it
is normalised, which network it is, and where it comes from. Files of older runs carry nothing; the
``config.json`` beside them says the same.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.run import Config, Summary, read_file

FORMAT = "1"  # of the metadata
SUFFIX = ".safetensors"
ENCODER = "encoder.safetensors"


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and deviation of each channel, for images in [0, 1]; both empty if images are not normalised."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderFacts:
    """What an encoder's file says of itself.

    Attributes:
        input: What an example is: ``kind``, such as ``image``, and its fields, such as channels and size.
        normalisation: Mean and deviation of each channel.
        architecture: The encoder's ``name`` in the registry, and its settings.
        width: The length of a feature vector.
        digest: Of the run: its settings, seed and data.
        repro: The version that wrote it.
    """

    input: dict[str, Any]
    normalisation: Normalisation
    architecture: dict[str, Any]
    width: int
    paper: str
    benchmark: str
    seed: int
    digest: str
    repro: str

    def header(self) -> dict[str, str]:
        """The facts as metadata of a safetensors file, which are strings: text as it is, the rest as JSON."""
        values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in self._items()}
        return {"format": "pt", "repro_format": FORMAT, **values}

    def _items(self) -> list[tuple[str, Any]]:
        return list(asdict(self).items())


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """A trained encoder that has not been read yet: its file, and what is known of it.

    ``config`` is that of its run, None for a file away from its run. ``facts`` are None for a file of an
    older run, whose config then says them.
    """

    file: Path
    facts: EncoderFacts | None
    config: Config | None

    @property
    def name(self) -> str:
        """The name of its run's folder, or of a lone file."""
        return self.file.resolve().parent.name if self.config else self.file.stem


def find_encoder(path: Path) -> StoredEncoder:
    """The encoder of a run folder, or in a single file that has left its run.

    Raises:
        RunError: there is none at ``path``, the run has not finished, or the file is damaged or foreign.
    """
    if path.is_dir():
        return _in_run(RunFolder(path))
    if path.suffix != SUFFIX or not path.is_file():
        what = "is no run folder and no encoder's file" if path.exists() else "is not there"
        raise RunError(f"{path} {what}; give a run folder, such as those below runs/, or its {ENCODER}")
    facts = read_facts(path)
    beside = path.with_name("config.json")
    if facts is None and not beside.is_file():
        raise RunError(
            f"{path} does not say which encoder it holds: it was written by an older version of repro, or by "
            "another program; give the folder of its run"
        )
    config = read_file(beside, Config) if beside.is_file() else None
    is_own = config is not None and (facts is None or facts.digest == config.digest)
    return StoredEncoder(path, facts, config if is_own else None)


def _in_run(folder: RunFolder) -> StoredEncoder:
    config = read_file(folder.config, Config)
    if not folder.encoder.is_file():
        raise RunError(f"{folder.path} has no {folder.encoder.name}: {_why_missing(folder)}")
    facts = read_facts(folder.encoder)
    if facts is not None and facts.digest != config.digest:
        raise RunError(
            f"{folder.encoder} belongs to another run than {folder.config} (their digests differ); "
            "copy the whole folder again"
        )
    return StoredEncoder(folder.encoder, facts, config)


def _why_missing(folder: RunFolder) -> str:
    if not folder.summary.is_file():
        return f"the run has not finished; `repro run --resume {folder.path}` goes on with it"
    summary = read_file(folder.summary, Summary)
    return "copy the whole folder again" if summary.finished else f"the run ended early ({summary.status})"


def read_facts(path: Path) -> EncoderFacts | None:
    """What an encoder's file says of itself; None if it carries no such metadata.

    Raises:
        RunError: the file is damaged, or its metadata are of another format.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} is no whole safetensors file ({error}); copy it again") from None
    if "repro_format" not in header:
        return None
    if header["repro_format"] != FORMAT:
        raise RunError(
            f"{path} has metadata of format {header['repro_format'][:20]!r}, and this version of repro reads "
            f"format {FORMAT}; use the version that wrote it"
        )
    return _parsed(path, header)


def _parsed(path: Path, header: dict[str, str]) -> EncoderFacts:
    names = {field.name: field.type is str for field in fields(EncoderFacts)}
    try:
        values = {name: header[name] if text else json.loads(header[name]) for name, text in names.items()}
        facts: EncoderFacts = TypeAdapter(EncoderFacts).validate_python(values)
        return facts
    except (KeyError, ValueError, ValidationError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{path} has metadata that cannot be read ({reason}); it was damaged") from None
