"""A request for runs, resolved before torch is loaded: what each seed will run, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.layers import override_words
from repro.catalog.settings.resolve import resolve
from repro.errors import UsageError
from repro.evidence.folder import RunFolder, free_name

FOLDER_BENCHMARK = "images"  # what --data runs on unless --on says otherwise


@dataclass(frozen=True, slots=True)
class Request:
    """What ``repro run`` was asked for, the seeds apart."""

    paper: str
    benchmark: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)  # beside those of the recipe, by dotted key
    data: Path | None = None
    device: str = "auto"
    threads: int = 0  # 0 = one for each core
    out: Path | None = None

    def command(self, seed: int) -> str:
        """The command that makes the run of a seed again, anywhere."""
        words = ["repro", "run", self.paper]
        words += ["--on", self.benchmark] if self.benchmark else []
        words += ["--seed", str(seed)]
        words += [word for override in override_words(self.settings) for word in ("--set", override)]
        words += ["--data", str(self.data)] if self.data else []
        return " ".join(map(quote, words))


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A request with its configuration, and a run folder for each seed."""

    request: Request
    config: ResolvedConfig
    overrides: tuple[str, ...]  # with what ``--data`` means
    folders: Mapping[int, RunFolder]
    top: Path  # the folder of all seeds; of a single one its own


def resolve_request(
    request: Request, seeds: Sequence[int], catalog: Catalog | None = None
) -> ResolvedRequest:
    """Resolve a request, and look at its folders; writes nothing.

    Raises:
        UsageError: an unknown paper, benchmark or setting, or one that does not fit.
        RunError: a folder is taken or cannot be written.
    """
    catalog = Catalog.load()
    benchmark, settings = _with_data(catalog, request)
    config = resolve(catalog, request.paper, benchmark, settings)
    top = request.out or free_name(Path("runs"), f"{config.paper}-{config.benchmark}")
    places = {seed: top / f"seed{seed}" if len(seeds) > 1 else top for seed in seeds}
    folders = {seed: RunFolder(place) for seed, place in places.items()}
    for folder in folders.values():
        folder.check()
    return ResolvedRequest(request, config, override_words(settings), folders, top)


def _with_data(catalog: Catalog, request: Request) -> tuple[str | None, Mapping[str, Any]]:
    """What ``--data PATH`` means: a copy of the benchmark's own data, or a person's own images."""
    if request.data is None:
        return request.benchmark, request.settings
    benchmark = request.benchmark or FOLDER_BENCHMARK
    if benchmark in catalog.benchmark_ids and not _takes_path(catalog, benchmark):
        raise UsageError(f"--data cannot be used with --on {benchmark}, whose data are given; leave --on out")
    return benchmark, {"data.path": str(request.data.resolve()), **request.settings}


def _takes_path(catalog: Catalog, benchmark: str) -> bool:
    """True if the data set of a benchmark is read from a place on disk."""
    name = str(catalog.benchmark(benchmark).data["name"])
    parameters = catalog.signatures.signature("data", name).parameters
    return any(parameter.name == "path" for parameter in parameters)
