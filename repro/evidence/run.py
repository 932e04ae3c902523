"""Read a run folder: JSON, metrics and pictures, checked, without torch.

A folder may come from anywhere, so every file is bound to a type before use, and what is wrong with it is
said in one sentence (:class:`repro.errors.RunError`). Metrics that are null, pictures that are absent and a
``metrics.jsonl`` of any length are fine: a report shows what there is.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from repro.errors import RunError
from repro.evidence.pictures import NO_PICTURES, Pictures, read_pictures

T = TypeVar("T")

FORMAT = 1
ENORMOUS = 1e30  # beyond this a number is as good as not finite, and drawing it would overflow
LARGEST = 64 * 2**20  # bytes of one text file; a run of 1,000 epochs stays far below


@dataclass(frozen=True)
class Config:
    """``config.json``: what was asked for."""

    format: int
    paper: str
    benchmark: str
    seed: int
    digest: str
    code: str = ""  # the fingerprint of the code that made it
    config: dict[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Environment:
    """``environment.json``: what it ran on."""

    python: str = ""
    torch: str = ""
    torchvision: str = ""
    numpy: str = ""
    repro: str = ""
    platform: str = ""
    cpu: str = ""
    cores: int | None = None
    threads: int | None = None
    device: str = ""
    gpu: str | None = None
    precision: str = ""
    commit: str | None = None
    dirty: bool | None = None
    started: str = ""


@dataclass(frozen=True)
class Probe:
    """Accuracies as fractions in [0, 1]; ``std`` relative to 1/sqrt(D); None where it was not measured."""

    knn: float | None = None
    linear: float | None = None
    std: float | None = None
    effective_rank: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Baselines:
    """The same probes on raw pixels and on the untrained encoder."""

    pixels: Probe = Probe()
    untrained: Probe = Probe()


@dataclass(frozen=True)
class Data:
    """The data set as the summary names it; counts of images."""

    name: str = ""
    label: str = ""
    train: int | None = None
    test: int | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """Whether the features collapsed, and the witnesses in words."""

    collapsed: bool = False
    sentence: str = ""


@dataclass(frozen=True)
class Summary:
    """``summary.json``: what came out."""

    format: int
    digest: str
    status: str
    method: str = ""
    seconds: float | None = None
    seconds_total: float | None = None
    images_per_second: float | None = None
    steps: int = 0
    epochs: float = 0
    batch: int | None = None
    parameters: int | None = None
    peak_memory_bytes: int | None = None
    metrics: Probe = Probe()
    baselines: Baselines = Baselines()
    classes: tuple[str, ...] = ()
    data: Data = Data()
    diagnosis: Diagnosis = Diagnosis()


@dataclass(frozen=True)
class Tick:
    """One line of ``metrics.jsonl``: its numbers by name, NaN where one was not finite."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class RunView:
    """A run folder in memory."""

    folder: Path
    config: Config
    environment: Environment
    summary: Summary
    ticks: tuple[Tick, ...] = ()
    pictures: Pictures = NO_PICTURES

    @property
    def finished(self) -> bool:
        """Whether training ran to its end."""
        return self.summary.status == "finished"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every quantity that was logged, in order of first appearance."""
        return tuple(dict.fromkeys(name for tick in self.ticks for name in tick.values))

    def curve(self, name: str) -> tuple[tuple[float, float], ...]:
        """(step, value) of one quantity, in the order it was logged."""
        return tuple((float(tick.step), tick.values[name]) for tick in self.ticks if name in tick.values)


def load_run(folder: Path) -> RunView:
    """Read a run folder.

    Raises :class:`repro.errors.RunError` if it is missing, damaged, foreign or of another format.
    """
    if not folder.is_dir():
        raise RunError(f"There is no run folder at {folder}; `repro run simsiam` makes one.")
    config = _read(folder / "config.json", Config)
    summary = _read(folder / "summary.json", Summary)
    if summary.digest != config.digest:
        raise RunError(
            f"{folder / 'summary.json'} belongs to another run: its digest is {_short(summary.digest)}, "
            f"config.json says {_short(config.digest)}; copy the whole folder again."
        )
    return RunView(
        folder=folder,
        config=config,
        environment=_read(folder / "environment.json", Environment),
        summary=summary,
        ticks=_ticks(folder / "metrics.jsonl"),
        pictures=read_pictures(folder / "pictures.safetensors"),
    )


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise RunError(f"{path} is larger than {LARGEST // 2**20} MiB; no run writes such a file.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RunError(f"{path} is not UTF-8 text; it was damaged or written by another program.") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror or error}).") from None


def _read(path: Path, kind: type[T]) -> T:
    if not path.is_file():
        raise RunError(_missing(path))
    text = _text(path)
    try:
        _check_format(path, json.loads(text))
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RunError(f"{path} is not what a run writes: `{place}`: {first['msg']}.") from None
    except (ValueError, RecursionError):  # also an integer of thousands of digits
        raise RunError(f"{path} is not JSON that can be read; the file was damaged.") from None


def _missing(path: Path) -> str:
    if path.name == "config.json":
        return f"{path.parent} has no config.json, so it is no run folder; `repro run` writes run folders."
    if path.name == "summary.json":
        return f"{path.parent} has no summary.json: the run is under way or was interrupted; resume it first."
    return f"{path.parent} has no {path.name}; the folder is incomplete, copy it again."


def _check_format(path: Path, value: object) -> None:
    if not isinstance(value, dict):
        raise RunError(f"{path} is not what a run writes: it holds a {type(value).__name__}, not an object.")
    found = value.get("format", FORMAT)
    if found != FORMAT:
        raise RunError(
            f"{path} has format {json.dumps(found)[:20]}, this version of repro reads format {FORMAT}; "
            "use the version that wrote the run."
        )


def _ticks(path: Path) -> tuple[Tick, ...]:
    if not path.is_file():
        return ()
    lines = _text(path).split("\n")
    torn = lines.pop()  # what follows the last newline: nothing, or a line that an interruption cut short
    ticks = [_tick(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if torn.strip():
        with suppress(RunError):
            ticks.append(_tick(path, len(lines) + 1, torn))
    return tuple(ticks)


def _tick(path: Path, number: int, line: str) -> Tick:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise RunError(f"{path}:{number}: this line is not JSON; the file was damaged.") from None
    step = value.get("step") if isinstance(value, dict) else None
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < ENORMOUS:
        raise RunError(f"{path}:{number}: expected an object with a whole `step`; the file was damaged.")
    return Tick(step, {str(key): _number(item) for key, item in value.items() if _counts(key, item)})


def _counts(key: str, value: object) -> bool:
    return key != "step" and isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> float:
    try:
        return float(value) if abs(value) < ENORMOUS else math.nan
    except OverflowError:  # an integer too large for a float
        return math.nan
