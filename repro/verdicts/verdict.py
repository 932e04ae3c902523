"""Verdicts: what a claim's own rule says of the records there are. A pure function of the two; no torch.

Nothing here is stored. A record counts if its digest is the one that is asked for and it was made with
today's code, or with code that is declared equal; any other record of the same arm and seed is *stale*: kept,
shown, never judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Claim, Paper
from repro.catalog.records.same_code import SameCode
from repro.evidence.plan import Arm, PlannedRun, arms
from repro.evidence.records import arm_of
from repro.evidence.run import Run, Scores
from repro.verdicts.rule import OUTCOMES, RULE, Judgement, Outcome, judge
from repro.verdicts.sample import Sample

Freshness = Literal["current", "stale", "partial", "none"]
# Every state of a claim that people can filter by: outcomes, and why there is none.
STATES = (
    *reversed(OUTCOMES),
    *("not run", "not testable here", "no test yet"),
)


class Evidence:
    """Records by what they are: by digest and code, and by arm and seed whatever the code."""

    def __init__(self, runs: Iterable[Run], same_code: SameCode) -> None:
        self._current: dict[tuple[str, str], Run] = {}
        self._by_arm: dict[tuple[str, str, tuple[str, ...], int], list[Run]] = {}
        for run in runs:
            key = run.config.digest, same_code.earliest(run.config.code)
            known = self._current.get(key)
            if known is None or not known.finished:
                self._current[key] = run
            self._by_arm.setdefault(arm_of(run), []).append(run)

    def current(self, planned: PlannedRun) -> Run | None:
        """The record of a planned run made with today's code."""
        return self._current.get((planned.digest, planned.code))

    def older(self, planned: PlannedRun) -> Run | None:
        """The newest record of the same arm and seed that was made with other code or other settings."""
        others = [run for run in self._by_arm.get(planned.arm, ()) if run is not self.current(planned)]
        return max(others, key=lambda run: run.environment.started, default=None)


@dataclass(frozen=True)
class ArmRuns:
    """An arm and what there is of its runs."""

    arm: Arm
    runs: tuple[Run, ...]  # with today's code, finished or not, in the order of their seeds
    missing: tuple[PlannedRun, ...]
    older: tuple[Run, ...]  # of the missing ones, made with other code

    @property
    def finished(self) -> tuple[Run, ...]:
        """The runs that ended as they should; only these have numbers."""
        return tuple(run for run in self.runs if run.finished)

    @property
    def sample(self) -> Sample:
        """The arm's numbers, as the rule takes them."""
        return sample(self.runs)


@dataclass(frozen=True)
class Verdict:
    """What the records say of one claim, by the rule that its entry states."""

    paper: str
    claim: Claim
    source: str  # the claim whose test it is, as paper/claim
    arms: tuple[ArmRuns, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    exploratory: bool = False  # some run was made from files that no commit holds

    @property
    def name(self) -> str:
        """``paper/claim``."""
        return f"{self.paper}/{self.claim.id}"

    @property
    def weakest(self) -> Judgement | None:
        """The least favourable judgement, which decides; None while runs are missing or stale."""
        return min(self.judgements, key=lambda judgement: OUTCOMES.index(judgement.outcome), default=None)

    @property
    def outcome(self) -> Outcome | None:
        """That of the least favourable judgement."""
        return self.weakest.outcome if self.weakest else None

    @property
    def freshness(self) -> Freshness:
        """Whether today's code made the records: all of them, some, or none but older ones."""
        if not any(arm.missing for arm in self.arms):
            return "current" if self.arms else "none"
        if any(arm.older for arm in self.arms):
            return "stale"
        return "partial" if any(arm.runs for arm in self.arms) else "none"

    @property
    def state(self) -> str:
        """The outcome, or why there is none: one of :data:`STATES`."""
        if self.claim.out_of_reach:
            return "not testable here"
        if not self.arms:
            return "no test yet"
        return self.outcome or "not run"

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every record it rests on, each once."""
        return tuple({run.config.digest: run for arm in self.arms for run in arm.runs}.values())

    def plain(self) -> dict[str, Any]:
        """The verdict as JSON values; numbers of runs by arm, seed and metric."""
        return {
            "claim": self.name,
            "statement": self.claim.statement,
            "place": self.claim.place,
            "rule": RULE,
            "state": self.state,
            "freshness": self.freshness,
            "exploratory": self.exploratory,
            "findings": [_plain(judgement) for judgement in self.judgements],
            "arms": {arm.arm.name: _arm(arm) for arm in self.arms},
        }


def _plain(judgement: Judgement) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(judgement).items() if name != "expectation"}
    return {**judgement.expectation.model_dump(mode="json", exclude_none=True), **fields}


def _arm(arm: ArmRuns) -> dict[str, Any]:
    return {
        "overrides": list(arm.arm.overrides),
        "missing": len(arm.missing),
        "stale": len(arm.older),
        "runs": [
            {
                "seed": run.config.seed,
                "digest": run.config.digest,
                "status": run.summary.status,
                **numbers(run),
            }
            for run in arm.runs
        ],
    }


def judge_claim(
    catalog: Catalog, paper: str, claim: Claim, evidence: Evidence, seeds: int | None = None
) -> Verdict:
    """The verdict on a trained claim; ``seeds`` asks for fewer runs an arm than the claim does, or more."""
    owner, tested = source(catalog, paper, claim)
    name = f"{owner}/{tested.id}"
    if tested.test is None:
        return Verdict(paper, claim, name)
    found = tuple(_collect(arm, evidence) for arm in arms(catalog, owner, tested.test, seeds))
    runs = [run for arm in found for run in arm.runs]
    exploratory = any(run.environment.dirty is not False for run in runs)
    if any(arm.missing for arm in found):
        return Verdict(paper, claim, name, found, exploratory=exploratory)
    samples = {arm.arm.name: arm.sample for arm in found}
    judgements = tuple(judge(expected, samples, planned=tested.test.seeds) for expected in tested.test.expect)
    return Verdict(paper, claim, name, found, judgements, exploratory)


def source(catalog: Catalog, paper: str, claim: Claim) -> tuple[str, Claim]:
    """The claim whose test a claim shares, or itself. The catalog's rules know that this ends."""
    while claim.tested_by:
        paper, _, name = claim.tested_by.partition("/")
        claim = next(found for found in catalog.paper(paper).claims if found.id == name)
    return paper, claim


def verdicts(catalog: Catalog, runs: Iterable[Run]) -> list[Verdict]:
    """The verdict on every trained claim of the catalog, in its order."""
    evidence = Evidence(runs, catalog.same_code)
    papers = catalog.papers
    return [judge_claim(catalog, paper.id, claim, evidence) for paper in papers for claim in trained(paper)]


def trained(paper: Paper) -> Iterator[Claim]:
    """The trained claims of a paper."""
    return (claim for claim in paper.claims if claim.kind == "trained")


def _collect(arm: Arm, evidence: Evidence) -> ArmRuns:
    found = [(planned, evidence.current(planned)) for planned in arm.runs]
    missing = tuple(planned for planned, run in found if run is None)
    older = [evidence.older(planned) for planned in missing]
    return ArmRuns(
        arm, tuple(run for _, run in found if run), missing, tuple(run for run in older if run is not None)
    )


def sample(runs: Sequence[Run]) -> Sample:
    """The numbers of runs by metric, in the order of the runs; those that did not finish are counted only."""
    finished = [run for run in runs if run.finished]
    return Sample(
        metrics=_columns([numbers(run) for run in finished]),
        untrained=_columns([_measured(run.summary.baselines.untrained) for run in finished]),
        pixels=_columns([_measured(run.summary.baselines.pixels) for run in finished]),
        unfinished=len(runs) - len(finished),
    )


def numbers(run: Run) -> dict[str, float]:
    """Everything a finished run measured at its end: probes, spread, loss, the method's own diagnostics."""
    last = {name: points[-1][1] for name in run.names if (points := run.curve(name))}
    return {
        **{name: value for name, value in last.items() if name not in NOT_METRICS},
        **_measured(run.summary.metrics),
    }


NOT_METRICS = ("epoch", "lr")


def _measured(scores: Scores) -> dict[str, float]:
    return {name: value for name, value in scores.items() if value is not None}


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """{metric: its value in every row}, of the metrics that every row has."""
    shared = [name for name in rows[0] if all(name in row for row in rows)] if rows else []
    return {name: tuple(row[name] for row in rows) for name in shared}
