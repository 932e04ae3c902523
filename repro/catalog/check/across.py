"""The rules between papers: what two of them may not both say."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from repro.catalog.check.identity import Outline, normalise
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.vocabulary import RelationType, Word

# What a paper can only do to one that was there before it; seen from the other side, the inverse types.
LOOKS_BACK = ("builds-on", "simplifies", "extends", "borrows-from", "applies", "reproduces", "supersedes")

Outlines = Mapping[str, Outline]
Open = Callable[[str], Document]  # the document of a paper
Properties = Iterable[tuple[Steps, str, str]]  # (path, what it is, value) of what belongs to one paper alone

OWN_IDENTIFIERS = Rule(
    "R030",
    "no two papers share an arXiv id, DOI or other identifier",
    why="One of the two entries carries an identifier of another paper, or is there twice.",
    wrong="ids: {arxiv: 2006.07730}",
    right="ids: {arxiv: 2011.10566}",
)
OWN_TITLE = Rule(
    "R068",
    "no two papers share a title or a link to the paper",
    why="One of the two entries is about another paper, or is there twice; readers could not tell which.",
    wrong="title: Another",
    right="title: Exploring Simple Siamese Representation Learning",
)


def faults_between(papers: Outlines, types: Mapping[str, Word], open_: Open) -> Iterator[Fault]:
    """What two entries say that only one may say, each reported at the second one."""
    yield from _common(OWN_IDENTIFIERS, papers, _identifiers, open_)
    yield from _common(OWN_TITLE, papers, _names, open_)
    yield from _relations_by_arxiv(papers, open_)
    yield from _relations_twice(papers, types, open_)
    yield from _relations_against_time(papers, types, open_)


def _identifiers(paper: Outline) -> Properties:
    return ((("ids", scheme), scheme, value) for scheme, value in paper.ids if value is not None)


def _names(paper: Outline) -> Properties:
    links: Properties = ((("links", at, "url"), "the link", normalise(url)) for at, url in paper.links)
    return [(("title",), "the title", paper.title), *links]


def _common(
    rule: Rule, papers: Outlines, properties: Callable[[Outline], Properties], open_: Open
) -> Iterator[Fault]:
    owners: dict[tuple[str, str], str] = {}
    for name, paper in papers.items():
        for path, what, value in properties(paper):
            first = owners.setdefault((what, value.casefold()), name)
            if first != name:
                yield open_(name).fault(rule, path, f"{what} {value} is also that of '{first}'.")


RELATION_BY_ID = Rule(
    "R037",
    "a relation to a paper of the catalog uses its id, not arxiv:<id>",
    why="By its arXiv id the relation would be missing from that paper's own page.",
    wrong='relations: [{type: simplifies, to: "arxiv:2006.07730"}]',
    right="relations: [{type: simplifies, to: byol}]",
)


def _relations_by_arxiv(papers: Outlines, open_: Open) -> Iterator[Fault]:
    """Relations that name a paper of the catalog by its arXiv id, which would hide it from its own page."""
    known = {f"arxiv:{paper.ids.arxiv}": name for name, paper in papers.items() if paper.ids.arxiv}
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            if same := known.get(relation.to):
                text = f"{relation.to} is in the catalog; write '{same}'."
                yield open_(name).fault(RELATION_BY_ID, ("relations", index, "to"), text)


RELATION_ONCE = Rule(
    "R031",
    "a relation is stated once",
    why="The other side is derived; stated twice, the two can come to disagree.",
    wrong="relations: [{type: simplifies, to: byol}, {type: simplifies, to: byol, note: No teacher.}]",
    right="relations: [{type: simplifies, to: byol, note: No teacher.}]",
)


def _relations_twice(papers: Outlines, types: Mapping[str, Word], open_: Open) -> Iterator[Fault]:
    """Relations stated twice, by one paper or once from each side."""
    owners: dict[tuple[str, str, str], str] = {}
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            word = types.get(relation.type)
            forward = (name, relation.type, relation.to)
            backward = (relation.to, word.inverse, name) if isinstance(word, RelationType) else forward
            first = owners.get(forward) or owners.get(backward)
            if first:
                text = f"'{relation.type} {relation.to}' is already stated by '{first}'; state it once."
                yield open_(name).fault(RELATION_ONCE, ("relations", index), text)
            owners[forward] = name


RELATION_IN_TIME = Rule(
    "R081",
    "a paper builds on, simplifies, extends or applies only what was there before it",
    why="A relation against time is usually one that was stated from the wrong side.",
    wrong="year: 2019\nids: {arxiv: 1911.10560}\nrelations: [{type: simplifies, to: byol}]",
    right="year: 2021\nids: {arxiv: 2011.10560}\nrelations: [{type: simplifies, to: byol}]",
)


def _relations_against_time(papers: Outlines, types: Mapping[str, Word], open_: Open) -> Iterator[Fault]:
    """Relations by which a paper would take something from one that came after it."""
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            target, word = papers.get(relation.to), types.get(relation.type)
            if target is None or not isinstance(word, RelationType):
                continue
            forward, backward = relation.type in LOOKS_BACK, word.inverse in LOOKS_BACK
            taker, giver = (paper, target) if forward else (target, paper)
            if (forward or backward) and giver.since > taker.year:
                years = f"this paper is of {paper.year} and '{relation.to}' of {target.year}"
                text = f"{years}, so '{relation.type}' cannot be; is '{word.inverse}' meant?"
                yield open_(name).fault(RELATION_IN_TIME, ("relations", index, "type"), text)
