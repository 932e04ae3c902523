"""The rules for recipes and benchmarks: they belong together, bind, and say why they leave the paper."""

from collections.abc import Iterator, Mapping

from repro.catalog.catalog import Catalog
from repro.catalog.reading.document import Document
from repro.catalog.reading.finding import CatalogFileError, Finding
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Recipe
from repro.catalog.records.vocabulary import Word
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.catalog.settings.resolve import check_benchmark, resolve


def benchmark_findings(
    catalog: Catalog, name: str, document: Document, protocols: Mapping[str, Word] | None
) -> Iterator[Finding]:
    """Everything that is wrong with the benchmark in the file ``<name>.yaml``, if its form is sound."""
    for probe, protocol in catalog.benchmark(name).protocol:
        if protocols is not None and protocol not in protocols:
            text = f"unknown protocol '{protocol}'.{nearest(protocol, protocols)}"
            yield document.finding("R025", ("protocol", probe), text)
    try:
        check_benchmark(catalog, name)
    except CatalogFileError as error:
        yield from (finding.under("R050") for finding in error.findings)


def recipe_findings(catalog: Catalog, recipe: Recipe, document: Document, name: str) -> Iterator[Finding]:
    """Everything that is wrong with a recipe whose form is sound; ``name`` is its file in the catalog."""
    wanted = f"recipes/{recipe.paper}/{recipe.benchmark}.yaml"
    if name != wanted:
        key = "benchmark" if name.startswith(f"recipes/{recipe.paper}/") else "paper"
        yield document.finding("R040", (key,), f"this recipe belongs at {wanted}.")
    elif not catalog.has_paper(recipe.paper):
        text = f"there is no paper '{recipe.paper}'.{nearest(recipe.paper, catalog.paper_ids)}"
        yield document.finding("R041", ("paper",), text)
    elif recipe.benchmark not in catalog.benchmark_ids:
        text = (
            f"there is no benchmark '{recipe.benchmark}'.{nearest(recipe.benchmark, catalog.benchmark_ids)}"
        )
        yield document.finding("R042", ("benchmark",), text)
    else:
        yield from _bound(catalog, recipe, document)


def _bound(catalog: Catalog, recipe: Recipe, document: Document) -> Iterator[Finding]:
    try:
        paper = catalog.paper(recipe.paper)
        catalog.benchmark(recipe.benchmark)
    except CatalogFileError:
        return  # reported where it is wrong
    yield from _follows(paper, recipe, document)
    try:
        config = resolve(catalog, recipe.paper, recipe.benchmark)
    except CatalogFileError as error:
        yield from (found.under("R044") for found in error.findings if found.file == document.file)
        return
    if compared := fidelity(catalog, config):
        for row in compared.unexplained:
            yield _unexplained(row, document)
        for reason in compared.idle_reasons:
            text = f"`why` explains {reason}, which does not differ from '{recipe.follows}'; remove it."
            yield document.finding("R046", ("why", reason), text, key=True)


def _follows(paper: Paper, recipe: Recipe, document: Document) -> Iterator[Finding]:
    known = [settings.id for settings in paper.settings]
    if recipe.follows not in known:
        text = f"{paper.id} has no settings '{recipe.follows}'; it has {', '.join(known) or 'none'}."
        yield document.finding("R043", ("follows",), f"{text}{nearest(recipe.follows, known)}")


def _unexplained(row: Comparison, document: Document) -> Finding:
    stated = f"{row.paper} in the paper" if row.paper is not None else f"{row.code} in the official code"
    text = f"{row.key} is {row.ours or 'not set'} here and {stated}; say why under `why`, or follow it."
    path = row.key.split(".")
    return document.finding("R045", path if path[0] in document.mapping else ["follows"], text, key=True)
