"""The rules for what a paper's entry holds, and for the words, papers and claims it refers to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from repro.catalog.catalog import Catalog
from repro.catalog.check.texts import chinese
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import Finding
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper, Relation
from repro.catalog.records.vocabulary import Facet, Word

ABSTRACT_WORDS, ABSTRACT_CHARACTERS = (60, 150), (80, 400)
IDEA_WORDS, IDEA_CHARACTERS = 40, 80
# What makes an entry complete, and where its absence is reported.
PARTS = ("links", "relations", "official", "reported", "claims")

Words = Mapping[str, Mapping[str, Word]]


def paper_findings(catalog: Catalog, paper: Paper, document: Document, words: Words) -> Iterator[Finding]:
    """What one entry lacks or refers to in vain; a vocabulary missing from ``words`` is passed over."""
    yield from _term(document, words, "venues", paper.venue, ("venue",), "R020")
    yield from _lengths(paper, document)
    yield from _tags(paper, document, words.get("tags"))
    claims = [claim.id for claim in paper.claims]
    for index, relation in enumerate(paper.relations):
        yield from _relation(catalog, paper.id, relation, ("relations", index), document)
        yield from _term(document, words, "relations", relation.type, ("relations", index, "type"), "R022")
        yield from _evidence(relation, claims, document, ("relations", index, "evidence"))
    for index, reported in enumerate(paper.reported):
        path = ("reported", index)
        yield from _term(document, words, "protocols", reported.protocol, (*path, "protocol"), "R025")
        yield from _term(document, words, "datasets", reported.dataset, (*path, "dataset"), "R026")
        yield from _term(document, words, "metrics", reported.metric, (*path, "metric"), "R027")
    yield from _completeness(paper, document)
    yield from _chinese(paper, document)
    yield from _twice(paper, document)


def missing_parts(paper: Paper) -> tuple[str, ...]:
    """The parts of :data:`PARTS` that the entry has neither filled nor named under ``gaps``."""
    return tuple(part for part in PARTS if not getattr(paper, part) and part not in paper.gaps)


def _term(
    document: Document, words: Words, vocabulary: str, term: str, path: Steps, rule: str
) -> Iterator[Finding]:
    known = words.get(vocabulary)
    if known is not None and term not in known:
        text = f"'{term}' is not in vocab/{vocabulary}.yaml; add it there or use a known one."
        yield document.finding(rule, path, f"{text}{nearest(term, known)}")


def _lengths(paper: Paper, document: Document) -> Iterator[Finding]:
    low, high = ABSTRACT_WORDS
    count = len(paper.abstract.en.split())
    if not low <= count <= high:
        text = f"the abstract has {count} words, expected {low} to {high}."
        yield document.finding("R032", ("abstract", "en"), text)
    low, high = ABSTRACT_CHARACTERS
    count = chinese(paper.abstract.zh or "")
    if count and not low <= count <= high:
        text = f"the Chinese abstract has {count} characters, expected {low} to {high}."
        yield document.finding("R032", ("abstract", "zh"), text)
    if (count := len(paper.idea.en.split())) > IDEA_WORDS:
        text = f"the idea has {count} words, expected one sentence of at most {IDEA_WORDS}."
        yield document.finding("R077", ("idea", "en"), text)
    if (count := chinese(paper.idea.zh or "")) > IDEA_CHARACTERS:
        text = f"the idea has {count} characters, expected one sentence of at most {IDEA_CHARACTERS}."
        yield document.finding("R077", ("idea", "zh"), text)


def _completeness(paper: Paper, document: Document) -> Iterator[Finding]:
    for part in missing_parts(paper) if paper.depth == "full" else ():
        text = (
            f"a full entry needs '{part}'; add it, say under `gaps` why it is missing, or set depth: short."
        )
        yield document.finding("R034", ("depth",), text)
    for part in paper.gaps:
        if part not in PARTS:
            text = f"'{part}' is no part that can be a gap; these can: {', '.join(PARTS)}."
            yield document.finding("R035", ("gaps", part), f"{text}{nearest(part, PARTS)}", key=True)
        elif getattr(paper, part):
            text = f"'{part}' is there, so it is no gap; remove the line."
            yield document.finding("R035", ("gaps", part), text, key=True)


def _chinese(paper: Paper, document: Document) -> Iterator[Finding]:
    for part in ("abstract", "idea"):
        if getattr(paper, part).zh is None:
            text = f"the {part} has no Chinese text yet; add `zh:` if you can."
            yield document.finding("R036", (part,), text, key=True)


def _tags(paper: Paper, document: Document, facets: Mapping[str, Word] | None) -> Iterator[Finding]:
    if not paper.tags:
        yield document.finding("R039", ("tags",), "the paper has no tags; add at least its family.", key=True)
    for name, values in paper.tags.items():
        facet = None if facets is None else facets.get(name)
        if not values:
            text = f"no value is given for '{name}'; add one or remove the line."
            yield document.finding("R039", ("tags", name), text)
        if facets is not None and facet is None:
            text = f"unknown facet '{name}'; there are {', '.join(facets)}.{nearest(name, facets)}"
            yield document.finding("R021", ("tags", name), text, key=True)
        if isinstance(facet, Facet):
            yield from _values(name, values, facet, document)


def _values(name: str, values: Sequence[str], facet: Facet, document: Document) -> Iterator[Finding]:
    for index, value in enumerate(values):
        if value not in facet.values:
            text = f"unknown {name} '{value}'; there are {', '.join(facet.values)}."
            yield document.finding("R021", ("tags", name, index), f"{text}{nearest(value, facet.values)}")


def _relation(
    catalog: Catalog, paper: str, relation: Relation, path: Steps, document: Document
) -> Iterator[Finding]:
    if relation.to == paper:
        yield document.finding("R023", (*path, "to"), "a paper has no relation to itself.")
    elif not relation.to.startswith("arxiv:") and not catalog.has_paper(relation.to):
        text = f"there is no paper '{relation.to}'; for one that is not in the catalog write arxiv:<id>."
        yield document.finding("R023", (*path, "to"), f"{text}{nearest(relation.to, catalog.paper_ids)}")


def _evidence(
    relation: Relation, claims: Sequence[str], document: Document, path: Steps
) -> Iterator[Finding]:
    if relation.evidence is not None and relation.evidence not in claims:
        text = f"this paper has no claim '{relation.evidence}'; it has {', '.join(claims) or 'none'}."
        yield document.finding("R024", path, f"{text}{nearest(relation.evidence, claims)}")


def _twice(paper: Paper, document: Document) -> Iterator[Finding]:
    for section in ("settings", "reported", "claims"):
        for index in _repeated(item.id for item in getattr(paper, section)):
            text = f"id '{getattr(paper, section)[index].id}' is used twice in {section}."
            yield document.finding("R029", (section, index, "id"), text)
    lists = {("tags", name): values for name, values in paper.tags.items()}
    values = {
        ("claims", index, "paper_values"): claim.paper_values for index, claim in enumerate(paper.claims)
    }
    for path, names in (*lists.items(), *values.items()):
        for index in _repeated(names):
            text = f"'{names[index]}' is in this list already; name it once."
            yield document.finding("R019", (*path, index), text)


def _repeated(names: Iterable[str]) -> Iterator[int]:
    """The places of names that came before."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index
        seen.add(name)
