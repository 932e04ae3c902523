"""Filters of a list of papers: by words, tag, year, and what there is of recipes and tested claims."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.reading.head import is_tested
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Facet
from repro.errors import UsageError

YEARS = re.compile(r"([0-9]{4})?(?:(-|\.\.)([0-9]{4})?)?")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of a paper; all of it must hold. Words and tags are compared without regard to case."""

    words: tuple[str, ...] = ()  # each stands somewhere in id, name, title, authors, tags or claims
    tags: tuple[str, ...] = ()
    years: tuple[int, int] = (0, 9999)  # the first and the last
    is_runnable: bool = False
    has_tested_claims: bool = False

    def fits(self, catalog: Catalog, paper: Paper) -> bool:
        """True if the paper is one of those that are asked for."""
        text = searchable(catalog, paper)
        tags = {tag for values in paper.tags.values() for tag in values}
        first, last = self.years
        return (
            all(word.casefold() in text for word in self.words)
            and all(tag in tags for tag in self.tags)
            and first <= paper.year <= last
            and (not self.is_runnable or bool(catalog.benchmarks_of(paper.id)))
            and (not self.has_tested_claims or any(map(is_tested, paper.claims)))
        )


def read_filter(
    catalog: Catalog,
    words: Sequence[str] = (),
    tags: Sequence[str] = (),
    years: str | None = None,
    *,
    runs: bool = False,
    claims: bool = False,
) -> Filter:
    """A filter from what was typed. UsageError for a tag that no paper can have, or years that are none."""
    return Filter(tuple(words), tuple(_tag(catalog, tag) for tag in tags), _years(years), runs, claims)


def searchable(catalog: Catalog, paper: Paper) -> str:
    """What words are looked for in, in lower case: id, names, title, authors, tags and claims."""
    tags = [
        f"{tag} {_tag_name(catalog, facet, tag)}" for facet, values in paper.tags.items() for tag in values
    ]
    claims = [f"{claim.id} {claim.statement}" for claim in paper.claims]
    authors = [author.name for author in paper.authors]
    names = [paper.id, paper.id.replace("-", "_"), paper.name, paper.title]
    return "\n".join((*names, *authors, *tags, *claims)).casefold()


def _tag_name(catalog: Catalog, facet: str, tag: str) -> str:
    word = catalog.vocabulary("tags").get(facet)
    value = word.values.get(tag) if isinstance(word, Facet) else None
    return value.name if value else ""


def _tag(catalog: Catalog, typed: str) -> str:
    """The id of a tag that was typed by id or name."""
    facets = (word for word in catalog.vocabulary("tags").values() if isinstance(word, Facet))
    known = {tag: value.name for facet in facets for tag, value in facet.values.items()}
    wanted = typed.strip().casefold()
    for tag, name in known.items():
        if wanted in (tag, tag.replace("-", "_"), name.casefold()):
            return tag
    raise UsageError(
        f"--tag {typed}: there is no such tag; there are {', '.join(known)}.{nearest(typed, known)}"
    )


def _years(typed: str | None) -> tuple[int, int]:
    if typed is None:
        return 0, 9999
    match = YEARS.fullmatch(typed.strip())
    if match is None or not (match[1] or match[3]):
        raise UsageError(
            f"--year {typed}: expected a year or years, such as 2020, 2020-2022, 2020- or -2022."
        )
    first = int(match[1] or 0)
    last = int(match[3] or 9999) if match[2] else first
    if first > last:
        raise UsageError(f"--year {typed}: {first} comes after {last}; write {last}-{first}.")
    return first, last
