"""The catalog as a container of papers: records by id, read from their files when first used."""

import os
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel

from repro.catalog.code.signatures import Signatures, installed
from repro.catalog.reading.bind import Model, bind
from repro.catalog.reading.document import Document, read
from repro.catalog.reading.head import Head, read_head
from repro.catalog.reading.tables import expand_tables
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.same_code import FILE as SAME_CODE
from repro.catalog.records.same_code import SameCode
from repro.catalog.records.vocabulary import OPTIONAL, Word, file_model
from repro.errors import UsageError
from repro.files import catalog_root

DEFAULT_BENCHMARKS = ("digits", "wordnet")  # inside the package: a run needs nothing else
OWN_BENCHMARKS = ("images", "sounds")  # of a person's own data: never the default where there is another
# Documents are only needed while a file is bound, and for the place of a fault; records stay in memory.
DOCUMENTS = 8


class Catalog:
    """A container of papers with their recipes, and of the benchmarks and vocabularies they share.

    The lists of ids come from the file names. A record is read and checked against its model when it is first
    used; a faulty one raises :class:`repro.errors.CatalogError` with file, line and column.

    >>> catalog = Catalog.load()
    >>> "simsiam" in catalog, catalog["simsiam"].year
    (True, 2021)
    >>> [paper.id for paper in catalog if paper.year < 2006]
    []
    """

    def __init__(self, root: Path, signatures: Signatures) -> None:
        self.root = root
        self.signatures = signatures
        self.document = lru_cache(maxsize=DOCUMENTS)(self._document)
        self._records: dict[str, BaseModel] = {}

    @classmethod
    def load(cls, root: Path | None = None, signatures: Signatures | None = None) -> "Catalog":
        """The catalog in ``root``, or the one that belongs to this installation."""
        return cls(root or catalog_root(), signatures or installed())

    def __repr__(self) -> str:
        return f"<Catalog {self.root}: {len(self)} papers>"

    def __len__(self) -> int:
        return len(self.paper_ids)

    def __bool__(self) -> bool:
        return True  # a catalog without papers is a catalog

    def __contains__(self, paper: object) -> bool:
        return paper in self._papers

    def __iter__(self) -> Iterator[Paper]:
        return map(self.paper, self.paper_ids)

    def __getitem__(self, paper: str) -> Paper:
        return self.paper(paper)

    @cached_property
    def paper_ids(self) -> tuple[str, ...]:
        """Every paper's id, sorted."""
        return self._ids("papers")

    @cached_property
    def _papers(self) -> frozenset[str]:
        return frozenset(self.paper_ids)

    @cached_property
    def benchmark_ids(self) -> tuple[str, ...]:
        """Every benchmark's id, sorted, the default first."""
        return _default_first(self._ids("benchmarks"))

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """Every paper, sorted by id."""
        return tuple(self)

    @cached_property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """Every benchmark, the default first."""
        return tuple(self.benchmark(benchmark) for benchmark in self.benchmark_ids)

    def paper(self, paper: str) -> Paper:
        """The paper with this id. Raises :class:`repro.errors.UsageError` if there is none."""
        _require("paper", paper, self.paper_ids, self._papers, "see `repro list`")
        return self._read(Paper, f"papers/{paper}.yaml")

    def head(self, paper: str) -> Head | Paper:
        """What a list shows of a paper, read much faster than all of it. Raises as :meth:`paper` does."""
        return read_head(self.root / "papers" / f"{paper}.yaml") or self.paper(paper)

    def benchmark(self, benchmark: str) -> Benchmark:
        """The benchmark with this id. Raises :class:`repro.errors.UsageError` if there is none."""
        _require("benchmark", benchmark, self.benchmark_ids, self.benchmark_ids)
        return self._read(Benchmark, f"benchmarks/{benchmark}.yaml")

    def benchmarks_of(self, paper: str) -> tuple[str, ...]:
        """The benchmarks a paper has recipes for, the default first; empty if it has none."""
        _require("paper", paper, self.paper_ids, self._papers, "see `repro list`")
        return _default_first(self._ids(f"recipes/{paper}"))

    def recipe(self, paper: str, benchmark: str | None = None) -> Recipe:
        """The recipe of a paper on a benchmark, or on its default one.

        Raises:
            UsageError: there is no such paper, or it has no such recipe.
        """
        return self._read(Recipe, self.recipe_file(paper, benchmark))

    def recipes(self, paper: str) -> tuple[Recipe, ...]:
        """The recipes of a paper, the default benchmark's first."""
        return tuple(self.recipe(paper, benchmark) for benchmark in self.benchmarks_of(paper))

    def recipe_file(self, paper: str, benchmark: str | None = None) -> str:
        """The file of a recipe relative to the catalog. Raises :class:`repro.errors.UsageError`."""
        known = self.benchmarks_of(paper)
        if not known:
            runnable = [name for name in self.paper_ids if self.benchmarks_of(name)]
            raise UsageError(f"{paper} has no recipe yet; papers that run: {', '.join(runnable) or 'none'}.")
        if benchmark is not None and benchmark not in known:
            close = nearest(benchmark, known)
            raise UsageError(f"{paper} has no recipe on '{benchmark}'; it runs on {', '.join(known)}.{close}")
        return f"recipes/{paper}/{benchmark or known[0]}.yaml"

    def vocabulary(self, name: str) -> dict[str, Word]:
        """The words by id; ``name`` is a key of :data:`repro.catalog.records.vocabulary.VOCABULARIES`.

        None where the file is missing of a vocabulary that a catalog may lack.
        """
        if name in OPTIONAL and not (self.root / "vocab" / f"{name}.yaml").is_file():
            return {}
        return self._read(file_model(name), f"vocab/{name}.yaml").entries

    @cached_property
    def same_code(self) -> SameCode:
        """Which fingerprints of code are declared equal; none without a file that says so."""
        if not (self.root / SAME_CODE).is_file():
            return SameCode(schema=1, equal=[])
        return self._read(SameCode, SAME_CODE)

    def _forget(self, file: str) -> None:
        """Drop the record of a file; it is read again when it is next used."""
        self._records.pop(file, None)

    def _ids(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(name.removesuffix(".yaml") for name in yaml_files(self.root / folder)))

    def _document(self, file: str) -> Document:
        """A file of the catalog as text values with their places."""
        document = read(self.root / file, f"{self.root.name}/{file}")
        return expand_tables(document) if file.startswith("papers/") else document

    def _read(self, model: type[Model], file: str) -> Model:
        """A file of the catalog as a record, read once."""
        record = self._records.get(file)
        if not isinstance(record, model):
            record = self._records[file] = bind(model, self.document(file))
        return record


def yaml_files(folder: Path) -> list[str]:
    """The names of the YAML files in a folder, without links to other places; none if there is no folder."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    named = (entry for entry in entries if entry.name.endswith(".yaml"))
    return sorted(entry.name for entry in named if entry.is_file(follow_symlinks=False))


def _default_first(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(ids, key=lambda name: (name not in DEFAULT_BENCHMARKS, name in OWN_BENCHMARKS, name)))


def _require(what: str, name: str, known: Sequence[str], quick: Collection[str], see: str = "") -> None:
    """Raise if ``name`` is none of ``known``; ``quick`` holds the same, fast to look into."""
    if name in quick:
        return
    close = nearest(name, known)
    if see and len(known) > 12:
        raise UsageError(f"there is no {what} '{name}'; {see} for all {len(known)}.{close}")
    raise UsageError(f"there is no {what} '{name}'; there are {', '.join(known) or 'none'}.{close}")
