"""From a command to finished run folders: resolve, make or reopen the folder, train and show, report."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from types import FrameType
from typing import Any

import torch
from pydantic import ValidationError

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fingerprint import fingerprint
from repro.catalog.settings.resolve import digest, resolve
from repro.cli import console
from repro.errors import DataError, RunError, UsageError
from repro.evidence.folder import RunFolder, free_name
from repro.files import usable_cores
from repro.learning.environment import choose_device, describe
from repro.learning.job import Job, build
from repro.report.write import write_comparison, write_run

MOST_THREADS = 1024
FOLDER_BENCHMARK = "images"  # what --data runs on unless --on says otherwise


@dataclass(frozen=True, slots=True)
class Request:
    """What ``repro run`` was asked for, the seeds apart."""

    paper: str
    benchmark: str | None = None
    overrides: tuple[str, ...] = ()
    data: Path | None = None
    device: str = "auto"
    threads: int = 0
    out: Path | None = None


class StoppedError(RunError):
    """Ctrl-C: the run was saved and can go on."""


def launch(request: Request, seeds: Sequence[int], *, quiet: bool) -> list[dict[str, Any]]:
    """Run every seed, one after another, and return their summaries. Several seeds get a page together."""
    catalog = Catalog.load()
    benchmark, overrides = _with_data(request)
    config = resolve(catalog, request.paper, benchmark, overrides)
    device = choose_device(request.device)
    top = request.out or free_name(Path("runs"), f"{config.paper}-{config.benchmark}")
    many = len(seeds) > 1
    folders = [RunFolder(top / f"seed{seed}" if many else top) for seed in seeds]
    for folder in folders:
        folder.check()
    summaries = []
    for seed, folder in zip(seeds, folders, strict=True):
        command = _command(request, seed)
        summaries.append(_start(config, seed, folder, device, request.threads, overrides, command, quiet))
    if many:
        console.say(
            f"Report of all seeds: {write_comparison([f.path for f in folders], top / 'report.html')}"
        )
    return summaries


def resume_run(path: Path, paper: str | None, device_name: str, *, quiet: bool) -> dict[str, Any]:
    """Go on with the run in a folder. RunError if it cannot end as it would have without the interruption."""
    folder = RunFolder(path)
    begun = folder.read_json(folder.config)
    config, seed = _stored(folder, begun)
    if paper is not None and paper != config.paper:
        raise UsageError(f"{path} holds a run of {config.paper}, not of {paper}")
    device = choose_device(begun["device"] if device_name == "auto" else device_name)
    _set_threads(begun["threads"])
    code = fingerprint(config).combined
    with folder.locked():
        if folder.summary.exists() and folder.read_json(folder.summary).get("status") == "finished":
            raise RunError(f"{path} is finished; `repro report {quote(str(path))}` renders its report again")
        parts = build(config, seed, device)
        for what, before, now in (
            ("code", begun["code"], code),
            ("data", begun["data"], parts.dataset.checksum),
        ):
            if before != now:
                raise RunError(
                    f"the {what} changed since the run in {path} began, so it would not end as it should; "
                    "start it again in a new folder"
                )
        job = Job(config, seed, begun["digest"], parts, folder)
        _require_same_machine(folder, describe(device, job.precision_name))
        job.restore()
        return _complete(job, quiet)


def _require_same_machine(folder: RunFolder, now: dict[str, Any]) -> None:
    """RunError if the run began on another kind of device, in another precision or under another torch."""
    if not folder.environment.exists():
        return
    before = folder.read_json(folder.environment)
    for what in ("device", "gpu", "precision", "torch"):
        found, wanted = (str(environment.get(what)).partition(":")[0] for environment in (now, before))
        if found != wanted:
            raise RunError(
                f"the run in {folder.path} began with {what} {wanted}, and here it would go on with {found}, "
                "so it would not end as it should; resume it where it began, or start a new run"
            )


def _start(
    config: ResolvedConfig,
    seed: int,
    folder: RunFolder,
    device: torch.device,
    threads: int,
    overrides: Sequence[str],
    command: str,
    quiet: bool,
) -> dict[str, Any]:
    _set_threads(threads)
    parts = build(config, seed, device)  # everything that can be wrong is found before a file is written
    code = fingerprint(config).combined
    found = digest(config, seed, parts.dataset.checksum)
    _verify_data(config, parts.dataset.checksum)
    folder.create()
    with folder.locked():
        folder.check()  # nobody else began a run here while this one waited for the lock
        folder.write_json(
            folder.config,
            {
                "paper": config.paper,
                "benchmark": config.benchmark,
                "seed": seed,
                "overrides": list(overrides),
                "config": config.model_dump(mode="json"),
                "digest": found,
                "code": code,
                "data": parts.dataset.checksum,
                "command": command,
                "device": str(device),
                "threads": torch.get_num_threads(),
            },
        )
        return _complete(Job(config, seed, found, parts, folder), quiet)


def _complete(job: Job, quiet: bool) -> dict[str, Any]:
    """Train what is left, evaluate, report."""
    path = job.folder.path
    with _gentle_stop() as stop, console.progress(job.config.paper, job.seed, quiet=quiet) as display:
        for moment in job.train():
            display.show(moment)
            if stop:
                job.pause()
                raise StoppedError(
                    f"stopped after step {moment.step} of {moment.steps}; everything is kept, go on with "
                    f"`repro run {job.config.paper} --resume {quote(str(path))}`"
                )
        display.note("probing the features")
        summary = job.finish()
    console.outcome(summary, quiet=quiet)
    console.say(f"Report: {write_run(path)}")
    return summary


@contextmanager
def _gentle_stop() -> Iterator[list[int]]:
    """Turn the first Ctrl-C (or SIGTERM) into a note that the step in hand is the last; a second kills."""
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _verify_data(config: ResolvedConfig, checksum: str) -> None:
    """DataError if a benchmark's own data came out other than the benchmark pins them."""
    catalog = Catalog.load()
    pinned = catalog.benchmark(config.benchmark).checksum
    unchanged = config.data == resolve(catalog, config.paper, config.benchmark).data
    if pinned and unchanged and checksum != pinned:
        raise DataError(
            f"the data of {config.benchmark} have {checksum} here, and the benchmark pins {pinned}, "
            "so results would not compare; please report this with the output of `repro doctor --json`"
        )


def _with_data(request: Request) -> tuple[str | None, tuple[str, ...]]:
    """What ``--data PATH`` means: the benchmark's own data from a folder, or a person's own images."""
    if request.data is None:
        return request.benchmark, request.overrides
    path = f"data.path={request.data.resolve()}"
    if request.benchmark in (None, FOLDER_BENCHMARK):
        return FOLDER_BENCHMARK, (path, *request.overrides)
    if request.benchmark == "cifar10":
        return request.benchmark, (path, *request.overrides)
    raise UsageError(
        f"--data cannot be used with --on {request.benchmark}, whose images are given; leave --on out"
    )


def _stored(folder: RunFolder, begun: dict[str, Any]) -> tuple[ResolvedConfig, int]:
    """What ``config.json`` says, if it is what a run wrote: its own digest proves it."""
    damaged = RunError(f"{folder.config} was changed or damaged and cannot be resumed; start a new run")
    try:
        config, seed = ResolvedConfig.model_validate(begun["config"]), begun["seed"]
        proof = digest(config, seed, begun["data"])
        sound = proof == begun["digest"] and isinstance(begun["device"], str)
        if not sound or not isinstance(begun["threads"], int) or not 1 <= begun["threads"] <= MOST_THREADS:
            raise damaged
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise damaged from error
    return config, seed


def _set_threads(threads: int) -> None:
    """0 takes one for each core this process may use."""
    torch.set_num_threads(threads or usable_cores())


def _command(request: Request, seed: int) -> str:
    """The command that makes this run again, anywhere."""
    words = ["repro", "run", request.paper]
    words += ["--on", request.benchmark] if request.benchmark else []
    words += ["--seed", str(seed)]
    words += [word for override in request.overrides for word in ("--set", override)]
    words += ["--data", str(request.data)] if request.data else []
    return " ".join(map(quote, words))
