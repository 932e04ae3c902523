"""A request for runs, resolved before torch is loaded: what each seed will run, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.resolve import resolve
from repro.errors import UsageError
from repro.evidence.folder import RunFolder, free_name

FOLDER_BENCHMARK = "images"  # what --data runs on unless --on says otherwise


@dataclass(frozen=True, slots=True)
class Request:
    """What ``repro run`` was asked for, the seeds apart."""

    paper: str
    benchmark: str | None = None
    overrides: tuple[str, ...] = ()  # as section.key=value
    data: Path | None = None
    device: str = "auto"
    threads: int = 0  # 0 = one for each core
    out: Path | None = None

    def command(self, seed: int) -> str:
        """The command that makes the run of a seed again, anywhere."""
        words = ["repro", "run", self.paper]
        words += ["--on", self.benchmark] if self.benchmark else []
        words += ["--seed", str(seed)]
        words += [word for override in self.overrides for word in ("--set", override)]
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
    benchmark, overrides = _with_data(catalog, request)
    config = resolve(catalog, request.paper, benchmark, overrides)
    top = request.out or free_name(Path("runs"), f"{config.paper}-{config.benchmark}")
    places = {seed: top / f"seed{seed}" if len(seeds) > 1 else top for seed in seeds}
    folders = {seed: RunFolder(place) for seed, place in places.items()}
    for folder in folders.values():
        folder.check()
    return ResolvedRequest(request, config, overrides, folders, top)


def _with_data(catalog: Catalog, request: Request) -> tuple[str | None, tuple[str, ...]]:
    """What ``--data PATH`` means: a copy of the benchmark's own data, or a person's own images."""
    if request.data is None:
        return request.benchmark, request.overrides
    benchmark = request.benchmark or FOLDER_BENCHMARK
    if benchmark in catalog.benchmark_ids and not _takes_path(catalog, benchmark):
        raise UsageError(
            f"--data cannot be used with --on {benchmark}, whose images are given; leave --on out"
        )
    return benchmark, (f"data.path={request.data.resolve()}", *request.overrides)


def _takes_path(catalog: Catalog, benchmark: str) -> bool:
    """True if the data set of a benchmark is read from a place on disk."""
    name = str(catalog.benchmark(benchmark).data["name"])
    parameters = catalog.signatures.signature("data", name).parameters
    return any(parameter.name == "path" for parameter in parameters)
