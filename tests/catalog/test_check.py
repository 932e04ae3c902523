"""`repro check` as a whole: what belongs in a catalog, what is found between files, and what is not found."""

import os
from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.check.rules import RULES
from repro.catalog.reading.document import MAX_BYTES
from repro.catalog.reading.events import MAX_VALUES
from repro.catalog.reading.fault import Fault
from repro.errors import UsageError
from tests.catalog.test_check_faults import DAMAGES
from tests.support.toy_catalog import (
    BENCHMARK,
    FILES,
    OTHER,
    PAPER,
    RECIPE,
    check_files,
    shared_signatures,
    write,
)

TOY, RIVAL, DIGITS = "papers/toy.yaml", "papers/other.yaml", "benchmarks/digits.yaml"
METRICS, RELATIONS, LOCK = "vocab/metrics.yaml", "vocab/relations.yaml", "lock/toy.json"

# (rule, file, its whole text, the place)
OF_FILES = [
    ("R001", RIVAL, "", "1:1"),
    ("R001", RIVAL, "# nothing yet\n", "1:1"),
    ("R001", RIVAL, "- id: other\n", "1:1"),
    ("R001", RIVAL, "just text\n", "1:1"),
    ("R004", RIVAL, f"tags: [{'a, ' * MAX_VALUES}a]", f"1:{8 + 3 * (MAX_VALUES - 2)}"),
    ("R004", RIVAL, "#" * (MAX_BYTES + 1), "1:1"),
    ("R014", "papers/stray.yml", PAPER, "1:1"),
    ("R014", "papers/notes.txt", "", "1:1"),
    ("R014", "papers/deep/toy.yaml", PAPER, "1:1"),
    ("R014", "toy.yaml", PAPER, "1:1"),
    ("R014", "vocab/colours.yaml", "schema: 1\nentries: {}\n", "1:1"),
    ("R014", "recipes/toy.yaml", RECIPE, "1:1"),
    ("R014", "evidence/toy/digits/note.txt", "", "1:1"),
    ("R014", "lock/toy.yaml", "", "1:1"),
    ("R017", LOCK, '{"format": 1, "paper": "other"}', "1:1"),
    ("R017", LOCK, '{"format": 1,\n "paper" "toy"}', "2:10"),
    ("R017", "lock/ghost.json", '{"format": 1, "paper": "ghost"}', "1:1"),
    ("R040", "recipes/toy/cifar10.yaml", RECIPE, "3:12"),
    ("R041", "recipes/ghost/digits.yaml", RECIPE.replace("paper: toy", "paper: ghost"), "2:8"),
    ("R042", "recipes/toy/digit.yaml", RECIPE.replace("benchmark: digits", "benchmark: digit"), "3:12"),
]
# Rules between two values of one file or two files, each with a test of its own below.
OF_PAIRS = {"R064"}


def places(found: list[Fault]) -> list[tuple[str, str, int, int]]:
    return [(f.rule.id, f.file.removeprefix("catalog/"), f.line, f.column) for f in found]


def test_a_sound_catalog_has_no_faults(tmp_path: Path) -> None:
    assert check_files(tmp_path, {}) == []


@pytest.mark.parametrize(("rule", "file", "text", "place"), OF_FILES)
def test_a_file_that_is_wrong_as_a_whole_is_found(
    tmp_path: Path, rule: str, file: str, text: str, place: str
) -> None:
    found = check_files(tmp_path, {file: text})
    assert [(f.rule.id, f.place) for f in found] == [(rule, f"catalog/{file}:{place}")]


def test_every_rule_is_broken_by_a_row_of_a_table() -> None:
    rows = [damage.rule for damage in DAMAGES] + [rule for rule, *_ in OF_FILES]
    assert {*rows, *OF_PAIRS} == set(RULES)
    assert len(rows) > 200


def test_what_yaml_would_mangle_needs_no_quotes(tmp_path: Path) -> None:
    text = (
        PAPER.replace("arxiv: 2011.10560", "arxiv: 2006.07730")
        .replace("commit: a7bc177", "commit: 0123456")
        .replace('value: "68.10"', "value: 68.10")
        .replace("name: Toy", "name: on")
        .replace("place: Fig. 2", "place: 12:30")
        .replace("split: val", "split: 1e-3")
    )
    assert check_files(tmp_path, {TOY: text, RIVAL: OTHER.replace("2006.07730", "2006.07731")}) == []
    toy = Catalog.load(tmp_path / "catalog").paper("toy")
    assert toy.official is not None
    found = (toy.ids.arxiv, toy.official.commit, toy.reported[0].value, toy.name, toy.claims[0].place)
    assert found == ("2006.07730", "0123456", "68.10", "on", "12:30")
    assert toy.reported[0].split == "1e-3"


@pytest.mark.parametrize(
    ("data", "column"),
    [(b"id: \xff\n", 9), ("id: é\n".encode("utf-16"), 5), ("id: é\n".encode("latin-1"), 9)],
)
def test_bytes_that_are_no_utf8_are_found_where_they_stand(tmp_path: Path, data: bytes, column: int) -> None:
    root = write(tmp_path / "catalog", FILES)
    (root / RIVAL).write_bytes("schema: 1\n# € ".encode() + data)
    found = check(root, signatures=shared_signatures())
    assert places(found) == [("R001", RIVAL, 2, column)]


def test_two_values_that_only_differ_in_their_number_are_found(tmp_path: Path) -> None:
    value = PAPER[PAPER.index("  - id: t1") : PAPER.index("claims:")]
    again = value.replace("id: t1", "id: t2").replace("68.10", "70.1")
    text = PAPER.replace(value, value + again)
    line = text[: text.index("id: t2")].count("\n") + 1
    assert places(check_files(tmp_path / "a", {TOY: text})) == [("R064", TOY, line, 5)]
    apart = text.replace(again, again.replace("epochs: 100", "epochs: 200"))
    assert check_files(tmp_path / "b", {TOY: apart}) == []


def test_namesakes_with_their_own_orcid_are_two_authors(tmp_path: Path) -> None:
    pair = "[{name: Wei Li, orcid: 0000-0002-1825-0097}, {name: Wei Li, orcid: 0000-0001-5109-3700}]"
    assert check_files(tmp_path / "a", {TOY: PAPER.replace("[{name: Ada Lovelace}]", pair)}) == []
    same = pair.replace("0000-0001-5109-3700", "0000-0002-1825-0097").replace("Wei Li", "Li Wei", 1)
    found = check_files(tmp_path / "b", {TOY: PAPER.replace("[{name: Ada Lovelace}]", same)})
    assert [f.rule.id for f in found] == ["R069"]


def test_error_rates_and_differences_may_leave_the_range_of_percentages(tmp_path: Path) -> None:
    wer = FILES[METRICS] + '  "wer": {name: WER, higher_is_better: false}\n'
    rate = PAPER.replace("metric: top1", "metric: wer").replace('"68.10"', '"104.2"')
    assert check_files(tmp_path / "a", {TOY: rate, METRICS: wer}) == []
    difference = PAPER.replace('"68.10"', '"-3.1"').replace("unit: percent", "unit: percentage points")
    assert check_files(tmp_path / "b", {TOY: difference}) == []


def test_a_missing_vocabulary_is_one_fault_and_not_many(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    (root / "vocab" / "venues.yaml").unlink()
    found = check(root, signatures=shared_signatures())
    assert [(f.rule.id, f.file) for f in found] == [("R001", "catalog/vocab/venues.yaml")]


def test_what_is_no_plain_file_is_found_and_never_opened(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    write(tmp_path / "elsewhere", {"digits.yaml": RECIPE})
    (root / "papers" / "link.yaml").symlink_to("/etc/hostname")
    (root / "recipes" / "other").symlink_to(tmp_path / "elsewhere")
    (root / "papers" / "folder.yaml").mkdir()
    os.mkfifo(root / "papers" / "pipe.yaml")
    found = check(root, signatures=shared_signatures())
    names = ["papers/folder.yaml", "papers/link.yaml", "papers/pipe.yaml", "recipes/other"]
    assert places(found) == [("R014", name, 1, 1) for name in names]


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    found = check_files(
        tmp_path, {TOY: "id: [\n", RIVAL: OTHER.replace("venue: icml", "venue: ikml"), METRICS: "}"}
    )
    assert {("R001", f"catalog/{TOY}"), ("R020", f"catalog/{RIVAL}"), ("R001", f"catalog/{METRICS}")} == {
        (f.rule.id, f.file) for f in found
    }


def test_a_paper_may_relate_to_a_broken_one(tmp_path: Path) -> None:
    found = check_files(tmp_path, {RIVAL: OTHER.replace("year: 2020", "year: x")})
    assert [(f.rule.id, f.file) for f in found] == [("R012", f"catalog/{RIVAL}")]


def test_a_relation_stated_from_both_sides_is_found_at_the_second(tmp_path: Path) -> None:
    other = OTHER + "relations: [{type: simplified-by, to: toy}]\n"
    (found,) = check_files(tmp_path, {RIVAL: other})
    assert (found.rule.id, found.file) == ("R031", f"catalog/{TOY}")
    assert "already stated by 'other'" in found.message


def test_faults_can_be_kept_to_some_files(tmp_path: Path) -> None:
    wrong = {TOY: PAPER.replace("venue: cvpr", "venue: x"), DIGITS: BENCHMARK.replace("width", "widht")}
    root = write(tmp_path / "catalog", {**FILES, **wrong})
    known = shared_signatures()
    assert [f.rule.id for f in check(root, [root / TOY], known)] == ["R020"]
    assert [f.rule.id for f in check(root, [root / "benchmarks"], known)] == ["R050"]
    assert check(root, [root / RIVAL], known) == []


def test_a_path_outside_the_catalog_is_a_usage_error(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    for path in (tmp_path, root / "papers" / "gone.yaml"):
        with pytest.raises(UsageError, match="is not a file or folder of the catalog"):
            check(root, [path])
    with pytest.raises(UsageError, match="is not a catalog"):
        check(tmp_path)


def test_a_fault_reads_as_file_line_column_sentence(tmp_path: Path) -> None:
    (found,) = check_files(tmp_path, {TOY: PAPER.replace("venue: cvpr", "venue: cvrp")})
    assert str(found) == (
        "catalog/papers/toy.yaml:7:8: 'cvrp' is not in vocab/venues.yaml; "
        "add it there or use a known one. Did you mean 'cvpr'?"
    )
    assert found.severity == "error"
