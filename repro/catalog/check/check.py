"""Every rule on every file of a catalog: ``repro check``.

A faulty file gives faults and the rest is checked all the same; only what refers to the faulty part is left
out. A paper is read, checked and let go, so that memory does not grow with the catalog. The rules stand
beside the code that enforces them.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from repro.catalog.catalog import Catalog, yaml_files
from repro.catalog.check.across import faults_between
from repro.catalog.check.authors import author_faults
from repro.catalog.check.claims import claim_faults
from repro.catalog.check.identity import Outline, identity_faults
from repro.catalog.check.layout import layout_faults, name_faults
from repro.catalog.check.methods import method_faults
from repro.catalog.check.numbers import number_faults
from repro.catalog.check.papers import paper_faults
from repro.catalog.check.recipes import benchmark_faults, recipe_faults
from repro.catalog.check.settings import SettingKinds, setting_faults, setting_kinds
from repro.catalog.check.terms import term_faults
from repro.catalog.check.texts import text_faults
from repro.catalog.check.vocabularies import vocabulary_faults
from repro.catalog.code.signatures import Signatures
from repro.catalog.reading.bind import TYPED_VALUES, bind
from repro.catalog.reading.document import Document
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.snapshot import SOUND_SNAPSHOT, read_snapshot
from repro.catalog.records.recipe import Recipe
from repro.catalog.records.same_code import FILE as SAME_CODE
from repro.catalog.records.vocabulary import OPTIONAL, VOCABULARIES, Word
from repro.errors import UsageError


def check(
    root: Path,
    paths: Sequence[Path] | None = None,
    signatures: Signatures | None = None,
) -> list[Fault]:
    """Every fault of the catalog at ``root``, sorted by place; a faulty file raises nothing.

    ``paths`` keeps the faults of these files and folders; the whole catalog is read in either case.

    Raises:
        UsageError: ``root`` is not a catalog, or one of ``paths`` is not in it.
    """
    if not (root / "papers").is_dir():
        raise UsageError(f"{root} is not a catalog: it has no folder papers.")
    root = root.resolve()
    chosen = None if paths is None else [_inside(root, path) for path in paths]
    faults = sorted(set(Checker(Catalog.load(root, signatures)).everything()))
    if chosen is None:
        return faults
    places = [(fault, root.parent / fault.file) for fault in faults]
    return [fault for fault, place in places if any(place.is_relative_to(path) for path in chosen)]


def _inside(root: Path, given: Path) -> Path:
    path = given.resolve() if given.is_dir() else given.parent.resolve() / given.name
    if not path.exists() or not path.is_relative_to(root):
        raise UsageError(f"{given} is not a file or folder of the catalog {root}.")
    return path


class Checker:
    """The rules applied to a catalog, file by file, and then between files."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.papers: dict[str, Outline] = {}  # of the papers checked so far that could be read

    @cached_property
    def vocabularies(self) -> dict[str, dict[str, Word]]:
        """The vocabularies that can be read."""
        words = {}
        for name in VOCABULARIES:
            try:
                words[name] = self.catalog.vocabulary(name)
            except CatalogFileError:
                continue  # reported when its file is checked
        return words

    @cached_property
    def kinds(self) -> SettingKinds:
        """What each setting of a configuration may be."""
        return setting_kinds(self.catalog.signatures)

    def everything(self) -> Iterator[Fault]:
        """Every fault of the catalog, in no order; some may come twice."""
        root = self.catalog.root
        yield from layout_faults(root)
        for name in VOCABULARIES:
            if name not in OPTIONAL or (root / "vocab" / f"{name}.yaml").is_file():
                yield from self.file(f"vocab/{name}.yaml")
        for name in self.catalog.benchmark_ids:
            yield from self.file(f"benchmarks/{name}.yaml")
        folders = [path for path in root.glob("recipes/*") if path.is_dir() and not path.is_symlink()]
        recipes = {folder.name: yaml_files(folder) for folder in sorted(folders)}
        for name in dict.fromkeys((*self.catalog.paper_ids, *recipes)):
            if name in self.catalog:
                yield from self.file(f"papers/{name}.yaml")
            for file in recipes.get(name, ()):
                yield from self.file(f"recipes/{name}/{file}")
            self.catalog._forget(f"papers/{name}.yaml")
        if (root / SAME_CODE).is_file():
            yield from self.file(SAME_CODE)
        yield from self.between()
        yield from self.snapshots()

    def file(self, name: str) -> Iterator[Fault]:
        """Everything that is wrong with one file, given by its place in the catalog."""
        try:
            document = self.catalog.document(name)
            yield from text_faults(document)
            yield from self._record(name, document)
        except CatalogFileError as error:
            yield from error.faults

    def between(self) -> Iterator[Fault]:
        """What is wrong between the papers checked so far."""
        types = self.vocabularies.get("relations", {})
        yield from faults_between(
            self.papers, types, lambda name: self.catalog.document(f"papers/{name}.yaml")
        )

    def snapshots(self) -> Iterator[Fault]:
        """Everything that is wrong with the snapshots of what services answered."""
        for path in sorted(self.catalog.root.glob("lock/*.json")):
            shown = f"{self.catalog.root.name}/lock/{path.name}"
            try:
                read_snapshot(path, shown)
            except CatalogFileError as error:
                yield from error.faults
            if path.stem not in self.catalog:
                text = f"there is no paper '{path.stem}'; remove its lock file."
                yield Fault(shown, 1, 1, SOUND_SNAPSHOT, text)

    def _record(self, name: str, document: Document) -> Iterator[Fault]:
        folder, *_, file = name.split("/")
        stem = file.removesuffix(".yaml")
        if folder == "papers":
            yield from self._paper(stem, document)
        elif folder == "benchmarks":
            yield from name_faults(document, stem, self.catalog.benchmark(stem).id)
            yield from benchmark_faults(self.catalog, stem, document, self.vocabularies.get("protocols"))
        elif folder == "recipes":
            yield from recipe_faults(self.catalog, bind(Recipe, document), document, name)
        elif name == SAME_CODE:
            yield from self._same_code(document)
        else:
            yield from vocabulary_faults(self.catalog.vocabulary(stem), document)

    def _same_code(self, document: Document) -> Iterator[Fault]:
        """Declarations of equal code for recipes that there are none of."""
        for index, change in enumerate(self.catalog.same_code.equal):
            for name in change.codes:
                paper, _, benchmark = name.split(" ")[0].partition("/")
                if paper not in self.catalog or benchmark not in self.catalog.benchmarks_of(paper):
                    text = f"there is no recipe '{paper}/{benchmark}'; name one that has runs."
                    yield document.fault(TYPED_VALUES, ("equal", index, "codes", name), text, key=True)

    def _paper(self, name: str, document: Document) -> Iterator[Fault]:
        paper = self.catalog.paper(name)
        self.papers[name] = Outline.of(paper)
        yield from name_faults(document, name, paper.id)
        yield from paper_faults(self.catalog, paper, document)
        yield from term_faults(paper, document, self.vocabularies)
        yield from author_faults(paper, document)
        yield from identity_faults(paper, document)
        yield from number_faults(paper, document)
        yield from method_faults(self.catalog, paper, document, self.vocabularies.get("methods", {}))
        if paper.settings:
            yield from setting_faults(paper, document, self.kinds)
        yield from claim_faults(self.catalog, paper, document)
