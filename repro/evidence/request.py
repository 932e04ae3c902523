"""A request for runs, resolved before torch is loaded: what each seed will run, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.layers import override_words
from repro.catalog.settings.own_images import OwnImages, fitted_sentence
from repro.catalog.settings.resolve import resolve
from repro.errors import DataError, DeviceError, RunError, UsageError
from repro.evidence.folder import RunFolder, make_new, require_writable, run_folder
from repro.evidence.own_images import CountImages, fit_to_images, option_settings, start_settings
from repro.evidence.run import Config, Summary
from repro.files import is_archive
from repro.machine import may_have_gpu, processes, usable_cores

RUNS = Path("runs")  # where run folders go without ``--out``
MOST_THREADS = 1024  # as a resumed run accepts them; more than there is memory for end the process
OTHER_DEVICES = ("meta", "mps", "xpu", "xla", "hip", "vulkan", "mtia", "ipu", "hpu")  # that torch knows
FOLDER_BENCHMARK = "images"  # what --data runs on unless --on says otherwise
SOUND_BENCHMARK = "sounds"  # the same for papers with a recipe for sounds and none for images


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
    size: int | None = None  # pixels a side that a folder's images are cut to
    encoder: str | None = None  # by name, or a network of timm
    weights: Path | None = None  # a file that the encoder begins with

    def command(self, seed: int) -> str:
        """The command that makes the run of a seed again, anywhere."""
        words = ["repro", "run", self.paper]
        words += ["--on", self.benchmark] if self.benchmark else []
        words += ["--seed", str(seed)]
        words += [word for override in override_words(self.settings) for word in ("--set", override)]
        words += ["--data", str(self.data)] if self.data else []
        words += ["--size", str(self.size)] if self.size else []
        words += ["--encoder", self.encoder] if self.encoder else []
        words += ["--encoder-weights", str(self.weights)] if self.weights else []
        return " ".join(map(quote, words))


@dataclass(slots=True)
class ResolvedRequest:
    """A request with its configuration. A run's folder is taken when the run begins, not before."""

    request: Request
    config: ResolvedConfig
    overrides: tuple[str, ...]  # with what ``--data`` means
    seeds: Sequence[int]
    top: Path | None  # the folder of all seeds, or of the only one; None until one below runs/ is made
    images: OwnImages | None = None  # of a person's own folder

    def folder(self, seed: int) -> RunFolder:
        """The folder of a seed, made if it is not there yet.

        RunError if it is taken, or cannot be made. Without ``--out`` the name is new: of several processes
        that begin at the same moment each gets its own.
        """
        is_named = self.top is not None
        if processes()[0] > 0:
            return run_folder(self.top or RUNS)
        if self.top is None:
            self.top = make_new(RUNS, f"{self.config.paper}-{self.config.benchmark}")
        folder = RunFolder(_place(self.top, seed, self.seeds))
        folder.create()
        folder.is_new |= not is_named
        return folder

    def choices(self, count: int) -> str:
        """What was chosen for a folder that ``count`` images to train on were read from, in one line.

        Empty for other data.
        """
        return fitted_sentence(replace(self.images, count=count), self.config) if self.images else ""


def _place(top: Path, seed: int, seeds: Sequence[int]) -> Path:
    return top / f"seed{seed}" if len(seeds) > 1 else top


def resolve_request(request: Request, seeds: Sequence[int], count_images: CountImages) -> ResolvedRequest:
    """Resolve a request, and look at its folders; writes nothing.

    Raises:
        UsageError: an unknown paper, benchmark or setting, or one that does not fit.
        DeviceError: the device has no such name, or this machine has none like it.
        DataError: a folder of images, or a file of weights, that cannot be used.
        RunError: a run folder is taken or cannot be written.
    """
    catalog = Catalog.load()
    check_device(request.device)
    if not 0 <= request.threads <= MOST_THREADS:
        raise UsageError(f"--threads {request.threads}: expected 0, one for each core, to {MOST_THREADS}.")
    benchmark, settings = _with_data(catalog, request)
    settings = settings | start_settings(settings)
    images, fitted = fit_to_images(catalog, request.paper, benchmark, settings, count_images)
    config = resolve(catalog, request.paper, benchmark, {**fitted, **settings})
    if request.out is None:
        require_writable(RUNS)
    else:
        for seed in seeds:
            run_folder(_place(request.out, seed, seeds)).check()
    return ResolvedRequest(request, config, override_words(settings), seeds, request.out, images)


def resolve_resume(path: Path, paper: str | None, device: str, threads: int | None) -> Config:
    """What the run in a folder began with, held against what is asked of the rest; writes nothing.

    ``threads`` None, and ``device`` "auto", go on as the run began; so do the same again, and 0 threads where
    there are as many cores.

    Raises:
        UsageError: the folder holds a run of another paper, or one that began otherwise.
        RunError: it holds no run, a damaged or a finished one.
    """
    folder = RunFolder(path)
    begun = folder.read(Config)
    if paper is not None and paper != begun.paper:
        raise UsageError(f"{path} holds a run of {begun.paper}, not of {paper}")
    cores = usable_cores() if threads == 0 else threads
    if cores is not None and cores != begun.threads:
        raise _other_way(path, f"--threads {threads}", f"with {begun.threads} threads")
    if device != "auto" and device.partition(":")[0] != (begun.device or "").partition(":")[0]:
        raise _other_way(path, f"--device {device}", f"on {begun.device}")
    require_unfinished(folder)
    return begun


def require_unfinished(folder: RunFolder) -> None:
    """RunError if the run in a folder is finished."""
    if folder.summary.exists() and folder.read(Summary).finished:
        path = folder.path
        raise RunError(f"{path} is finished; `repro report {quote(str(path))}` renders its report again")


def _other_way(path: Path, option: str, began: str) -> UsageError:
    return UsageError(
        f"{option} cannot be used with --resume: the run in {path} began {began}, and otherwise it would not "
        "end as it would have without the interruption; leave the option out, or start a new run"
    )


def _with_data(catalog: Catalog, request: Request) -> tuple[str | None, dict[str, Any]]:
    """What ``--data`` and its options mean: a copy of the benchmark's data, or a person's own images."""
    if request.data is None:
        options = {"--size": request.size, "--encoder": request.encoder, "--encoder-weights": request.weights}
        if stray := next((name for name, value in options.items() if value is not None), None):
            raise UsageError(f"{stray} is for a folder of your own images; name it with `--data PATH`")
        return request.benchmark, dict(request.settings)
    benchmark = request.benchmark or _folder_benchmark(catalog, request.paper)
    _require_place(request.data, takes_file=_takes_file(catalog, benchmark))
    if benchmark in catalog.benchmark_ids and not _takes_path(catalog, benchmark):
        raise UsageError(f"--data cannot be used with --on {benchmark}, whose data are given; leave --on out")
    options = option_settings(catalog, request.size, request.encoder, request.weights)
    path = {"data.path": str(request.data.resolve())}
    return benchmark, path | options | dict(request.settings)


def _takes_file(catalog: Catalog, benchmark: str) -> bool:
    """True if the data set of a benchmark is read from a file."""
    if benchmark not in catalog.benchmark_ids:
        return False
    name = str(catalog.benchmark(benchmark).data["name"])
    return bool(catalog.signatures.signature("data", name).facts.get("takes_file"))


def _require_place(path: Path, *, takes_file: bool) -> None:
    """DataError if there is no such folder, archive or file; what is in it is looked at later."""
    if not (path.is_dir() or is_archive(path) or (takes_file and path.is_file())):
        what = "is a file, neither a folder nor an archive" if path.exists() else "does not exist"
        raise DataError(f"{path} {what}; `--data PATH` takes a folder of images")


def check_device(name: str) -> None:
    """DeviceError if a device has no such form, or is a GPU and this machine has none at all.

    Which of several GPUs there are is known to torch alone, which says so later.
    """
    kind, _, number = name.partition(":")
    if name == "auto" or (kind == "cpu" and number in ("", "0")):
        return
    if kind != "cuda" or (":" in name and not number.isdecimal()):
        known = "is not supported" if kind in OTHER_DEVICES else "names no device"
        raise DeviceError(f"`--device {name}` {known}; use auto, cpu, cuda or cuda:N")
    if not may_have_gpu():
        raise DeviceError(f"`--device {name}`: this machine has 0 CUDA devices; use `--device auto`")


def _folder_benchmark(catalog: Catalog, paper: str) -> str:
    """What a folder means to a paper: images, unless its recipes are for sounds."""
    recipes = catalog.benchmarks_of(paper) if paper in catalog.paper_ids else ()
    is_heard = SOUND_BENCHMARK in recipes and FOLDER_BENCHMARK not in recipes
    return SOUND_BENCHMARK if is_heard else FOLDER_BENCHMARK


def _takes_path(catalog: Catalog, benchmark: str) -> bool:
    """True if the data set of a benchmark is read from a place on disk."""
    name = str(catalog.benchmark(benchmark).data["name"])
    parameters = catalog.signatures.signature("data", name).parameters
    return any(parameter.name == "path" for parameter in parameters)
