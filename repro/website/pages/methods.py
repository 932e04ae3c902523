"""The methods side by side, and each one's source beside its equations."""

from collections.abc import Iterator
from dataclasses import dataclass

from repro.catalog.records.kinds import as_text
from repro.catalog.records.paper import Paper, PaperSettings
from repro.catalog.settings.resolve import resolve
from repro.website.book import MAIN, Book, Page
from repro.website.pages.paper import Tag, has_reading, picture, stated_facts, tags
from repro.website.pages.scores import Score, score_runs
from repro.website.source import docstring, length, piece

SETTING = "imagenet"  # the setting that most of these papers state
# What is compared of the papers' settings: in words, by key.
COMPARED = {
    "Encoder": "encoder.name",
    "Width of the output": "method.dim",
    "Width of hidden layers": "method.hidden",
    "Temperature": "method.temperature",
    "Batch": "budget.batch",
    "Epochs": "budget.epochs",
    "Optimiser": "optimizer.name",
    "Learning rate": "optimizer.lr",
    "Weight decay": "optimizer.weight_decay",
}
AS_ENCODER = ("method.hidden", "0")  # how a recipe says that a layer is as wide as the encoder


@dataclass(frozen=True)
class MethodCard:
    """A paper whose method runs here."""

    paper: Paper
    name: str  # of the method in recipes
    module: str
    lines: int
    guards: tuple[Tag, ...]
    settings: PaperSettings | None
    score: Score | None


def cards(book: Book) -> tuple[MethodCard, ...]:
    """The papers with a recipe, oldest first; a method that several papers use is shown with each."""
    return tuple(_card(book, paper) for paper in book.papers if book.catalog.benchmarks_of(paper.id))


def _card(book: Book, paper: Paper) -> MethodCard:
    config = resolve(book.catalog, paper.id)
    module = book.catalog.signatures.signature("method", config.method.name).module
    runs = book.runs_of(paper.id, config.benchmark)
    return MethodCard(
        paper,
        config.method.name,
        module,
        length(module),
        tags(book, paper, "collapse-guard"),
        next((settings for settings in paper.settings if settings.id == SETTING), None),
        score_runs(paper.name, runs) if runs else None,
    )


def pages(book: Book) -> Iterator[Page]:
    """The comparison, then a page for each method that has a reading written for it."""
    rows = tuple(sorted(cards(book), key=lambda card: card.paper.id not in MAIN))
    readings = {card.paper.id for card in rows if has_reading(book, card.paper)}
    values = {
        "cards": rows,
        "pictures": {card.paper.id: picture(book, card.paper) for card in rows},
        "differences": _differences(rows),
        "settings": _settings(rows),
        "readings": readings,
    }
    yield Page("methods/index.md", "methods.md.j2", values)
    for card in rows:
        if card.paper.id in readings:
            reading = {
                "card": card,
                "piece": piece,
                "docstring": docstring(card.module),
                "picture": picture(book, card.paper),
                "facts": stated_facts(card.paper),
            }
            yield Page(f"methods/{card.paper.id}/index.md", f"methods/{card.paper.id}.md.j2", reading)


def _differences(rows: tuple[MethodCard, ...]) -> list[tuple[str, list[str]]]:
    """(what, how it is in each method) in words, for everything that is not the same in all of them."""
    columns = [{**stated_facts(card.paper), **_stated_settings(card.paper)} for card in rows]
    names = dict.fromkeys(name for column in columns for name in column)
    table = [(name, [column.get(name, "") for column in columns]) for name in names]
    return [(name, cells) for name, cells in table if len(set(cells)) > 1]


def _stated_settings(paper: Paper) -> dict[str, str]:
    """The main settings of a paper's first experiment, by their names for people."""
    stated = next((settings for settings in paper.settings if settings.id == SETTING), None)
    stated = stated or next(iter(paper.settings), None)
    if stated is None:
        return {}
    words = {name: as_text(stated.paper[key]) for name, key in COMPARED.items() if key in stated.paper}
    if (AS_ENCODER[0], str(stated.paper.get(AS_ENCODER[0]))) == AS_ENCODER:
        words["Width of hidden layers"] = "that of the encoder"
    return {"Setting of the paper": stated.id, **words}


def _settings(rows: tuple[MethodCard, ...]) -> list[tuple[str, list[str]]]:
    """(key, the value each paper states) for every key, of the papers that state this setting.

    Optimiser, budget and views are shared keys; a method's own keywords are shown under the method's heading.
    """
    stated = [card.settings.paper for card in rows if card.settings]
    keys = list(dict.fromkeys(key for values in stated for key in values if not key.startswith("encoder.")))
    order = ("method", "optimizer", "budget", "views")
    keys.sort(key=lambda key: order.index(key.split(".")[0]) if key.split(".")[0] in order else len(order))
    return [(key, [as_text(values[key]) if key in values else "" for values in stated]) for key in keys]
