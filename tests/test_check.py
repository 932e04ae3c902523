"""Every rule of `repro check`: a sound catalog passes, and each fault is found by its rule at its place."""

from pathlib import Path

import pytest
from toy_catalog import BENCHMARK, FILES, OTHER, PAPER, RECIPE, line_of, signatures, write

from repro.catalog.check import check
from repro.catalog.findings import RULES, Finding
from repro.errors import UsageError

TOY, RIVAL, DIGITS, RUNS = (
    "papers/toy.yaml",
    "papers/other.yaml",
    "benchmarks/digits.yaml",
    "recipes/toy/digits.yaml",
)
TAGS, RELATIONS, METRICS = "vocab/tags.yaml", "vocab/relations.yaml", "vocab/metrics.yaml"

# (rule, file, what is replaced, by what, where the finding stands: the first line that holds this text)
FAULTS = [
    ("R001", TOY, "ids: {", "ids: {{", "ids: {{"),
    ("R001", METRICS, "schema: 1", "- schema", "entries"),
    ("R002", TOY, "title: A Toy", "title: &a A Toy", "title: &a"),
    ("R002", TAGS, "name: Contrastive", "name: !!python/name:os.system x", "!!python"),
    ("R003", TOY, "year: 2021", "year: 2021\nyear: 2022", "year: 2022"),
    ("R004", TOY, "title: A Toy", "title: " + "[" * 40 + "]" * 40, "title:"),
    ("R005", TOY, "title: A Toy", 'title: "A \\u202e Toy"', "title:"),
    ("R010", TOY, "venue: cvpr", "venue: cvpr\nvenu: cvpr", "venu: cvpr"),
    ("R010", METRICS, "higher_is_better", "higher_is_beter", "higher_is_beter"),
    ("R010", RUNS, "follows: imagenet", "follows: imagenet\nseed: 1", "seed: 1"),
    ("R011", RUNS, "follows: imagenet\n", "", "schema: 1"),
    ("R011", DIGITS, "knn: knn/k200-t0.1@1, ", "", "protocol:"),
    ("R012", TOY, "year: 2021", "year: soon", "year: soon"),
    ("R012", RUNS, "lr: 0.05", "lr: fast", "lr: fast"),
    ("R012", DIGITS, "epochs: 20", "epochs: 0", "epochs: 0"),
    ("R012", DIGITS, "checksum: null", "checksum: sha256:12", "checksum: sha256:12"),
    ("R013", TOY, "id: toy", "id: tyo", "id: tyo"),
    ("R013", DIGITS, "id: digits", "id: digit", "id: digit\n"),
    ("R015", TOY, "https://example.org/toy", "http://example.org/toy", "http://example.org/toy"),
    ("R015", TOY, "https://example.org/code", "ftp://example.org/code", "ftp://example.org/code"),
    ("R016", TOY, "title: A Toy", "title: TODO", "title: TODO"),
    ("R016", RUNS, "It must run in minutes.", "FIXME say why", "FIXME"),
    ("R020", TOY, "venue: cvpr", "venue: cvrp", "venue: cvrp"),
    ("R021", TOY, "family: [contrastive]", "familie: [contrastive]", "familie"),
    ("R021", TOY, "family: [contrastive]", "family: [contrastiv]", "[contrastiv]"),
    ("R022", TOY, "type: simplifies", "type: simplifys", "type: simplifys"),
    ("R023", TOY, "to: other", "to: othre", "to: othre"),
    ("R023", TOY, "to: other", "to: toy", "to: toy"),
    ("R024", TOY, "evidence: works", "evidence: work", "evidence: work}"),
    ("R025", TOY, "protocol: linear-probe@1", "protocol: linear-probe@2", "linear-probe@2"),
    ("R025", DIGITS, "linear: linear/lbfgs@1", "linear: linear/lbfgs@9", "linear/lbfgs@9"),
    ("R026", TOY, "dataset: imagenet-1k", "dataset: imagenet", "dataset: imagenet\n"),
    ("R027", TOY, "metric: top1", "metric: top2", "metric: top2"),
    ("R028", TOY, "paper_values: [t1]", "paper_values: [t1, t2]", "paper_values: [t1, t2]"),
    (
        "R029",
        TOY,
        "claims:\n",
        "claims:\n  - {id: works, kind: exact, statement: So., place: Eq. 1}\n",
        "It works.",
    ),
    ("R030", TOY, "2011.10560", "2006.07730", "2006.07730"),
    (
        "R031",
        TOY,
        "{type: compares, to",
        "{type: simplifies, to: other}\n  - {type: compares, to",
        "simplifies, to: other}",
    ),
    ("R032", RIVAL, "word " * 21, "", "abstract:"),
    ("R033", RELATIONS, "inverse: compared-by", "inverse: simplifies", '"compares"'),
    ("R033", RELATIONS, "inverse: compared-by", "inverse: gone", '"compares"'),
    ("R040", RUNS, "paper: toy", "paper: other", "paper: other"),
    ("R043", RUNS, "follows: imagenet", "follows: imagnet", "imagnet"),
    ("R044", RUNS, "dim: 4", "dim: wide", "dim: wide"),
    ("R044", RUNS, "dim: 4", "dmi: 4", "dmi: 4"),
    ("R044", RUNS, "name: toy", "name: tyo", "name: tyo"),
    ("R044", RUNS, "{flip_p: 0.0}", "{name: imags}", "imags"),
    ("R044", RUNS, "method: {name: toy, ", "method: {", "method: {"),
    ("R045", RUNS, "  budget.epochs: It must run in minutes.\n", "", "budget: {epochs"),
    ("R045", RUNS, "  views.*: Digits have a side.\n", "", "views: {flip_p"),
    ("R045", TOY, "method.dim: 8", "method.dim: 8, encoder.depth: 9", None),
    ("R046", RUNS, "method.dim: A", "optimizer.lr: It is the same.\n  method.dim: A", "optimizer.lr:"),
    ("R046", RUNS, "method.dim: A", "data.*: It is the same.\n  method.dim: A", "data.*:"),
    ("R046", RUNS, "method.dim: A", "method.rate: The paper says nothing.\n  method.dim: A", "method.rate:"),
    ("R050", DIGITS, "name: small", "name: smal", "name: smal,"),
    ("R050", DIGITS, "width: 16", "widht: 16", "widht"),
    ("R050", DIGITS, "noise: 0.1", "noise: loud", "noise: loud"),
    ("R051", TOY, "method.dim: 8", "method.dmi: 8", "method.dmi"),
    ("R051", TOY, "{method.guard: false}", "{optimiser.lr: 1}", "optimiser.lr"),
]


def findings(folder: Path, files: dict[str, str]) -> list[Finding]:
    return check(write(folder / "catalog", {**FILES, **files}), signatures=signatures(folder))


def test_a_sound_catalog_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, {}) == []


@pytest.mark.parametrize(("rule", "file", "old", "new", "needle"), FAULTS)
def test_a_fault_is_found_by_its_rule_at_its_place(
    tmp_path: Path, rule: str, file: str, old: str, new: str, needle: str | None
) -> None:
    assert old in FILES[file]
    text = FILES[file].replace(old, new, 1)
    found = findings(tmp_path, {file: text})
    where = (RUNS, line_of(RECIPE, "follows")) if needle is None else (file, line_of(text, needle))
    assert (rule, f"catalog/{where[0]}", where[1]) in [(f.rule, f.file, f.line) for f in found]
    assert all(f.message.endswith((".", "?", "`")) for f in found)


@pytest.mark.parametrize(
    ("rule", "file", "text"),
    [
        ("R001", RIVAL, ""),
        ("R014", "papers/stray.yml", PAPER),
        ("R014", "papers/deep/toy.yaml", PAPER),
        ("R014", "vocab/colours.yaml", "schema: 1\nentries: {}\n"),
        ("R014", "recipes/toy.yaml", RECIPE),
        ("R040", "recipes/toy/cifar10.yaml", RECIPE),
        ("R041", "recipes/ghost/digits.yaml", RECIPE.replace("paper: toy", "paper: ghost")),
        ("R042", "recipes/toy/ghost.yaml", RECIPE.replace("benchmark: digits", "benchmark: ghost")),
    ],
)
def test_a_file_that_does_not_belong_is_found(tmp_path: Path, rule: str, file: str, text: str) -> None:
    assert (rule, f"catalog/{file}") in [(f.rule, f.file) for f in findings(tmp_path, {file: text})]


def test_every_rule_has_a_fault_that_it_finds(tmp_path: Path) -> None:
    others = {"R014", "R041", "R042"}  # found by the test of files that do not belong
    assert {rule for rule, *_ in FAULTS} | others == set(RULES)


def test_a_missing_vocabulary_is_one_finding_and_not_many(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    (root / "vocab" / "venues.yaml").unlink()
    found = check(root, signatures=signatures(tmp_path))
    assert [(f.rule, f.file) for f in found] == [("R001", "catalog/vocab/venues.yaml")]


def test_a_symbolic_link_is_a_finding(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    (root / "papers" / "link.yaml").symlink_to("/etc/hostname")
    found = check(root, signatures=signatures(tmp_path))
    assert ("R014", "catalog/papers/link.yaml") in [(f.rule, f.file) for f in found]


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    found = findings(
        tmp_path, {TOY: "id: [\n", RIVAL: OTHER.replace("venue: icml", "venue: ikml"), METRICS: "}"}
    )
    assert {("R001", f"catalog/{TOY}"), ("R020", f"catalog/{RIVAL}"), ("R001", f"catalog/{METRICS}")} == {
        (f.rule, f.file) for f in found
    }


def test_a_paper_may_relate_to_a_broken_one(tmp_path: Path) -> None:
    found = findings(tmp_path, {RIVAL: OTHER.replace("year: 2020", "year: x")})
    assert [(f.rule, f.file) for f in found] == [("R012", f"catalog/{RIVAL}")]


def test_a_relation_stated_from_both_sides_is_found_at_the_second(tmp_path: Path) -> None:
    other = OTHER + "relations: [{type: simplified-by, to: toy}]\n"
    (found,) = findings(tmp_path, {RIVAL: other})
    assert (found.rule, found.file) == ("R031", f"catalog/{TOY}")
    assert "already stated by 'other'" in found.message


def test_findings_can_be_kept_to_some_files(tmp_path: Path) -> None:
    wrong = {TOY: PAPER.replace("venue: cvpr", "venue: x"), DIGITS: BENCHMARK.replace("width", "widht")}
    root = write(tmp_path / "catalog", {**FILES, **wrong})
    known = signatures(tmp_path)
    assert [f.rule for f in check(root, [root / TOY], known)] == ["R020"]
    assert [f.rule for f in check(root, [root / "benchmarks"], known)] == ["R050"]
    assert check(root, [root / RIVAL], known) == []


def test_a_path_outside_the_catalog_is_a_usage_error(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", FILES)
    for path in (tmp_path, root / "papers" / "gone.yaml"):
        with pytest.raises(UsageError, match="is not a file or folder of the catalog"):
            check(root, [path])
    with pytest.raises(UsageError, match="is not a catalog"):
        check(tmp_path)


def test_a_finding_reads_as_file_line_column_sentence(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, {TOY: PAPER.replace("venue: cvpr", "venue: cvrp")})
    assert str(found) == (
        "catalog/papers/toy.yaml:7:8: 'cvrp' is not in vocab/venues.yaml; "
        "add it there or use a known one. Did you mean 'cvpr'?"
    )
    assert found.severity == "error"


def test_the_real_catalog_is_sound(root: Path) -> None:
    assert [f"{f.rule} {f}" for f in check(root / "catalog")] == []
