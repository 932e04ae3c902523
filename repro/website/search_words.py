"""What a page is found by beside the text it shows: other spellings, ids, letters without their marks."""

import re
import unicodedata
from collections.abc import Iterable

from repro.catalog.records.paper import Paper

CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def paper_words(paper: Paper) -> str:
    """The names of a paper that its page does not print: ``moco-v2 mocov2 Mo Co``.

    Ids in other catalogs, the name run together and taken apart, and without accents what has some.
    """
    ids = [paper.ids.doi, paper.ids.openreview, paper.ids.dblp, paper.ids.s2]
    together = [re.sub(r"[\W_]", "", name) for name in (paper.id, paper.name)]
    names = [paper.id, *together, CAMEL.sub(" ", paper.name)]
    printed = [paper.name, paper.title, *(author.name for author in paper.authors)]
    bare = [word for text in printed for word in text.split() if _bare(word) != word]
    return _once([*names, *(name for name in ids if name), *map(_bare, bare)])


def rest_of_title(paper: Paper) -> str:
    """What the title has beside the name; a heading that holds it is found by it and listed with it."""
    return paper.title.removeprefix(paper.name) if paper.title.startswith(paper.name) else f": {paper.title}"


def row_words(paper: Paper) -> str:
    """What finds a row of the table of papers beside its text: all authors, ids, the Chinese idea."""
    authors = " ".join(author.name for author in paper.authors)
    return " ".join([authors, paper.ids.arxiv or "", paper.idea.zh or "", paper_words(paper)])


def distinct_words(texts: Iterable[str]) -> str:
    """Every word of the texts once, in the order of the first time."""
    return _once(word.strip(",;:()") for text in texts for word in text.split())


def _once(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(word for word in words if word))


def _bare(text: str) -> str:
    """The letters without their marks: ``Altche`` for ``Altché``."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
