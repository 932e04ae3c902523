"""The report of `repro verify` and `repro judge` on trained claims: one self-contained page."""

from collections import Counter
from collections.abc import Sequence

import repro
from repro.catalog.catalog import Catalog
from repro.catalog.prose import join_words, plural
from repro.report.claim.view import ClaimView
from repro.report.page import fill
from repro.verdicts.rule import RULE
from repro.verdicts.verdict import STATES, Verdict


def render_claims(verdicts: Sequence[Verdict], catalog: Catalog) -> str:
    """The page as one HTML text, claims in the order given; ``catalog`` is the one they were judged with."""
    views = [ClaimView(catalog, verdict) for verdict in verdicts]
    papers = list(dict.fromkeys(view.paper for view in views))
    counts = Counter(verdict.state for verdict in verdicts)
    whose = join_words(papers) if len(papers) <= 4 else f"{len(papers)} papers"
    values = {
        "title": f"Claims of {whose}" if papers else "Claims",
        "count": plural(len(views), "claim"),
        "rule": RULE,
        "tally": [(state, counts[state]) for state in STATES if counts[state]],
        "views": views,
        "version": repro.__version__,
    }
    return fill("claims.html.j2", values)
