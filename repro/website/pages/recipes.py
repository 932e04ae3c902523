"""Recipes with their fidelity cards, and the benchmarks they run on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Benchmark
from repro.catalog.settings.fidelity import Fidelity, fidelity
from repro.catalog.settings.layers import flatten
from repro.catalog.settings.resolve import resolve
from repro.website.book import Book, Page
from repro.website.pages.scores import Score, score_runs


@dataclass(frozen=True)
class RecipeCard:
    """A recipe resolved, compared with its paper, and what its runs gave."""

    paper: Paper
    benchmark: Benchmark
    config: ResolvedConfig
    settings: tuple[tuple[str, str], ...]
    fidelity: Fidelity | None
    score: Score | None
    default: bool

    @property
    def command(self) -> str:
        """The command that runs it."""
        on = "" if self.default else f" --on {self.benchmark.id}"
        return f"repro run {self.paper.id}{on}"


def cards(book: Book) -> tuple[RecipeCard, ...]:
    """Every recipe, by paper in their order, the default benchmark first."""
    catalog = book.catalog
    return tuple(
        _card(book, paper, name, default=index == 0)
        for paper in book.papers
        for index, name in enumerate(catalog.benchmarks_of(paper.id))
    )


def _card(book: Book, paper: Paper, benchmark: str, *, default: bool) -> RecipeCard:
    config = resolve(book.catalog, paper.id, benchmark)
    runs = book.runs_of(paper.id, benchmark)
    flat: Sequence[tuple[str, Any]] = list(flatten(config.model_dump(mode="json")))
    return RecipeCard(
        paper,
        book.catalog.benchmark(benchmark),
        config,
        tuple((key, as_text(value)) for key, value in flat if "." in key),
        fidelity(book.catalog, config),
        score_runs(paper.name, runs) if runs else None,
        default,
    )


def pages(book: Book) -> Iterator[Page]:
    """The list of recipes and a page for each; the same for benchmarks."""
    recipes = cards(book)
    yield Page("recipes/index.md", "recipes.md.j2", {"cards": recipes})
    for card in recipes:
        path = f"recipes/{card.paper.id}/{card.benchmark.id}/index.md"
        yield Page(path, "recipe.md.j2", {"card": card})
    yield Page("benchmarks/index.md", "benchmarks.md.j2", {"benchmarks": book.catalog.benchmarks})
    for benchmark in book.catalog.benchmarks:
        values = {
            "benchmark": benchmark,
            "cards": [card for card in recipes if card.benchmark.id == benchmark.id],
            "protocols": [
                (probe, book.word("protocols", term))
                for probe, term in benchmark.protocol.model_dump().items()
            ],
        }
        yield Page(f"benchmarks/{benchmark.id}/index.md", "benchmark.md.j2", values)
