"""Every rule on every file of a catalog: ``repro check``.

A faulty file gives findings and the rest is checked all the same; only what refers to the faulty part is left
out. A paper is read, checked and let go, so that memory does not grow with the catalog. The rules and their
ids are in :mod:`repro.catalog.check.rules`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from repro.catalog.catalog import Catalog, yaml_files
from repro.catalog.check.across import findings_between
from repro.catalog.check.claims import claim_findings
from repro.catalog.check.identity import Outline, identity_findings, outline
from repro.catalog.check.numbers import Kinds, number_findings, setting_kinds
from repro.catalog.check.papers import paper_findings
from repro.catalog.check.recipes import benchmark_findings, recipe_findings
from repro.catalog.check.texts import text_findings
from repro.catalog.check.vocabularies import vocabulary_findings
from repro.catalog.code.signatures import Signatures
from repro.catalog.reading.document import Document
from repro.catalog.reading.finding import CatalogFileError, Finding
from repro.catalog.reading.lock import read_lock
from repro.catalog.records.same_code import FILE as SAME_CODE
from repro.catalog.records.vocabulary import VOCABULARIES, Word
from repro.errors import UsageError

PLACES = re.compile(
    r"(papers|benchmarks)/[^/]+\.yaml|recipes/[^/]+/[^/]+\.yaml|schema/[^/]+\.schema\.json"
    r"|evidence/(code\.yaml|.+\.json)|lock/[^/]+\.json"
    rf"|vocab/({'|'.join(VOCABULARIES)})\.yaml|README\.md|(.+/)?\.gitkeep"
)


def check(
    root: Path,
    paths: Sequence[Path] | None = None,
    signatures: Signatures | None = None,
) -> list[Finding]:
    """Everything that is wrong in the catalog at ``root``, sorted by place; a faulty file raises nothing.

    ``paths`` keeps the findings in these files and folders; the whole catalog is read in either case.

    Raises:
        UsageError: ``root`` is not a catalog, or one of ``paths`` is not in it.
    """
    if not (root / "papers").is_dir():
        raise UsageError(f"{root} is not a catalog: it has no folder papers.")
    root = root.resolve()
    kept = None if paths is None else [_inside(root, path) for path in paths]
    findings = sorted(set(Checker(Catalog.load(root, signatures)).everything()))
    if kept is None:
        return findings
    places = [(finding, root.parent / finding.file) for finding in findings]
    return [finding for finding, place in places if any(place.is_relative_to(path) for path in kept)]


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
    def words(self) -> dict[str, dict[str, Word]]:
        """The vocabularies that can be read."""
        found = {}
        for name in VOCABULARIES:
            try:
                found[name] = self.catalog.vocabulary(name)
            except CatalogFileError:
                continue  # found when its file is checked
        return found

    @cached_property
    def kinds(self) -> Kinds:
        """What each setting of a configuration may be."""
        return setting_kinds(self.catalog.signatures)

    def everything(self) -> Iterator[Finding]:
        """Every finding in the catalog, in no order; some may come twice."""
        yield from _layout(self.catalog.root)
        for name in VOCABULARIES:
            yield from self.file(f"vocab/{name}.yaml")
        for name in self.catalog.benchmark_ids:
            yield from self.file(f"benchmarks/{name}.yaml")
        recipes = _recipes(self.catalog.root)
        for name in self.catalog.paper_ids:
            yield from self.file(f"papers/{name}.yaml")
            yield from self.recipes_of(name, recipes.pop(name, []))
            self.catalog.forget(f"papers/{name}.yaml")
        for name, files in recipes.items():
            yield from self.recipes_of(name, files)
        if (self.catalog.root / SAME_CODE).is_file():
            yield from self.file(SAME_CODE)
        yield from self.between()
        yield from self.locks()

    def recipes_of(self, paper: str, files: Sequence[str]) -> Iterator[Finding]:
        """Everything that is wrong with the files in the folder of a paper's recipes."""
        for file in files:
            yield from self.file(f"recipes/{paper}/{file}")

    def file(self, name: str) -> Iterator[Finding]:
        """Everything that is wrong with one file, given by its place in the catalog."""
        try:
            document = self.catalog.document(name)
            yield from text_findings(document)
            yield from self._record(name, document)
        except CatalogFileError as error:
            yield from error.findings

    def between(self) -> Iterator[Finding]:
        """What is wrong between the papers checked so far."""
        types = self.words.get("relations", {})
        yield from findings_between(
            self.papers, types, lambda name: self.catalog.document(f"papers/{name}.yaml")
        )

    def locks(self) -> Iterator[Finding]:
        """Everything that is wrong with the lock files."""
        for path in sorted(self.catalog.root.glob("lock/*.json")):
            shown = f"{self.catalog.root.name}/lock/{path.name}"
            try:
                read_lock(path, shown)
            except CatalogFileError as error:
                yield from error.findings
            if not self.catalog.has_paper(path.stem):
                text = f"there is no paper '{path.stem}'; remove its lock file."
                yield Finding(shown, 1, 1, "R017", text)

    def _record(self, name: str, document: Document) -> Iterator[Finding]:
        folder, *_, file = name.split("/")
        stem = file.removesuffix(".yaml")
        if folder == "papers":
            yield from self._paper(stem, document)
        elif folder == "benchmarks":
            yield from _named_after_id(document, stem, self.catalog.benchmark(stem).id)
            yield from benchmark_findings(self.catalog, stem, document, self.words.get("protocols"))
        elif folder == "recipes":
            yield from recipe_findings(self.catalog, self.catalog.read_recipe(name), document, name)
        elif name == SAME_CODE:
            _ = self.catalog.same_code
        else:
            yield from vocabulary_findings(self.catalog.vocabulary(stem), document)

    def _paper(self, name: str, document: Document) -> Iterator[Finding]:
        paper = self.catalog.paper(name)
        self.papers[name] = outline(paper)
        yield from _named_after_id(document, name, paper.id)
        yield from paper_findings(self.catalog, paper, document, self.words)
        yield from identity_findings(paper, document)
        yield from number_findings(paper, document, self.kinds if paper.settings else {})
        yield from claim_findings(self.catalog, paper, document)


def _named_after_id(document: Document, stem: str, found: str) -> Iterator[Finding]:
    if found != stem:
        text = (
            f"id '{found}' does not fit the file's name; write '{stem}', or rename the file to {found}.yaml."
        )
        yield document.finding("R013", ("id",), text)


def _recipes(root: Path) -> dict[str, list[str]]:
    """{name of a folder under recipes: the YAML files in it}."""
    folders = sorted(path for path in root.glob("recipes/*") if path.is_dir() and not path.is_symlink())
    return {folder.name: yaml_files(folder) for folder in folders}


def _layout(root: Path, folder: str = "") -> Iterator[Finding]:
    for path in sorted((root / folder).iterdir()):
        name = f"{folder}{path.name}"
        text = ""
        if path.is_symlink():
            text = "symbolic links are not followed; put a file here."
        elif path.is_dir() and not PLACES.fullmatch(name):
            yield from _layout(root, f"{name}/")
        elif not path.is_file():
            text = "this is no file; a catalog holds files in folders."
        elif not PLACES.fullmatch(name):
            text = "no such file belongs here; a catalog holds papers, benchmarks, recipes, vocab, evidence."
        if text:
            yield Finding(f"{root.name}/{name}", 1, 1, "R014", text)
