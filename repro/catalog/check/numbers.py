"""The rules for reported values: within their ranges, and told apart."""

from collections.abc import Iterator
from typing import Any

from repro.catalog.reading.document import Document, Steps
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from repro.catalog.records.paper import Paper, Reported

# Error rates count inserted words and letters too, and can pass 100.
UNBOUNDED = ("wer", "cer", "per")


def reported_example(changed: str = "", added: str = "", again: bool = False) -> str:
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


def number_faults(paper: Paper, document: Document) -> Iterator[Fault]:
    """Everything in the reported values of one entry that cannot be meant."""
    for index, reported in enumerate(paper.reported):
        yield from _ranges(reported, document, ("reported", index))
    yield from _twins(paper, document)


VALID_PERCENT = Rule(
    "R061",
    "a value in percent lies between 0 and 100",
    why="Outside it is a lost decimal point, or a difference, whose unit is percentage points.",
    wrong=reported_example('value: "681"'),
    right=reported_example('value: "68.1"'),
)
SPREAD_OF_RUNS = Rule(
    "R062",
    "a spread is not negative and comes from more than one run",
    why="One run has no spread; the number would make intervals that mean nothing.",
    wrong=reported_example(added=', runs: 1, spread: {kind: sd, value: "0.2"}'),
    right=reported_example(added=', runs: 5, spread: {kind: sd, value: "0.2"}'),
)
SENSIBLE_COUNTS = Rule(
    "R063",
    "counts of runs, images and classes are at least 1, and epochs at least 0",
    why="A count below them cannot have been meant.",
    wrong=reported_example("setting: {backbone: resnet50, epochs: 100, batch: 0}"),
    right=reported_example("setting: {backbone: resnet50, epochs: 100, batch: 256}"),
)


def _ranges(reported: Reported, document: Document, path: Steps) -> Iterator[Fault]:
    unbounded = reported.metric in UNBOUNDED and float(reported.value) > 0
    if reported.unit == "percent" and not 0 <= float(reported.value) <= 100 and not unbounded:
        text = f"found {reported.value} percent, expected 0 to 100; a difference is in percentage points."
        yield document.fault(VALID_PERCENT, (*path, "value"), text)
    spread = reported.spread
    if spread is not None and spread.value.startswith("-"):
        text = f"found {spread.value}, expected no negative number."
        yield document.fault(SPREAD_OF_RUNS, (*path, "spread", "value"), text)
    elif spread is not None and reported.runs == 1 and spread.kind != "ci95":
        text = "one run has no spread; correct `runs` or remove it."
        yield document.fault(SPREAD_OF_RUNS, (*path, "spread"), text)
    setting = reported.setting
    counts = (("runs",), reported.runs, 1), (("setting", "batch"), setting.batch, 1)
    for steps, count, least in (*counts, (("setting", "epochs"), setting.epochs, 0)):
        if count is not None and count < least:
            text = f"{steps[-1]}: found {count}, expected at least {least}."
            yield document.fault(SENSIBLE_COUNTS, (*path, *steps), text)


DISTINCT_VALUES = Rule(
    "R064",
    "two reported values differ in more than their numbers",
    why="A reader cannot tell which is which; one was copied, or what sets them apart is missing.",
    wrong=reported_example(again=True),
    right=reported_example(again=True).replace("100", "200", 1),
)


def _twins(paper: Paper, document: Document) -> Iterator[Fault]:
    """Reported values that nothing but their numbers tells apart."""
    owners: dict[Any, str] = {}
    for index, value in enumerate(paper.reported):
        what = (value.of, value.task, value.dataset, value.split, value.protocol, value.metric, value.unit)
        first = owners.setdefault((what, value.setting, value.source), value.id)
        if first != value.id:
            text = f"nothing but the number tells '{value.id}' from '{first}'; say in `setting` what does."
            yield document.fault(DISTINCT_VALUES, ("reported", index), text)
