"""Evidence: what finished runs left, kept in the catalog as ``evidence/<paper>/<benchmark>/<digest>.json``.

A record is the run's configuration, environment, summary and a thinned curve; nothing that can be computed
from them. Its name stands for what was asked; the code it was made with is a field. It is never changed; once
other code has made the same run, that run's record takes its place, and the history of the repository keeps
the earlier one. No torch.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from repro.errors import RunError
from repro.evidence.plan import NAME_DIGITS
from repro.evidence.run import (
    FORMAT,
    Config,
    Environment,
    MetricsLine,
    Run,
    Summary,
    load_run,
    to_json,
)
from repro.files import write_whole

CURVE_POINTS = 30


@dataclass(frozen=True)
class RunRecord:
    """The file of a record."""

    config: Config
    environment: Environment
    summary: Summary
    curve: list[dict[str, float]]


def record(folder: Path, root: Path) -> Path:
    """Copy the outcome of a run into the catalog at ``root``; returns the new file.

    A run whose numbers failed is an outcome too, and is kept. RunError if the run did not come to an end, was
    made from changed files, or is already kept as the same code made it.
    """
    run = load_run(folder)
    if not run.summary.finished and not run.summary.stopped:
        raise RunError(f"{folder} is not finished, so it is no evidence; resume it first")
    if run.environment.dirty is not False:
        raise RunError(
            f"{folder} was run from files that no commit holds, so nobody could run it again; "
            "commit, then run it anew"
        )
    target = _place(root, run.config)
    if target.exists() and load(target).config.code == run.config.code:
        raise RunError(f"{target} is already kept: the same configuration, seed, data and code")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, record_text(RunRecord(run.config, run.environment, run.summary, _thinned(run.ticks))))
    return target


def record_text(record: RunRecord) -> str:
    """The file of a record: JSON whose curve takes a line a point."""
    content = {"format": FORMAT, **to_json(record)}
    points = ",\n".join(f"    {json.dumps(point)}" for point in content.pop("curve"))
    whole = json.dumps(content, indent=2, ensure_ascii=False)
    return f'{whole[:-2]},\n  "curve": [\n{points}\n  ]\n}}\n'


def is_recorded(run: Run, root: Path) -> bool:
    """True if the catalog at ``root`` keeps this run, made with the same code."""
    place = _place(root, run.config)
    return place.exists() and load(place).config.code == run.config.code


def _place(root: Path, config: Config) -> Path:
    """The record's file. A folder may come from anywhere: what names a path is checked before it is one."""
    names = (config.paper, config.benchmark, config.digest)
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) for name in names):
        raise RunError(
            f"config.json names {', '.join(names)}, which are no ids; a run of repro writes others"
        )
    return root / "evidence" / config.paper / config.benchmark / f"{config.digest[:NAME_DIGITS]}.json"


def _thinned(ticks: Sequence[MetricsLine]) -> list[dict[str, float]]:
    """About CURVE_POINTS points of a curve, the last among them, rounded to what a plot can show."""
    watched = [tick for tick in ticks if "std" in tick.values] or list(ticks)
    points = watched[:: max(1, len(watched) // CURVE_POINTS)]
    points += [] if points and points[-1] is watched[-1] else watched[-1:]
    rounded = ({"step": tick.step, **tick.values} for tick in points)
    return [{name: float(f"{value:.6g}") for name, value in point.items()} for point in rounded]


@cache
def _reader() -> TypeAdapter[RunRecord]:
    """Made once, which takes longer than reading a record."""
    return TypeAdapter(RunRecord)


def load(path: Path) -> Run:
    """One record as a run without pictures. RunError if the file is damaged."""
    try:
        found = _reader().validate_json(path.read_bytes())
        ticks = tuple(_tick(line) for line in found.curve)
        return Run(path, found.config, found.environment, found.summary, ticks)
    except (OSError, ValueError, KeyError) as error:  # what pydantic says is a ValueError
        raise RunError(f"{path} is no evidence that this version can read; restore it from git") from error


def _tick(line: dict[str, float]) -> MetricsLine:
    return MetricsLine(int(line["step"]), {name: value for name, value in line.items() if name != "step"})


def arm_of(run: Run) -> tuple[str, str, tuple[str, ...], int]:
    """What a run is, whatever code made it: paper, benchmark, overrides and seed."""
    config = run.config
    return config.paper, config.benchmark, tuple(sorted(config.overrides)), config.seed


def latest(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Of the records of one configuration and seed only the newest: older ones were made with other code."""
    newest = {arm_of(run): run for run in sorted(runs, key=lambda run: run.environment.started)}
    kept = {id(run) for run in newest.values()}
    return tuple(run for run in runs if id(run) in kept)


def load_all(root: Path, benchmark: str = "*") -> Sequence[Run]:
    """Every record of a benchmark, or of all, sorted by paper, benchmark and file name."""
    return [load(path) for path in _files(root, benchmark)]


def load_readable(root: Path, warn: Callable[[str], None]) -> list[Run]:
    """As :func:`load_all`, but a damaged record is left out with a warning."""
    runs = []
    for path in _files(root):
        try:
            runs.append(load(path))
        except RunError as error:
            warn(f"warning: {error}; it is left out")
    return runs


def _files(root: Path, benchmark: str = "*") -> list[Path]:
    return sorted((root / "evidence").glob(f"*/{benchmark}/*.json"))
