"""Rules for reported values, claims and the settings of a paper."""

from repro.catalog.reading.rule import Rule


def _reported(changed: str = "", added: str = "", again: bool = False) -> str:
    """The lines of a reported value with some of its keys changed; a second one on request."""
    keys = {
        "id": "t1",
        "task": "image-classification",
        "dataset": "imagenet-1k",
        "split": "val",
        "protocol": "linear-probe@1",
        "metric": "top1",
        "value": '"68.1"',
        "unit": "percent",
        "setting": "{backbone: resnet50, epochs: 100}",
    }
    key, _, value = changed.partition(": ")
    keys |= {key: value} if key else {}
    item = ", ".join(f"{name}: {text}" for name, text in keys.items()) + added
    source = "source: {doc: arXiv v1, place: Table 4, how: table, mark: pdf}"
    rows = [item, item.replace("id: t1", "id: t2").replace("68.1", "70.0")][: 1 + again]
    return "reported:\n" + "\n".join(f"  - {{{row},\n     {source}}}" for row in rows)


def _settings(paper: str, code: str = "") -> str:
    """The lines of settings with one more key of the paper, and of its code."""
    lines = [
        "settings:",
        "  - id: imagenet",
        "    place: Sec. 3",
        f"    paper: {{method.dim: 8, views.flip_p: 0.5, budget.epochs: 100, {paper}}}",
    ]
    return "\n".join([*lines, f"    code: {{{code}}}"] if code else lines)


NUMBERS: dict[str, Rule] = {
    "R025": Rule(
        "error",
        "protocols are in vocab/protocols.yaml",
        why="Values are compared only within a protocol, so it must be one that is described.",
        wrong=_reported("protocol: linear-probe@2"),
        right=_reported(),
    ),
    "R026": Rule(
        "error",
        "data sets of reported values are in vocab/datasets.yaml",
        why="Values on one data set under two names would never stand side by side.",
        wrong=_reported("dataset: imagenet"),
        right=_reported(),
    ),
    "R027": Rule(
        "error",
        "metrics of reported values are in vocab/metrics.yaml",
        why="The vocabulary says whether more is better; without it no table can be sorted.",
        wrong=_reported("metric: top-1"),
        right=_reported(),
    ),
    "R028": Rule(
        "error",
        "the paper_values of a claim are reported values of the same paper",
        why="A verdict shows the paper's own number beside what was measured.",
        wrong="claims: [{id: works, kind: trained, statement: It works., place: Fig. 2, paper_values: [t9]}]",
        right="claims: [{id: works, kind: trained, statement: It works., place: Fig. 2, paper_values: [t1]}]",
    ),
    "R051": Rule(
        "error",
        "the keys of a paper's settings are dotted configuration keys",
        why="A setting under another key is compared with nothing.",
        wrong=_settings("optimiser.lr: 0.05"),
        right=_settings("optimizer.lr: 0.05"),
    ),
    "R052": Rule(
        "error",
        "the value of a paper's setting has the type of that setting",
        why="A value of another type would be called a difference from ours whatever ours is.",
        wrong=_settings('optimizer.lr: "0,05"'),
        right=_settings("optimizer.lr: 0.05"),
    ),
    "R053": Rule(
        "error",
        "the settings under `code` are those in which the official code differs from the paper",
        why="What agrees would be shown as a disagreement between the paper and its code.",
        wrong=_settings("optimizer.lr: 0.05", "optimizer.lr: 0.05"),
        right=_settings("optimizer.lr: 0.05", "optimizer.lr: 0.06"),
    ),
    "R061": Rule(
        "error",
        "a value in percent lies between 0 and 100",
        why="Outside it is a lost decimal point, or a difference, whose unit is percentage points.",
        wrong=_reported('value: "681"'),
        right=_reported('value: "68.1"'),
    ),
    "R062": Rule(
        "error",
        "a spread is not negative and comes from more than one run",
        why="One run has no spread; the number would make intervals that mean nothing.",
        wrong=_reported(added=', runs: 1, spread: {kind: sd, value: "0.2"}'),
        right=_reported(added=', runs: 5, spread: {kind: sd, value: "0.2"}'),
    ),
    "R063": Rule(
        "error",
        "counts of runs, images and classes are at least 1, and epochs at least 0",
        why="A count below them cannot have been meant.",
        wrong=_reported("setting: {backbone: resnet50, epochs: 100, batch: 0}"),
        right=_reported("setting: {backbone: resnet50, epochs: 100, batch: 256}"),
    ),
    "R064": Rule(
        "error",
        "two reported values differ in more than their numbers",
        why="A reader cannot tell which is which; one was copied, or what sets them apart is missing.",
        wrong=_reported(again=True),
        right=_reported(again=True).replace("100", "200", 1),
    ),
    "R065": Rule(
        "error",
        "an exact claim has no paper_values",
        why="An identity follows from the equations; a measured number can neither support nor refute it.",
        wrong="claims: [{id: works, kind: exact, statement: It holds., place: Eq. 2, paper_values: [t1]}]",
        right="claims: [{id: works, kind: exact, statement: It holds., place: Eq. 2}]",
    ),
}
