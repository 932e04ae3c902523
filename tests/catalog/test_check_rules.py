"""The rules as data: ids that stay, and examples that break and keep the rule they stand under."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import repro.catalog as package
from repro.catalog.check.check import check
from repro.catalog.check.rules import GROUPS, RULES
from repro.catalog.code.signatures import Signatures
from repro.catalog.code.source import PackageSource
from repro.catalog.reading.fault import Fault
from repro.catalog.reading.rule import Rule
from tests.support.toy_catalog import FILES, SOURCE, write

# The examples speak of real papers; the toys that carry them take their names.
NAMES = {"toy": "simsiam", "other": "byol", "small": "small_resnet"}
# A rule's id is never given to another rule: what it asks for may be put better, but stays the same demand.
FIRST_WORDS = {
    "R001": "a file is UTF-8",
    "R012": "every value has the type",
    "R023": "a relation leads to",
    "R030": "no two papers share",
    "R045": "a setting that differs",
}


def renamed(text: str) -> str:
    for old, new in NAMES.items():
        text = re.sub(rf"\b{old}\b", new, text)
    return text


SOUND = {renamed(name): renamed(text) for name, text in FILES.items()}


@pytest.fixture(scope="module")
def signatures(tmp_path_factory: pytest.TempPathFactory) -> Signatures:
    source = {renamed(name): renamed(text) for name, text in SOURCE.items()}
    return Signatures(PackageSource(write(tmp_path_factory.mktemp("package") / "repro", source)))


def overlaid(file: str, lines: str) -> str:
    """An example's lines in the place of those that a sound file has under the same keys."""
    if file.endswith(".json"):
        return lines
    folder = file.partition("/")[0]
    sound = SOUND.get(file) or next(text for name, text in SOUND.items() if name.startswith(folder))
    if lines.startswith("entries:\n"):  # words are added to a vocabulary
        return sound + lines.removeprefix("entries:\n") + "\n"
    for key in re.findall(r"^([a-z]+):", lines, re.MULTILINE):
        sound = re.sub(rf"^{key}:.*\n([ -].*\n)*", "", sound, flags=re.MULTILINE)
    return f"{sound}{lines}\n"


def faults(folder: Path, file: str, lines: str, signatures: Signatures) -> list[Fault]:
    root = write(folder / "catalog", {**SOUND, file: overlaid(file, lines)})
    return check(root, signatures=signatures)


def test_the_catalog_of_the_examples_is_sound(tmp_path: Path, signatures: Signatures) -> None:
    assert check(write(tmp_path / "catalog", SOUND), signatures=signatures) == []


@pytest.mark.parametrize("name", RULES)
def test_an_example_breaks_its_rule_and_its_correction_breaks_none(
    tmp_path: Path, name: str, signatures: Signatures
) -> None:
    rule = RULES[name]
    found = faults(tmp_path / "wrong", rule.file, rule.wrong, signatures)
    assert rule in [fault.rule for fault in found]
    assert all(fault.file == f"catalog/{rule.file}" for fault in found if fault.rule == rule)
    assert faults(tmp_path / "right", rule.right_file or rule.file, rule.right, signatures) == []


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_asks_and_why(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch(r"([a-z]|YAML).+[^.]", rule.asks)
    assert re.fullmatch(r"[A-Z].{30,200}\.", rule.why)
    assert (rule.wrong, rule.file) != (rule.right, rule.right_file or rule.file)
    assert not rule.wrong.endswith("\n")


def test_every_rule_is_in_one_group_and_every_id_is_a_number() -> None:
    grouped = [rule.id for rules in GROUPS.values() for rule in rules]
    assert sorted(grouped) == list(RULES)
    assert all(list(rules) == sorted(rules) for rules in GROUPS.values()), "pages show them in this order"
    assert all(re.fullmatch(r"R[0-9]{3}", name) for name in RULES)


def test_every_rule_of_the_code_is_listed() -> None:
    modules = [import_module(found.name) for found in walk_packages(package.__path__, "repro.catalog.")]
    rules = {value for module in modules for value in vars(module).values() if isinstance(value, Rule)}
    assert rules == set(RULES.values())
    assert len(rules) > 60

    assert {rule.severity for rule in RULES.values()} == {"error", "warning"}


def test_an_id_keeps_its_meaning() -> None:
    assert {name: RULES[name].asks[: len(words)] for name, words in FIRST_WORDS.items()} == FIRST_WORDS
