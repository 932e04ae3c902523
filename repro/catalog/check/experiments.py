"""The rules for the tests of claims: their arms run, and what they expect can be measured and judged."""

from collections.abc import Iterator, Sequence

from repro.catalog.catalog import Catalog
from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import CatalogFileError, Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.experiment import ARMS, COLLAPSES, Expectation, Experiment
from repro.catalog.records.kinds import nearest
from repro.catalog.settings.arms import BASELINES, arm_config, measured
from repro.catalog.settings.layers import SettingError
from repro.catalog.settings.resolve import canonical_json, resolve

Configs = dict[str, ResolvedConfig]


def claim_example(test: str = "", kind: str = "trained", added: str = "") -> str:
    """The lines of a claim, with a test and other keys, as an example of a rule."""
    trained = "statement: It works., place: Fig. 2, paper_values: [t1]"
    values = trained if kind == "trained" else "statement: It holds., place: Eq. 2"
    keys = [f"id: works, kind: {kind}, {values}", added, f"test: {{\n     {test}}}" if test else ""]
    return f"claims:\n  - {{{', '.join(key for key in keys if key)}}}"


def experiment_example(
    benchmark: str = "digits",
    arms: str = "{on: {}, off: {method.guard: true}}",
    expect: str = "{kind: greater, arms: [on, off], metric: linear, margin: 0.1}",
) -> str:
    """The lines of a claim with a test."""
    why = "why: Small images show it too."
    return claim_example(f"benchmark: {benchmark}, {why}, arms: {arms},\n     expect: [{expect}]")


COMPARABLE_RUNS = Rule(
    "R083",
    "a claim is tested on a benchmark with pinned data that its paper has a recipe for",
    why="The arms of a test are changes to a recipe, so there must be one, and their runs must compare.",
    wrong=experiment_example(benchmark="digit"),
    right=experiment_example(),
)


def experiment_faults(
    catalog: Catalog, paper: str, experiment: Experiment, document: Document, path: Steps
) -> Iterator[Fault]:
    """Everything that is wrong with one test, before anything trains."""
    yield from _reported_arms(experiment, document, path)
    known = catalog.benchmarks_of(paper)
    if experiment.benchmark not in known:
        text = (
            f"{paper} has no recipe on '{experiment.benchmark}'; it has {', '.join(known) or 'none at all'}."
        )
        close = nearest(experiment.benchmark, known)
        yield document.fault(COMPARABLE_RUNS, (*path, "benchmark"), f"{text}{close}")
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


def _comparable(catalog: Catalog, experiment: Experiment, document: Document, path: Steps) -> Iterator[Fault]:
    """A benchmark whose runs cannot be told apart, or do not show what the expectations ask for."""
    benchmark, place = catalog.benchmark(experiment.benchmark), (*path, "benchmark")
    if benchmark.checksum is None:
        text = (
            f"benchmark '{benchmark.id}' pins no checksum of its data, so its runs have no name before they "
            "are made; pin one there, or test the claim on another benchmark."
        )
        yield document.fault(COMPARABLE_RUNS, place, text)
    if not benchmark.classes and any(expectation.kind in COLLAPSES for expectation in experiment.expect):
        text = f"benchmark '{benchmark.id}' has no classes, and a linear probe is a witness of collapse."
        yield document.fault(COMPARABLE_RUNS, place, text)


ARMS_BIND = Rule(
    "R084",
    "the settings of an arm are settings of the recipe's configuration, and fit their types",
    why="An arm that does not bind would stop after the others have trained for an hour.",
    wrong=experiment_example(arms="{on: {}, off: {method.gaurd: true}}"),
    right=experiment_example(arms="{on: {}, off: {method.guard: true}}"),
)


def _settings(
    catalog: Catalog, paper: str, experiment: Experiment, document: Document, path: Steps
) -> Iterator[Fault]:
    """Settings that do not bind or do not fit, of every arm, each where the arm or the base gives it."""
    for arm, settings in experiment.arms.items():
        for key, text in _misfits(catalog, paper, experiment, arm):
            where = ("arms", arm, key) if key in settings else ("base", key)
            yield document.fault(ARMS_BIND, (*path, *where), text, key=True)


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


ARMS_DIFFER = Rule(
    "R085",
    "the arms of a test are different configurations",
    why="Two arms that are the same give the same runs, which differ in nothing.",
    wrong=experiment_example(arms="{on: {}, off: {method.guard: false}}"),
    right=experiment_example(arms="{on: {}, off: {method.guard: true}}"),
)


def _same(configs: Configs, document: Document, path: Steps) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for arm, config in configs.items():
        first = owners.setdefault(canonical_json(config), arm)
        if first != arm:
            text = f"'{arm}' is the same configuration as '{first}'; there is nothing to compare."
            yield document.fault(ARMS_DIFFER, (*path, "arms", arm), text, key=True)


ARMS_NAMED = Rule(
    "R086",
    "every expectation names as many arms of its test as its kind asks for, and every arm is named",
    why="An arm that nobody looks at costs its runs and shows nothing.",
    wrong=experiment_example(expect="{kind: greater, arms: [on, of], metric: linear, margin: 0.1}"),
    right=experiment_example(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0.1}"),
)


def _expectation(
    catalog: Catalog, configs: Configs, expectation: Expectation, document: Document, path: Steps
) -> Iterator[Fault]:
    low, high = ARMS[expectation.kind]
    count = len(expectation.arms)
    if not low <= count <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        text = f"'{expectation.kind}' speaks of {wanted} arm{'s' * (high > 1)}, found {count}."
        yield document.fault(ARMS_NAMED, (*path, "arms"), text)
    for index, ref in enumerate(expectation.arms):
        arm = ref.partition("/")[0]
        if arm not in configs:
            text = f"the test has no arm '{arm}'; it has {', '.join(configs)}.{nearest(arm, configs)}"
            yield document.fault(ARMS_NAMED, (*path, "arms", index), text)
            return
    yield from _criterion(expectation, document, path)
    yield from _metric(catalog, configs, expectation, document, path)


def _idle(experiment: Experiment, document: Document, path: Steps) -> Iterator[Fault]:
    used = {arm for expectation in experiment.expect for arm in expectation.measured}
    for arm in experiment.arms:
        if arm not in used:
            text = f"nothing is expected of arm '{arm}'; use it under `expect`, or remove it."
            yield document.fault(ARMS_NAMED, (*path, "arms", arm), text, key=True)


def _reported_arms(experiment: Experiment, document: Document, path: Steps) -> Iterator[Fault]:
    for arm in experiment.reported:
        if arm not in experiment.arms:
            text = f"the test has no arm '{arm}'; it has {', '.join(experiment.arms)}."
            close = nearest(arm, experiment.arms)
            yield document.fault(ARMS_NAMED, (*path, "reported", arm), f"{text}{close}", key=True)


METRIC_MEASURED = Rule(
    "R087",
    "an expectation compares a metric that its arms leave; a collapse names none",
    why="What no run measures can be neither supported nor contradicted.",
    wrong=experiment_example(expect="{kind: greater, arms: [on, off], metric: lineal, margin: 0.1}"),
    right=experiment_example(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0.1}"),
)
MARGIN_GIVEN = Rule(
    "R088",
    "an expectation that compares has a margin; a collapse has none",
    why="Without it one could decide after the runs how large a difference counts.",
    wrong=experiment_example(expect="{kind: greater, arms: [on, off], metric: linear}"),
    right=experiment_example(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0}"),
)


def _criterion(expectation: Expectation, document: Document, path: Steps) -> Iterator[Fault]:
    """A metric or margin that is there, or not, against what the kind asks for."""
    kind = expectation.kind
    if kind in COLLAPSES:
        for key, rule in (("metric", METRIC_MEASURED), ("margin", MARGIN_GIVEN)):
            if getattr(expectation, key) is not None:
                text = (
                    f"'{kind}' is judged by the spread of the outputs and the linear probe; remove `{key}`."
                )
                yield document.fault(rule, (*path, key), text, key=True)
        return
    if expectation.margin is None:
        text = (
            f"'{kind}' needs a `margin`: how large a difference counts, in the metric's own unit; 0 for any."
        )
        yield document.fault(MARGIN_GIVEN, (*path, "kind"), text, key=True)
    if expectation.metric is None:
        text = f"'{kind}' needs a `metric` to compare."
        yield document.fault(METRIC_MEASURED, (*path, "kind"), text, key=True)


def _metric(
    catalog: Catalog, configs: Configs, expectation: Expectation, document: Document, path: Steps
) -> Iterator[Fault]:
    """A metric that the runs of an arm do not leave."""
    metric = expectation.metric
    if metric is None or expectation.kind in COLLAPSES:
        return
    for ref in expectation.arms:
        arm, _, baseline = ref.partition("/")
        config = configs[arm]
        known = BASELINES.get(baseline) or measured(
            catalog.benchmark(config.benchmark).classes, config, catalog.signatures
        )
        if metric not in known:
            text = f"'{ref}' is not measured by '{metric}'; it leaves {', '.join(known)}."
            yield document.fault(METRIC_MEASURED, (*path, "metric"), f"{text}{nearest(metric, known)}")
            return
