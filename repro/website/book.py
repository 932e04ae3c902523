"""What every page is made from, and what a page is."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.vocabulary import Facet, Word
from repro.catalog.relations import RelationRow, by_paper
from repro.evidence.records import latest
from repro.evidence.run import Run
from repro.verdicts.verdict import Verdict, verdicts

MAIN = ("simclr", "byol", "barlow-twins", "simsiam")  # the four at the centre, in the order of their dates


@dataclass(frozen=True)
class Page:
    """One file of the tree: ``path`` as ``papers/simsiam/index.md``, and what fills its template."""

    path: str
    template: str
    values: Mapping[str, object]

    def url(self, target: str) -> str:
        """The address of a page or file of the tree, seen from this one; an anchor may follow.

        Whole file names, so that the site also works from a folder on disk.
        """
        file, mark, anchor = target.partition("#")
        final = f"{file.removesuffix('.md')}.html" if file.endswith(".md") else file
        here = posixpath.dirname(self.path)
        return posixpath.relpath(final, here or ".") + mark + anchor


@dataclass(frozen=True, eq=False)  # one is as large as the catalog; two are never compared
class Book:
    """The catalog, the runs kept as evidence, and where hand-written pages and templates lie."""

    catalog: Catalog
    runs: tuple[Run, ...]
    site: Path
    # {paper: (text, where it came from)}: published abstracts on this machine, for builds that stay on it.
    abstracts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    address: str = ""  # of the published site, for exports that need whole addresses

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """Every paper, oldest first, those of one year by arXiv number and name."""
        return tuple(sorted(self.catalog.papers, key=when))

    @cached_property
    def names(self) -> dict[str, str]:
        """The short name of every paper by id."""
        return {paper.id: paper.name for paper in self.papers}

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """The facets by id."""
        words = self.catalog.vocabulary("tags")
        return {name: word for name, word in words.items() if isinstance(word, Facet)}

    @cached_property
    def relations(self) -> dict[str, tuple[RelationRow, ...]]:
        """What each paper does to others, then what others do to it; gathered once for all pages."""
        return by_paper(self.catalog, self.papers)

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on every trained claim by ``paper/claim``; a paper without tests costs nothing."""
        return {verdict.name: verdict for verdict in verdicts(self.catalog, self.runs)}

    def word(self, vocabulary: str, term: str) -> Word:
        """A word of a vocabulary; one that only shows its id if it is unknown there."""
        return self.catalog.vocabulary(vocabulary).get(term) or Word(name=term)

    def tag(self, facet: str, value: str) -> Word:
        """A value of a facet."""
        known = self.facets.get(facet)
        return (known.values.get(value) if known else None) or Word(name=value)

    @cached_property
    def _latest(self) -> tuple[Run, ...]:
        return latest(self.runs)

    def runs_of(self, paper: str, benchmark: str | None = None) -> tuple[Run, ...]:
        """The newest evidence of a paper, on one benchmark or on all, made with its recipe as it is."""
        return tuple(
            run
            for run in self._latest
            if run.finished
            and run.config.paper == paper
            and benchmark in (None, run.config.benchmark)
            and not run.config.overrides
        )


def when(paper: Paper) -> tuple[int, str, str]:
    """Sorts papers by year, then by arXiv number where both have one, then by name."""
    return paper.year, paper.ids.arxiv or "9999", paper.name.lower()


def paper_path(paper: str) -> str:
    """Where a paper's page lies in the tree."""
    return f"papers/{paper}/index.md"
