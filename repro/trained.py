"""From a command to judged claims on the terminal: `repro verify` for trained claims, and `repro judge`."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from repro import console
from repro.campaign import RUNS, Campaign, Limits, cores
from repro.catalog.catalog import Catalog
from repro.claims.plan import PlannedRun
from repro.claims.select import Chosen, claims, trained_claims
from repro.errors import UsageError
from repro.evidence import load_all
from repro.report.load import RunView
from repro.report.words import duration, plural
from repro.reports import write_claims
from repro.verdicts import Evidence, Verdict, judge_claim
from repro.workers import Done, folder_of

HEADS = ("claim", "outcome", "runs", "what was seen")
ALL = "all"  # the page's name where no paper is named


def verify_trained(
    paper: str | None, names: Sequence[str], limits: Limits, *, keep: bool, page: Path | None, as_json: bool
) -> bool:
    """Run what is missing for trained claims, judge them, write a page; whether every run came to an end.

    ``keep`` records the runs in the catalog.
    """
    campaign = Campaign(_testable(paper, names), limits)
    if campaign.missing:
        console.say(_announced(campaign))
        _watch(campaign)
    found = campaign.verdicts()
    if as_json:
        console.dump(plain(found, campaign.faults))
    else:
        tell(found)
    if keep:
        console.say(
            f"\n{plural(len(campaign.record()), 'new record')} in {campaign.catalog.root / 'evidence'}"
        )
    if page is None:
        RUNS.mkdir(parents=True, exist_ok=True)
        page = RUNS / f"{paper or ALL}.html"
    console.say(f"\nReport: {write_claims(found, page)}")
    return not campaign.faults


def judge_kept(paper: str | None, names: Sequence[str], *, as_json: bool) -> None:
    """Print what the catalog's evidence says of trained claims: a table, or those named in full."""
    catalog = Catalog.load()
    evidence = Evidence(load_all(catalog.root))
    chosen = trained_claims(catalog, paper, names)
    found = [judge_claim(catalog, owner, claim, evidence) for owner, claim in chosen]
    if as_json:
        console.dump(plain(found))
    elif names:
        tell(found)
    else:
        console.grid(HEADS, map(_row, found), right=HEADS[2:3])


def _testable(paper: str | None, names: Sequence[str]) -> list[Chosen]:
    """The claims of a command. UsageError if one that is named has no test, or there is none at all."""
    catalog = Catalog.load()
    for chosen in claims(catalog, paper, names) if names else []:
        if chosen.claim.kind == "exact":
            raise UsageError(
                f"{chosen.name} is an identity; `repro verify {paper} {chosen.claim.id} --exact`."
            )
    found = trained_claims(catalog, paper, names)
    tested = [chosen for chosen in found if chosen.claim.test or chosen.claim.tested_by]
    if names:
        return found
    if not tested:
        raise UsageError(f"no trained claim of {paper} has a test; `repro judge` lists those that have one.")
    return tested


def _row(verdict: Verdict) -> tuple[str, ...]:
    seen = "; ".join(finding.sentence for finding in verdict.findings)
    return verdict.name, verdict.state, str(len(verdict.runs)), seen or verdict.claim.out_of_reach or ""


def _watch(campaign: Campaign) -> None:
    """Run what is missing and say how far it is after each run."""
    start, total = time.monotonic(), len(campaign.missing)
    for number, done in enumerate(campaign.run(), 1):
        left = campaign.wall(campaign.missing) if campaign.missing else None
        rest = f", about {duration(left)} left" if left else ""
        passed = duration(time.monotonic() - start)
        told = done.fault if done.run is None else _measured(done.run)
        console.say(f"{number}/{total}  {described(done.planned)}: {told} ({passed} so far{rest})")


def _announced(campaign: Campaign) -> str:
    count, seconds = len(campaign.missing), campaign.wall(campaign.missing)
    time_ = f"about {duration(seconds)} on {plural(cores(), 'core')}" if seconds else "a time not known yet"
    return f"{plural(count, 'run')} to make, {time_}. Ctrl-C keeps what is done; the same command goes on."


def tell(verdicts: Sequence[Verdict]) -> None:
    """Each claim with its arms, what was seen, and its labels."""
    for verdict in verdicts:
        for line in lines(verdict):
            console.say(line)


def lines(verdict: Verdict) -> Iterator[str]:
    """A verdict for a terminal."""
    yield ""
    yield f"{verdict.name}: {verdict.state.upper()}"
    yield f"  {verdict.claim.statement} ({verdict.claim.place})"
    if verdict.claim.out_of_reach:
        yield f"  {verdict.claim.out_of_reach}"
    for arm in verdict.arms:
        changed = ", ".join(arm.arm.overrides) or "the recipe as it is"
        yield f"  {arm.arm.name:<14} {len(arm.finished)} of {len(arm.arm.runs)} runs  {changed}"
    for finding in verdict.findings:
        yield f"  {finding.outcome}: {finding.sentence}"
    yield from _labels(verdict)


def _labels(verdict: Verdict) -> Iterator[str]:
    command = f"`repro verify {verdict.paper} {verdict.claim.id}`"
    if verdict.exploratory:
        yield "  exploratory: some runs were made from files that no commit holds; this is no verdict."
    if verdict.freshness == "stale":
        older = sum(len(arm.older) for arm in verdict.arms)
        yield f"  stale: {plural(older, 'record')} from other code; {command} runs them anew."
    elif missing := sum(len(arm.missing) for arm in verdict.arms):
        yield f"  {plural(missing, 'run')} missing; {command} makes them."


def plain(verdicts: Sequence[Verdict], faults: Sequence[Done] = (), root: Path = RUNS) -> dict[str, Any]:
    """Verdicts, and what went wrong on the way, as JSON values."""
    return {
        "verdicts": [verdict.plain() for verdict in verdicts],
        "faults": [
            {
                "run": described(done.planned),
                "fault": done.fault,
                "folder": str(folder_of(root, done.planned)),
            }
            for done in faults
        ],
    }


def described(planned: PlannedRun) -> str:
    """A run in words, short enough for a line."""
    changed = f" with {', '.join(planned.overrides)}" if planned.overrides else ""
    return f"{planned.paper} on {planned.benchmark}{changed}, seed {planned.seed}"


def _measured(run: RunView) -> str:
    if not run.finished:
        return run.summary.status
    found = run.summary.metrics
    shown = (("linear", found.linear), ("kNN", found.knn), ("spread", found.std))
    return ", ".join(f"{name} {value:.2f}" for name, value in shown if value is not None)
