"""Selection: the claims of the catalog that a command is about. No torch."""

from collections.abc import Sequence
from typing import NamedTuple

from repro.catalog.catalog import Catalog
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Claim
from repro.errors import UsageError


class Chosen(NamedTuple):
    """A claim and whose it is."""

    paper: str
    claim: Claim

    @property
    def name(self) -> str:
        """The claim's name in the whole catalog: ``paper/claim``."""
        return f"{self.paper}/{self.claim.id}"


def claims(catalog: Catalog, paper: str | None, names: Sequence[str] = ()) -> list[Chosen]:
    """The claims of every paper, of one paper, or those of it that are named, in the catalog's order.

    UsageError if there is no such paper or claim.
    """
    if paper is None:
        return [Chosen(entry.id, claim) for entry in catalog for claim in entry.claims]
    known = catalog[paper].claims
    ids = [claim.id for claim in known]
    for name in names:
        if name not in ids:
            listed = ", ".join(ids) or "none"
            raise UsageError(f"{paper} has no claim '{name}'; its claims: {listed}.{nearest(name, ids)}")
    return [Chosen(paper, claim) for claim in known if not names or claim.id in names]


def exact_claims(catalog: Catalog, paper: str | None, names: Sequence[str] = ()) -> list[Chosen]:
    """The exact ones among :func:`claims`. UsageError if a paper has none, or a named claim is trained."""
    selection = claims(catalog, paper, names)
    trained = [chosen.name for chosen in selection if chosen.claim.kind != "exact"]
    if names and trained:
        raise UsageError(
            f"{', '.join(trained)} is tested by training, not by an identity; leave --exact out to run it."
        )
    exact = [chosen for chosen in selection if chosen.claim.kind == "exact"]
    if paper is not None and not exact:
        raise UsageError(f"{paper} has no exact claim; `repro show {paper}` lists what it claims.")
    return exact


def trained_claims(catalog: Catalog, paper: str | None, names: Sequence[str] = ()) -> list[Chosen]:
    """The trained ones among :func:`claims`, with a test or without."""
    return [chosen for chosen in claims(catalog, paper, names) if chosen.claim.kind == "trained"]
