"""The rules for the words of an entry: venue, tags, relation types, and those of reported values."""

from collections.abc import Iterator, Mapping, Sequence

from repro.catalog.check.numbers import reported_example
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Facet, Word

KNOWN_VENUES = Rule(
    "R020",
    "the venue is in vocab/venues.yaml",
    why="A venue spelt in two ways would be two venues in every filter and citation.",
    wrong="venue: cvrp",
    right="venue: cvpr",
)
KNOWN_RELATIONS = Rule(
    "R022",
    "relation types are in vocab/relations.yaml",
    why="The other paper's page derives the inverse from the type, and an unknown type has none.",
    wrong="relations: [{type: simplify, to: byol}]",
    right="relations: [{type: simplifies, to: byol}]",
)
KNOWN_PROTOCOLS = Rule(
    "R025",
    "protocols are in vocab/protocols.yaml",
    why="Values are compared only within a protocol, so it must be one that is described.",
    wrong=reported_example("protocol: linear-probe@2"),
    right=reported_example(),
)
KNOWN_DATASETS = Rule(
    "R026",
    "data sets of reported values are in vocab/datasets.yaml",
    why="Values on one data set under two names would never stand side by side.",
    wrong=reported_example("dataset: imagenet"),
    right=reported_example(),
)
KNOWN_METRICS = Rule(
    "R027",
    "metrics of reported values are in vocab/metrics.yaml",
    why="The vocabulary says whether more is better; without it no table can be sorted.",
    wrong=reported_example("metric: top-1"),
    right=reported_example(),
)


def term_faults(
    paper: Paper, document: Document, vocabularies: Mapping[str, Mapping[str, Word]]
) -> Iterator[Fault]:
    """Words of an entry that their vocabulary does not know; one that is missing itself is passed over."""
    yield from _tags(paper, document, vocabularies.get("tags"))
    for rule, name, word, path in _words(paper):
        known = vocabularies.get(name)
        if known is not None and word not in known:
            text = f"'{word}' is not in vocab/{name}.yaml; add it there or use a known one."
            yield document.fault(rule, path, f"{text}{nearest(word, known)}")


def _words(paper: Paper) -> Iterator[tuple[Rule, str, str, Steps]]:
    """(rule, vocabulary, word, place) of every controlled word but the tags."""
    yield KNOWN_VENUES, "venues", paper.venue, ("venue",)
    for index, relation in enumerate(paper.relations):
        yield KNOWN_RELATIONS, "relations", relation.type, ("relations", index, "type")
    for index, reported in enumerate(paper.reported):
        yield KNOWN_PROTOCOLS, "protocols", reported.protocol, ("reported", index, "protocol")
        yield KNOWN_DATASETS, "datasets", reported.dataset, ("reported", index, "dataset")
        yield KNOWN_METRICS, "metrics", reported.metric, ("reported", index, "metric")


KNOWN_TAGS = Rule(
    "R021",
    "tag facets and values are in vocab/tags.yaml",
    why="Free tags drift apart, and a filter would miss the papers that spell them otherwise.",
    wrong="tags: {family: [contrastiv]}",
    right="tags: {family: [contrastive]}",
)
TAGS_GIVEN = Rule(
    "R039",
    "a paper has tags, and no facet without a value",
    why="A paper without tags is found by no filter.",
    wrong="tags: {family: []}",
    right="tags: {family: [contrastive]}",
)


def _tags(paper: Paper, document: Document, facets: Mapping[str, Word] | None) -> Iterator[Fault]:
    if not paper.tags:
        text = "the paper has no tags; add at least its family."
        yield document.fault(TAGS_GIVEN, ("tags",), text, key=True)
    for name, values in paper.tags.items():
        facet = None if facets is None else facets.get(name)
        if not values:
            text = f"no value is given for '{name}'; add one or remove the line."
            yield document.fault(TAGS_GIVEN, ("tags", name), text)
        if facets is not None and facet is None:
            text = f"unknown facet '{name}'; there are {', '.join(facets)}.{nearest(name, facets)}"
            yield document.fault(KNOWN_TAGS, ("tags", name), text, key=True)
        if isinstance(facet, Facet):
            yield from _values(name, values, facet, document)


def _values(name: str, values: Sequence[str], facet: Facet, document: Document) -> Iterator[Fault]:
    for index, value in enumerate(values):
        if value not in facet.values:
            text = f"unknown {name} '{value}'; there are {', '.join(facet.values)}."
            yield document.fault(KNOWN_TAGS, ("tags", name, index), f"{text}{nearest(value, facet.values)}")
