"""`repro clean` removes what repro made and nothing else, after it has shown it and was told to."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_cli import files, repro
from tests.support.toy_run import write_run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs and a cache, each with something of the person's own beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))
    write_run(Path("runs/one"))
    for seed in (0, 1):
        write_run(Path(f"runs/two/seed{seed}"), seed=seed)
    Path("runs/two/report.html").write_text("all seeds")
    for name in ("packs/folder-0a1b.safetensors", "packs/folder.lock", f"metadata/{'a' * 40}.reply"):
        Path("cache", name).parent.mkdir(parents=True, exist_ok=True)
        Path("cache", name).write_bytes(b"0" * 1000)
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize("text", ["", "\n", "n\n", "perhaps\nn\n"])
def test_nothing_goes_without_a_yes(here: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    before = files(here)
    answer(monkeypatch, text)
    done = repro("clean")
    assert done.code == 1
    assert "Nothing was removed." in done.err
    assert files(here) == before


def test_a_yes_removes_all_of_it_and_the_folders_it_leaves_empty(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "y\n")
    done = repro("clean")
    assert done.code == 0
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [row[0] for row in rows[:-1]] == [
        *("cache: packs", "cache: metadata", "run: simsiam on digits"),
        *("run: simsiam on digits", "run: simsiam on digits"),
    ]
    assert rows[0][1:3] == ["2", "2.0 kB"]
    assert files(here) == {}


def test_each_half_alone(here: Path) -> None:
    assert repro("clean", "--cache", "--yes").code == 0
    assert not any(name.startswith("cache") for name in files(here))
    assert "runs/one/config.json" in files(here)
    assert repro("clean", "--runs", "--yes").code == 0
    assert files(here) == {}
    assert repro("clean", "--yes").out == "There is nothing to remove.\n"


def test_what_repro_did_not_write_stays(here: Path) -> None:
    own = {
        *("runs/one/thesis.tex", "runs/notes/ideas.txt", "runs/one/plots/a.png", "runs/config.yaml"),
        *("cache/packs/holiday.jpg", "cache/metadata/notes.txt", "cache/other/file"),
    }
    for name in own:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("years of work")
    foreign = Path("runs/foreign")
    foreign.mkdir()
    (foreign / "config.json").write_text('{"model": "another program"}')
    (foreign / "checkpoint.pt").write_text("weights")
    done = repro("clean", "--yes")
    assert done.code == 0
    assert "left alone: runs/foreign" in done.err
    assert "kept, since repro did not write it: runs/one/plots, runs/one/thesis.tex" in done.err
    assert set(files(here)) == own | {"runs/foreign/config.json", "runs/foreign/checkpoint.pt"}


def test_links_are_neither_followed_nor_removed(here: Path) -> None:
    outside = here.parent / f"{here.name}-outside"
    write_run(outside / "run")
    (outside / "folder-0a1b.safetensors").write_text("data")
    before = files(outside)
    Path("runs/link").symlink_to(outside / "run")
    Path("runs/one/checkpoint.pt").symlink_to(outside / "run" / "config.json")
    shutil.rmtree("cache/packs")
    Path("cache/packs").symlink_to(outside)
    assert repro("clean", "--yes").code == 0
    assert files(outside) == before
    assert Path("runs/link").is_symlink()
    assert Path("runs/one/checkpoint.pt").is_symlink()
    shutil.rmtree("runs")
    Path("runs").symlink_to(outside)
    done = repro("clean", "--runs", "--yes")
    assert "left alone: runs: it is a link" in done.err
    assert files(outside) == before


def test_a_run_under_way_is_left_alone(here: Path, root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from repro.evidence.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked():\n    print('held', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, str(here / "runs" / "one")]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        done = repro("clean", "--runs", "--yes")
        other.communicate("")
    assert done.code == 0
    assert "left alone: runs/one: a run is under way in it" in done.err
    assert Path("runs/one/config.json").is_file()
    assert not Path("runs/two").exists()
