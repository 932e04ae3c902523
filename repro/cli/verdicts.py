"""From a command to judged claims on the terminal: `repro verify` for trained claims, and `repro judge`."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.claims import Chosen, trained_claims
from repro.catalog.prose import duration, plural
from repro.catalog.show import readable_papers
from repro.cli import console
from repro.cli.interrupt import interruptible
from repro.cli.options import note
from repro.errors import CatalogError, UsageError
from repro.evidence.plan import PlannedRun
from repro.evidence.records import load_all, load_readable
from repro.evidence.run import Run
from repro.evidence.workers import Costs, Done, folder_of
from repro.machine import usable_cores
from repro.report.claim.arms import ArmRow
from repro.report.claim.view import ClaimView
from repro.report.write import write_claims
from repro.verdicts.campaign import RUNS, Campaign, Limits, testable_claims
from repro.verdicts.verdict import Evidence, Verdict, judge_claim, trained, verdicts

HEADS = ("claim", "outcome", "runs", "freshness")


def verify_trained(
    paper: str,
    names: Sequence[str],
    limits: Limits,
    *,
    page: Path | None,
    as_json: bool,
    keep: bool = False,
    clean: bool = True,
) -> bool:
    """Run what is missing for trained claims, judge them, write a page; whether every run came to an end.

    ``keep`` records the runs in the catalog. UsageError if it would refuse those about to be made, since the
    checkout is not ``clean``.
    """
    campaign = Campaign(testable_claims(paper, names, limits.seeds), limits)
    if campaign.missing and keep and not clean:
        raise UsageError(
            "--record keeps runs made from committed files alone, and `git status` shows changes here, or "
            "this is no checkout; commit them, or leave --record out"
        )
    if campaign.missing:
        console.say(_announced(campaign))
        _watch(campaign)
    elif not limits.anew:
        console.say("Nothing to run: every run is kept. With --anew only runs made on this machine count.")
    found = campaign.verdicts()
    if as_json:
        console.dump(plain(campaign.catalog, found, campaign.faults))
    else:
        tell(campaign.catalog, found)
    if limits.anew:
        console.say(_beside(*campaign.beside_kept()))
    if page is None:
        RUNS.mkdir(parents=True, exist_ok=True)
        page = RUNS / f"{paper}.html"
    console.say(f"\nReport: {write_claims(found, page)}")
    if keep:
        records = campaign.record()
        console.say(f"\n{plural(len(records), 'new record')} in {campaign.catalog.root / 'evidence'}")
        campaign.require_clean()
    return not campaign.faults


def _beside(runs: int, gap: float) -> str:
    if not runs:
        return "\nThe catalog keeps none of these runs."
    kept = plural(runs, "run")
    return f"\nThe catalog keeps {kept} of these; linear accuracy here differs by at most {gap:.3f}."


def judge_kept(paper: str | None, names: Sequence[str], *, as_json: bool) -> None:
    """Print what the catalog's evidence says of trained claims: those named in full, else a table.

    The table of all papers leaves out claims that have no test and says how many they are.
    """
    catalog = Catalog.load()
    chosen = trained_claims(catalog, paper, names) if paper else list(_all_trained(catalog))
    evidence = Evidence(load_readable(catalog.root, note), catalog.same_code)
    found = [verdict for one in chosen if (verdict := _judged(catalog, one, evidence, is_only=bool(names)))]
    if as_json:
        console.dump(plain(catalog, found))
    elif names:
        tell(catalog, found)
    else:
        shown = [verdict for verdict in found if paper or verdict.arms]
        if not found:
            raise UsageError(
                f"no trained claim of {paper} is in the catalog; `repro show {paper}` lists all it claims."
            )
        console.grid(HEADS, (_row(verdict, paper) for verdict in shown), right=HEADS[2:3])
        for line in _hints(found, shown):
            console.say(line)


def _all_trained(catalog: Catalog) -> Iterator[Chosen]:
    """The trained claims of every paper that can be read."""
    for paper in readable_papers(catalog, note):
        yield from (Chosen(paper.id, claim) for claim in trained(paper))


def _judged(catalog: Catalog, chosen: Chosen, evidence: Evidence, *, is_only: bool) -> Verdict | None:
    """A verdict; a warning instead if another file is faulty, unless the claim is all that was asked for."""
    try:
        return judge_claim(catalog, chosen.paper, chosen.claim, evidence)
    except CatalogError as error:
        if is_only:
            raise
        fault = str(error).splitlines()[0]
        note(f"warning: {chosen.name} cannot be judged and is left out: {fault}")
        return None


def stale_lines(catalog: Catalog) -> Iterator[str]:
    """A line for each claim whose records other code made: what makes them anew, in about what time."""
    known = load_all(catalog.root)
    costs = Costs(known)
    for verdict in verdicts(catalog, known) if known else ():
        if verdict.freshness == "stale":
            missing = [planned for arm in verdict.arms for planned in arm.missing]
            seconds = sum(costs.seconds(planned) or 0.0 for planned in missing) / usable_cores()
            older = plural(sum(len(arm.older) for arm in verdict.arms), "record")
            command = f"`repro verify {verdict.paper} {verdict.claim.id} --record`"
            yield f"stale: {verdict.name}: {older} from other code; {command}, about {duration(seconds)}"


def _row(verdict: Verdict, paper: str | None) -> tuple[str, ...]:
    name = verdict.claim.id if paper else verdict.name
    runs = sum(len(arm.finished) for arm in verdict.arms)
    return name, verdict.state, str(runs or ""), verdict.freshness if verdict.arms else ""


def _hints(found: Sequence[Verdict], shown: Sequence[Verdict]) -> Iterator[str]:
    """What the table of outcomes does not say."""
    if shown:
        yield f"\nWhat was seen: `repro judge {' '.join(shown[0].name.split('/'))}`."
    if left := len(found) - len(shown):
        yield f"Not listed: {plural(left, 'claim')} without a test; `repro judge PAPER` lists all of a paper."


def _watch(campaign: Campaign) -> None:
    """Run what is missing and say how far it is after each run."""
    start, total = time.monotonic(), len(campaign.missing)
    for number, done in enumerate(_interruptible(campaign.run()), 1):
        left = campaign.wall(campaign.missing) if campaign.missing else None
        rest = f", about {duration(left)} left" if left else ""
        passed = duration(time.monotonic() - start)
        told = done.fault if done.run is None else _measured(done.run)
        console.say(f"{number}/{total}  {described(done.planned)}: {told} ({passed} so far{rest})")


def _interruptible(runs: Iterator[Done]) -> Iterator[Done]:
    """The same, where SIGTERM and a closed terminal stop the runs as gently as Ctrl-C does."""
    with interruptible():
        yield from runs


def _announced(campaign: Campaign) -> str:
    count, seconds = len(campaign.missing), campaign.wall(campaign.missing)
    cores = plural(usable_cores(), "core")
    time_ = f"about {duration(seconds)} on {cores}" if seconds else "a time not known yet"
    return f"{plural(count, 'run')} to make, {time_}. Ctrl-C keeps what is done; the same command goes on."


def tell(catalog: Catalog, found: Sequence[Verdict]) -> None:
    """Each claim with its arms, what was seen, and its labels."""
    for verdict in found:
        view = ClaimView(catalog, verdict)
        console.say(f"\n{verdict.name}: {verdict.state.upper()}")
        console.paragraph(f"{view.claim.statement} ({view.claim.place})")
        if view.claim.out_of_reach:
            console.paragraph(view.claim.out_of_reach)
        if view.arms:
            console.paragraph(_changes(view))
            console.say("")
            console.grid(("arm", "runs", *view.metrics, "the paper"), map(_arm, view.arms))
            console.say("")
            console.pairs(_seen(view))
        for line in _open(view):
            console.paragraph(line)


def _changes(view: ClaimView) -> str:
    """What the arms change of the recipe, all of them and each."""
    changed = [("every arm", view.base), *((f"`{row.name}`", row.changes) for row in view.arms)]
    told = [f"{name}: {', '.join(f'{key}={value}' for key, value in keys)}" for name, keys in changed if keys]
    return f"Changed in {'; in '.join(told)}." if told else "Every arm runs the recipe as it is."


def _arm(row: ArmRow) -> tuple[str, ...]:
    """An arm as cells of two lines: intervals stand below means, the place below the paper's number."""
    ours = [f"{metric.mean_text}\n{metric.interval_text}" if metric.values else "–" for metric in row.metrics]
    paper = f"{row.paper.text}\n{row.paper.metric}, {row.paper.place}" if row.paper else ""
    return row.name, str(row.seeds), *ours, paper


def _seen(view: ClaimView) -> Iterator[tuple[str, str]]:
    """Each expectation with what came of it, then the labels that the headline has not."""
    yield from ((judgement.outcome, judgement.sentence) for judgement in view.verdict.judgements)
    yield from ((name.split()[0].lower(), text) for name, text in view.labels[1:])


def _open(view: ClaimView) -> Iterator[str]:
    """What keeps the claim from an answer, and what would give one."""
    if view.verdict.exploratory:
        yield "Exploratory: some runs were made from files that no commit holds; this is no verdict."
    if any(arm.missing for arm in view.verdict.arms):
        yield f"`{view.command}` makes what is missing."
    if view.seeds_needed:
        yield f"About {plural(view.seeds_needed, 'seed')} an arm would give an answer, by the spread seen."


def plain(
    catalog: Catalog, found: Sequence[Verdict], faults: Sequence[Done] = (), root: Path = RUNS
) -> dict[str, Any]:
    """Verdicts, and what went wrong on the way, as JSON values."""
    return {
        "verdicts": [_plain(ClaimView(catalog, verdict)) for verdict in found],
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


def _measured(run: Run) -> str:
    if not run.finished:
        return run.summary.status
    shown = (
        ("linear", run.metrics.get("linear")),
        ("kNN", run.metrics.get("knn")),
        ("spread", run.metrics.get("std")),
    )
    return ", ".join(f"{name} {value:.2f}" for name, value in shown if value is not None)


def _plain(view: ClaimView) -> dict[str, Any]:
    arms = {
        row.name: {metric.metric: [metric.mean, metric.interval] for metric in row.metrics}
        for row in view.arms
    }
    labels = dict(view.labels) if view.arms else {}
    return {**view.verdict.plain(), "means_and_intervals": arms, "labels": labels, "id": view.id}
