"""What fits a terminal of any width, what goes whole to a pipe, and what NO_COLOR leaves out."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from repro.catalog.catalog import Catalog
from repro.cli import console, tables
from tests.cli.test_cli import Outcome, repro
from tests.support.toy_run import write_run

Terminal = Callable[..., str]
CATALOG = Catalog.load()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A command line on a terminal of a width: what it shows."""

    def show(width: int, *words: str | Path) -> str:
        monkeypatch.setattr(tables, "is_piped", lambda: False)
        monkeypatch.setattr("repro.cli.papers.tables.is_piped", lambda: False)
        monkeypatch.setattr(console.out, "_width", width)
        done = repro(*words)
        assert done.code == 0, done
        too_wide = [line for line in done.out.splitlines() if cell_len(line.rstrip()) > width]
        assert [line for line in too_wide if "`repro " not in line] == [], "but for commands to copy"
        return done.out

    return show


def piped(*words: str | Path) -> list[str]:
    """A command line before a pipe: its lines."""
    done: Outcome = repro(*words)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


# list


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_list_has_a_line_a_paper(terminal: Terminal, width: int) -> None:
    head, *rows = terminal(width, "list").splitlines()
    assert rows[-2] == ""
    assert len(rows) - 2 == len(CATALOG)
    if width >= 80:
        assert head.split() == ["id", "year", "runs", "on", "claims", "idea"]
        assert {row.split()[0] for row in rows[:-2]} == set(CATALOG.paper_ids)


def test_the_list_goes_whole_to_a_pipe() -> None:
    rows = [line.split("\t") for line in piped("list")]
    assert {len(row) for row in rows} == {6}
    assert {row[0]: row[5] for row in rows} == {paper.id: paper.idea.en for paper in CATALOG}
    simsiam = next(row for row in rows if row[0] == "simsiam")
    tested = sum(c.kind == "exact" or bool(c.test or c.tested_by) for c in CATALOG["simsiam"].claims)
    assert simsiam[1:5] == [
        "2021",
        ", ".join(CATALOG.benchmarks_of("simsiam")),
        f"{tested}/{len(CATALOG['simsiam'].claims)}",
        "SimSiam",
    ]


def ids(*words: str) -> set[str]:
    return {line.split("\t")[0] for line in piped("list", *words)}


def test_the_list_is_filtered() -> None:
    assert ids("audio") >= {"byol-a", "cola"}
    assert ids("AUDIO") == ids("audio")
    assert "simsiam" in ids("Kaiming He", "siamese")
    assert "simsiam" in ids("stop-gradient")
    assert "moco-v2" in ids("moco_v2")
    assert ids("--tag", "Audio") == ids("--tag", "audio") <= ids("audio")
    assert ids("--year", "2020") == {paper.id for paper in CATALOG if paper.year == 2020}
    assert ids("--year", "2020-2021") == {paper.id for paper in CATALOG if 2020 <= paper.year <= 2021}
    assert ids("--year", "-2019") | ids("--year", "2020-") == set(CATALOG.paper_ids)
    assert ids("--runs") == {paper for paper in CATALOG.paper_ids if CATALOG.benchmarks_of(paper)}
    assert ids("--claims") < set(CATALOG.paper_ids)
    assert ids("--claims") & ids("--runs") & ids("--year", "2021") == ids(
        "--claims", "--runs", "--year", "2021"
    )


# search


def test_a_search_ranks_papers_before_methods_claims_and_numbers() -> None:
    hits = json.loads(repro("search", "temperature", "--json").out)
    kinds = [hit["kind"] for hit in hits]
    order = ["paper", "method", "claim", "number", "setting", "word"]
    assert kinds == sorted(kinds, key=order.index)
    assert set(kinds) == set(order)
    assert "simclr/temperature-trade-off" in {hit["place"] for hit in hits}


def test_a_search_says_where_and_shows_what_is_there(root: Path) -> None:
    hits = json.loads(repro("search", "temperature", "--json").out)
    placed = [hit for hit in hits if re.fullmatch(r"catalog/.*:[0-9]+", hit["place"])]
    assert {hit["kind"] for hit in placed} == {"number", "setting", "word"}
    for hit in placed:
        file, _, line = hit["place"].rpartition(":")
        lines = (root / file).read_text(encoding="utf-8").splitlines()
        near = "\n".join(lines[int(line) - 1 : int(line) + 2]).lower()
        assert hit["name"].split()[-1].split(":")[0].lower() in near or "temperature" in near, hit
    assert all("temperature" in f"{hit['name']} {hit['context']}".lower() for hit in hits)


def test_a_search_takes_several_words_in_any_case() -> None:
    assert json.loads(repro("search", "SIMSIAM", "--json").out)[0]["place"] == "simsiam"
    assert json.loads(repro("search", "Kaiming", "siamese", "--json").out)[0]["place"] == "simsiam"
    assert json.loads(repro("search", "2011.10566", "--json").out)[0]["place"] == "simsiam"


def test_a_search_on_a_terminal_counts_what_it_leaves_out(terminal: Terminal) -> None:
    hits = json.loads(repro("search", "temperature", "--json").out)
    assert len(piped("search", "temperature")) == len(hits)
    short, whole = terminal(80, "search", "temperature"), terminal(80, "search", "temperature", "--all")
    numbers = sum(hit["kind"] == "number" for hit in hits)
    assert f"Reported numbers ({numbers})" in short
    assert f"and {numbers - 8} more: --all" in short
    assert "more: --all" not in whole


# show


@pytest.mark.parametrize("width", [40, 80])
def test_a_paper_is_shown_with_outcomes_heads_and_what_marks_mean(terminal: Terminal, width: int) -> None:
    text = " ".join(terminal(width, "show", "simsiam").split())
    verdicts = json.loads(repro("judge", "simsiam", "--json").out)["verdicts"]
    for verdict in verdicts:
        assert f"{verdict['claim'].partition('/')[2]} (trained): {verdict['state']}" in text
    assert "half-gradient (exact): an identity, checked on demand" in text
    assert "read from: web is a full text on the web" in text
    left = len(CATALOG["simsiam"].reported) - 12
    assert f"and {left} more rows: `repro show simsiam --all`" in text
    if width == 80:
        assert "value metric data set where read from id" in text


@pytest.mark.parametrize("width", [60, 80])
def test_all_rows_of_a_paper_are_shown(terminal: Terminal, width: int) -> None:
    text = terminal(width, "show", "simsiam", "--all")
    assert {
        row.source.place for row in CATALOG["simsiam"].reported if f"{row.source.place}:" not in text
    } == set()
    assert "--all`" not in text


def test_outcomes_stand_in_the_json_too() -> None:
    shown = json.loads(repro("show", "SimSiam", "--json").out)
    assert shown["outcomes"]["half-gradient"] == "an identity, checked on demand"
    assert set(shown["outcomes"]) == {claim["id"] for claim in shown["claims"]}


# compare and runs


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    changed = ("budget.epochs=20", "method.stop_gradient=false", "views.crop_scale=[0.2, 1]")
    write_run(Path("runs/plain"), overrides=changed[:1])
    write_run(Path("runs/changed"), overrides=changed, linear=0.205, collapsed=True)
    for seed in (0, 1):
        write_run(Path(f"runs/byol-digits/seed{seed}"), paper="byol", seed=seed, linear=0.9)
    write_run(Path("runs/stopped"), status=None)
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "config.json").write_text("{")
    return tmp_path / "runs"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_numbers_of_a_comparison_are_never_broken(terminal: Terminal, runs: Path, width: int) -> None:
    text = terminal(
        width, "compare", runs / "plain", runs / "changed", *sorted((runs / "byol-digits").iterdir())
    )
    for number in ("77.3", "87.3", "10.5", "20.5", "60.8", "0.90", "3\u00a0min\u00a020\u00a0s"):
        assert number.replace("\u00a0", " ") in text.replace("\u00a0", " "), number
    assert "collapsed" in text
    assert re.search(r"^raw pixels +64.2.% +31.9.%", text, re.MULTILINE)
    assert re.search(r"^untrained networks +45.1.% +38.4.%", text, re.MULTILINE)


def test_what_runs_share_is_named_once(terminal: Terminal, runs: Path) -> None:
    text = terminal(80, "compare", runs / "plain", runs / "changed")
    head, *rest = text.splitlines()
    assert head == "paper: simsiam, benchmark: digits, epochs: 20, changed: budget.epochs=20"
    assert text.count("budget.epochs=20") == 1
    assert [line.split()[0] for line in rest if line.startswith(("method", "stop", "false"))] == [
        *("method.stop_gradient=", "false,")
    ]
    assert any(line.startswith("nothing more") for line in rest)


def test_runs_are_listed_the_best_first(runs: Path) -> None:
    done = repro("runs", "--json")
    groups = json.loads(done.out)
    assert [(Path(g["folder"]).name, g["seeds"], g["state"]) for g in groups] == [
        ("byol-digits", [0, 1], "finished"),
        ("plain", [0], "finished"),
        ("changed", [0], "collapsed"),
        ("broken", [], "damaged"),
        ("stopped", [0], "interrupted"),
    ]
    assert groups[0]["linear"] == pytest.approx(0.9)
    assert groups[0]["date"] == "2026-11-28"
    lines = repro("runs")
    assert [line.split("\t")[0] for line in lines.out.splitlines()] == [g["folder"] for g in groups]
    assert "damaged: runs/broken/config.json is not JSON" in lines.err


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_list_of_runs_fits(terminal: Terminal, runs: Path, width: int) -> None:
    assert "runs/byol-digits" in terminal(width, "runs")


# colours


@pytest.mark.parametrize(
    ("variables", "has_escapes"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
    ],
)
def test_escapes_follow_the_environment(variables: dict[str, str], has_escapes: bool, root: Path) -> None:
    names = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-m", "repro", "show", "byol"],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**clean, "TERM": "xterm", **variables},
    )
    assert ("\x1b" in done.stdout) is has_escapes


# version, help, completion


def test_the_version_names_commit_and_python() -> None:
    (line,) = piped("--version")
    assert re.fullmatch(r"repro \S+( \([0-9a-f]{12}(, with changes)?\))?, Python 3\.\d+\.\d+\S*", line)


VERBS = [("list",), ("run",), ("verify",), ("search",), ("record",), ("data", "fetch"), ("site", "serve")]


@pytest.mark.parametrize("words", [(), *VERBS], ids=" ".join)
def test_help_is_whole_and_calls_values_as_people_do(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = "\n".join(piped(*words, "--help"))
    assert max(map(len, text.splitlines())) <= 80
    for odd in ("...]...", "<", "list[", "{"):
        assert odd not in text, odd
    assert not re.search(r"[a-z]\.\.\.$", text, re.MULTILINE), "cut"


def complete(line: str, root: Path) -> tuple[list[str], bool]:
    """What bash offers after a line, and whether torch was loaded."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        "sys.argv = ['repro']\nfrom repro.cli.app import main\nmain()"
    )
    words = line.split(" ")
    variables = {"_REPRO_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, **variables},
    )
    return done.stdout.split(), done.stderr.split()[-1] == "True"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("repro sh", ["show"]),
        ("repro show simsi", ["simsiam", "simsiam-collapse"]),
        ("repro judge simsiam stop", ["stop-gradient"]),
        ("repro run simsiam --on ", sorted(CATALOG.benchmarks_of("simsiam"))),
        ("repro export bib", ["bibtex"]),
        ("repro data fetch cif", ["cifar10"]),
        ("repro verify nothing ", []),
    ],
)
def test_tab_completes_papers_claims_and_benchmarks(line: str, offered: list[str], root: Path) -> None:
    assert complete(line, root) == (offered, False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    assert "_REPRO_COMPLETE" in repro("completion", shell).out
