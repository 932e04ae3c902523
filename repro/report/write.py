"""Reports written: what the catalog knows of a paper, put beside what a run left. No torch."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.errors import UsageError
from repro.evidence.run import Run
from repro.report.claim.view import render_claims
from repro.report.compare import render_comparison
from repro.report.page import write_page
from repro.report.run import PaperFacts, PaperLink, render_run
from repro.verdicts.verdict import Verdict


def write_run(run: Run) -> Path:
    """Write ``report.html`` into the folder of a run, with what this catalog says of its paper."""
    return write_page(run.folder / "report.html", render(run))


def render(run: Run) -> str:
    """The report of a run as HTML, with what this catalog says of its paper."""
    catalog = Catalog.load()
    facts, rows = _facts(catalog, run.config.paper), _compare(catalog, run.config.config)
    return render_run(run, paper=facts, fidelity=rows)


def write_comparison(runs: Sequence[Run], out: Path) -> Path:
    """Render several runs on one page."""
    catalog = Catalog.load()
    papers = {run.config.paper: _facts(catalog, run.config.paper) for run in runs}
    return write_page(out, render_comparison(runs, papers=papers))


def write_claims(verdicts: Sequence[Verdict], out: Path) -> Path:
    """Render verdicts on trained claims, judged with this catalog, on one page."""
    return write_page(out, render_claims(verdicts, Catalog.load()))


def _facts(catalog: Catalog, paper_id: str) -> PaperFacts:
    """The facts of a paper; its bare id if this catalog has no such paper."""
    if paper_id not in catalog.paper_ids:
        return PaperFacts(id=paper_id, name=paper_id)
    paper = catalog.paper(paper_id)
    venue = catalog.vocabulary("venues").get(paper.venue)
    return PaperFacts(
        id=paper.id,
        name=paper.name,
        title=paper.title,
        idea=paper.idea.en,
        authors=tuple(author.name for author in paper.authors),
        year=paper.year,
        venue=venue.name if venue else paper.venue,
        arxiv=paper.ids.arxiv or "",
        doi=paper.ids.doi or "",
        links=tuple(PaperLink(link.role, link.url, link.note or "") for link in paper.links),
    )


def _compare(catalog: Catalog, config: dict[str, object]) -> Sequence[Comparison]:
    """The comparison with the paper; nothing if the configuration or its recipe is unknown here."""
    try:
        compared = fidelity(catalog, ResolvedConfig.model_validate(config))
    except (ValidationError, UsageError):
        return ()
    return compared.rows if compared else ()
