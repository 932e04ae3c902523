"""Inventory: the runs that lie under a folder, those of the same settings and place together. No torch."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from filelock import FileLock, Timeout

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.run import Config, Environment, Scores, Summary, read_file


@dataclass(frozen=True)
class ListedRun:
    """One run folder as far as it can be read. state: finished, collapsed, running, interrupted, damaged."""

    folder: Path
    state: str
    config: Config | None = None
    metrics: Scores | None = None
    started: str = ""  # the time it began, in ISO form; empty if unknown
    fault: str = ""  # what is wrong with a damaged one


@dataclass(frozen=True)
class ListedGroup:
    """The runs of one place that differ in nothing but their seed, and means over the finished ones.

    folder: that of the only run, or the one around several. linear, knn: fractions, None if not measured.
    """

    folder: Path
    paper: str
    benchmark: str
    changed: tuple[str, ...]
    seeds: tuple[int, ...]
    state: str
    linear: float | None
    knn: float | None
    date: str  # of the newest, as YYYY-MM-DD
    runs: tuple[Path, ...]
    fault: str = ""


def list_runs(root: Path) -> list[ListedGroup]:
    """Every run under ``root``, the best first: by linear accuracy, then kNN, then those without either.

    Links to folders are not followed.
    """
    groups: dict[tuple[Path, str, str, tuple[str, ...]], list[ListedRun]] = {}
    for folder in run_folders(root):
        run = _listed(folder)
        groups.setdefault(_key(root, run), []).append(run)
    return sorted(map(_group, groups.values()), key=_merit)


def run_folders(root: Path) -> Iterator[Path]:
    """Every folder under ``root``, or itself, that holds a ``config.json``; links are not followed."""
    for place, folders, files in os.walk(root):
        folders.sort()
        if "config.json" in files:
            folders.clear()  # no run lies inside another
            yield Path(place)


def is_running(folder: Path) -> bool:
    """True if a process is writing a run folder at this moment. Makes no file."""
    lock = folder / ".lock"
    if not lock.is_file() or lock.is_symlink():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # of a folder that cannot be written, where no run can be under way
        return False


def _listed(folder: Path) -> ListedRun:
    run = RunFolder(folder)
    try:
        config = run.read(Config)
        began = run.read(Environment).started if run.environment.exists() else ""
        if not run.summary.exists():
            return ListedRun(folder, "running" if is_running(folder) else "interrupted", config, None, began)
        summary = read_file(run.summary, Summary)
    except RunError as error:
        return ListedRun(folder, "damaged", fault=str(error))
    collapsed = summary.finished and summary.diagnosis.collapsed
    state = "collapsed" if collapsed else summary.status.partition(":")[0]
    return ListedRun(folder, state, config, summary.metrics, began)


def _key(root: Path, run: ListedRun) -> tuple[Path, str, str, tuple[str, ...]]:
    """What runs of one group share. Those directly below the root have a group of their own."""
    if run.config is None:
        return run.folder, "", "", ()
    place = run.folder if run.folder.parent == root or run.folder == root else run.folder.parent
    return place, run.config.paper, run.config.benchmark, tuple(sorted(run.config.overrides))


def _group(runs: Sequence[ListedRun]) -> ListedGroup:
    first, config = runs[0], runs[0].config
    scores = [run.metrics for run in runs if run.metrics and run.state in ("finished", "collapsed")]
    return ListedGroup(
        first.folder if len(runs) == 1 else first.folder.parent,
        config.paper if config else "",
        config.benchmark if config else "",
        tuple(sorted(config.overrides)) if config else (),
        tuple(sorted(run.config.seed for run in runs if run.config)),
        _states(runs),
        _mean([score.get("linear") for score in scores]),
        _mean([score.get("knn") for score in scores]),
        max(run.started for run in runs)[:10],
        tuple(run.folder for run in runs),
        first.fault,
    )


def _states(runs: Sequence[ListedRun]) -> str:
    """One word if all are alike, else how many there are of each."""
    counts = {
        state: sum(run.state == state for run in runs) for state in dict.fromkeys(r.state for r in runs)
    }
    if len(counts) == 1:
        return runs[0].state
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _merit(group: ListedGroup) -> tuple[float, float, str]:
    linear, knn = (-(value if value is not None else -1.0) for value in (group.linear, group.knn))
    return linear, knn, str(group.folder)
