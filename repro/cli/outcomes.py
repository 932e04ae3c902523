"""What is known of each claim of a paper, in a word or two, for `repro show`."""

from collections.abc import Callable

from repro.catalog.catalog import Catalog
from repro.errors import ReproError
from repro.evidence.records import load_readable
from repro.verdicts.verdict import Evidence, judge_claim


def outcomes(catalog: Catalog, paper: str, warn: Callable[[str], None]) -> dict[str, str]:
    """{claim: its outcome by the kept evidence, or how it is checked}.

    What a fault of another file keeps from being judged says so, with a warning.
    """
    claims = catalog[paper].claims
    has_trained = any(claim.kind == "trained" for claim in claims)
    evidence = Evidence(load_readable(catalog.root, warn) if has_trained else (), catalog.same_code)
    words = {}
    for claim in claims:
        try:
            words[claim.id] = (
                "an identity, checked on demand"
                if claim.kind == "exact"
                else judge_claim(catalog, paper, claim, evidence).state
            )
        except ReproError as error:
            words[claim.id] = "cannot be judged"
            warn(f"warning: {paper}/{claim.id} cannot be judged: {str(error).splitlines()[0]}")
    return words
