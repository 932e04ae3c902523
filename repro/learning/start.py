"""From a resolved request, or a folder, to a job that is ready to train; its folder is locked meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import nn

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fingerprint import fingerprint
from repro.catalog.settings.resolve import digest, resolve
from repro.errors import DataError, RunError
from repro.evidence.folder import RunFolder, run_folder
from repro.evidence.request import ResolvedRequest, require_unfinished, resolve_resume
from repro.evidence.run import Config, Environment
from repro.learning.data.folder import FromFolder
from repro.learning.environment import choose_device, describe
from repro.learning.job import Job, Parts, build
from repro.learning.memory import require_memory, telling_shortage
from repro.learning.nn.weights import begin_with
from repro.learning.parallel import joined
from repro.machine import processes, usable_cores

MOST_THREADS = 1024


@contextmanager
def start(wanted: ResolvedRequest, seed: int) -> Iterator[Job]:
    """A job in a new folder, which is not left behind if what comes ends before the first step.

    DataError, DeviceError, MemoryShortageError or RunError before a file is written; MemoryShortageError also
    afterwards.
    """
    request, config = wanted.request, wanted.config
    device = choose_device(request.device)
    _set_threads(request.threads)
    with telling_shortage(device), joined(device):
        require_memory(config, device)
        parts = prepare(
            config, seed, device
        )  # everything that can be wrong is found before a file is written
        _verify_data(config, parts.dataset.checksum)
        asked = _asked(wanted, seed, parts, _begin(config, parts))
        folder = wanted.folder(seed)
        with folder.locked():
            folder.check()  # nobody else began a run here while this one waited for the lock
            job = Job(config, seed, asked.digest, parts, folder)
            try:
                folder.write(asked)
                yield job
            except BaseException:
                if job.step == 0 and not folder.summary.exists():
                    folder.discard()
                raise


def _asked(wanted: ResolvedRequest, seed: int, parts: Parts, begun_from: str) -> Config:
    config, dataset = wanted.config, parts.dataset
    return Config(
        paper=config.paper,
        benchmark=config.benchmark,
        seed=seed,
        overrides=wanted.overrides,
        config=config.model_dump(mode="json"),
        digest=digest(config, seed, dataset.checksum),
        code=fingerprint(config).combined,
        data=dataset.checksum,
        folder=dataset.reading if isinstance(dataset, FromFolder) else None,
        command=wanted.request.command(seed),
        device=str(dataset.device),
        threads=torch.get_num_threads(),
        begun_from=begun_from,
    )


@contextmanager
def resume(
    path: Path, paper: str | None = None, device_name: str = "auto", threads: int | None = None
) -> Iterator[Job]:
    """A job that goes on in a folder, as :func:`repro.evidence.request.resolve_resume` says.

    RunError if it cannot end as it would have without the interruption.
    """
    folder, begun = run_folder(path), resolve_resume(path, paper, device_name, threads)
    config = _sound(folder, begun)
    device = choose_device(begun.device if device_name == "auto" else device_name)
    _set_threads(0 if processes()[1] > 1 else begun.threads or 0)
    with folder.locked(), telling_shortage(device), joined(device):
        require_unfinished(folder)
        parts = prepare(config, begun.seed, device)
        if not folder.checkpoint.exists():
            _begin(config, parts)
        _require_same("code", path, begun.code, fingerprint(config).combined)
        _require_same("data", path, begun.data, parts.dataset.checksum)
        job = Job(config, begun.seed, begun.digest, parts, folder)
        _require_same_machine(folder, describe(device, job.precision_name))
        job.restore()
        yield job


def prepare(config: ResolvedConfig, seed: int, device: torch.device) -> Parts:
    """The parts of a run. Views that remember become a part of the method, whose state a checkpoint holds."""
    parts = build(config, seed, device)
    if isinstance(parts.views, nn.Module):
        parts.method.add_module("views", parts.views.to(device))
    return parts


def _begin(config: ResolvedConfig, parts: Parts) -> str:
    """Give the encoder the weights it begins with, if these are not random; what was taken, as a sentence."""
    if not config.start.weights:
        return ""
    return begin_with(parts.method, Path(config.start.weights), config.start.sha256)


def _require_same(what: str, path: Path, before: str, now: str) -> None:
    """RunError if the code or the data are no longer those that the run began with."""
    if before != now:
        raise RunError(
            f"the {what} changed since the run in {path} began, so it would not end as it should; "
            "start it again in a new folder"
        )


def _require_same_machine(folder: RunFolder, now: Environment) -> None:
    """RunError if the run began on another kind of device, in another precision or under another torch."""
    if not folder.environment.exists():
        return
    before = folder.read(Environment)
    for what in ("device", "gpu", "precision", "torch"):
        here, there = (str(getattr(environment, what)).partition(":")[0] for environment in (now, before))
        if here != there:
            raise RunError(
                f"the run in {folder.path} began with {what} {there}, and here it would go on with {here}, "
                "so it would not end as it should; resume it where it began, or start a new run"
            )


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


def _sound(folder: RunFolder, begun: Config) -> ResolvedConfig:
    """The configuration in ``config.json``, if it is what a run wrote: its own digest proves it."""
    damaged = RunError(f"{folder.config} was changed or damaged and cannot be resumed; start a new run")
    try:
        config = ResolvedConfig.model_validate(begun.config)
        proof = digest(config, begun.seed, begun.data)
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise damaged from error
    if proof != begun.digest or not begun.device or not 1 <= (begun.threads or 0) <= MOST_THREADS:
        raise damaged
    return config


def _set_threads(threads: int) -> None:
    """0 takes one for each core this process may use, its share of them if several make the run."""
    torch.set_num_threads(threads or max(1, usable_cores() // processes()[1]))
