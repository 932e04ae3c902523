"""The rules for papers: what they refer to exists, and what they say has the asked-for form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from repro.catalog.catalog import Catalog
from repro.catalog.findings import Finding
from repro.catalog.kinds import nearest
from repro.catalog.papers import Paper, Relation
from repro.catalog.resolve import setting_keys
from repro.catalog.vocab import Facet, RelationType, Word
from repro.catalog.yamlfile import Document

ABSTRACT_WORDS = (60, 150)

Words = Mapping[str, Mapping[str, Word]]


def paper_findings(catalog: Catalog, paper: Paper, document: Document, words: Words) -> Iterator[Finding]:
    """Everything that is wrong with one paper; a vocabulary missing from ``words`` is not checked against."""
    yield from _term(document, words, "venues", paper.venue, ("venue",), "R020")
    yield from _abstract(paper, document)
    yield from _tags(paper, document, words.get("tags"))
    for index, relation in enumerate(paper.relations):
        yield from _relation(catalog, paper, relation, ("relations", index), document, words)
    for index, reported in enumerate(paper.reported):
        path = ("reported", index)
        yield from _term(document, words, "protocols", reported.protocol, (*path, "protocol"), "R025")
        yield from _term(document, words, "datasets", reported.dataset, (*path, "dataset"), "R026")
        yield from _term(document, words, "metrics", reported.metric, (*path, "metric"), "R027")
    yield from _claims(paper, document)
    yield from _settings(catalog, paper, document)
    for name, ids in (
        ("settings", [item.id for item in paper.settings]),
        ("reported", [item.id for item in paper.reported]),
        ("claims", [item.id for item in paper.claims]),
    ):
        yield from _twice(document, name, ids)


def shared_identifiers(papers: Mapping[str, Paper], documents: Mapping[str, Document]) -> Iterator[Finding]:
    """Identifiers that two papers claim, reported at the second one."""
    seen: dict[tuple[str, str], str] = {}
    for name, paper in papers.items():
        for scheme, value in paper.ids.model_dump(exclude_none=True).items():
            first = seen.setdefault((scheme, value.lower()), name)
            if first != name:
                yield documents[name].finding(
                    "R030", ("ids", scheme), f"{scheme} {value} is also that of '{first}'."
                )


def twice_related(
    papers: Mapping[str, Paper], documents: Mapping[str, Document], types: Mapping[str, Word]
) -> Iterator[Finding]:
    """Relations stated twice, by one paper or once from each side."""
    seen: dict[tuple[str, str, str], str] = {}
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            word = types.get(relation.type)
            forward = (name, relation.type, relation.to)
            backward = (relation.to, word.inverse, name) if isinstance(word, RelationType) else forward
            first = seen.get(forward) or seen.get(backward)
            if first:
                text = f"'{relation.type} {relation.to}' is already stated by '{first}'; state it once."
                yield documents[name].finding("R031", ("relations", index), text)
            seen[forward] = name


def _term(
    document: Document, words: Words, vocabulary: str, term: str, path: Sequence[str | int], rule: str
) -> Iterator[Finding]:
    known = words.get(vocabulary)
    if known is not None and term not in known:
        text = f"'{term}' is not in vocab/{vocabulary}.yaml; add it there or use a known one."
        yield document.finding(rule, path, f"{text}{nearest(term, list(known))}")


def _abstract(paper: Paper, document: Document) -> Iterator[Finding]:
    count = len(paper.abstract.en.split())
    low, high = ABSTRACT_WORDS
    if not low <= count <= high:
        text = f"the abstract has {count} words, expected {low} to {high}."
        yield document.finding("R032", ("abstract", "en"), text)


def _tags(paper: Paper, document: Document, facets: Mapping[str, Word] | None) -> Iterator[Finding]:
    if facets is None:
        return
    for name, values in paper.tags.items():
        facet = facets.get(name)
        if not isinstance(facet, Facet):
            text = f"unknown facet '{name}'; there are {', '.join(facets)}.{nearest(name, list(facets))}"
            yield document.finding("R021", ("tags", name), text, key=True)
            continue
        for index, value in enumerate(values):
            if value not in facet.values:
                known = list(facet.values)
                text = f"unknown {name} '{value}'; there are {', '.join(known)}.{nearest(value, known)}"
                yield document.finding("R021", ("tags", name, index), text)


def _relation(
    catalog: Catalog,
    paper: Paper,
    relation: Relation,
    path: tuple[str, int],
    document: Document,
    words: Words,
) -> Iterator[Finding]:
    yield from _term(document, words, "relations", relation.type, (*path, "type"), "R022")
    if relation.to == paper.id:
        yield document.finding("R023", (*path, "to"), "a paper has no relation to itself.")
    elif not relation.to.startswith("arxiv:") and relation.to not in catalog.paper_ids:
        text = f"there is no paper '{relation.to}'; for one that is not in the catalog write arxiv:<id>."
        yield document.finding("R023", (*path, "to"), f"{text}{nearest(relation.to, catalog.paper_ids)}")
    claims = [claim.id for claim in paper.claims]
    if relation.evidence is not None and relation.evidence not in claims:
        text = f"this paper has no claim '{relation.evidence}'; it has {', '.join(claims) or 'none'}."
        yield document.finding("R024", (*path, "evidence"), f"{text}{nearest(relation.evidence, claims)}")


def _claims(paper: Paper, document: Document) -> Iterator[Finding]:
    known = [reported.id for reported in paper.reported]
    for index, claim in enumerate(paper.claims):
        for position, value in enumerate(claim.paper_values):
            if value not in known:
                text = f"this paper reports no '{value}'; it reports {', '.join(known) or 'nothing'}."
                path = ("claims", index, "paper_values", position)
                yield document.finding("R028", path, f"{text}{nearest(value, known)}")


def _settings(catalog: Catalog, paper: Paper, document: Document) -> Iterator[Finding]:
    known = setting_keys(catalog.signatures) if paper.settings else []
    for index, settings in enumerate(paper.settings):
        for side, values in (("paper", settings.paper), ("code", settings.code)):
            for key in values:
                if key not in known:
                    text = f"no component or section has a setting '{key}'.{nearest(key, known)}"
                    yield document.finding("R051", ("settings", index, side, key), text, key=True)


def _twice(document: Document, section: str, ids: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield document.finding("R029", (section, index, "id"), f"id '{name}' is used twice in {section}.")
        seen.add(name)
