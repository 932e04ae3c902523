"""CSV: the papers, and the values they report. A cell never becomes a formula in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.forms import DECIMAL
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper, Reported
from repro.catalog.records.vocabulary import MetricTerm
from repro.errors import UsageError
from repro.exports.text import line
from repro.exports.venue import best_address

# What spreadsheets take for the start of a formula; the last four are the first four in full width.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

PAPER = (
    *("id", "name", "title", "authors", "year", "venue", "status", "depth", "added", "revised"),
    *("arxiv", "doi", "openreview", "dblp", "s2"),
)
REPORTED = (
    *("paper", "id", "of", "task", "dataset", "split", "protocol", "metric", "higher_is_better"),
    *("value", "unit", "runs", "spread", "spread_kind", "backbone", "epochs", "batch", "note"),
    *("document", "place", "read_from", "mark", "read_by", "checked_by", "claims"),
)


def papers_table(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """A row for each paper, with a column for each facet of the vocabulary."""
    facets = list(catalog.vocabulary("tags"))
    columns = [*PAPER, "url", *(f"tags.{facet}" for facet in facets), "runs_on", "idea"]
    return csv_text([_paper(catalog, paper, facets) for paper in papers], columns)


def reported_table(catalog: Catalog, papers: Sequence[Paper]) -> str:
    """A row for each value that a paper reports, in the order of the entry."""
    metrics = catalog.vocabulary("metrics")
    rows = []
    for paper in papers:
        for reported in paper.reported:
            metric = metrics.get(reported.metric)
            better = str(metric.higher_is_better).lower() if isinstance(metric, MetricTerm) else ""
            rows.append(_reported(paper, reported) | {"higher_is_better": better})
    return csv_text(rows, REPORTED)


def _paper(catalog: Catalog, paper: Paper, facets: Sequence[str]) -> dict[str, Any]:
    return {
        **paper.model_dump(include={"id", "name", "title", "year", "venue", "status", "depth"}),
        "authors": "; ".join(author.name for author in paper.authors),
        "added": paper.added,
        "revised": paper.revised,
        **paper.ids.model_dump(),
        "url": best_address(paper),
        **{f"tags.{facet}": "; ".join(paper.tags.get(facet, ())) for facet in facets},
        "runs_on": "; ".join(catalog.benchmarks_of(paper.id)),
        "idea": paper.idea.en,
    }


def _reported(paper: Paper, reported: Reported) -> dict[str, Any]:
    source = reported.source
    return {
        "paper": paper.id,
        **reported.model_dump(exclude={"setting", "source", "spread"}),
        "of": reported.of or paper.id,
        **reported.setting.model_dump(),
        "spread": reported.spread.value if reported.spread else None,
        "spread_kind": reported.spread.kind if reported.spread else None,
        "document": source.doc,
        "place": source.place,
        "read_from": source.how,
        "mark": source.mark,
        "read_by": source.read_by,
        "checked_by": source.checked_by,
        "claims": "; ".join(claim.id for claim in paper.claims if reported.id in claim.paper_values),
    }


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A head and a row for each mapping; a column that it lacks stays empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def cell(value: object) -> str:
    """A value as one line of text; a quote before what would start a formula, but not before a number."""
    text = "" if value is None else line(str(value))
    return f"'{text}" if text.startswith(FORMULA) and not re.match(DECIMAL, text) else text


def reported_rows(catalog: Catalog, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row for each reported value, with the number as a number; ``filters`` is {column: its value}.

    UsageError if there is no such column.
    """
    for column in filters:
        if column not in REPORTED:
            close = nearest(column, REPORTED)
            raise UsageError(
                f"reported results have no column '{column}'; there are {', '.join(REPORTED)}.{close}"
            )
    rows = (_reported(paper, value) for paper in catalog.papers for value in paper.reported)
    matching = (row for row in rows if all(str(row.get(key)) == text for key, text in filters.items()))
    return [row | {"value": float(row["value"])} for row in matching]
