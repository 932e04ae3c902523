"""Rules for how claims are tested."""

from repro.catalog.reading.rule import Rule

KEYS = "statement: It works., place: Fig. 2, paper_values: [t1]"


def _claim(test: str = "", kind: str = "trained", added: str = "") -> str:
    """The lines of a claim, with a test and other keys."""
    values = KEYS if kind == "trained" else "statement: It holds., place: Eq. 2"
    keys = [f"id: works, kind: {kind}, {values}", added, f"test: {{\n     {test}}}" if test else ""]
    return f"claims:\n  - {{{', '.join(key for key in keys if key)}}}"


def _test(
    benchmark: str = "digits",
    arms: str = "{on: {}, off: {method.guard: true}}",
    expect: str = "{kind: greater, arms: [on, off], metric: linear, margin: 0.1}",
) -> str:
    """A claim with a test."""
    why = "why: Small images show it too."
    return _claim(f"benchmark: {benchmark}, {why}, arms: {arms},\n     expect: [{expect}]")


CLAIMS: dict[str, Rule] = {
    "R082": Rule(
        "error",
        "only a trained claim says how it is tested, and says it in one way",
        why="An exact claim is tested by its identity, and two tests could disagree.",
        wrong=_claim(kind="exact", added="tested_by: byol/works"),
        right=_claim(kind="exact"),
    ),
    "R083": Rule(
        "error",
        "a claim is tested on a benchmark with pinned data that its paper has a recipe for",
        why="The arms of a test are changes to a recipe, so there must be one, and their runs must compare.",
        wrong=_test(benchmark="digit"),
        right=_test(),
    ),
    "R084": Rule(
        "error",
        "the settings of an arm are settings of the recipe's configuration, and fit their types",
        why="An arm that does not bind would stop after the others have trained for an hour.",
        wrong=_test(arms="{on: {}, off: {method.gaurd: true}}"),
        right=_test(arms="{on: {}, off: {method.guard: true}}"),
    ),
    "R085": Rule(
        "error",
        "the arms of a test are different configurations",
        why="Two arms that are the same give the same runs, which differ in nothing.",
        wrong=_test(arms="{on: {}, off: {method.guard: false}}"),
        right=_test(arms="{on: {}, off: {method.guard: true}}"),
    ),
    "R086": Rule(
        "error",
        "every expectation names as many arms of its test as its kind asks for, and every arm is named",
        why="An arm that nobody looks at costs its runs and shows nothing.",
        wrong=_test(expect="{kind: greater, arms: [on, of], metric: linear, margin: 0.1}"),
        right=_test(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0.1}"),
    ),
    "R087": Rule(
        "error",
        "an expectation compares a metric that its arms leave; a collapse names none",
        why="What no run measures can be neither supported nor contradicted.",
        wrong=_test(expect="{kind: greater, arms: [on, off], metric: lineal, margin: 0.1}"),
        right=_test(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0.1}"),
    ),
    "R088": Rule(
        "error",
        "an expectation that compares has a margin; a collapse has none",
        why="Without it one could decide after the runs how large a difference counts.",
        wrong=_test(expect="{kind: greater, arms: [on, off], metric: linear}"),
        right=_test(expect="{kind: greater, arms: [on, off], metric: linear, margin: 0}"),
    ),
    "R089": Rule(
        "error",
        "a claim that shares a test leads to a trained claim that has one, and never back to itself",
        why="Claims that point at each other in a circle are tested by nothing.",
        wrong=_claim(added="tested_by: simsiam/works"),
        right=_test(),
    ),
}
