"""The runs that a trained claim asks for: what each is, and the code it is made with. No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.experiment import Experiment
from repro.catalog.settings.arms import arm_config, arm_settings
from repro.catalog.settings.fingerprint import fingerprint
from repro.catalog.settings.layers import override_words
from repro.catalog.settings.resolve import digest
from repro.errors import UsageError

NAME_DIGITS = 16  # of the digest, in the name of a file or folder
CODE_DIGITS = 8  # of the code's fingerprint, in the name of a folder


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of one arm: the same digest and code, the same run, whichever claim asks for it."""

    paper: str
    benchmark: str
    settings: Mapping[str, Any] = field(hash=False)  # beside those of the recipe, by dotted key
    seed: int
    digest: str  # of what is asked for
    code: str  # the earliest fingerprint that today's code is declared equal to
    epochs: int

    @property
    def overrides(self) -> tuple[str, ...]:
        """The settings as ``--set`` takes them and records keep them, sorted."""
        return override_words(self.settings)

    @property
    def arm(self) -> tuple[str, str, tuple[str, ...], int]:
        """What the run is, whatever code it was made with."""
        return self.paper, self.benchmark, self.overrides, self.seed

    @property
    def name(self) -> str:
        """What its folder is called: no two runs of different settings or code share one."""
        return f"{self.digest[:NAME_DIGITS]}-{self.code[:CODE_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of a claim's test with the runs it asks for, in the order of their seeds."""

    name: str
    settings: Mapping[str, Any] = field(hash=False)
    config: ResolvedConfig
    runs: tuple[PlannedRun, ...]

    @property
    def overrides(self) -> tuple[str, ...]:
        """The settings as ``--set`` takes them, sorted."""
        return override_words(self.settings)


def arms(catalog: Catalog, paper: str, experiment: Experiment, seeds: int | None = None) -> tuple[Arm, ...]:
    """The arms of a test with ``seeds`` runs each, its own number if None.

    UsageError if a setting does not fit, or the benchmark does not pin its data, without which no digest is
    known before the data are built.
    """
    pinned = catalog.benchmark(experiment.benchmark).checksum
    if pinned is None:
        raise UsageError(
            f"benchmark {experiment.benchmark} pins no checksum of its data, so runs on it cannot be told "
            "apart; test the claim on another benchmark"
        )
    wanted = range(experiment.seeds if seeds is None else seeds)
    return tuple(_arm(catalog, paper, experiment, name, wanted, pinned) for name in experiment.arms)


def _arm(
    catalog: Catalog, paper: str, experiment: Experiment, name: str, seeds: Sequence[int], data: str
) -> Arm:
    config = arm_config(catalog, paper, experiment, name)
    settings = arm_settings(experiment, name)
    code = catalog.same_code.earliest(fingerprint(config, catalog.signatures).combined)
    runs = (
        PlannedRun(
            paper,
            config.benchmark,
            settings,
            seed,
            digest(config, seed, data),
            code,
            config.budget.epochs,
        )
        for seed in seeds
    )
    return Arm(name, settings, config, tuple(runs))
