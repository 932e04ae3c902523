"""What this machine can run, and about how long each recipe trains on it.

A recipe is timed by making a few steps of its real training on random images of the right shape, so no data
set is needed. Other work on the machine counts in: the times hold for now.
"""

import importlib.metadata
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.resolve import resolve
from repro.errors import ReproError
from repro.files import catalog_root

# The doctor must be able to say that these do not load, so it may not fail with them.
FAULT: Exception | None = None
try:
    import torch

    from repro.learning.data.cache import cache_root, describe
    from repro.learning.data.digits import CANVAS, TEST_DIGITS, VALIDATION_DIGITS
    from repro.learning.data.images import PackedImages
    from repro.learning.environment import choose_device, choose_precision
    from repro.learning.job import build_method
    from repro.learning.optim import Optimisation
    from repro.learning.registry import VIEWS
    from repro.learning.train import Schedule, train
except (ImportError, OSError, RuntimeError, AttributeError) as error:
    FAULT = error

PYTHON = (3, 11)
MINIMUM = {  # as in pyproject.toml
    "torch": "2.11",
    "torchvision": "0.26",
    "numpy": "1.26",
    "scikit-learn": "1.5",
    "safetensors": "0.5",
    "pillow": "10.3",
    "jinja2": "3.1.4",
    "markupsafe": "2.1",
    "pydantic": "2.10",
    "pyyaml": "6.0.1",
    "typer": "0.15",
    "rich": "13.8",
    "filelock": "3.15",
    "platformdirs": "4.2",
    "requests": "2.32",
    "bibtexparser": "2.1",
    "latex2mathml": "3.77",
    "pygments": "2.18",
}
MEMORY = 1e9  # bytes a small recipe needs
DISK = 1e9  # bytes that CIFAR-10 takes while it is fetched and packed
CIFAR10 = {"test": 50_000, "validation": 45_000}  # training images beside each evaluation split
FIRST_ROWS = 8  # the first batch that is timed
TIMED = 3  # steps of a whole batch
SECONDS = 2.5  # that the steps of one recipe may take together, about


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and whether runs will work with it."""

    name: str
    ok: bool
    found: str


@dataclass(frozen=True, slots=True)
class RecipeTime:
    """A recipe on this machine; ``seconds`` of its whole training is None where that cannot be known."""

    paper: str
    benchmark: str
    time: str
    data: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything the doctor found; ``note`` says how the times came about."""

    checks: tuple[Check, ...]
    recipes: tuple[RecipeTime, ...]
    note: str


def examine() -> Examination:
    """Look at everything, then time every recipe: a few seconds for each."""
    checks = [_python(), _packages(), _torch(), _processors(), _memory()]
    if FAULT is None:
        checks += [_accelerator(), _cache()]
    checks.append(_catalog())
    if FAULT is not None:
        return Examination(tuple(checks), (), "No recipe was timed, because PyTorch does not load.")
    threads = torch.get_num_threads()
    torch.set_num_threads(usable_cores())
    recipes = tuple(_timed())
    torch.set_num_threads(threads)
    return Examination(tuple(checks), recipes, _note())


def _python() -> Check:
    found, needed = platform.python_version(), ".".join(map(str, PYTHON))
    return Check("Python", sys.version_info >= PYTHON, f"{found}, needs {needed} or newer")


def _packages() -> Check:
    """Versions from what is installed, without loading any of it."""
    faults = [fault for name, minimum in MINIMUM.items() if (fault := _package(name, minimum))]
    found = "; ".join(faults) or f"all {len(MINIMUM)} are there and new enough"
    return Check("Packages", not faults, found)


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


def usable_cores() -> int:
    """Cores that this process may use: those of its affinity, where the system knows one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processors() -> Check:
    cores, quota = usable_cores(), _quota()
    if quota is None or quota >= cores:
        return Check("Processor", True, f"{cores} cores usable; a run takes {cores} threads")
    advice = f"give runs `--threads {max(1, int(quota))}`"
    return Check("Processor", True, f"{cores} cores, of which this container may use {quota:g}; {advice}")


def _quota() -> float | None:
    """Processors that a container (cgroup v2) may use; None without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _memory() -> Check:
    free = _free_memory()
    if free is None:
        return Check("Memory", True, "how much is free cannot be seen on this system")
    return Check(
        "Memory", free >= MEMORY, f"{free / 1e9:.1f} GB free; small recipes need {MEMORY / 1e9:.0f} GB"
    )


def _free_memory() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None
    try:
        limit, used = (
            int(Path(f"/sys/fs/cgroup/memory.{name}").read_text("ascii")) for name in ("max", "current")
        )
        return min(free, limit - used)
    except (OSError, ValueError):  # "max" is no number: no limit
        return free


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
        free = shutil.disk_usage(there).free
    except OSError as error:
        advice = "name another folder in the environment variable REPRO_CACHE"
        return Check("Cache", False, f"{root} cannot be written ({error.strerror}); {advice}")
    return Check(
        "Cache", free >= DISK, f"{root}, {free / 1e9:.1f} GB free; a download needs {DISK / 1e9:.0f} GB"
    )


def _catalog() -> Check:
    try:
        root = catalog_root()
        errors = [finding for finding in check(root) if finding.severity == "error"]
        papers = len(Catalog.load(root).paper_ids)
    except ReproError as error:
        return Check("Catalog", False, str(error))
    if errors:
        return Check("Catalog", False, f"{root} has {len(errors)} errors; `repro check` lists them")
    return Check("Catalog", papers > 0, f"{papers} papers in {root}, no errors")


def _timed() -> Iterator[RecipeTime]:
    """Every recipe, with a word on a terminal about which one is being timed."""
    try:
        catalog = Catalog.load()
        recipes = [
            (paper, benchmark) for paper in catalog.paper_ids for benchmark in catalog.benchmarks_of(paper)
        ]
    except ReproError:
        return  # the check of the catalog has said so
    with Console(stderr=True).status("") as status:
        for paper, benchmark in recipes:
            status.update(f"timing {paper} on {benchmark}")
            yield _recipe(catalog, paper, benchmark)


def _recipe(catalog: Catalog, paper: str, benchmark: str) -> RecipeTime:
    try:
        config = resolve(catalog, paper, benchmark)
        step = step_seconds(config)
    except ReproError as error:
        return RecipeTime(paper, benchmark, "cannot run", _line(error))
    images, data = training_images(config), _data(config)
    if images is None:
        per_thousand = step / config.budget.batch * 1000 * config.budget.epochs
        return RecipeTime(paper, benchmark, f"{about(per_thousand)} per 1,000 images", data)
    seconds = step * config.budget.epochs * (images // config.budget.batch)
    return RecipeTime(paper, benchmark, about(seconds), data, round(seconds, 1))


def step_seconds(config: ResolvedConfig) -> float:
    """About how long one training step takes here, now.

    Batches are doubled up to the recipe's own. Where that would take too long, the rest is a straight line:
    what the last doubling added, row by row.
    """
    step, batch = _Step(config), config.budget.batch
    end = time.perf_counter() + SECONDS
    rows, seconds, slope = min(FIRST_ROWS, batch), 0.0, 0.0
    step(rows)  # warm-up
    while True:
        before, seconds = seconds, min(step(rows), step(rows))
        slope = (seconds - before) / (rows if rows <= FIRST_ROWS else rows / 2)
        if rows == batch or time.perf_counter() + 4 * seconds > end:
            break
        rows = min(2 * rows, batch)
    if rows == batch:
        return statistics.median([seconds, *(step(rows) for _ in range(TIMED - 1))])
    mean = seconds / rows  # a row adds at most this; far less only where noise hides what it adds
    return seconds + min(max(slope, mean / 4), mean) * (batch - rows)


class _Step:
    """Makes real training steps of a configuration on random images; calling it gives the seconds of one."""

    def __init__(self, config: ResolvedConfig) -> None:
        self.device = choose_device("auto")
        self.channels, self.size = image_shape(config)
        self.views = VIEWS[config.views.name](self.size, self.channels, **config.views.params)
        self.method = build_method(config, 0, self.channels, self.device)
        groups = self.method.parameter_groups()
        self.optimisation = Optimisation(groups, config.optimizer, config.budget.batch, 1, 1)
        _, self.precision = choose_precision(self.device)

    def __call__(self, rows: int) -> float:
        images = torch.randint(0, 256, (rows, self.channels, self.size, self.size), dtype=torch.uint8)
        dataset = PackedImages(images, None, images[:1], None, (), self.device)
        clock = time.perf_counter()
        for tick in train(
            self.method,
            self.views,
            dataset,
            self.optimisation,
            Schedule(1, rows, 1),
            seed=0,
            precision=self.precision,
        ):
            tick.loss.item()  # waits for the device
        return time.perf_counter() - clock


def image_shape(config: ResolvedConfig) -> tuple[int, int]:
    """Channels and pixels a side of the images of a configuration."""
    params = config.data.params
    return (1, CANVAS) if config.data.name == "digits" else (3, int(params.get("size", 32)))


def training_images(config: ResolvedConfig) -> int | None:
    """How many images training sees; None if that depends on a person's own folder."""
    params = config.data.params
    if config.data.name == "digits":
        held = TEST_DIGITS + (VALIDATION_DIGITS if params["evaluate"] == "validation" else 0)
        return int((1797 - held) * params["placements"])
    if config.data.name == "cifar10":
        return int(params["train"] or CIFAR10[params["evaluate"]])
    return None


def _data(config: ResolvedConfig) -> str:
    name = config.data.name
    stored = next((row for row in describe() if row.name == name), None)
    if name == "folder" or stored is None:
        return "yours: --data PATH"
    if stored.where is None and stored.present:
        return "inside the package"
    return "here" if stored.present else f"{stored.bytes / 1e6:.0f} MB to download"


def about(seconds: float) -> str:
    """With no more precision than such a measurement has: ``40 s``, ``12 min``, ``5.0 h``, ``3 days``."""
    if seconds < 95:
        return f"{max(1, round(seconds)) if seconds < 10 else 5 * round(seconds / 5)} s"
    for unit, scale, limit in (("min", 60, 95), ("h", 3600, 50)):
        if seconds < limit * scale:
            amount = seconds / scale
            return f"{amount:.1f} {unit}" if amount < 5 else f"{amount:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def _note() -> str:
    device = choose_device("auto")
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{usable_cores()} threads"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    busy = f" Other work keeps this machine busy (load {load:.0f}), so alone it is faster."
    return (
        f"Times are of training alone, about, from a few steps made just now on {where} with random images."
        f"{busy if load > usable_cores() + 1 else ''}"
    )
