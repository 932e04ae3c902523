"""The rules between papers: what two of them may not both say."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from repro.catalog.check.identity import Outline, plain
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import Finding
from repro.catalog.records.vocabulary import RelationType, Word

# What a paper can only do to one that was there before it; seen from the other side, the inverse types.
LOOKS_BACK = ("builds-on", "simplifies", "extends", "borrows-from", "applies", "reproduces", "supersedes")

Papers = Mapping[str, Outline]
Open = Callable[[str], Document]  # the document of a paper
Claims = Iterable[tuple[Steps, str, str]]  # (path, what it is, the value) of what belongs to one paper alone


def findings_between(papers: Papers, types: Mapping[str, Word], open_: Open) -> Iterator[Finding]:
    """What two entries say that only one may say, each reported at the second one."""
    yield from _shared("R030", papers, _identifiers, open_)
    yield from _shared("R068", papers, _names, open_)
    yield from _named_by_arxiv(papers, open_)
    yield from _twice_related(papers, types, open_)
    yield from _out_of_time(papers, types, open_)


def _identifiers(paper: Outline) -> Claims:
    return ((("ids", scheme), scheme, value) for scheme, value in paper.ids if value is not None)


def _names(paper: Outline) -> Claims:
    links: Claims = ((("links", at, "url"), "the link", plain(url)) for at, url in paper.links)
    return [(("title",), "the title", paper.title), *links]


def _shared(rule: str, papers: Papers, claims: Callable[[Outline], Claims], open_: Open) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for name, paper in papers.items():
        for path, what, value in claims(paper):
            first = seen.setdefault((what, value.casefold()), name)
            if first != name:
                yield open_(name).finding(rule, path, f"{what} {value} is also that of '{first}'.")


def _named_by_arxiv(papers: Papers, open_: Open) -> Iterator[Finding]:
    """Relations that name a paper of the catalog by its arXiv id, which would hide it from its own page."""
    known = {f"arxiv:{paper.ids.arxiv}": name for name, paper in papers.items() if paper.ids.arxiv}
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            if same := known.get(relation.to):
                text = f"{relation.to} is in the catalog; write '{same}'."
                yield open_(name).finding("R037", ("relations", index, "to"), text)


def _twice_related(papers: Papers, types: Mapping[str, Word], open_: Open) -> Iterator[Finding]:
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
                yield open_(name).finding("R031", ("relations", index), text)
            seen[forward] = name


def _out_of_time(papers: Papers, types: Mapping[str, Word], open_: Open) -> Iterator[Finding]:
    """Relations by which a paper would take something from one that came after it."""
    for name, paper in papers.items():
        for index, relation in enumerate(paper.relations):
            other, word = papers.get(relation.to), types.get(relation.type)
            if other is None or not isinstance(word, RelationType):
                continue
            forward, backward = relation.type in LOOKS_BACK, word.inverse in LOOKS_BACK
            taker, giver = (paper, other) if forward else (other, paper)
            if (forward or backward) and giver.since > taker.year:
                years = f"this paper is of {paper.year} and '{relation.to}' of {other.year}"
                text = f"{years}, so '{relation.type}' cannot be; is '{word.inverse}' meant?"
                yield open_(name).finding("R081", ("relations", index, "type"), text)
