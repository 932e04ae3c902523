"""The rules for recipes and benchmarks: they belong together, bind, and say why they leave the paper."""

from collections.abc import Iterator, Mapping

from repro.catalog.catalog import Catalog
from repro.catalog.check.terms import KNOWN_PROTOCOLS
from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import BENCHMARK, RECIPE, Rule
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Recipe
from repro.catalog.records.vocabulary import Word
from repro.catalog.settings.fidelity import Comparison, fidelity
from repro.catalog.settings.resolve import check_benchmark, resolve

BENCHMARK_BINDS = Rule(
    "R050",
    "the components of a benchmark exist and take the given settings",
    why="Every recipe on the benchmark would fail.",
    wrong="encoder: {name: small_resnet, widht: 16}",
    right="encoder: {name: small_resnet, width: 16}",
    file=BENCHMARK,
)


def benchmark_faults(
    catalog: Catalog, name: str, document: Document, protocols: Mapping[str, Word] | None
) -> Iterator[Fault]:
    """Everything that is wrong with the benchmark in the file ``<name>.yaml``, if its form is sound."""
    for probe, protocol in catalog.benchmark(name).protocol:
        if protocols is not None and protocol not in protocols:
            text = f"unknown protocol '{protocol}'.{nearest(protocol, protocols)}"
            yield document.fault(KNOWN_PROTOCOLS, ("protocol", probe), text)
    try:
        check_benchmark(catalog, name)
    except CatalogFileError as error:
        yield from (fault.under(BENCHMARK_BINDS) for fault in error.faults)


RECIPE_IN_PLACE = Rule(
    "R040",
    "a recipe lies at recipes/<paper>/<benchmark>.yaml",
    why="The place of the file is how a run finds it.",
    wrong="paper: byol",
    right="paper: simsiam",
    file=RECIPE,
)
PAPER_OF_RECIPE = Rule(
    "R041",
    "the paper of a recipe is in the catalog",
    why="A recipe belongs to the page of its paper.",
    wrong="paper: simsaim",
    right="paper: simsiam",
    file="recipes/simsaim/digits.yaml",
    right_file=RECIPE,
)
BENCHMARK_OF_RECIPE = Rule(
    "R042",
    "the benchmark of a recipe is in the catalog",
    why="The benchmark holds the data, the encoder and the budget that the recipe changes.",
    wrong="benchmark: digit",
    right="benchmark: digits",
    file="recipes/simsiam/digit.yaml",
    right_file=RECIPE,
)


def recipe_faults(catalog: Catalog, recipe: Recipe, document: Document, name: str) -> Iterator[Fault]:
    """Everything that is wrong with a recipe whose form is sound; ``name`` is its file in the catalog."""
    place = f"recipes/{recipe.paper}/{recipe.benchmark}.yaml"
    if name != place:
        key = "benchmark" if name.startswith(f"recipes/{recipe.paper}/") else "paper"
        yield document.fault(RECIPE_IN_PLACE, (key,), f"this recipe belongs at {place}.")
    elif recipe.paper not in catalog:
        text = f"there is no paper '{recipe.paper}'.{nearest(recipe.paper, catalog.paper_ids)}"
        yield document.fault(PAPER_OF_RECIPE, ("paper",), text)
    elif recipe.benchmark not in catalog.benchmark_ids:
        close = nearest(recipe.benchmark, catalog.benchmark_ids)
        text = f"there is no benchmark '{recipe.benchmark}'.{close}"
        yield document.fault(BENCHMARK_OF_RECIPE, ("benchmark",), text)
    else:
        yield from _binding(catalog, recipe, document)


WHY = "why:\n  method.dim: The encoder is narrower.\n  views.*: Digits have a side."
RECIPE_BINDS = Rule(
    "R044",
    "a recipe on its benchmark gives a complete, well-typed configuration",
    why="Otherwise the run stops before its first step, or trains something else than was meant.",
    wrong="method: {name: simsiam, dim: wide, guard: false}",
    right="method: {name: simsiam, dim: 4, guard: false}",
    file=RECIPE,
)
REASONS_NEEDED = Rule(
    "R046",
    "a reason under `why` explains a difference that exists",
    why="A reason that has been overtaken misleads whoever reads the recipe.",
    wrong=f"{WHY}\n  budget.epochs: It must run in minutes.\n  optimizer.lr: It is a smaller network.",
    right=f"{WHY}\n  budget.epochs: It must run in minutes.",
    file=RECIPE,
)


def _binding(catalog: Catalog, recipe: Recipe, document: Document) -> Iterator[Fault]:
    try:
        paper = catalog.paper(recipe.paper)
        catalog.benchmark(recipe.benchmark)
    except CatalogFileError:
        return  # reported where it is wrong
    yield from _follows(paper, recipe, document)
    try:
        config = resolve(catalog, recipe.paper, recipe.benchmark)
    except CatalogFileError as error:
        yield from (fault.under(RECIPE_BINDS) for fault in error.faults if fault.file == document.file)
        return
    if card := fidelity(catalog, config):
        for row in card.unexplained:
            yield _missing_reason(row, document)
        for reason in card.idle_reasons:
            text = f"`why` explains {reason}, which does not differ from '{recipe.follows}'; remove it."
            yield document.fault(REASONS_NEEDED, ("why", reason), text, key=True)


FOLLOWS_SETTINGS = Rule(
    "R043",
    "a recipe follows one of its paper's settings",
    why="How faithful a recipe is can only be said against settings that exist.",
    wrong="follows: imagnet",
    right="follows: imagenet",
    file=RECIPE,
)


def _follows(paper: Paper, recipe: Recipe, document: Document) -> Iterator[Fault]:
    known = [settings.id for settings in paper.settings]
    if recipe.follows not in known:
        text = f"{paper.id} has no settings '{recipe.follows}'; it has {', '.join(known) or 'none'}."
        yield document.fault(FOLLOWS_SETTINGS, ("follows",), f"{text}{nearest(recipe.follows, known)}")


REASONS_GIVEN = Rule(
    "R045",
    "a setting that differs from the paper has its reason under `why`",
    why="A reproduction that departs from the paper without saying why is none.",
    wrong=f"budget: {{epochs: 10}}\n{WHY}",
    right=f"budget: {{epochs: 10}}\n{WHY}\n  budget.epochs: It must run in minutes.",
    file=RECIPE,
)


def _missing_reason(row: Comparison, document: Document) -> Fault:
    stated = f"{row.paper} in the paper" if row.paper is not None else f"{row.code} in the official code"
    text = f"{row.key} is {row.ours or 'not set'} here and {stated}; say why under `why`, or follow it."
    path = row.key.split(".")
    return document.fault(REASONS_GIVEN, path if path[0] in document.mapping else ["follows"], text, key=True)
