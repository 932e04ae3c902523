"""The runs that claims ask for: what is there, what is missing, running it, recording it. No torch."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.catalog.claims import Chosen, claims, trained_claims
from repro.catalog.prose import plural
from repro.errors import RunError, UsageError
from repro.evidence.plan import PlannedRun
from repro.evidence.records import is_recorded, load_all, record
from repro.evidence.run import Run
from repro.evidence.workers import Costs, Done, Executor, Processes, finished_run, folder_of, work
from repro.machine import usable_cores
from repro.verdicts.verdict import Evidence, Verdict, judge_claim, source

RUNS = Path("runs", "claims")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work is wanted, and how it is spread."""

    seeds: int | None = None  # runs an arm; None = what each claim asks for
    jobs: int = 0  # runs at a time; 0 = one for each core
    minutes: float | None = None  # runs that would end later are not begun
    anew: bool = False  # the catalog's evidence does not count, only runs made here


class Campaign:
    """The claims of a command, what there is for them, and what is missing."""

    def __init__(
        self,
        chosen: Sequence[Chosen],
        limits: Limits,
        root: Path = RUNS,
        executor: Executor | None = None,  # where runs are made; None = processes of this machine
    ) -> None:
        self.catalog = Catalog.load()
        self.chosen = chosen
        self.limits = limits
        self.root = root
        self.executor = executor
        self.kept = load_all(self.catalog.root)
        self.known = [] if limits.anew else list(self.kept)
        asked = self._planned(self.known)
        made = [run for planned in asked if (run := finished_run(folder_of(root, planned), planned))]
        self.known += made
        self.missing = self._planned(self.known)
        self.costs = Costs([*self.kept, *made])
        self.faults: list[Done] = []

    def verdicts(self) -> list[Verdict]:
        """What can be said with the runs there are."""
        evidence = Evidence(self.known, self.catalog.same_code)
        return [
            judge_claim(self.catalog, paper, claim, evidence, self.limits.seeds)
            for paper, claim in self.chosen
        ]

    def beside_kept(self) -> tuple[int, float]:
        """How many runs made here the catalog keeps too, and by how much linear accuracy differs at most.

        The same code, configuration, seed and data give the same numbers but for what processors round
        differently, which training then enlarges.
        """
        kept, made = self._accuracies(self.kept), self._accuracies(self._own())
        pairs = [(kept[key], made[key]) for key in kept.keys() & made.keys()]
        gaps = [abs(one - other) for one, other in pairs if one is not None and other is not None]
        return len(gaps), max(gaps, default=0.0)

    def _accuracies(self, runs: Iterable[Run]) -> dict[tuple[str, str], float | None]:
        """{(digest, code): linear accuracy}."""
        earliest = self.catalog.same_code.earliest
        return {(run.config.digest, earliest(run.config.code)): run.metrics.get("linear") for run in runs}

    def _own(self) -> list[Run]:
        """The runs of these claims that were made here."""
        wanted = {run.config.digest for verdict in self.verdicts() for run in verdict.runs}
        return [run for run in self.known if run.config.digest in wanted and run.folder.is_dir()]

    def _planned(self, known: Iterable[Run]) -> list[PlannedRun]:
        """Every run that the claims ask for and ``known`` does not hold, each once."""
        evidence = Evidence(known, self.catalog.same_code)
        found = (
            judge_claim(self.catalog, paper, claim, evidence, self.limits.seeds)
            for paper, claim in self.chosen
        )
        missing = (planned for verdict in found for arm in verdict.arms for planned in arm.missing)
        return list({planned.name: planned for planned in missing}.values())

    def wall(self, runs: Sequence[PlannedRun]) -> float | None:
        """About how many seconds these runs take here; None if nothing like one of them was ever run."""
        seconds = [self.costs.seconds(planned) for planned in runs]
        known = [found for found in seconds if found is not None]
        return sum(known) / usable_cores() if len(known) == len(seconds) else None

    def run(self) -> Iterator[Done]:
        """Run what is missing, yielding each as it ends; Ctrl-C leaves everything so that it can go on."""
        jobs = self.limits.jobs or usable_cores()
        threads = max(1, usable_cores() // jobs)
        executor = self.executor or Processes(jobs, threads)
        too_late = Deadline(time.monotonic(), self.limits.minutes, threads, self.costs)
        try:
            for done in work(self.missing, self.root, executor, jobs=jobs, is_too_late=too_late):
                self._take(done)
                yield done
        except KeyboardInterrupt:
            raise RunError(
                f"stopped with {plural(len(self.missing), 'run')} to go; everything is kept, "
                "and the same command goes on"
            ) from None

    def _take(self, done: Done) -> None:
        self.missing = [planned for planned in self.missing if planned.name != done.planned.name]
        if done.run is None:
            self.faults.append(done)
        else:
            self.known.append(done.run)
            self.costs.runs.append(done.run)

    def record(self) -> list[Path]:
        """Keep the runs of these claims in the catalog, but for those that were made from changed files."""
        return [record(run.folder, self.catalog.root) for run in self._unrecorded() if not _changed(run)]

    def require_clean(self) -> None:
        """RunError if runs of these claims were made from changed files, which makes them no evidence."""
        if changed := [run for run in self._unrecorded() if _changed(run)]:
            raise RunError(
                f"{plural(len(changed), 'run')} were made from files that no commit holds, so they are "
                "exploratory and are not recorded; commit, remove their folders, and verify again: "
                f"{', '.join(str(run.folder) for run in changed)}"
            )

    def _unrecorded(self) -> list[Run]:
        return [run for run in self._own() if not is_recorded(run, self.catalog.root)]


def _changed(run: Run) -> bool:
    return run.environment.dirty is not False


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time budget of a campaign."""

    start: float
    minutes: float | None
    threads: int  # of a run
    costs: Costs

    def __call__(self, planned: PlannedRun) -> bool:
        """True if starting ``planned`` now would overrun the budget."""
        if self.minutes is None:
            return False
        needed = (self.costs.seconds(planned) or 0.0) / self.threads
        return time.monotonic() - self.start + needed > 60 * self.minutes


def testable_claims(paper: str, names: Sequence[str], seeds: int | None) -> list[Chosen]:
    """The claims of a paper that runs can test; those named, or all.

    UsageError if one that is named has no test, there is none at all, or more seeds are asked for than count.
    """
    catalog = Catalog.load()
    for chosen in claims(catalog, paper, names) if names else []:
        if chosen.claim.kind == "exact":
            raise UsageError(
                f"{chosen.name} is an identity; `repro verify {paper} {chosen.claim.id} --exact`."
            )
    found = trained_claims(catalog, paper, names)
    tested = [chosen for chosen in found if chosen.claim.test or chosen.claim.tested_by]
    if names and len(tested) < len(found):
        without = next(chosen for chosen in found if chosen not in tested)
        raise UsageError(
            f"{without.name} has no test: {without.claim.out_of_reach or 'nobody has written it yet'}"
        )
    if not tested:
        raise UsageError(f"no trained claim of {paper} has a test; `repro judge` lists those that have one.")
    for chosen in tested:
        _within_plan(catalog, chosen, seeds)
    return tested


def _within_plan(catalog: Catalog, chosen: Chosen, seeds: int | None) -> None:
    """UsageError if more seeds are asked for than the test planned: nobody goes on until it suits."""
    test = source(catalog, *chosen)[1].test
    if test and seeds and seeds > test.seeds:
        raise UsageError(
            f"{chosen.name} is planned with {test.seeds} seeds an arm, and more would not count; "
            "write `seeds:` into its test before they are run, or ask for fewer"
        )
