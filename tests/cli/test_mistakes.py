"""Mistakes at the command line: over all verbs one clear sentence, without torch and within a second."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from repro.cli.app import DATA_VERBS, SITE_VERBS, VERBS, app
from tests.support.toy_run import write_run

# Makes every command line of standard input in one process, and says how each ended.
BATCH = """
import io, json, sys, time
from contextlib import redirect_stderr, redirect_stdout
answers = []
for words in json.load(sys.stdin):
    sys.argv = ["repro", *words]
    out, err, start, status = io.StringIO(), io.StringIO(), time.process_time(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            from repro.cli.app import main
            main()
        except SystemExit as end:
            status = end.code or 0
    seconds = time.process_time() - start
    answers.append([status, out.getvalue(), err.getvalue(), "torch" in sys.modules, seconds])
print(json.dumps(answers))
"""
SECONDS = 1.0  # of processor time, so a busy machine does not count


class Mistake(NamedTuple):
    """A command line, its exit status, and parts of what it must say."""

    words: tuple[str, ...]
    said: tuple[str, ...]
    status: int = 2


MISTAKES = [
    Mistake(("runn",), ("there is no command 'runn'. Did you mean 'run'?",)),
    Mistake(("SHOW", "simsiam"), ("Did you mean 'show'?",)),
    Mistake(("data", "fech"), ("there is no command 'fech'. Did you mean 'fetch'?",)),
    Mistake(("site", "bild"), ("Did you mean 'build'?",)),
    Mistake(("list", "--tag", "Audioo"), ("--tag Audioo", "Did you mean 'audio'?")),
    Mistake(("list", "--year", "twenty"), ("--year twenty", "2020-2022")),
    Mistake(("list", "--year", "2022-2020"), ("2020-2022",)),
    Mistake(("list", "--jsn"), ("there is no option '--jsn'. Did you mean '--json'?",)),
    Mistake(("search",), ("WORD... is missing", "`repro search --help`")),
    Mistake(("show",), ("PAPER is missing", "`repro show --help`")),
    Mistake(("show", "simsaim"), ("there is no paper 'simsaim'", "Did you mean 'simsiam'?")),
    Mistake(("show", "2009.99999"), ("no paper of this catalog has arxiv:2009.99999", "repro add")),
    Mistake(("show", "simsiam", "--on", "cifar10"), ("--config",)),
    Mistake(("show", "simsiam", "--config", "--on", "CIFAR-10"), ("Did you mean 'cifar10'?",)),
    Mistake(("check", "nowhere.yaml"), ("nowhere.yaml",)),
    Mistake(("add",), ("name a paper", "arxiv:2011.10566")),
    Mistake(("add", "https://example.org/x"), ("is no identifier of a paper",)),
    Mistake(("add", "arXiv:2011.10566v1 [cs.CV]"), ("already in the catalog",)),
    Mistake(("add", "--bibtex", "nowhere.bib"), ("nowhere.bib",)),
    Mistake(("add", "2401.00001", "--catalog", "nowhere"), ("is not a catalog", "--catalog")),
    Mistake(("refresh", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("links", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("export", "bibtx"), ("there is no export 'bibtx'", "Did you mean 'bibtex'?")),
    Mistake(("export", "BIBTX"), ("Did you mean 'bibtex'?",)),
    Mistake(("export", "bibtex", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("export", "feed"), ("--site",)),
    Mistake(("export", "bibtex", "--out", "nowhere/x.bib"), ("nowhere/x.bib cannot be written",)),
    Mistake(("run",), ("name a paper", "repro list")),
    Mistake(("run", "simsaim"), ("there is no paper 'simsaim'",)),
    Mistake(("run", "mae"), ("mae has no recipe yet", "simsiam")),
    Mistake(("run", "simsiam", "--on", "imagenet"), ("it runs on digits",)),
    Mistake(("run", "simsiam", "--set", "method.stop_grad=false"), ("Did you mean 'method.stop_gradient'?",)),
    Mistake(
        ("run", "simsiam", "--set", "budget.epochs"), ("--set budget.epochs: expected section.key=value",)
    ),
    Mistake(("run", "simsiam", "--set", "budget.epochs=0"), ("--set budget.epochs=0", "at least 1")),
    Mistake(("run", "simsiam", "--set", "budget.epochs=many"), ("expected a whole number",)),
    Mistake(
        ("run", "simsiam", "--set", "budget.epochs=2", "--set", "budget.epochs=3"),
        ("--set budget.epochs", "twice"),
    ),
    Mistake(("run", "simsiam", "--device", "gpu"), ("`--device gpu` names no device", "auto, cpu, cuda")),
    Mistake(("run", "simsiam", "--device", "mps"), ("`--device mps` is not supported",)),
    Mistake(("run", "simsiam", "--device", "cuda:x"), ("names no device",)),
    Mistake(("run", "simsiam", "--seed", "-1"), ("'--seed'", "at least 0")),
    Mistake(("run", "simsiam", "--seed", "three"), ("'--seed'", "expected a whole number")),
    Mistake(("run", "simsiam", "--seeds", "0"), ("'--seeds'", "at least 1")),
    Mistake(("run", "simsiam", "--threads", "-2"), ("'--threads'", "at least 0")),
    Mistake(("run", "simsiam", "--threads", "100000"), ("--threads 100000", "1024")),
    Mistake(("run", "simsiam", "--threads", "two"), ("'--threads'", "expected a whole number")),
    Mistake(("run", "simsiam", "--data", "nowhere"), ("nowhere does not exist", "--data PATH")),
    Mistake(("run", "simsiam", "--data", "file"), ("file is a file, neither a folder nor an archive",)),
    Mistake(("run", "simsiam", "--on", "digits", "--data", "."), ("--on digits",)),
    Mistake(("run", "simsiam", "--out", "file"), ("choose another `--out`",)),
    Mistake(("run", "simsiam", "--out", "run"), ("already holds a run",)),
    Mistake(("run", "--resume", "nowhere"), ("nowhere has no config.json, so it is no run folder",)),
    Mistake(("run", "byol", "--resume", "run"), ("holds a run of simsiam, not of byol",)),
    Mistake(("run", "--resume", "run"), ("is finished",)),
    Mistake(("run", "--resume", "run", "--set", "budget.epochs=2"), ("--set cannot be used with --resume",)),
    Mistake(("runs", "nowhere"), ("there is no folder nowhere here",)),
    Mistake(("report",), ("FOLDER... is missing",)),
    Mistake(("report", "nowhere"), ("nowhere is not a folder",)),
    Mistake(("report", "empty"), ("empty holds no run",)),
    Mistake(("compare", "file"), ("file is not a folder",)),
    Mistake(("record", "empty"), ("empty holds no run",)),
    Mistake(("record", "run", "--catalog", "nowhere"), ("is not a catalog",)),
    Mistake(("verify",), ("name a paper", "--exact")),
    Mistake(("verify", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("verify", "simsiam", "STOP-GRADIENTS"), ("Did you mean 'stop-gradient'?",)),
    Mistake(("verify", "simsiam", "half-gradient"), ("is an identity", "--exact")),
    Mistake(("verify", "simsiam", "--budget", "soon"), ("'--budget'", "expected a number")),
    Mistake(("verify", "simsiam", "--budget", "-1"), ("'--budget'", "at least 0")),
    Mistake(("verify", "simsiam", "--seeds", "1"), ("'--seeds'", "at least 2")),
    Mistake(("verify", "simsiam", "--seed", "1"), ("--seed repeats a draw of --exact",)),
    Mistake(("verify", "simsiam", "--out", "empty"), ("--out empty: this is a folder",)),
    Mistake(("verify", "simsaim", "--exact"), ("Did you mean 'simsiam'?",)),
    Mistake(("verify", "simsiam", "stop-gradient", "--exact"), ("is tested by training",)),
    Mistake(("verify", "simsiam", "--exact", "--jobs", "2"), ("--jobs is about training",)),
    Mistake(("judge", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("judge", "simsiam", "nothing-like-it"), ("simsiam has no claim 'nothing-like-it'",)),
    Mistake(("doctor", "please"), ("unexpected extra argument",)),
    Mistake(("clean", "everything"), ("unexpected extra argument",)),
    Mistake(("completion", "tcsh"), ("'tcsh' is not one of 'bash', 'zsh', 'fish'",)),
    Mistake(("embed", "empty", "digits", "--out", "f.npz"), ("empty",)),
    Mistake(("embed", "run", "digits", "--out", "f.npz"), ("run has no encoder.safetensors",)),
    Mistake(("neighbours", "nowhere", "file"), ("nowhere",)),
    Mistake(("probe", "nowhere", "--data", "digits"), ("nowhere",)),
    Mistake(("track", "empty", "--to", "tensorboard"), ("empty holds no run",)),
    Mistake(("track", "run", "--to", "paper"), ("paper",)),
    Mistake(("export", "run", "--to", "timn", "out"), ("--to timn", "timm, torchvision, onnx, hub")),
    Mistake(("data", "fetch", "CIFAR-10"), ("Did you mean 'cifar10'?",)),
    Mistake(("data", "list", "--jsn"), ("Did you mean '--json'?",)),
    Mistake(("data", "path", "x"), ("unexpected extra argument",)),
    Mistake(("site", "serve", "simsaim"), ("Did you mean 'simsiam'?",)),
    Mistake(("site", "build", "--out", "file"), ("cannot be written to",)),
    Mistake(("site", "serve", "--at", "nonsense"), ("--at nonsense", "127.0.0.1:8001")),
    Mistake(("list", "nothinglikethis"), ("No paper is like that",), 1),
    Mistake(("search", "nothinglikethis"), ("Nothing in the catalog holds nothinglikethis",), 1),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file, an empty folder and a finished run."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "file").write_text("not a folder")
    (folder / "empty").mkdir()
    write_run(folder / "run")
    return folder


def entries(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != ".lock")


class Answer(NamedTuple):
    """How a command line ended; ``seconds`` of processor time."""

    status: int
    out: str
    err: str
    has_torch: bool
    seconds: float


def answers(command_lines: list[tuple[str, ...]], place: Path, root: Path) -> list[Answer]:
    done = subprocess.run(
        [sys.executable, "-c", BATCH],
        input=json.dumps(command_lines),
        capture_output=True,
        text=True,
        check=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )
    return [Answer(*answer) for answer in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def ended(place: Path, root: Path) -> dict[tuple[str, ...], Answer]:
    """Every mistake, made once, one after another in one process; nothing may be left behind."""
    before = entries(place)
    words = [mistake.words for mistake in MISTAKES]
    found = dict(zip(words, answers(words, place, root), strict=True))
    assert entries(place) == before
    return found


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: " ".join(mistake.words))
def test_a_mistake_is_one_sentence_at_once(mistake: Mistake, ended: dict[tuple[str, ...], Answer]) -> None:
    answer = ended[mistake.words]
    assert (answer.status, answer.out) == (mistake.status, ""), answer
    assert answer.err.count("\n") == 1, answer.err
    assert all(part in answer.err for part in mistake.said), answer.err
    assert answer.err.startswith("error: ") or mistake.status == 1
    assert not answer.has_torch
    assert answer.seconds <= SECONDS


# From a cold start, where the imports count too.
COLD = [
    *(("run", "simsaim"), ("run", "simsiam", "--set", "method.stop_grad=false"), ("run", "--resume", "run")),
    *(("run", "simsiam", "--device", "gpu"), ("run", "simsiam", "--data", "nowhere"), ("judge", "simsaim")),
    *(("show", "simsaim"), ("verify", "simsiam", "--exact", "nothing"), ("data", "fetch", "CIFAR-10")),
]


@pytest.mark.parametrize("words", COLD, ids=" ".join)
def test_a_mistake_needs_no_second_from_a_cold_start(words: tuple[str, ...], place: Path, root: Path) -> None:
    (answer,) = answers([words], place, root)
    assert (answer.status, answer.has_torch) == (2, False)
    assert answer.seconds <= SECONDS


def test_every_verb_has_a_mistake() -> None:
    tried = {mistake.words[0] for mistake in MISTAKES}
    assert set(VERBS) <= tried
    pairs = {mistake.words[:2] for mistake in MISTAKES}
    assert {("data", verb) for verb in DATA_VERBS} <= pairs
    assert {("site", verb) for verb in SITE_VERBS} <= pairs


def test_the_command_line_is_imported_fast(root: Path) -> None:
    code = (
        "import sys, time, repro.cli.app; "
        "print(json.dumps([time.process_time(), sorted(sys.modules)]))".replace("sys, ", "sys, json, ")
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    seconds, modules = json.loads(done.stdout)
    assert seconds < 0.5
    assert {"torch", "numpy", "yaml", "requests", "rich.table"}.isdisjoint(modules)


def test_all_verbs_are_registered() -> None:
    command = typer.main.get_command(app)
    assert set(command.commands) == {*VERBS, "data", "site"}  # type: ignore[attr-defined]
