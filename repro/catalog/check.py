"""Every rule on every file of a catalog: ``repro check``.

A faulty file gives findings and the rest is checked all the same; only what refers to the faulty part is left
out. The rules and their ids are in :mod:`repro.catalog.findings`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from repro.catalog.catalog import Catalog
from repro.catalog.check_papers import paper_findings, shared_identifiers, twice_related
from repro.catalog.fidelity import fidelity
from repro.catalog.findings import CatalogFileError, Finding
from repro.catalog.kinds import nearest
from repro.catalog.papers import Paper
from repro.catalog.recipes import Benchmark, Recipe
from repro.catalog.resolve import check_benchmark, resolve
from repro.catalog.signatures import Signatures
from repro.catalog.vocab import VOCABULARIES, RelationType, Word
from repro.catalog.yamlfile import Document
from repro.errors import UsageError

Loaded = TypeVar("Loaded")

PLACEHOLDER = re.compile(r"\b(TODO|FIXME|XXX)\b")
PLACES = re.compile(
    r"(papers|benchmarks)/[^/]+\.yaml|recipes/[^/]+/[^/]+\.yaml|schema/[^/]+\.schema\.json|evidence/.+\.json"
    rf"|vocab/({'|'.join(VOCABULARIES)})\.yaml|README\.md|(.+/)?\.gitkeep"
)


def check(
    root: Path, paths: Sequence[Path] | None = None, signatures: Signatures | None = None
) -> list[Finding]:
    """Everything that is wrong in the catalog at ``root``, sorted by place; a faulty file raises nothing.

    ``paths`` keeps the findings in these files and folders; the whole catalog is read in either case.

    Raises:
        UsageError: ``root`` is not a catalog, or one of ``paths`` is not in it.
    """
    if not (root / "papers").is_dir():
        raise UsageError(f"{root} is not a catalog: it has no folder papers.")
    catalog = Catalog.load(root.resolve(), signatures)
    findings = sorted(set(_Checker(catalog).all()))
    return findings if paths is None else _within(catalog.root, findings, paths)


def _within(root: Path, findings: Sequence[Finding], paths: Sequence[Path]) -> list[Finding]:
    chosen = [path.resolve() for path in paths]
    for path, given in zip(chosen, paths, strict=True):
        if not path.exists() or not path.is_relative_to(root):
            raise UsageError(f"{given} is not a file or folder of the catalog {root}.")
    places = [(finding, root.parent / finding.file) for finding in findings]
    return [finding for finding, place in places if any(place.is_relative_to(path) for path in chosen)]


class _Checker:
    """Reads every file once and gathers what is wrong."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.faults: list[Finding] = []
        self.papers: dict[str, Paper] = self.load(catalog.paper_ids, catalog.paper)
        self.benchmarks: dict[str, Benchmark] = self.load(catalog.benchmark_ids, catalog.benchmark)
        self.words: dict[str, dict[str, Word]] = self.load(tuple(VOCABULARIES), catalog.vocabulary)

    def load(self, names: Iterable[str], get: Callable[[str], Loaded]) -> dict[str, Loaded]:
        """What can be read; what is wrong with the rest is noted."""
        found = {}
        for name in names:
            try:
                found[name] = get(name)
            except CatalogFileError as error:
                self.faults += error.findings
        return found

    def all(self) -> Iterator[Finding]:
        yield from _layout(self.catalog.root)
        for recipe_file in sorted(self.catalog.root.glob("recipes/*/*.yaml")):
            yield from self.recipe(recipe_file)
        for name, benchmark in self.benchmarks.items():
            yield from self.benchmark(name, benchmark)
        for name, paper in self.papers.items():
            document = self.catalog.document(f"papers/{name}.yaml")
            yield from _named_after_id(document, name, paper.id)
            yield from paper_findings(self.catalog, paper, document, self.words)
        documents = {name: self.catalog.document(f"papers/{name}.yaml") for name in self.papers}
        yield from shared_identifiers(self.papers, documents)
        yield from twice_related(self.papers, documents, self.words.get("relations", {}))
        yield from self.inverses()
        yield from self.placeholders()
        yield from self.faults

    def benchmark(self, name: str, benchmark: Benchmark) -> Iterator[Finding]:
        document = self.catalog.document(f"benchmarks/{name}.yaml")
        yield from _named_after_id(document, name, benchmark.id)
        protocols = self.words.get("protocols")
        for probe, protocol in benchmark.protocol.model_dump().items():
            if protocols is not None and protocol not in protocols:
                text = f"unknown protocol '{protocol}'.{nearest(protocol, list(protocols))}"
                yield document.finding("R025", ("protocol", probe), text)
        try:
            check_benchmark(self.catalog, name)
        except CatalogFileError as error:
            yield from (finding.under("R050") for finding in error.findings)

    def recipe(self, path: Path) -> Iterator[Finding]:
        paper, benchmark, file = path.parent.name, path.stem, f"recipes/{path.parent.name}/{path.name}"
        try:
            recipe = self.catalog.read_recipe(file)
        except CatalogFileError as error:
            yield from error.findings
            return
        document = self.catalog.document(file)
        if (recipe.paper, recipe.benchmark) != (paper, benchmark):
            wanted = f"recipes/{recipe.paper}/{recipe.benchmark}.yaml"
            yield document.finding("R040", ("paper",), f"this recipe belongs at {wanted}.")
        elif paper not in self.catalog.paper_ids:
            text = f"there is no paper '{paper}'.{nearest(paper, self.catalog.paper_ids)}"
            yield document.finding("R041", ("paper",), text)
        elif benchmark not in self.catalog.benchmark_ids:
            text = f"there is no benchmark '{benchmark}'.{nearest(benchmark, self.catalog.benchmark_ids)}"
            yield document.finding("R042", ("benchmark",), text)
        elif paper in self.papers and benchmark in self.benchmarks:
            yield from self.bound(recipe, document)

    def bound(self, recipe: Recipe, document: Document) -> Iterator[Finding]:
        """What is wrong with a recipe whose paper and benchmark are sound."""
        settings = [known.id for known in self.papers[recipe.paper].settings]
        if recipe.follows not in settings:
            text = (
                f"{recipe.paper} has no settings '{recipe.follows}'; it has {', '.join(settings) or 'none'}."
            )
            yield document.finding("R043", ("follows",), f"{text}{nearest(recipe.follows, settings)}")
        try:
            config = resolve(self.catalog, recipe.paper, recipe.benchmark)
        except CatalogFileError as error:
            yield from (found.under("R044") for found in error.findings if found.file == document.file)
            return
        compared = fidelity(self.catalog, config)
        for row in compared.unexplained if compared else ():
            stated = (
                f"{row.paper} in the paper" if row.paper is not None else f"{row.code} in the official code"
            )
            text = (
                f"{row.key} is {row.ours or 'not set'} here and {stated}; say why under `why`, or follow it."
            )
            path = row.key.split(".")
            yield document.finding(
                "R045", path if path[0] in document.mapping else ["follows"], text, key=True
            )
        for reason in compared.idle_reasons if compared else ():
            text = f"`why` explains {reason}, which does not differ from '{recipe.follows}'; remove it."
            yield document.finding("R046", ("why", reason), text, key=True)

    def inverses(self) -> Iterator[Finding]:
        relations = self.words.get("relations", {})
        for name, word in relations.items():
            if not isinstance(word, RelationType):
                continue
            back = relations.get(word.inverse)
            if not isinstance(back, RelationType) or back.inverse != name:
                document = self.catalog.document("vocab/relations.yaml")
                text = f"the inverse of '{name}' is '{word.inverse}', whose own inverse is another."
                yield document.finding("R033", ("entries", name, "inverse"), text)

    def placeholders(self) -> Iterator[Finding]:
        for path in sorted(self.catalog.root.glob("**/*.yaml")):
            try:
                document = self.catalog.document(str(path.relative_to(self.catalog.root).as_posix()))
            except CatalogFileError:
                continue  # already reported
            for steps, text in _texts(document.value):
                if found := PLACEHOLDER.search(text):
                    yield document.finding(
                        "R016", steps, f"'{found[0]}' is left in the text; write what belongs there."
                    )


def _named_after_id(document: Document, stem: str, found: str) -> Iterator[Finding]:
    if found != stem:
        text = (
            f"id '{found}' does not fit the file's name; write '{stem}', or rename the file to {found}.yaml."
        )
        yield document.finding("R013", ("id",), text)


def _layout(root: Path) -> Iterator[Finding]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            yield Finding(
                f"{root.name}/{name}", 1, 1, "R014", "symbolic links are not followed; put a file here."
            )
        elif path.is_file() and not PLACES.fullmatch(name):
            text = "no such file belongs here; a catalog holds papers, benchmarks, recipes, vocab, evidence."
            yield Finding(f"{root.name}/{name}", 1, 1, "R014", text)


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path, text) of every scalar."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, step))
