"""Write the README's tables from the evidence in the catalog: ``python speed/readme_table.py [--check]``.

The first has every record of the benchmark `digits` made with its recipe as it is, over all seeds; the second
counts what became of the claims that have a test, and shows four. ``--check`` writes nothing and exits with 1
if the README says anything else.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.evidence.records import latest, load_all
from repro.evidence.run import Run
from repro.report.compare import markdown_table
from repro.verdicts.verdict import STATES, Verdict, verdicts

README = Path(__file__).resolve().parents[1] / "README.md"
MARKS = (
    "<!-- {}: speed/readme_table.py writes what stands between these marks -->",
    "<!-- end of {} -->",
)
# One a paper, chosen for what they are about and not for how they came out.
SHOWN = (
    "simclr/negatives-prevent-collapse",
    "byol/slow-target-needed",
    "barlow-twins/on-diagonal-alone-is-worse",
    "simsiam/stop-gradient",
)


def filled(text: str) -> str:
    """The README with both tables as the evidence has them today."""
    catalog = Catalog.load()
    runs = load_all(catalog.root)
    text = _between(text, "results", results(runs))
    return _between(text, "claims", claims(catalog, runs))


def _between(text: str, name: str, new: str) -> str:
    start, end = (mark.format(name) for mark in MARKS)
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{new}\n\n{end}{after}"


def results(runs: Sequence[Run]) -> str:
    """The runs of recipes on digits as they are."""
    known = latest([run for run in runs if run.config.benchmark == "digits"])
    return markdown_table([run for run in known if run.finished and not run.config.overrides])


def claims(catalog: Catalog, runs: Sequence[Run]) -> str:
    """How many tested claims came to what, and some of them."""
    found = {verdict.name: verdict for verdict in verdicts(catalog, runs) if verdict.arms}
    counts = Counter(verdict.state for verdict in found.values())
    told = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    head = "| claim | the paper says | outcome | what was seen |\n| --- | --- | --- | --- |"
    rows = "\n".join(_row(found[name]) for name in SHOWN)
    return f"{len(found)} claims have a test: {told}. One of each paper at the centre:\n\n{head}\n{rows}"


def _row(verdict: Verdict) -> str:
    seen = verdict.weakest.sentence if verdict.weakest else "–"
    cells = (f"`{verdict.name}`", verdict.claim.statement, verdict.state, seen)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> int:
    """Write or check."""
    text = README.read_text(encoding="utf-8")
    new = filled(text)
    if "--check" in sys.argv[1:]:
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
