"""The rules for claims: which values they speak of, and that each leads to one test."""

from collections.abc import Iterator, Sequence

from repro.catalog.catalog import Catalog
from repro.catalog.check.experiments import claim_example, experiment_example, experiment_faults
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Claim, Paper
from repro.errors import UsageError

WAYS = ("test", "tested_by", "out_of_reach")  # what may be said of how a trained claim is tested


def claim_faults(catalog: Catalog, paper: Paper, document: Document) -> Iterator[Fault]:
    """Everything that is wrong with one entry's claims, before anything trains."""
    known = [reported.id for reported in paper.reported]
    for index, claim in enumerate(paper.claims):
        path = ("claims", index)
        yield from _values(claim, known, document, path)
        yield from _way(claim, document, path)
        if claim.tested_by:
            yield from _tested_by(catalog, paper, claim, document, (*path, "tested_by"))
        if claim.test:
            yield from experiment_faults(catalog, paper.id, claim.test, document, (*path, "test"))
            yield from _arm_values(claim, document, (*path, "test", "reported"))


CLAIM_VALUES = Rule(
    "R028",
    "the paper_values of a claim are reported values of the same paper",
    why="A verdict shows the paper's own number beside what was measured.",
    wrong="claims: [{id: works, kind: trained, statement: It works., place: Fig. 2, paper_values: [t9]}]",
    right="claims: [{id: works, kind: trained, statement: It works., place: Fig. 2, paper_values: [t1]}]",
)
EXACT_WITHOUT_VALUES = Rule(
    "R065",
    "an exact claim has no paper_values",
    why="An identity follows from the equations; a measured number can neither support nor refute it.",
    wrong="claims: [{id: works, kind: exact, statement: It holds., place: Eq. 2, paper_values: [t1]}]",
    right="claims: [{id: works, kind: exact, statement: It holds., place: Eq. 2}]",
)


def _values(claim: Claim, known: Sequence[str], document: Document, path: Steps) -> Iterator[Fault]:
    if claim.kind == "exact" and claim.paper_values:
        text = "an exact claim is tested without training; it has no measured values."
        yield document.fault(EXACT_WITHOUT_VALUES, (*path, "paper_values"), text, key=True)
    for position, value in enumerate(claim.paper_values):
        if value not in known:
            listed = f"{', '.join(known[:12]) or 'nothing'}{', …' if len(known) > 12 else ''}"
            text = f"this paper reports no '{value}'; it reports {listed}.{nearest(value, known)}"
            yield document.fault(CLAIM_VALUES, (*path, "paper_values", position), text)


def _arm_values(claim: Claim, document: Document, path: Steps) -> Iterator[Fault]:
    """Values that the test gives an arm and that are not among the claim's own."""
    for arm, value in claim.test.reported.items() if claim.test else ():
        if value not in claim.paper_values:
            text = f"'{value}' is not among the claim's paper_values; add it there."
            close = nearest(value, claim.paper_values)
            yield document.fault(CLAIM_VALUES, (*path, arm), f"{text}{close}")


ONE_WAY_OF_TESTING = Rule(
    "R082",
    "only a trained claim says how it is tested, and says it in one way",
    why="An exact claim is tested by its identity, and two tests could disagree.",
    wrong=claim_example(kind="exact", added="tested_by: byol/works"),
    right=claim_example(kind="exact"),
)


def _way(claim: Claim, document: Document, path: Steps) -> Iterator[Fault]:
    written = [key for key in WAYS if getattr(claim, key)]
    if claim.kind == "exact" and written:
        text = f"an exact claim is tested by its identity; remove `{written[0]}`, or write `kind: trained`."
        yield document.fault(ONE_WAY_OF_TESTING, (*path, written[0]), text, key=True)
    elif len(written) > 1:
        text = f"a claim is tested in one way; remove {' or '.join(f'`{key}`' for key in written)}."
        yield document.fault(ONE_WAY_OF_TESTING, (*path, written[1]), text, key=True)


SHARED_TEST = Rule(
    "R089",
    "a claim that shares a test leads to a trained claim that has one, and never back to itself",
    why="Claims that point at each other in a circle are tested by nothing.",
    wrong=claim_example(added="tested_by: simsiam/works"),
    right=experiment_example(),
)


def _tested_by(
    catalog: Catalog, paper: Paper, claim: Claim, document: Document, path: Steps
) -> Iterator[Fault]:
    """Follow the chain of claims to one with a test; the entry itself is not read again."""
    chain = [f"{paper.id}/{claim.id}"]
    while True:
        name = str(claim.tested_by)
        if name in chain:
            circle = " is tested by ".join([*chain, name])
            text = f"{circle}: a circle, and no test anywhere; give one of them a `test`."
            yield document.fault(SHARED_TEST, path, text)
            return
        chain.append(name)
        target = _find_claim(catalog, paper, name)
        if target is None or target.kind != "trained":
            what = "no claim" if target is None else "an exact claim, not a trained one,"
            text = f"there is {what} '{name}'; write paper/claim as `repro show` lists them."
            yield document.fault(SHARED_TEST, path, text)
            return
        if target.tested_by is None:
            if target.test is None:
                text = f"'{name}' has no test either; give one of them a `test`."
                yield document.fault(SHARED_TEST, path, text)
            return
        claim = target


def _find_claim(catalog: Catalog, paper: Paper, name: str) -> Claim | None:
    owner, _, claim_id = name.partition("/")
    try:
        claims = paper.claims if owner == paper.id else catalog.paper(owner).claims
    except (UsageError, CatalogFileError):
        return None
    return next((claim for claim in claims if claim.id == claim_id), None)
