"""What is shown of one tested claim, on its page of the website and in the report of `repro verify`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from pydantic_core import to_json

import repro
from repro.catalog.catalog import Catalog
from repro.catalog.prose import join_words, plural
from repro.catalog.records.experiment import Experiment
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import Claim, Reported
from repro.catalog.settings.arms import ACCURACIES
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.report.claim.agreement import Agreement, compare_reported
from repro.report.claim.arms import ArmRow, RecordRow, arm_rows, paper_value, record_rows
from repro.report.claim.drawings import ShownJudgement, show_judgements
from repro.report.claim.expected import metric_name, metrics_of
from repro.report.page import fill
from repro.verdicts.rule import RULE
from repro.verdicts.verdict import STATES, ArmRuns, Verdict, source

ID_DIGITS = 12
STATE_SENTENCES = {
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
    def state_sentence(self) -> str:
        """The state as a sentence."""
        return STATE_SENTENCES[self.verdict.state]

    @property
    def paper(self) -> str:
        """The paper's name."""
        return self.catalog.paper(self.verdict.paper).name

    @property
    def command(self) -> str:
        """The command that makes the runs that are missing, and judges."""
        return f"repro verify {self.verdict.paper} {self.claim.id}"

    @cached_property
    def experiment(self) -> Experiment | None:
        """The test of the claim, which may be that of another claim."""
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
        """The metrics in words."""
        return tuple(metric_name(metric) for metric in self.metrics)

    @cached_property
    def base(self) -> tuple[tuple[str, str], ...]:
        """The settings that every arm changes of the recipe."""
        settings = self.experiment.base if self.experiment else {}
        return tuple((key, as_text(value)) for key, value in settings.items())

    @cached_property
    def arms(self) -> tuple[ArmRow, ...]:
        """The table of arms."""
        if self.experiment is None:
            return ()
        metrics = self.catalog.vocabulary("metrics")
        reported = {name: paper_value(value, metrics) for name, value in self._reported.items()}
        return arm_rows(self.verdict, self.experiment, self.metrics, reported)

    @cached_property
    def judgements(self) -> tuple[ShownJudgement, ...]:
        """Each expectation with its rule, its drawings and, once there is one, its outcome."""
        return show_judgements(self.verdict, self.experiment.expect) if self.experiment else ()

    @cached_property
    def records(self) -> tuple[RecordRow, ...]:
        """Every run, finished or not."""
        return record_rows(self.verdict, self.metrics)

    @property
    def _reported(self) -> dict[str, Reported]:
        return {value.id: value for value in self.catalog.paper(self.owner).reported}

    @cached_property
    def agreements(self) -> tuple[tuple[str, Agreement], ...]:
        """For each arm that the paper has a number for, how it compares."""
        reported, ids = self._reported, self.experiment.reported if self.experiment else {}
        return tuple(
            (arm.arm.name, self._agreement(arm, reported[ids[arm.arm.name]]))
            for arm in self.verdict.arms
            if ids.get(arm.arm.name) in reported
        )

    def _agreement(self, arm: ArmRuns, reported: Reported) -> Agreement:
        metric = next((name for name in self.metrics if name in ACCURACIES), "linear")
        row = next(row for row in self.arms if row.name == arm.arm.name)
        interval = next((values.interval for values in row.metrics if values.metric == metric), None)
        benchmark = self.catalog.benchmark(arm.arm.config.benchmark)
        return compare_reported(reported, benchmark, arm.arm.config, metric, interval)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Four, never one: outcome, agreement with the paper's number, kind and tier, freshness."""
        return (
            ("Outcome", f"{self.verdict.state}, by rule {RULE}"),
            ("Agreement with the paper's number", self._agreement_label()),
            ("Kind and tier", self._kind_label()),
            ("Freshness", self.freshness),
        )

    def _agreement_label(self) -> str:
        texts = {name: agreement.text for name, agreement in self.agreements}
        if len(set(texts.values())) == 1:
            return next(iter(texts.values()))
        text = "; ".join(f"{name}: {text}" for name, text in texts.items())
        return text or "not comparable: no number of the paper is put beside an arm"

    def _kind_label(self) -> str:
        positions = [agreement.position for _, agreement in self.agreements]
        same = positions and "not comparable" not in positions
        tier = self.experiment.benchmark if self.experiment else "none"
        return f"re-implemented{'' if same else ', scaled down'}; tier {tier}"

    @property
    def freshness(self) -> str:
        """The freshness of the records in words: made by today's code or not, and how many are missing."""
        missing = sum(len(arm.missing) for arm in self.verdict.arms)
        older = sum(len(arm.older) for arm in self.verdict.arms)
        planned = sum(len(arm.arm.runs) for arm in self.verdict.arms)
        return {
            "current": "current: today's code made every record",
            "stale": f"stale: {plural(older, 'record')} from other code; they are kept and not judged",
            "partial": f"incomplete: {missing} of {plural(planned, 'run')} are missing",
            "none": "no records" if planned else "nothing to run",
        }[self.verdict.freshness]

    @property
    def differing_settings(self) -> tuple[Comparison, ...]:
        """The settings in which the runs differ from the paper, each with its reason."""
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
        """The verdict's id, see :func:`verdict_id`; empty without a verdict."""
        return verdict_id(self.verdict) if self.verdict.judgements else ""

    @property
    def seeds_needed(self) -> int | None:
        """The most seeds an arm that a judgement asks for."""
        return seeds_needed(self.verdict)


def verdict_id(verdict: Verdict) -> str:
    """``v1-3f2a9c...``: the rule, and a hash over expectations, judgements and the numbers of every run."""
    if not verdict.runs:
        return ""
    plain = verdict.plain()
    content = {name: plain[name] for name in ("claim", "findings", "arms")}
    return f"{RULE}-{sha256(to_json(content, inf_nan_mode='strings')).hexdigest()[:ID_DIGITS]}"


def core_minutes(verdict: Verdict) -> float:
    """Minutes times threads over every run of a verdict."""
    seconds = ((run.summary.seconds_total or 0.0) * (run.environment.threads or 1) for run in verdict.runs)
    return sum(seconds) / 60


def seeds_needed(verdict: Verdict) -> int | None:
    """Seeds an arm for an answer, where an outcome is open and an estimate could be made."""
    open_ = [
        judgement for judgement in verdict.judgements if judgement.outcome in ("leaning", "inconclusive")
    ]
    return max((judgement.seeds_needed for judgement in open_ if judgement.seeds_needed), default=None)


def render_claims(verdicts: Sequence[Verdict], catalog: Catalog) -> str:
    """The report of verdicts as one HTML text, claims in the order given, judged with ``catalog``."""
    views = [ClaimView(catalog, verdict) for verdict in verdicts]
    papers = list(dict.fromkeys(view.paper for view in views))
    counts = Counter(verdict.state for verdict in verdicts)
    names = join_words(papers) if len(papers) <= 4 else f"{len(papers)} papers"
    values = {
        "title": f"Claims of {names}" if papers else "Claims",
        "count": plural(len(views), "claim"),
        "rule": RULE,
        "tally": [(state, counts[state]) for state in STATES if counts[state]],
        "views": views,
        "version": repro.__version__,
    }
    return fill("claims.html.j2", values)
