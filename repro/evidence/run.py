"""A run as everybody writes and reads it: what was asked for, what it ran on, what came out. No torch.

One model for both sides: training fills these records and :class:`repro.evidence.folder.RunFolder` writes
them; reports, records and verdicts read them back. A folder may come from anywhere, so every file is bound to
a type before use, and what is wrong with it is said in one sentence (:class:`repro.errors.RunError`). Metrics
that are null, pictures that are absent and a ``metrics.jsonl`` of any length are fine: a report shows what
there is.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from repro.errors import RunError
from repro.evidence.pictures import NO_PICTURES, Pictures, read_pictures

T = TypeVar("T")
Scores = dict[
    str, float | None
]  # by metric: accuracies in [0, 1], ``std`` relative to 1/sqrt(D); None: no value

FORMAT = 1  # of every file of a run and of its record
FINISHED = "finished"
STOPPED = "stopped"  # how the status of a run begins that came to an end because its numbers failed
CRASHED = "crashed"  # how the status of a run begins that ended without one of its own
ENORMOUS = 1e30  # beyond this a number is as good as not finite, and drawing it would overflow
MOST_REASONS = 20  # for files that are not used, in a line
LARGEST = 64 * 2**20  # bytes of one text file; a run of 1,000 epochs stays far below


@dataclass(frozen=True)
class FolderReading:
    """How a folder was read: examples of both splits, how they were told apart, what was left out.

    ``splits`` and ``notes`` are clauses; ``unused`` counts files that are not used, by reason. ``noun`` is
    what the files hold.
    """

    train: int
    test: int
    splits: str = ""
    notes: tuple[str, ...] = ()
    unused: dict[str, int] = field(default_factory=dict)
    noun: str = "images"

    @property
    def sentence(self) -> str:
        """All of it in one line, the reasons with the most files first."""
        clauses = [
            f"{self.train:,} {self.noun} to train, {self.test:,} to evaluate",
            self.splits,
            *self.notes,
        ]
        said = "; ".join(clause for clause in clauses if clause)
        if not self.unused:
            return f"{said}. Every file is used."
        rows = sorted(self.unused.items(), key=lambda row: (-row[1], row[0]))
        reasons = [_counted(count, reason) for reason, count in rows[:MOST_REASONS]]
        if rest := sum(count for _, count in rows[MOST_REASONS:]):
            reasons.append(f"{rest:,} for other reasons")
        return f"{said}. Not used: {', '.join(reasons)}."


def _counted(count: int, reason: str) -> str:
    """``3 rows without a class``, ``1 row without a class``."""
    noun, space, rest = reason.partition(" ")
    noun = noun.removesuffix("s") if count == 1 and noun in ("rows", "folders") else noun
    return f"{count:,} {noun}{space}{rest}"


@dataclass(frozen=True, kw_only=True)
class Config:
    """``config.json``: what was asked for, and the code that does it."""

    paper: str
    benchmark: str
    seed: int
    overrides: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)  # every setting, resolved
    digest: str  # of settings, seed and data
    code: str = ""  # the fingerprint of the code that made it
    data: str = ""  # the checksum of the data set
    folder: FolderReading | None = None  # of images, where the data set is one
    command: str = ""
    device: str = ""
    threads: int | None = None
    begun_from: str = ""  # what of a file of weights the encoder took, as a sentence


@dataclass(frozen=True, kw_only=True)
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
    threads: int | None = None  # of each process
    processes: int = 1
    device: str = ""
    gpu: str | None = None
    precision: str = ""
    commit: str | None = None
    dirty: bool | None = None
    started: str = ""


@dataclass(frozen=True)
class Baselines:
    """The same probes on the data as they are (for images, raw pixels) and on the untrained encoder.

    On a graph also on the features averaged over neighbours, with nothing learnt; empty on other data.
    """

    pixels: Scores = field(default_factory=dict)
    untrained: Scores = field(default_factory=dict)
    propagated: Scores = field(default_factory=dict)


RAW = {"image": "raw pixels", "sound": "raw spectrograms"}  # the data as they are, by the unit


@dataclass(frozen=True)
class Data:
    """The data set as the summary names it; counts of examples, which ``unit`` names."""

    name: str = ""
    label: str = ""
    train: int | None = None
    test: int | None = None
    checksum: str | None = None
    unit: str = "image"

    @property
    def raw(self) -> str:
        """What the data as they are are called: ``raw pixels``, ``raw spectrograms``, ``raw features``."""
        return RAW.get(self.unit, "raw features")


@dataclass(frozen=True)
class Diagnosis:
    """Whether the features collapsed, and the witnesses in words."""

    collapsed: bool = False
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """``summary.json``: what came out."""

    paper: str = ""
    benchmark: str = ""
    method: str = ""
    seed: int | None = None
    digest: str
    status: str
    seconds: float | None = None
    seconds_total: float | None = None
    images_per_second: float | None = None
    steps: int = 0
    epochs: float = 0
    batch: int | None = None
    parameters: int | None = None
    peak_memory_bytes: int | None = None
    metrics: Scores = field(default_factory=dict)
    baselines: Baselines = Baselines()
    classes: tuple[str, ...] = ()
    data: Data = Data()
    diagnosis: Diagnosis = Diagnosis()

    @property
    def finished(self) -> bool:
        """True if training ran to its end."""
        return self.status == FINISHED

    @property
    def stopped(self) -> bool:
        """True if training came to an end because its numbers failed."""
        return self.status.startswith(STOPPED)

    @property
    def crashed(self) -> bool:
        """True if the run ended without a word of its own; it can be tried again."""
        return self.status.startswith(CRASHED)


@dataclass(frozen=True)
class MetricsLine:
    """One line of ``metrics.jsonl``: its numbers by name, NaN where one was not finite."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """A run: from its folder, or without pictures from its record."""

    folder: Path
    config: Config
    environment: Environment
    summary: Summary
    ticks: tuple[MetricsLine, ...] = ()
    pictures: Pictures = NO_PICTURES

    @property
    def finished(self) -> bool:
        """True if training ran to its end."""
        return self.summary.finished

    @property
    def metrics(self) -> Scores:
        """What was measured at the end, by metric."""
        return self.summary.metrics

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every quantity that was logged, in order of first appearance."""
        return tuple(dict.fromkeys(name for tick in self.ticks for name in tick.values))

    def curve(self, name: str) -> tuple[tuple[float, float], ...]:
        """(step, value) of one quantity, in the order it was logged."""
        return tuple((float(tick.step), tick.values[name]) for tick in self.ticks if name in tick.values)


def load_run(folder: Path) -> Run:
    """Read a run folder.

    Raises :class:`repro.errors.RunError` if it is missing, damaged, foreign or of another format.
    """
    if not folder.is_dir():
        raise RunError(f"There is no run folder at {folder}; `repro run simsiam` makes one.")
    config = read_file(folder / "config.json", Config)
    summary = read_file(folder / "summary.json", Summary)
    if summary.digest != config.digest:
        raise RunError(
            f"{folder / 'summary.json'} belongs to another run: its digest is {_short(summary.digest)}, "
            f"config.json says {_short(config.digest)}; copy the whole folder again."
        )
    return Run(
        folder=folder,
        config=config,
        environment=read_file(folder / "environment.json", Environment),
        summary=summary,
        ticks=read_metrics(folder / "metrics.jsonl"),
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


def to_json(record: Any) -> dict[str, Any]:
    """A record as JSON values, with null for numbers that JSON does not have."""
    plain: dict[str, Any] = finite(asdict(record))
    return plain


def finite(value: Any) -> Any:
    """JSON values with null for numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_file(path: Path, kind: type[T]) -> T:
    """One of the JSON files of a run as a record.

    Raises :class:`repro.errors.RunError` if it is missing, damaged, foreign or of another format.
    """
    if not path.is_file():
        raise RunError(_missing(path))
    text = _text(path)
    try:
        _check_format(path, json.loads(text))
        record: T = _reader(kind).validate_json(text, strict=True)  # type: ignore[arg-type]
        return record
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RunError(f"{path} is not what a run writes: `{place}`: {first['msg']}.") from None
    except (ValueError, RecursionError):  # also an integer of thousands of digits
        raise RunError(f"{path} is not JSON that can be read; the file was damaged.") from None


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    """Made once, which takes longer than reading a file."""
    return TypeAdapter(kind)


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


def read_metrics(path: Path) -> tuple[MetricsLine, ...]:
    """The lines of a ``metrics.jsonl``, none if there is no file. RunError if it is damaged."""
    if not path.is_file():
        return ()
    lines = _text(path).split("\n")
    torn = lines.pop()  # what follows the last newline: nothing, or a line that an interruption cut short
    ticks = [_tick(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if torn.strip():
        with suppress(RunError):
            ticks.append(_tick(path, len(lines) + 1, torn))
    return tuple(ticks)


def _tick(path: Path, number: int, line: str) -> MetricsLine:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise RunError(f"{path}:{number}: this line is not JSON; the file was damaged.") from None
    step = value.get("step") if isinstance(value, dict) else None
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < ENORMOUS:
        raise RunError(f"{path}:{number}: expected an object with a whole `step`; the file was damaged.")
    return MetricsLine(step, {str(key): _number(item) for key, item in value.items() if _counts(key, item)})


def _counts(key: str, value: object) -> bool:
    return key != "step" and isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> float:
    try:
        return float(value) if abs(value) < ENORMOUS else math.nan
    except OverflowError:  # an integer too large for a float
        return math.nan
