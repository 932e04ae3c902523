"""The rules for the tests of claims: their arms run, and what they expect can be measured and judged."""

from collections.abc import Iterator, Sequence

from repro.catalog.catalog import Catalog
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.finding import CatalogFileError, Finding
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.experiment import ARMS, COLLAPSES, Expectation, Experiment
from repro.catalog.records.kinds import nearest
from repro.catalog.records.paper import Claim, Paper
from repro.catalog.settings.arms import BASELINES, arm_config, measured
from repro.catalog.settings.layers import SettingError
from repro.catalog.settings.resolve import canonical_json, resolve
from repro.errors import UsageError

Configs = dict[str, ResolvedConfig]

WAYS = ("test", "tested_by", "out_of_reach")  # what may be said of how a trained claim is tested


def claim_findings(catalog: Catalog, paper: Paper, document: Document) -> Iterator[Finding]:
    """Everything that is wrong with how one entry's claims are tested, before anything trains."""
    for index, claim in enumerate(paper.claims):
        path = ("claims", index)
        yield from _kind(claim, document, path)
        if claim.tested_by:
            yield from _tested_by(catalog, paper, claim, document, (*path, "tested_by"))
        if claim.test:
            yield from _experiment(catalog, paper.id, claim.test, document, (*path, "test"))
            yield from _reported(claim, claim.test, document, (*path, "test", "reported"))


def _kind(claim: Claim, document: Document, path: Steps) -> Iterator[Finding]:
    written = [key for key in WAYS if getattr(claim, key)]
    if claim.kind == "exact" and written:
        text = f"an exact claim is tested by its identity; remove `{written[0]}`, or write `kind: trained`."
        yield document.finding("R082", (*path, written[0]), text, key=True)
    elif len(written) > 1:
        text = f"a claim is tested in one way; remove {' or '.join(f'`{key}`' for key in written)}."
        yield document.finding("R082", (*path, written[1]), text, key=True)


def _tested_by(
    catalog: Catalog, paper: Paper, claim: Claim, document: Document, path: Steps
) -> Iterator[Finding]:
    """Follow the chain of claims to one with a test; the entry itself is not read again."""
    seen = [f"{paper.id}/{claim.id}"]
    while True:
        name = str(claim.tested_by)
        if name in seen:
            circle = " is tested by ".join([*seen, name])
            text = f"{circle}: a circle, and no test anywhere; give one of them a `test`."
            yield document.finding("R089", path, text)
            return
        seen.append(name)
        found = _claim(catalog, paper, name)
        if found is None or found.kind != "trained":
            what = "no claim" if found is None else "an exact claim, not a trained one,"
            yield document.finding(
                "R089", path, f"there is {what} '{name}'; write paper/claim as `repro show` lists them."
            )
            return
        if found.tested_by is None:
            if found.test is None:
                yield document.finding(
                    "R089", path, f"'{name}' has no test either; give one of them a `test`."
                )
            return
        claim = found


def _claim(catalog: Catalog, paper: Paper, name: str) -> Claim | None:
    owner, _, claim = name.partition("/")
    try:
        claims = paper.claims if owner == paper.id else catalog.paper(owner).claims
    except (UsageError, CatalogFileError):
        return None
    return next((found for found in claims if found.id == claim), None)


def _experiment(
    catalog: Catalog, paper: str, experiment: Experiment, document: Document, path: Steps
) -> Iterator[Finding]:
    known = catalog.benchmarks_of(paper)
    if experiment.benchmark not in known:
        text = (
            f"{paper} has no recipe on '{experiment.benchmark}'; it has {', '.join(known) or 'none at all'}."
        )
        yield document.finding("R083", (*path, "benchmark"), f"{text}{nearest(experiment.benchmark, known)}")
        return
    try:
        resolve(catalog, paper, experiment.benchmark)
    except CatalogFileError:
        return  # reported where it is wrong
    yield from _comparable(catalog, experiment, document, path)
    faults = list(_settings(catalog, paper, experiment, document, path))
    yield from faults
    if not faults:
        configs = {arm: arm_config(catalog, paper, experiment, arm) for arm in experiment.arms}
        yield from _same(configs, document, path)
        for index, expectation in enumerate(experiment.expect):
            yield from _expectation(catalog, configs, expectation, document, (*path, "expect", index))
        yield from _idle(experiment, document, path)


def _comparable(
    catalog: Catalog, experiment: Experiment, document: Document, path: Steps
) -> Iterator[Finding]:
    """Whether runs on the benchmark can be told apart, and show what the expectations ask for."""
    benchmark, place = catalog.benchmark(experiment.benchmark), (*path, "benchmark")
    if benchmark.checksum is None:
        text = (
            f"benchmark '{benchmark.id}' pins no checksum of its data, so its runs have no name before they "
            "are made; pin one there, or test the claim on another benchmark."
        )
        yield document.finding("R083", place, text)
    if not benchmark.classes and any(found.kind in COLLAPSES for found in experiment.expect):
        text = f"benchmark '{benchmark.id}' has no classes, and a linear probe is a witness of collapse."
        yield document.finding("R083", place, text)


def _settings(
    catalog: Catalog, paper: str, experiment: Experiment, document: Document, path: Steps
) -> Iterator[Finding]:
    """Settings that do not bind or do not fit, of every arm, each where the arm or the base gives it."""
    for arm, settings in experiment.arms.items():
        for key, text in _misfits(catalog, paper, experiment, arm):
            where = ("arms", arm, key) if key in settings else ("base", key)
            yield document.finding("R084", (*path, *where), text, key=True)


def _misfits(catalog: Catalog, paper: str, experiment: Experiment, arm: str) -> Sequence[tuple[str, str]]:
    """(key, sentence) of what an arm cannot set."""
    keys = [key for key in experiment.base | experiment.arms[arm] if key.startswith("data.")]
    if keys:
        text = "the data are the benchmark's; arms of a claim differ in anything else."
        return [(key, f"{key}: {text}") for key in keys]
    try:
        arm_config(catalog, paper, experiment, arm)
    except SettingError as error:
        return error.faults
    return ()


def _same(configs: Configs, document: Document, path: Steps) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for arm, config in configs.items():
        first = seen.setdefault(canonical_json(config), arm)
        if first != arm:
            text = f"'{arm}' is the same configuration as '{first}'; there is nothing to compare."
            yield document.finding("R085", (*path, "arms", arm), text, key=True)


def _expectation(
    catalog: Catalog, configs: Configs, expectation: Expectation, document: Document, path: Steps
) -> Iterator[Finding]:
    low, high = ARMS[expectation.kind]
    found = len(expectation.arms)
    if not low <= found <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        text = f"'{expectation.kind}' speaks of {wanted} arm{'s' * (high > 1)}, found {found}."
        yield document.finding("R086", (*path, "arms"), text)
    for index, ref in enumerate(expectation.arms):
        arm = ref.partition("/")[0]
        if arm not in configs:
            text = f"the test has no arm '{arm}'; it has {', '.join(configs)}.{nearest(arm, configs)}"
            yield document.finding("R086", (*path, "arms", index), text)
            return
    yield from _compared(catalog, configs, expectation, document, path)


def _compared(
    catalog: Catalog, configs: Configs, expectation: Expectation, document: Document, path: Steps
) -> Iterator[Finding]:
    """Whether metric and margin are there, or not, as the kind asks, and the metric is measured."""
    kind, metric = expectation.kind, expectation.metric
    if kind in COLLAPSES:
        for key in ("metric", "margin"):
            if getattr(expectation, key) is not None:
                text = (
                    f"'{kind}' is judged by the spread of the outputs and the linear probe; remove `{key}`."
                )
                yield document.finding("R087" if key == "metric" else "R088", (*path, key), text, key=True)
        return
    if expectation.margin is None:
        text = (
            f"'{kind}' needs a `margin`: how large a difference counts, in the metric's own unit; 0 for any."
        )
        yield document.finding("R088", (*path, "kind"), text, key=True)
    if metric is None:
        yield document.finding("R087", (*path, "kind"), f"'{kind}' needs a `metric` to compare.", key=True)
        return
    for ref in expectation.arms:
        arm, _, baseline = ref.partition("/")
        config = configs[arm]
        known = BASELINES.get(baseline) or measured(
            catalog.benchmark(config.benchmark).classes, config, catalog.signatures
        )
        if metric not in known:
            text = f"'{ref}' is not measured by '{metric}'; it leaves {', '.join(known)}."
            text += nearest(metric, known)
            yield document.finding("R087", (*path, "metric"), text)
            return


def _idle(experiment: Experiment, document: Document, path: Steps) -> Iterator[Finding]:
    used = {arm for expectation in experiment.expect for arm in expectation.measured}
    for arm in experiment.arms:
        if arm not in used:
            text = f"nothing is expected of arm '{arm}'; use it under `expect`, or remove it."
            yield document.finding("R086", (*path, "arms", arm), text, key=True)


def _reported(claim: Claim, experiment: Experiment, document: Document, path: Steps) -> Iterator[Finding]:
    for arm, value in experiment.reported.items():
        if arm not in experiment.arms:
            text = f"the test has no arm '{arm}'; it has {', '.join(experiment.arms)}."
            yield document.finding("R086", (*path, arm), f"{text}{nearest(arm, experiment.arms)}", key=True)
        if value not in claim.paper_values:
            text = f"'{value}' is not among the claim's paper_values; add it there."
            yield document.finding("R028", (*path, arm), f"{text}{nearest(value, claim.paper_values)}")
