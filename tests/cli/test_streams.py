"""Standard output that is full, closed, in another encoding or narrow: nothing but a sentence comes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repro.cli import console, streams
from repro.cli.app import main
from repro.files import PACKAGE
from tests.support.tiny import FLAGS

TOLD = "error: standard output cannot be written (No space left on device); the command goes on without it\n"
Capture = pytest.CaptureFixture[str]


def repro(*words: str | Path) -> int:
    """The exit status of a command line in this process."""
    before, sys.argv = sys.argv, ["repro", *map(str, words)]
    try:
        with pytest.raises(SystemExit) as stop:
            main()
    finally:
        sys.argv = before
    return int(stop.value.code or 0)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, str], None]]:
    """Makes a file the standard output of this process, in an encoding."""
    files = []

    def lead(path: Path, encoding: str) -> None:
        files.append(path.open("w", encoding=encoding))
        monkeypatch.setattr(sys, "stdout", files[-1])
        monkeypatch.setattr(sys, "__stdout__", files[-1])

    yield lead
    for file in files:
        file.close()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run whose standard output was full from the beginning, and what it said on standard error."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return out, said("> /dev/full", "run", "simsiam", *FLAGS, "--out", str(out))


def said(redirection: str, *words: str) -> str:
    """What a command says on standard error, with status 0, where a shell leads its output elsewhere."""
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, "-m", "repro", *words],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    lines = done.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("note: this machine is busy"))


def test_a_run_goes_on_without_its_output_and_says_so(trained: tuple[Path, str]) -> None:
    out, told = trained
    assert told == f"{TOLD}Report: {out / 'report.html'}\n"
    assert json.loads((out / "summary.json").read_text())["status"] == "finished"
    assert (out / "report.html").exists()


@pytest.mark.parametrize("redirection", [">&- <&-", "| true"], ids=["closed", "nobody reads on"])
def test_a_run_goes_on_when_nobody_reads(tmp_path: Path, redirection: str) -> None:
    out = tmp_path / "run"
    told = said(redirection, "run", "simsiam", *FLAGS, "--out", str(out))
    assert told == f"Report: {out / 'report.html'}\n"
    assert (out / "report.html").exists()


@pytest.mark.parametrize("redirection", [">&-", ">&- <&-", "| true"])
def test_a_list_that_nobody_reads_ends_quietly(redirection: str) -> None:
    assert said(redirection, "list") == ""


VERBS: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "list as JSON": ("list", "--json"),
    "show": ("show", "barlow-twins"),
    "settings": ("show", "barlow-twins", "--config"),
    "export": ("export", "csl"),
    "judge": ("judge", "simsiam"),
    "judge as JSON": ("judge", "simsiam", "--json"),
    "compare": ("compare", "RUN"),
    "doctor": ("doctor",),
    "data": ("data", "list"),
    "help": ("run", "--help"),
}


@pytest.fixture(params=VERBS.values(), ids=VERBS.keys())
def words(
    request: pytest.FixtureRequest, trained: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """A command."""
    if request.param == ("doctor",):
        monkeypatch.setattr("repro.learning.doctor.check", lambda root: [])  # takes seconds
    return [str(trained[0]) if word == "RUN" else word for word in request.param]


def test_full(words: list[str], output: Callable[[Path, str], None], capsys: Capture) -> None:
    output(Path("/dev/full"), "utf-8")
    assert repro(*words) == 2
    assert capsys.readouterr().err == TOLD


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_another_encoding(
    words: list[str], encoding: str, output: Callable[[Path, str], None], tmp_path: Path, capsys: Capture
) -> None:
    output(tmp_path / "out", encoding)
    assert repro(*words) == 0
    assert capsys.readouterr().err == ""
    written = (tmp_path / "out").read_bytes()
    assert len(written) > 100
    if "--json" in words:
        assert json.loads(written.decode(encoding))
    elif words[0] == "export":
        assert len(json.loads(written.decode("utf-8"))) > 20, "what programs read is always UTF-8"
    else:
        written.decode(encoding)


@pytest.mark.parametrize("columns", [1, 40])
def test_narrow(words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(console.out, "_width", columns)
    assert repro(*words) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert len(told.out) > (100 if columns == 40 else 0)


def test_letters_that_an_encoding_lacks_are_written_as_the_nearest_it_has(
    output: Callable[[Path, str], None], tmp_path: Path
) -> None:
    output(tmp_path / "out", "ascii")
    with streams.guarded():
        assert not streams.is_unicode()
        console.say("Stéphane … a\N{NO-BREAK SPACE}b 的")
        console.dump({"name": "Stéphane"})
        console.pour("Stéphane")
    read = (tmp_path / "out").read_bytes()
    assert read == 'Stephane ... a b ?\n{\n  "name": "St\\u00e9phane"\n}\nStéphane'.encode()
