"""Reports from run folders: what the catalog knows of a paper, put beside what a run left. No torch."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.errors import RunError, UsageError
from repro.evidence.run import load_run
from repro.report.claim.view import render_claims
from repro.report.compare import render_comparison
from repro.report.page import write_page
from repro.report.run import PaperFacts, PaperLink, write_report
from repro.verdicts.verdict import Verdict


def find_runs(folders: Sequence[Path]) -> list[Path]:
    """The run folders among ``folders`` and directly below them. RunError if one holds none."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"{folder} is not a folder; give a run folder, such as those below runs/")
        inside = [folder] if (folder / "config.json").exists() else _below(folder)
        if not inside:
            raise RunError(f"{folder} holds no run: neither it nor a folder in it has a config.json")
        found += inside
    return list(dict.fromkeys(found))


def ended(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Run folders with an outcome, and those without one yet; a single folder is always of the first."""
    if len(folders) < 2:
        return list(folders), []
    open_ = [folder for folder in folders if not (folder / "summary.json").exists()]
    return [folder for folder in folders if folder not in open_], open_


def _below(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/config.json"))


def write_run(folder: Path) -> Path:
    """Render the report of one run with what this catalog says of its paper."""
    run = load_run(folder)
    catalog = Catalog.load()
    facts = _facts(catalog, run.config.paper)
    return write_report(run, paper=facts, fidelity=_compare(catalog, run.config.config))


def write_comparison(folders: Sequence[Path], out: Path) -> Path:
    """Render several runs on one page."""
    runs = [load_run(folder) for folder in folders]
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
