"""From a command to checked claims on the terminal: `repro verify`."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from repro.catalog.catalog import Catalog
from repro.catalog.claims import exact_claims
from repro.cli import console

if TYPE_CHECKING:
    from repro.learning.identities.exact import Outcome

HEADS = ("claim, statement, place", "largest difference", "tolerance", "verdict")


def verify_exact(paper: str | None, claims: Sequence[str], seed: int | None, *, as_json: bool) -> bool:
    """Check exact claims and print what was found; whether all hold."""
    chosen = exact_claims(Catalog.load(), paper, claims)  # what is wrong with a command needs no torch
    from repro.learning.identities.exact import check, fresh_seed

    drawn = fresh_seed() if seed is None else seed
    outcomes = check(chosen, drawn)
    broken = [outcome for outcome in outcomes if not outcome.compared.holds]
    if as_json:
        console.dump({"seed": drawn, "claims": [outcome.plain() for outcome in outcomes]})
    else:
        console.grid(HEADS, map(_row, outcomes), right=HEADS[1:3])
        for outcome in broken:
            console.say(f"{outcome.chosen.name} compared {outcome.compared.what}.")
        held = f"{len(outcomes) - len(broken)} of {len(outcomes)} exact claims hold."
        console.say(f"\n{held} The same numbers again: --seed {drawn}.")
    return not broken


def _row(outcome: "Outcome") -> tuple[str, ...]:
    claim, compared = outcome.chosen.claim, outcome.compared
    return (
        f"{outcome.chosen.name}\n{claim.statement} ({claim.place})",
        f"{compared.difference:.1e}" if math.isfinite(compared.difference) else "no number",
        f"{compared.tolerance:.0e}",
        "holds" if compared.holds else "broken",
    )
