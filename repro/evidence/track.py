"""Runs as trackers show them: wandb, trackio and TensorBoard are fed from the files of a run. No torch.

Training knows nothing of this. Metrics are read from ``metrics.jsonl``, which a run writes anyway, after its
end or, by another process, while it trains; a tracker that fails leaves the run alone.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from repro.catalog.settings.layers import flatten
from repro.errors import RunError, UsageError
from repro.evidence.folder import RunFolder
from repro.evidence.optional import load_optional, require
from repro.evidence.run import Config, MetricsLine, Summary, read_file, read_metrics

PROJECT = "repro"
POLL_SECONDS = 1.0
WAIT_SECONDS = 60.0  # for a tracker to take the rest once the run has ended
LOG = "track.log"  # in the run folder: what the tracker of a run under way said
TENSORBOARD = "tensorboard"  # the folder of its events, in the run folder


class Tracker(Protocol):
    """One run in a tracker."""

    def log(self, line: MetricsLine) -> None:
        """Add the values of a step."""

    def finish(self, results: Mapping[str, float]) -> None:
        """Add what was measured at the end, by names such as ``final/linear``, and close the run."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The run that a tracker begins to show.

    ``after`` is the step whose lines were sent before: 0, unless a run goes on.
    """

    folder: Path
    config: Config
    project: str
    after: int = 0

    @property
    def name(self) -> str:
        """What people call the run: its folder."""
        return self.folder.resolve().name

    def settings(self) -> dict[str, Any]:
        """Every setting by its dotted key, and what names the run."""
        config = self.config
        named = {"paper": config.paper, "benchmark": config.benchmark, "seed": config.seed}
        return {**named, "digest": config.digest, "command": config.command, **dict(flatten(config.config))}


class WandbTracker:
    """A run of Weights & Biases. Its own environment variables decide where to: ``WANDB_MODE=offline``."""

    def __init__(self, subject: Subject) -> None:
        self.run = load_optional("wandb", "--to wandb").init(
            project=subject.project,
            id=subject.config.digest[:16],  # sent twice, it is the same run there
            name=subject.name,
            config=subject.settings(),
            dir=str(subject.folder),
            resume="allow",
        )

    def log(self, line: MetricsLine) -> None:
        """Add the values of a step."""
        self.run.log(dict(line.values), step=line.step)

    def finish(self, results: Mapping[str, float]) -> None:
        """Add what was measured at the end, and close the run."""
        self.run.summary.update(dict(results))
        self.run.finish()


class TrackioTracker:
    """A run of trackio, on this machine unless its own environment variables say another place."""

    def __init__(self, subject: Subject) -> None:
        self.library = load_optional("trackio", "--to trackio")
        self.library.init(
            project=subject.project,
            name=subject.name,
            config=subject.settings(),
            resume="allow" if subject.after else "never",
            embed=False,
        )
        self.last = subject.after

    def log(self, line: MetricsLine) -> None:
        """Add the values of a step."""
        self.last = line.step
        self.library.log(dict(line.values), step=line.step)

    def finish(self, results: Mapping[str, float]) -> None:
        """Add what was measured at the end, and close the run."""
        if results:
            self.library.log(dict(results), step=self.last)
        self.library.finish()


class TensorBoardTracker:
    """Events in the folder ``tensorboard`` of the run: ``tensorboard --logdir runs`` shows all runs."""

    def __init__(self, subject: Subject) -> None:
        purpose = "--to tensorboard"
        self.event = load_optional("tensorboard.compat.proto.event_pb2", purpose).Event
        self.proto = load_optional("tensorboard.compat.proto.summary_pb2", purpose)
        self.tensor = load_optional("tensorboard.compat.proto.tensor_pb2", purpose).TensorProto
        self.types = load_optional("tensorboard.compat.proto.types_pb2", purpose)
        writer = load_optional("tensorboard.summary.writer.event_file_writer", purpose).EventFileWriter
        folder = subject.folder / TENSORBOARD
        if not subject.after:
            for old in folder.glob("events.out.tfevents.*"):
                old.unlink()  # sent twice, it is shown once
        self.writer = writer(str(folder))
        self.last = subject.after
        self._text("config", json.dumps(subject.settings(), indent=2, ensure_ascii=False, default=str))

    def log(self, line: MetricsLine) -> None:
        """Add the values of a step."""
        self.last = line.step
        self._add([self.proto.Summary.Value(tag=name, simple_value=v) for name, v in line.values.items()])

    def finish(self, results: Mapping[str, float]) -> None:
        """Add what was measured at the end, and close the run."""
        self._add([self.proto.Summary.Value(tag=name, simple_value=v) for name, v in results.items()])
        self.writer.close()

    def _text(self, tag: str, text: str) -> None:
        plugin = self.proto.SummaryMetadata.PluginData(plugin_name="text")
        tensor = self.tensor(dtype=self.types.DT_STRING, string_val=[f"```json\n{text}\n```".encode()])
        metadata = self.proto.SummaryMetadata(plugin_data=plugin)
        self._add([self.proto.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])

    def _add(self, values: list[Any]) -> None:
        if values:
            summary = self.proto.Summary(value=values)
            self.writer.add_event(self.event(wall_time=time.time(), step=self.last, summary=summary))


TRACKERS: dict[str, Callable[[Subject], Tracker]] = {
    "wandb": WandbTracker,
    "trackio": TrackioTracker,
    "tensorboard": TensorBoardTracker,
}


def require_tracker(target: str) -> None:
    """UsageError if there is no such tracker, or its library is not installed."""
    if target not in TRACKERS:
        raise UsageError(f"there is no tracker {target!r}; there are {', '.join(TRACKERS)}")
    require(target, f"tracking with {target}")


def send(folder: Path, target: str, project: str = PROJECT, after: int = 0, *, follow: bool = False) -> int:
    """Send a run to a tracker; with ``follow`` also what it is still writing, until it ends.

    Args:
        folder: The run folder.
        target: The tracker: ``wandb``, ``trackio`` or ``tensorboard``.
        project: The project there; TensorBoard has none.
        after: Only lines from this step on.
        follow: Go on for as long as a process trains in the folder.

    Returns:
        How many steps were sent.

    Raises:
        UsageError: there is no such tracker, or its library is not installed.
        RunError: it is no run folder, or the tracker did not take the run.
    """
    require_tracker(target)
    run = RunFolder(folder)
    config = read_file(run.config, Config)
    with _as_sentence(folder, target):
        tracker = TRACKERS[target](Subject(folder, config, project, after))
    sent = 0
    for line in _lines(run, after, follow=follow):
        with _as_sentence(folder, target):
            tracker.log(line)
        sent += 1
    results = results_of(read_file(run.summary, Summary)) if run.summary.is_file() else {}
    with _as_sentence(folder, target):
        tracker.finish(results)
    return sent


@contextmanager
def _as_sentence(folder: Path, target: str) -> Iterator[None]:
    """What a tracker raises as one sentence."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # what a tracker raises is its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RunError(
            f"{target} did not take the run in {folder} ({reason}); the run itself is as it was, and "
            f"`repro track {folder} --to {target}` sends it again"
        ) from error


def _lines(run: RunFolder, after: int, *, follow: bool) -> Iterator[MetricsLine]:
    """The lines of a run's metrics from a step on; those still to come until nobody trains in the folder."""
    seen = 0
    while True:
        is_last = not (follow and run.is_locked())  # asked before reading: nothing is written afterwards
        lines = [line for line in read_metrics(run.metrics) if line.step >= after]
        yield from lines[seen:]
        seen = len(lines)
        if is_last:
            return
        time.sleep(POLL_SECONDS)


def results_of(summary: Summary) -> dict[str, float]:
    """What was measured at the end: ``final/linear``, ``untrained/linear``, ``pixels/linear`` and so on."""
    scores = {
        "final": summary.metrics,
        "untrained": summary.baselines.untrained,
        "pixels": summary.baselines.pixels,
    }
    return {
        f"{whose}/{name}": value
        for whose, values in scores.items()
        for name, value in values.items()
        if value is not None
    }


class Follower:
    """Another process that sends a run to a tracker while it trains; training never waits for it."""

    def __init__(self, folder: Path, target: str, after: int = 0) -> None:
        self.folder, self.target = folder, target
        command = [sys.executable, "-m", "repro", "track", str(folder), "--to", target, "--follow"]
        with (folder / LOG).open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - this project's own command
                [*command, "--after", str(after)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the training, which ends what follows it
            )

    def conclude(self) -> str:
        """Wait, once the run has ended, for the rest to be sent. What went wrong, or empty text."""
        try:
            status = self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            return f"{self.target} is still taking the run; {self.folder / LOG} says how far it is"
        return "" if status == 0 else self._fault()

    def _fault(self) -> str:
        lines = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line.removeprefix("error: ") for line in lines if line.strip()]
        return said[-1] if said else f"the process that tracks with {self.target} ended without a word"
