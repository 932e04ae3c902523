"""What is shown of one tested claim, on its page of the website and in the report of `repro verify`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from pydantic_core import to_json

from repro.catalog.catalog import Catalog
from repro.catalog.prose import plural
from repro.catalog.records.experiment import Experiment
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import Claim, Reported
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.report.claim.agreement import (
    ACCURACIES,
    Agreement,
    agreement,
    in_our_unit,
    our_circumstances,
    their_circumstances,
)
from repro.report.claim.arms import ArmRow, RecordRow, arm_rows, metrics_of, paper_value, record_rows
from repro.report.claim.expected import metric_name
from repro.report.claim.findings import Finding, told
from repro.verdicts.rule import RULE
from repro.verdicts.verdict import ArmRuns, Verdict, source

ID_DIGITS = 12
SAID = {
    "supported": "Seen here as the paper says.",
    "leaning": "Seen here in the paper's direction, but not beyond doubt.",
    "inconclusive": "These runs do not settle it.",
    "not supported": "Not seen here.",
    "contradicted": "Here the opposite was seen.",
    "not run": "Nothing has been judged yet.",
    "not testable here": "This catalog cannot test it.",
    "no test yet": "Nobody has written its test.",
}


@dataclass(frozen=True)
class ClaimView:
    """One trained claim with everything that is known of it."""

    catalog: Catalog
    verdict: Verdict

    @property
    def claim(self) -> Claim:
        """The claim of the entry."""
        return self.verdict.claim

    @property
    def said(self) -> str:
        """The state as a sentence."""
        return SAID[self.verdict.state]

    @property
    def paper(self) -> str:
        """The paper's name."""
        return self.catalog.paper(self.verdict.paper).name

    @property
    def command(self) -> str:
        """What makes the runs that are missing, and judges."""
        return f"repro verify {self.verdict.paper} {self.claim.id}"

    @cached_property
    def experiment(self) -> Experiment | None:
        """Its test, which may be that of another claim."""
        return source(self.catalog, self.verdict.paper, self.claim)[1].test

    @property
    def owner(self) -> str:
        """The paper whose recipe is run."""
        return self.verdict.source.partition("/")[0]

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics looked at."""
        return metrics_of(self.experiment) if self.experiment else ()

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The same in words."""
        return tuple(metric_name(metric) for metric in self.metrics)

    @cached_property
    def base(self) -> tuple[tuple[str, str], ...]:
        """What every arm changes of the recipe."""
        settings = self.experiment.base if self.experiment else {}
        return tuple((key, as_text(value)) for key, value in settings.items())

    @cached_property
    def arms(self) -> tuple[ArmRow, ...]:
        """The table of arms."""
        metrics = self.catalog.vocabulary("metrics")
        reported = {found.id: paper_value(found, metrics) for found in self._reported}
        return arm_rows(self.verdict, self.experiment, reported) if self.experiment else ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Each expectation with its rule, its drawings and, once there is one, its outcome."""
        return told(self.verdict, self.experiment.expect) if self.experiment else ()

    @cached_property
    def records(self) -> tuple[RecordRow, ...]:
        """Every run, finished or not."""
        return record_rows(self.verdict, self.metrics)

    @property
    def _reported(self) -> Sequence[Reported]:
        return self.catalog.paper(self.owner).reported

    @cached_property
    def agreements(self) -> tuple[tuple[str, Agreement], ...]:
        """For each arm that the paper has a number for, how it compares."""
        known = {found.id: found for found in self._reported}
        experiment = self.experiment
        return tuple(
            (arm.arm.name, self._agreement(arm, known[experiment.reported[arm.arm.name]]))
            for arm in self.verdict.arms
            if experiment and experiment.reported.get(arm.arm.name) in known
        )

    def _agreement(self, arm: ArmRuns, reported: Reported) -> Agreement:
        metric = next((name for name in self.metrics if name in ACCURACIES), "linear")
        row = next(row for row in self.arms if row.name == arm.arm.name)
        found = next((one for one in row.measured if one.metric == metric), None)
        ours = our_circumstances(self.catalog.benchmark(arm.arm.config.benchmark), arm.arm.config, metric)
        interval = found.interval if found else None
        return agreement(in_our_unit(reported, metric), their_circumstances(reported), ours, interval)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Four, never one: outcome, agreement with the paper's number, kind and tier, freshness."""
        return (
            ("Outcome", f"{self.verdict.state}, by rule {RULE}"),
            ("Agreement with the paper's number", self._agreed()),
            ("Kind and tier", self._kind()),
            ("Freshness", self.freshness),
        )

    def _agreed(self) -> str:
        texts = {name: found.text for name, found in self.agreements}
        if len(set(texts.values())) == 1:
            return next(iter(texts.values()))
        told = "; ".join(f"{name}: {text}" for name, text in texts.items())
        return told or "not comparable: no number of the paper is put beside an arm"

    def _kind(self) -> str:
        same = self.agreements and all(found.word != "not comparable" for _, found in self.agreements)
        tier = self.experiment.benchmark if self.experiment else "none"
        return f"re-implemented{'' if same else ', scaled down'}; tier {tier}"

    @property
    def freshness(self) -> str:
        """Whether today's code made the records, and what would change that."""
        missing, older = (sum(len(getattr(arm, kind)) for arm in self.verdict.arms) for kind in MISSING)
        planned = sum(len(arm.arm.runs) for arm in self.verdict.arms)
        return {
            "current": "current: today's code made every record",
            "stale": f"stale: {plural(older, 'record')} from other code; they are kept and not judged",
            "partial": f"incomplete: {missing} of {plural(planned, 'run')} are missing",
            "none": "no records" if planned else "nothing to run",
        }[self.verdict.freshness]

    @property
    def scaled(self) -> tuple[Comparison, ...]:
        """In what the runs differ from the paper's setting, each with its reason."""
        if not self.verdict.arms or not self.experiment:
            return ()
        first = self.verdict.arms[0].arm
        compared, own = fidelity(self.catalog, first.config), self.experiment.arms[first.name]
        return tuple(row for row in compared.differing if row.key not in own) if compared else ()

    @property
    def core_minutes(self) -> float:
        """Minutes of one core that the runs took, those shared with other claims included."""
        return core_minutes(self.verdict)

    @property
    def id(self) -> str:
        """Names the verdict by its rule and records: see :func:`verdict_id`; empty without a verdict."""
        return verdict_id(self.verdict) if self.verdict.findings else ""

    @property
    def seeds_needed(self) -> int | None:
        """The most seeds an arm that a finding asks for."""
        return seeds_needed(self.verdict)


MISSING = ("missing", "older")


def verdict_id(verdict: Verdict) -> str:
    """``v1-3f2a9c...``: the rule, and a hash over expectations, findings and the numbers of every run."""
    if not verdict.runs:
        return ""
    plain = verdict.plain()
    rests_on = {name: plain[name] for name in ("claim", "findings", "arms")}
    return f"{RULE}-{sha256(to_json(rests_on, inf_nan_mode='strings')).hexdigest()[:ID_DIGITS]}"


def core_minutes(verdict: Verdict) -> float:
    """Minutes times threads over every run of a verdict."""
    return (
        sum((run.summary.seconds_total or 0.0) * (run.environment.threads or 1) for run in verdict.runs) / 60
    )


def seeds_needed(verdict: Verdict) -> int | None:
    """Seeds an arm for an answer, where an outcome is open and an estimate could be made."""
    asked = [found.seeds_needed for found in verdict.findings if found.outcome in ("leaning", "inconclusive")]
    return max((seeds for seeds in asked if seeds is not None), default=None)
