"""Pages of claims: a table of all, and for each what was seen, by which rule, from which records."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from repro.catalog.records.paper import Claim, Paper
from repro.report.claim.arms import PaperValue, paper_value
from repro.report.claim.view import ClaimView, core_minutes, seeds_needed
from repro.verdicts.rule import OUTCOMES
from repro.verdicts.verdict import STATES, Freshness, Verdict
from repro.website.book import MAIN, Book, Page, paper_path
from repro.website.identities import identity

IDENTITY = "identity"  # the state of an exact claim: nothing to run, checked by the suite
KINDS = ("trained", "exact")
COSTS = (5, 10, 20)  # core-minutes, the steps of the filter
FRESHNESS = {"current": "current", "stale": "stale", "partial": "incomplete", "none": "no records"}


@dataclass(frozen=True)
class ClaimRow:
    """One claim in the table of all, and as a chip elsewhere: plain values."""

    paper: str
    paper_name: str
    claim: Claim
    state: str  # one of STATES, or IDENTITY
    freshness: Freshness | None  # None for what needs no records
    summary: str  # the least favourable judgement, or why there is none; arms stand in backticks
    finished: int  # runs that ended as they should, and runs that the test asks for
    planned: int
    minutes: float | None  # of one core; None without runs
    seeds_needed: int | None  # an arm, to settle it
    target: str  # its page, or its row on the paper's page

    @property
    def name(self) -> str:
        """``paper/claim``."""
        return f"{self.paper}/{self.claim.id}"

    @property
    def slug(self) -> str:
        """The state as a word for addresses and classes."""
        return slug(self.state)

    @property
    def costs(self) -> tuple[int, ...]:
        """The steps of :data:`COSTS` that it stays within: all for an identity, none without runs."""
        minutes = 0.0 if self.state == IDENTITY else self.minutes
        return tuple(step for step in COSTS if minutes is not None and minutes <= step)

    @property
    def is_stale(self) -> bool:
        """True if there are only records from other code."""
        return self.freshness == "stale"


def slug(state: str) -> str:
    """``not-run`` for ``not run``."""
    return state.replace(" ", "-")


def claim_path(paper: str, claim: str) -> str:
    """The path of a claim's page in the tree."""
    return f"claims/{paper}/{claim}/index.md"


def claim_rows(book: Book, paper: Paper) -> tuple[ClaimRow, ...]:
    """The claims of a paper in the order of its entry."""
    own_page = has_pages(paper)
    return tuple(_row(book, paper, claim, own_page=own_page) for claim in paper.claims)


def _row(book: Book, paper: Paper, claim: Claim, *, own_page: bool) -> ClaimRow:
    verdict = book.verdicts.get(f"{paper.id}/{claim.id}")
    arms = verdict.arms if verdict else ()
    return ClaimRow(
        paper.id,
        paper.name,
        claim,
        verdict.state if verdict else IDENTITY,
        verdict.freshness if verdict and arms else None,
        _summary(verdict) if verdict else _identity_summary(f"{paper.id}/{claim.id}"),
        sum(len(arm.finished) for arm in arms),
        sum(len(arm.arm.runs) for arm in arms),
        core_minutes(verdict) if verdict and verdict.runs else None,
        seeds_needed(verdict) if verdict else None,
        claim_path(paper.id, claim.id) if own_page else f"{paper_path(paper.id)}#claim-{claim.id}",
    )


def _summary(verdict: Verdict) -> str:
    return verdict.weakest.sentence if verdict.weakest else verdict.claim.out_of_reach or ""


def _identity_summary(name: str) -> str:
    check = identity(name)
    return f"Checked: {check.what or check.equation.removesuffix('.')}." if check else ""


def has_pages(paper: Paper) -> bool:
    """True if the paper's claims have pages: somebody has begun to test them.

    A catalog of thousands of papers without tests would otherwise be mostly pages that say nothing.
    """
    return any(c.kind == "exact" or c.test or c.tested_by or c.out_of_reach for c in paper.claims)


def tally(rows: tuple[ClaimRow, ...]) -> tuple[tuple[str, str, int], ...]:
    """Counts of claims by state, as (state, its word in addresses, count); never a rank."""
    counts = Counter(row.state for row in rows)
    return tuple((state, slug(state), counts[state]) for state in (*STATES, IDENTITY) if counts[state])


def pages(book: Book) -> Iterator[Page]:
    """The table of all claims, then a page for each."""
    main = [paper for name in MAIN for paper in book.papers if paper.id == name]
    papers = (*main, *(paper for paper in book.papers if paper.id not in MAIN))
    rows = tuple(row for paper in papers for row in claim_rows(book, paper))
    values = {
        "rows": sorted(rows, key=lambda row: row.state not in OUTCOMES),  # what was judged comes first
        "tally": tally(rows),
        "papers": {row.paper: row.paper_name for row in rows},
        "costs": COSTS,
        "kinds": [kind for kind in KINDS if any(row.claim.kind == kind for row in rows)],
        "freshness": [
            (key, text) for key, text in FRESHNESS.items() if any(r.freshness == key for r in rows)
        ],
    }
    yield Page("claims/index.md", "claims.md.j2", values)
    by_name = {row.name: row for row in rows}
    for paper in filter(has_pages, papers):
        for claim in paper.claims:
            yield _page(book, paper, by_name[f"{paper.id}/{claim.id}"], by_name)


def _page(book: Book, paper: Paper, row: ClaimRow, by_name: dict[str, ClaimRow]) -> Page:
    path = claim_path(paper.id, row.claim.id)
    values = {
        "row": row,
        "numbers": _numbers(book, paper, row.claim),
        "relations": _relations(book, paper, row.claim),
        "sharing": [sharer for sharer in by_name.values() if sharer.claim.tested_by == row.name],
        "address": f"{book.address}{path.removesuffix('index.md')}",
        "year": f"{book.word('venues', paper.venue).name} {paper.year}",
    }
    verdict = book.verdicts.get(row.name)
    if verdict is None:
        return Page(path, "claim_exact.md.j2", {**values, "identity": identity(row.name)})
    source = by_name[verdict.source] if verdict.source != row.name else None
    return Page(path, "claim.md.j2", {**values, "view": ClaimView(book.catalog, verdict), "source": source})


def _numbers(book: Book, paper: Paper, claim: Claim) -> list[PaperValue]:
    """The paper's own numbers that belong to a claim, but for those that stand beside its arms."""
    reported, metrics = {value.id: value for value in paper.reported}, book.catalog.vocabulary("metrics")
    of_arms = set(claim.test.reported.values()) if claim.test else set()
    names = [name for name in claim.paper_values if name in reported.keys() - of_arms]
    return [paper_value(reported[name], metrics) for name in names]


def _relations(book: Book, paper: Paper, claim: Claim) -> list[tuple[str, str, str]]:
    """Relations that rest on the claim: in words, the other paper, and its name."""
    return [
        (book.word("relations", relation.type).name, relation.to, book.names.get(relation.to, relation.to))
        for relation in paper.relations
        if relation.evidence == claim.id
    ]
