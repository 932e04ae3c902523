"""Which claims of the catalog a command is about. No torch."""

from collections.abc import Sequence
from typing import NamedTuple

from repro.catalog.catalog import Catalog
from repro.catalog.kinds import nearest
from repro.catalog.papers import Claim
from repro.errors import UsageError


class Chosen(NamedTuple):
    """A claim and whose it is."""

    paper: str
    claim: Claim

    @property
    def name(self) -> str:
        """The claim's name in the whole catalog: ``paper/claim``."""
        return f"{self.paper}/{self.claim.id}"


def exact_claims(catalog: Catalog, paper: str | None, names: Sequence[str] = ()) -> list[Chosen]:
    """The exact claims of every paper, of one paper, or those of it that are named, in the catalog's order.

    UsageError if there is no such paper or claim, if the paper has no exact claim, or a named one is trained.
    """
    if paper is None:
        return [chosen for one in catalog.papers for chosen in _exact(catalog, one.id)]
    found = _exact(catalog, paper)
    if not names:
        if not found:
            raise UsageError(f"{paper} has no exact claim; `repro show {paper}` lists what it claims.")
        return found
    _known(catalog, paper, names)
    return [chosen for chosen in found if chosen.claim.id in names]


def _exact(catalog: Catalog, paper: str) -> list[Chosen]:
    claims = catalog.paper(paper).claims
    return [Chosen(paper, claim) for claim in claims if claim.kind == "exact"]


def _known(catalog: Catalog, paper: str, names: Sequence[str]) -> None:
    """Raise if a name is no exact claim of the paper."""
    kinds = {claim.id: claim.kind for claim in catalog.paper(paper).claims}
    exact = ", ".join(name for name, kind in kinds.items() if kind == "exact") or "none"
    for name in names:
        if name not in kinds:
            raise UsageError(
                f"{paper} has no claim '{name}'; its exact claims: {exact}.{nearest(name, kinds)}"
            )
        if kinds[name] != "exact":
            raise UsageError(
                f"{paper}/{name} is a trained claim, and this version runs exact ones only; "
                f"exact claims of {paper}: {exact}."
            )
