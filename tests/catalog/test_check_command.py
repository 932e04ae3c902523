"""`repro check` as people and programs meet it: what is printed, which part, and the exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from repro.catalog.check.check import check
from repro.cli.app import app
from tests.support.toy_catalog import OTHER, PAPER, write

# Entries that need no component of ours, so that the real registry can serve them.
SHORT = OTHER.replace("id: other", "id: plain").replace("2006.07730", "2006.07731").replace("other", "plain")
TOY = PAPER[: PAPER.index("settings:")] + PAPER[PAPER.index("reported:") :]


@pytest.fixture
def catalog(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small sound catalog with the real vocabularies, where the command looks for one."""
    words = {f"vocab/{path.name}": path.read_text("utf-8") for path in (root / "catalog/vocab").iterdir()}
    papers = {"papers/toy.yaml": TOY, "papers/other.yaml": OTHER, "papers/plain.yaml": SHORT}
    made = write(tmp_path / "catalog", {**words, **papers})
    monkeypatch.setenv("REPRO_CATALOG", str(made))
    return made


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *map(str, words)])
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def damage(catalog: Path, file: str, old: str, new: str) -> Path:
    path = catalog / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_sound_catalog_is_counted_and_ends_with_status_0(catalog: Path) -> None:
    assert run() == (0, "3 papers, 0 benchmarks, 0 recipes: 0 errors, 0 warnings\n")
    assert run("--json") == (0, "[]\n")


def test_an_error_is_a_line_with_place_severity_rule_and_sentence(catalog: Path) -> None:
    damage(catalog, "papers/toy.yaml", "venue: cvpr", "venue: cvrp")
    code, out = run()
    assert code == 1
    assert out.splitlines() == [
        "catalog/papers/toy.yaml:7:8: error R020: 'cvrp' is not in vocab/venues.yaml; "
        "add it there or use a known one. Did you mean 'cvpr'?",
        "3 papers, 0 benchmarks, 0 recipes: 1 error, 0 warnings",
    ]


def test_programs_get_every_part_by_name(catalog: Path) -> None:
    damage(catalog, "papers/toy.yaml", "year: 2021", "year: 2031")
    damage(catalog, "papers/other.yaml", "icml", "ikml")
    code, out = run("--json")
    found = json.loads(out)
    assert code == 1
    assert [(f["file"], f["line"], f["column"], f["rule"], f["severity"]) for f in found] == [
        ("catalog/papers/other.yaml", 7, 8, "R020", "error"),
        ("catalog/papers/toy.yaml", 6, 7, "R060", "warning"),
    ]
    assert all(set(f) == {"file", "line", "column", "rule", "severity", "message"} for f in found)


def test_warnings_alone_end_with_status_0(catalog: Path) -> None:
    damage(catalog, "papers/toy.yaml", ", zh: 玩。", "")
    code, out = run()
    assert code == 0
    assert ": warning R036: " in out
    assert out.endswith("0 errors, 1 warning\n")


def test_paths_choose_what_is_reported(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = damage(catalog, "papers/toy.yaml", "cvpr", "cvrp")
    other = damage(catalog, "papers/other.yaml", "icml", "ikml")
    assert run(toy)[1].count("R020") == 1
    assert run(toy, other)[1].count("R020") == 2
    assert run(catalog / "papers")[1].count("R020") == 2
    assert run(catalog / "vocab")[0] == 0
    assert run(catalog / "papers" / "plain.yaml")[0] == 0
    monkeypatch.chdir(catalog / "papers")
    assert run("toy.yaml")[1].startswith("catalog/papers/toy.yaml:7:8: error R020")
    assert run("..")[0] == 1


def test_a_path_through_a_link_to_the_catalog_is_understood(catalog: Path, tmp_path: Path) -> None:
    damage(catalog, "papers/toy.yaml", "cvpr", "cvrp")
    (tmp_path / "link").symlink_to(catalog)
    assert run(tmp_path / "link" / "papers" / "toy.yaml")[1].count("R020") == 1


def test_a_path_elsewhere_is_one_sentence_and_status_2(catalog: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "repro", "check", str(tmp_path / "gone.yaml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "is not a file or folder of the catalog" in done.stderr


def test_a_terminal_cannot_be_driven_by_what_a_file_holds(catalog: Path) -> None:
    (catalog / "papers" / "plain.yaml").write_text('id: "\\x1b[2J"\n"\\e]0;x": 1\n', encoding="utf-8")
    code, out = run()
    assert code == 1
    assert "\x1b" not in out
    assert "R005" in out


def test_faults_are_sorted_by_place_and_come_once(root: Path, catalog: Path) -> None:
    toy = damage(catalog, "papers/toy.yaml", "name: Toy", "name: TODO <b>")
    damage(catalog, "papers/toy.yaml", "cvpr", "cvrp")
    found = check(catalog, [toy])
    assert found == sorted(set(found))
    assert [fault.rule.id for fault in found] == ["R008", "R016", "R020"]
    assert found[0].report == f"{found[0].place}: error R008: {found[0].message}"
    plain = found[0].as_json()
    assert list(plain) == ["file", "line", "column", "rule", "message", "severity"]
    assert (plain["rule"], plain["severity"]) == ("R008", "error")


def test_the_real_catalog_is_sound(root: Path) -> None:
    assert [fault.report for fault in check(root / "catalog")] == []
    assert len(list((root / "catalog" / "papers").iterdir())) >= 54


def test_a_synthetic_catalog_is_sound_and_measured(root: Path, tmp_path: Path) -> None:
    script = root / "speed" / "catalog_scale.py"
    command = [sys.executable, str(script), "--papers", "30", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    heads, cells = done.stdout.splitlines()[1].split(), done.stdout.splitlines()[3].split()
    assert " ".join(heads) == "command papers KB/paper s CPU s CPU/1,000 MB goal"
    assert cells[:3] == ["repro", "check", "30"]
    assert 4 < float(cells[3]) < 12, "kilobytes a paper, as real entries have on average"
    assert check(tmp_path / "catalog-30") == []
