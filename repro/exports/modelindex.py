"""``model-index.yml``, as OpenMMLab's tools and archives of results read it.

A collection is a paper, a model is one configuration of it on one benchmark, and a result is the mean over
its seeds. What the format has no place for stands under keys that start with ``X-``.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import yaml

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.catalog.records.recipe import Recipe
from repro.catalog.settings.resolve import canonical_json
from repro.exports._address import landing
from repro.exports.text import line

if TYPE_CHECKING:
    from repro.evidence.run import RunView

TASK = "Classification on frozen features"
PROBES = ("knn", "linear")
DIGEST = 16  # digits of a record's name
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the first is much faster, and not everywhere

Plain = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seeds alone: one run a seed, sorted by seed."""

    benchmark: str
    overrides: tuple[str, ...]
    runs: tuple["RunView", ...]

    @property
    def newest(self) -> "RunView":
        """The run that was started last."""
        return max(self.runs, key=_started)


def model_index(catalog: Catalog, papers: Sequence[Paper], runs: Sequence["RunView"] = ()) -> str:
    """A collection for each paper; a model for each recipe and for each configuration with evidence."""
    names = _collection_names(catalog)
    content = {
        "Collections": [_collection(paper, names[paper.id]) for paper in papers],
        "Models": [model for paper in papers for model in _models(catalog, paper, names[paper.id], runs)],
    }
    return yaml.dump(content, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=100)


def _collection_names(catalog: Catalog) -> dict[str, str]:
    """The name of each paper by id, with the id behind it where two papers have the same."""
    names = {paper.id: line(paper.name) for paper in catalog.papers}
    often = Counter(names.values())
    return {paper: name if often[name] == 1 else f"{name} ({paper})" for paper, name in names.items()}


def groups(runs: Sequence["RunView"], paper: str) -> list[Group]:
    """The finished runs of a paper by configuration; of two runs of one seed, the one started last."""
    found: dict[tuple[str, tuple[str, ...], str], dict[int, RunView]] = {}
    for run in sorted(runs, key=_started):
        if run.config.paper == paper and run.finished:
            key = (run.config.benchmark, run.config.overrides, canonical_json(run.config.config))
            found.setdefault(key, {})[run.config.seed] = run
    return [
        Group(benchmark, overrides, tuple(seeds[seed] for seed in sorted(seeds)))
        for (benchmark, overrides, _), seeds in sorted(found.items(), key=lambda item: item[0])
    ]


def _started(run: "RunView") -> tuple[str, str]:
    return run.environment.started, run.config.digest


def _collection(paper: Paper, name: str) -> Plain:
    found = {
        "Name": name,
        "Paper": {"Title": line(paper.title), "URL": landing(paper)},
        "README": f"catalog/papers/{paper.id}.yaml",
        "Metadata": {"Year": paper.year, "Training Techniques": _techniques(paper)},
        "X-Id": paper.id,
        "X-Claims": [claim.id for claim in paper.claims],
        "X-Tags": {facet: list(values) for facet, values in paper.tags.items()},
    }
    if code := paper.official:
        found["X-Official-Code"] = {"URL": code.repo, "Version": code.commit, "Licence": code.licence}
    return found


def _techniques(paper: Paper) -> list[str]:
    return [value for facet in ("family", "collapse-guard") for value in paper.tags.get(facet, ())]


def _models(catalog: Catalog, paper: Paper, collection: str, runs: Sequence["RunView"]) -> list[Plain]:
    """A model for each group of runs, the newest first to take its name, then one for each other recipe."""
    recipes = {recipe.benchmark: recipe for recipe in catalog.recipes(paper.id)}
    models: dict[str, Plain] = {}
    for group in sorted(groups(runs, paper.id), key=lambda group: _started(group.newest), reverse=True):
        if group.benchmark in recipes:
            name = _name(paper, group)
            name = name if name not in models else f"{name} {group.newest.config.digest[:DIGEST]}"
            models[name] = _evidence(catalog, group)
    for benchmark in recipes:
        models.setdefault(f"{paper.id}_{benchmark}", {"X-Benchmark": benchmark})
    return [
        _model(catalog, name, collection, recipes[found["X-Benchmark"]]) | found
        for name, found in sorted(models.items())
    ]


def _name(paper: Paper, group: Group) -> str:
    """``simsiam_digits``, and its overrides if it has any."""
    changed = f" ({', '.join(group.overrides)})" if group.overrides else ""
    return f"{paper.id}_{group.benchmark}{changed}"


def _model(catalog: Catalog, name: str, collection: str, recipe: Recipe) -> Plain:
    return {
        "Name": name,
        "In Collection": collection,
        "Config": f"catalog/recipes/{recipe.paper}/{recipe.benchmark}.yaml",
        "Metadata": {"Training Data": line(catalog.benchmark(recipe.benchmark).name)},
        "X-Follows": recipe.follows,
    }


def _evidence(catalog: Catalog, group: Group) -> Plain:
    """What a group of runs adds to its model."""
    summary = group.newest.summary
    facts = {
        "Training Data": line(catalog.benchmark(group.benchmark).name),
        "Epochs": int(summary.epochs) if float(summary.epochs).is_integer() else summary.epochs,
        "Batch Size": summary.batch,
        "Parameters": summary.parameters,
    }
    return {
        "Metadata": {name: value for name, value in facts.items() if value},
        "X-Benchmark": group.benchmark,
        "X-Overrides": list(group.overrides),
        "X-Commit": group.newest.environment.commit,
        "Results": [_result(catalog, group)],
    }


def _result(catalog: Catalog, group: Group) -> Plain:
    """Means over seeds, in per cent, with their spread and the records they come from."""
    words = catalog.vocabulary("metrics")
    names = {probe: line(words[probe].name) if probe in words else probe for probe in PROBES}
    benchmark = catalog.benchmark(group.benchmark)
    scores = {probe: found for probe in PROBES if (found := _scores(group, probe))}
    return {
        "Task": TASK,
        "Dataset": line(benchmark.name),
        "Metrics": {names[probe]: round(fmean(found), 2) for probe, found in scores.items()},
        "X-Unit": "percent",
        "X-Standard-Deviation": {
            names[probe]: round(stdev(found), 2) for probe, found in scores.items() if len(found) > 1
        },
        "X-Protocol": {names[probe]: getattr(benchmark.protocol, probe) for probe in scores},
        "X-Seeds": [run.config.seed for run in group.runs],
        "X-Records": [run.config.digest[:DIGEST] for run in group.runs],
    }


def _scores(group: Group, probe: str) -> list[float]:
    """The metric of each run that has it, in per cent."""
    found = [getattr(run.summary.metrics, probe) for run in group.runs]
    return [100 * value for value in found if value is not None and math.isfinite(value)]
