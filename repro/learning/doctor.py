"""What this machine can run, and about how long each recipe takes by the runs that the catalog records."""

import importlib.metadata
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.prose import duration, plural
from repro.catalog.settings.resolve import resolve
from repro.errors import ReproError
from repro.evidence.plan import PlannedRun
from repro.evidence.records import load_all
from repro.evidence.request import FOLDER_BENCHMARK, SOUND_BENCHMARK
from repro.evidence.run import Run
from repro.evidence.workers import Costs
from repro.files import catalog_root
from repro.machine import core_limit, crowding, free_memory, free_space, usable_cores

# The doctor must be able to say that these do not load, so it may not fail with them.
FAULT: Exception | None = None
try:
    import torch

    from repro.learning.data.cache import cache_root, describe
    from repro.learning.environment import choose_device, choose_precision
except (ImportError, OSError, RuntimeError, AttributeError) as error:
    FAULT = error

PYTHON = (3, 11)
MEMORY = 1e9  # bytes a small recipe needs
DISK = 1e9  # bytes that the largest data set to download takes while it is fetched and packed
UNKNOWN = "no recorded run"  # in place of a time


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and whether runs will work with it."""

    name: str
    ok: bool
    found: str


@dataclass(frozen=True, slots=True)
class RecipeTime:
    """A recipe on this machine; ``seconds`` of a whole run is None where no recorded run tells."""

    paper: str
    benchmark: str
    time: str
    data: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything the doctor found; ``note`` says where the times come from."""

    checks: tuple[Check, ...]
    recipes: tuple[RecipeTime, ...]
    note: str


def examine() -> Examination:
    """Look at everything and look up every recipe. Trains nothing."""
    checks = [_python(), _packages(), _torch(), _processors(), _memory()]
    if FAULT is None:
        checks += [_accelerator(), _cache()]
    checks.append(_catalog())
    if FAULT is not None:
        return Examination(tuple(checks), (), "No recipe is listed, because PyTorch does not load.")
    try:
        catalog = Catalog.load()
        runs = [run for run in load_all(catalog.root) if run.finished and not run.environment.gpu]
        recipes = tuple(_recipes(catalog, Costs(runs)))
    except ReproError as error:
        return Examination(tuple(checks), (), f"No recipe is listed: {error}")
    return Examination(tuple(checks), recipes, _note(runs))


def _python() -> Check:
    found, needed = platform.python_version(), ".".join(map(str, PYTHON))
    return Check("Python", sys.version_info >= PYTHON, f"{found}, needs {needed} or newer")


def _packages() -> Check:
    """Versions from what is installed, without loading any of it."""
    needed = _requirements()
    if not needed:
        return Check("Packages", True, "which are needed is not known, because repro itself is not installed")
    faults = [fault for name, minimum in needed.items() if (fault := _package(name, minimum))]
    found = "; ".join(faults) or f"all {len(needed)} are there and new enough"
    return Check("Packages", not faults, found)


def _requirements() -> dict[str, str]:
    """{package: least version} by the metadata of the distribution that brought the command; no extras."""
    commands = importlib.metadata.entry_points(group="console_scripts", name="repro")
    ours = next((c.dist for c in commands if c.dist and c.module.startswith("repro.cli")), None)
    lines = [line for line in (ours and ours.requires) or [] if "extra ==" not in line]
    matches = (re.match(r"([\w.-]+)(?:[^;]*>=\s*([\d.]+))?", line) for line in lines)
    return {match[1]: match[2] or "" for match in matches if match}


def _package(name: str, minimum: str) -> str:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    return "" if _numbers(version) >= _numbers(minimum) else f"{name} is {version}, needs {minimum} or newer"


def _numbers(version: str) -> tuple[int, ...]:
    """``2.11.0+cu130`` -> (2, 11, 0); what follows the first part that is no number does not count."""
    numbers = []
    for part in version.partition("+")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _torch() -> Check:
    """A torchvision binary loads beside one release of torch only; that both are here proves nothing."""
    if FAULT is not None:
        advice = "install the pair of versions in constraints.txt"
        return Check("PyTorch", False, f"does not load ({_line(FAULT)}); {advice}")
    torchvision = importlib.metadata.version("torchvision")
    return Check("PyTorch", True, f"torch {torch.__version__} and torchvision {torchvision} load together")


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _processors() -> Check:
    cores, limit = usable_cores(), core_limit()
    bounded = f" (a container's limit is {limit:g})" if limit is not None else ""
    taken = f"{cores} cores usable{bounded}; a run takes {cores} threads"
    advice = crowding(cores)
    return Check("Processor", True, f"{taken}; {advice}" if advice else taken)


def _memory() -> Check:
    free = free_memory()
    if free is None:
        return Check("Memory", True, "how much is free cannot be seen on this system")
    return Check(
        "Memory", free >= MEMORY, f"{free / 1e9:.1f} GB free; small recipes need {MEMORY / 1e9:.0f} GB"
    )


def _accelerator() -> Check:
    device = choose_device("auto")
    if device.type != "cuda":
        return Check("Accelerator", True, "no CUDA device; training runs on the CPU")
    free, total = torch.cuda.mem_get_info(device)
    memory = f"{free / 1e9:.0f} of {total / 1e9:.0f} GB free"
    precision, _ = choose_precision(device)
    return Check("Accelerator", True, f"{torch.cuda.get_device_name(device)}, {memory}, {precision}")


def _cache() -> Check:
    root = cache_root()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"0")
        free = free_space(there)
    except OSError as error:
        advice = "name another folder in the environment variable REPRO_CACHE"
        return Check("Cache", False, f"{root} cannot be written ({error.strerror}); {advice}")
    needed = f"a download needs {DISK / 1e9:.0f} GB"
    if free is None:
        return Check("Cache", True, f"{root}; how much is free cannot be seen on this system; {needed}")
    return Check("Cache", free >= DISK, f"{root}, {free / 1e9:.1f} GB free; {needed}")


def _catalog() -> Check:
    try:
        root = catalog_root()
        errors = [fault for fault in check(root) if fault.severity == "error"]
        papers = len(Catalog.load(root).paper_ids)
    except ReproError as error:
        return Check("Catalog", False, str(error))
    if errors:
        return Check("Catalog", False, f"{root} has {len(errors)} errors; `repro check` lists them")
    return Check("Catalog", papers > 0, f"{papers} papers in {root}, no errors")


def _recipes(catalog: Catalog, costs: Costs) -> Iterator[RecipeTime]:
    for paper in catalog.paper_ids:
        for benchmark in catalog.benchmarks_of(paper):
            yield _recipe(catalog, costs, paper, benchmark)


def _recipe(catalog: Catalog, costs: Costs, paper: str, benchmark: str) -> RecipeTime:
    try:
        config = resolve(catalog, paper, benchmark)
    except ReproError as error:
        return RecipeTime(paper, benchmark, "cannot run", _line(error))
    data = _data(benchmark, config.data.name)
    seconds = costs.seconds(PlannedRun(paper, benchmark, {}, 0, "", "", config.budget.epochs))
    if seconds is None:
        return RecipeTime(paper, benchmark, UNKNOWN, data)
    here = seconds / usable_cores()
    return RecipeTime(paper, benchmark, duration(here), data, round(here, 1))


def _data(benchmark: str, name: str) -> str:
    if benchmark in (FOLDER_BENCHMARK, SOUND_BENCHMARK):
        return "yours: --data PATH"
    stored = next((row for row in describe() if row.name == name), None)
    if stored is None or (stored.present and stored.where is None):
        return "inside the package"
    return "here" if stored.present else f"{stored.bytes / 1e6:.0f} MB to download"


def _note(runs: Sequence[Run]) -> str:
    """Which runs the times come from, and what of this machine they count in."""
    if not runs:
        return "No run is recorded in this catalog, so no time is known."
    machines = ", ".join(sorted({run.environment.cpu for run in runs} - {""}))
    return (
        f"Times are of whole runs, about, from {plural(len(runs), 'recorded run')}"
        f"{f' on {machines}' if machines else ''}, shared out among {plural(usable_cores(), 'core')} here; "
        "another processor is faster or slower, and small recipes do not fill many cores."
    )
