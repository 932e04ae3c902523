"""Every verb as a person types it: what works, and what a mistake says, which leaves nothing half-written."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
import typer.main
from PIL import Image

from repro.cli.app import app, main
from repro.evidence.folder import RunFolder

TINY = [
    "data.placements=1",
    "budget.epochs=1",
    "optimizer.warmup_epochs=1",
    "encoder.width=4",
    "budget.batch=64",
]
SMALL = [word for override in TINY for word in ("--set", override)] + ["--threads", "1"]


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def repro(*words: str | Path) -> Outcome:
    """A command line in this process, through the entry point."""
    out, err, before = StringIO(), StringIO(), sys.argv
    sys.argv = ["repro", *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
    return Outcome(code, out.getvalue(), err.getvalue())


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def refused(*words: str | Path) -> str:
    """The one sentence of a command that must fail with status 2 and change nothing below this folder."""
    before = files(Path())
    found = repro(*words)
    assert found.code == 2, found
    assert found.out == ""
    assert found.err.startswith("error: ")
    assert found.err.count("\n") == 1, "one line"
    assert "Traceback" not in found.err
    assert files(Path()) == before
    assert not Path("runs").exists()
    return found.err.removeprefix("error: ").strip()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A run folder, and what the command that made it said. Not to be changed."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    return folder, repro("run", "simsiam", *SMALL, "--out", folder, "--json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def copied(trained: tuple[Path, Outcome], here: Path) -> Path:
    """A copy of the run folder."""
    return Path(shutil.copytree(trained[0], here / "run"))


@pytest.fixture
def catalog(root: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalog, which the commands take for the real one."""
    shutil.copytree(root / "catalog", here / "catalog", ignore=shutil.ignore_patterns("evidence"))
    monkeypatch.setenv("REPRO_CATALOG", str(here / "catalog"))
    return here / "catalog"


@pytest.fixture
def images(here: Path) -> Path:
    """Two classes of four images."""
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (here / "images" / name).mkdir(parents=True)
        for number in range(4):
            pixels = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(here / "images" / name / f"{number}.png")
    return here / "images"


# Loading


@pytest.mark.parametrize("words", [("list",), ("run", "--help"), ("show", "simsiam"), ("check",)])
def test_the_record_side_starts_without_torch(words: tuple[str, ...], root: Path) -> None:
    code = (
        "import sys, time\nfrom repro.cli.app import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('torch' in sys.modules, time.process_time(), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    loaded, seconds = done.stderr.split()
    assert loaded == "False"
    assert float(seconds) < 5, "of processor time, so a busy machine does not count"
    assert done.stdout


# Mistakes in the command


def test_a_paper_that_is_not_there(here: Path) -> None:
    said = refused("run", "simsaim", *SMALL)
    assert "there is no paper 'simsaim'" in said
    assert "Did you mean 'simsiam'?" in said
    assert "'simsaim'" in refused("show", "simsaim")


def test_no_paper_at_all(here: Path) -> None:
    assert "repro list" in refused("run")


@pytest.mark.parametrize(
    ("name", "told"),
    [("imagenet", "it runs on digits, cifar10"), ("cifar-10", "Did you mean 'cifar10'?")],
)
def test_a_benchmark_without_a_recipe(name: str, told: str, here: Path) -> None:
    said = refused("run", "simsiam", "--on", name)
    assert f"simsiam has no recipe on '{name}'" in said
    assert told in said


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("budget.epochs=many", ("budget.epochs=many", "expected a whole number")),
        ("budget.epochs=1.5", ("budget.epochs=1.5", "expected a whole number")),
        ("budget.epochs=0", ("budget.epochs=0",)),
        ("optimizer.lr=fast", ("optimizer.lr=fast", "expected a number")),
        ("budget.epoch=3", ("there is no setting 'budget.epoch'", "Did you mean 'budget.epochs'?")),
        ("bugdet.epochs=3", ("there is no section 'bugdet'", "Did you mean 'budget.epochs'?")),
        ("method.stop_gradient=perhaps", ("method.stop_gradient=perhaps", "true or false")),
        ("encoder.name=resnet19", ("resnet19", "Did you mean 'resnet18'?")),
        ("method.name=byol", ("method.name",)),
        ("budget.epochs", ("budget.epochs",)),
        ("views.crop_scale=[0.5", ("views.crop_scale",)),
        ("views.flip_p=2", ("flip_p",)),
        ("method.dim=99999999", ("too little memory on cpu", "the largest are projector.", "99999999 x")),
        ("budget.batch=100000", ("fewer than one batch of 100000", "--set budget.batch=")),
    ],
)
def test_an_override_that_does_not_fit(override: str, told: tuple[str, ...], here: Path) -> None:
    said = refused("run", "simsiam", "--threads", "1", "--set", "data.placements=1", "--set", override)
    assert all(part in said for part in told), said


@pytest.mark.parametrize("option", ["--seed", "--seeds", "--threads"])
@pytest.mark.parametrize("value", ["three", "-1", "1.5"])
def test_a_number_that_is_none(option: str, value: str, here: Path) -> None:
    found = repro("run", "simsiam", option, value)
    assert (found.code, found.out) == (2, "")
    assert option in found.err.splitlines()[-1]
    assert "Traceback" not in found.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("runn",), "run"), (("run", "simsiam", "--sed", "1"), "--seed"), (("data", "fech"), "fetch")],
)
def test_a_word_that_is_mistyped(words: tuple[str, ...], meant: str, here: Path) -> None:
    found = repro(*words)
    assert (found.code, found.out) == (2, "")
    assert meant in found.err.splitlines()[-1]
    assert "Traceback" not in found.err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("device", "told"),
    [("cuda:7", "CUDA devices"), ("gpu", "names no device"), ("meta", "is not supported")],
)
def test_a_device_that_is_not_there(device: str, told: str, here: Path) -> None:
    said = refused("run", "simsiam", "--device", device)
    assert f"`--device {device}`" in said
    assert told in said
    assert "auto" in said


# Mistakes in files


def test_an_unknown_key_in_a_recipe(catalog: Path) -> None:
    recipe = catalog / "recipes" / "simsiam" / "digits.yaml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("name: simsiam,", "name: simsiam, hiden: 64,"), encoding="utf-8")
    said = refused("run", "simsiam", *SMALL)
    line = next(n for n, text in enumerate(recipe.read_text().splitlines(), 1) if "hiden" in text)
    assert said.startswith(f"catalog/recipes/simsiam/digits.yaml:{line}:")
    assert "there is no setting 'method.hiden'" in said
    assert "Did you mean 'method.hidden'?" in said


def test_a_catalog_that_is_not_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPRO_CATALOG", str(here / "nowhere"))
    said = refused("list")
    assert "REPRO_CATALOG" in said
    assert "nowhere" in said


def test_a_data_folder_that_is_not_there(here: Path) -> None:
    said = refused("run", "simsiam", "--data", here / "nowhere")
    assert f"{here / 'nowhere'} does not exist" in said
    assert "--data PATH" in said


def test_a_data_folder_for_a_benchmark_whose_images_are_given(images: Path) -> None:
    assert "--on digits" in refused("run", "simsiam", "--on", "digits", "--data", images)


def test_a_folder_too_small_to_train_on(images: Path) -> None:
    for victim in ("cat/2.png", "cat/3.png", "dog/2.png", "dog/3.png"):
        (images / victim).unlink()
    said = refused("run", "simsiam", "--data", images)
    assert "leaves 2 images to train on, and training needs 4; add images" in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--size", "33"), "--size 33: expected 32, 64, 96 or 224; `--set data.size=` takes others."),
        (("--size", "64"), "--size is for a folder of your own images; name it with `--data PATH`"),
        (("--encoder", "resnet18"), "--encoder is for a folder of your own images"),
        (("--encoder-weights", "w.pth"), "--encoder-weights is for a folder of your own images"),
        (("--size", "64", "--resume", "runs/x"), "--size cannot be used with --resume"),
    ],
)
@pytest.mark.usefixtures("here")
def test_options_of_a_folder_of_images(options: tuple[str, ...], says: str) -> None:
    assert says in refused("run", "simsiam", *options)


def test_a_run_on_a_folder_says_what_it_chose(images: Path, here: Path) -> None:
    tiny = ("encoder.width=4", "method.dim=16", "budget.epochs=1", "probes.linear.l2=0.1")
    flags = [word for setting in tiny for word in ("--set", setting)]
    said = repro("run", "simsiam", "--data", images, "--threads", "1", *flags, "--out", here / "own").out
    assert "training images: batch 2, 1 epoch (" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "32 px" in said
    assert "change with --set budget.epochs=2, --size" in said
    quiet = repro("run", "simsiam", "--data", images, "--threads", "1", "--quiet", *flags).out
    assert "training images" not in quiet


def test_a_damaged_image(images: Path) -> None:
    victim = images / "dog" / "2.png"
    victim.write_bytes(victim.read_bytes()[:100])
    said = refused("run", "simsiam", "--data", images, "--set", "budget.batch=2")
    assert str(victim) in said
    assert "delete or repair it" in said


def test_an_out_folder_that_cannot_be(here: Path) -> None:
    (here / "file").write_text("not a folder")
    said = refused("run", "simsiam", *SMALL, "--out", here / "file" / "deep" / "run")
    assert str(here / "file") in said
    assert "choose another `--out`" in said
    assert "choose another `--out`" in refused("run", "simsiam", *SMALL, "--out", here / "file")


def test_an_out_folder_with_something_else_in_it(here: Path) -> None:
    (here / "thesis.tex").write_text("years of work")
    said = refused("run", "simsiam", *SMALL, "--out", here)
    assert "thesis.tex" in said
    assert "choose another `--out`" in said


def test_an_out_folder_that_holds_a_run(copied: Path) -> None:
    said = refused("run", "simsiam", *SMALL, "--out", copied)
    assert f"{copied} already holds a run" in said
    assert f"--resume {copied}" in said


# Mistakes about runs


def test_resuming_what_is_no_run(here: Path) -> None:
    assert "is no run folder" in refused("run", "--resume", here)


def test_resuming_another_paper(copied: Path) -> None:
    assert "holds a run of simsiam, not of byol" in refused("run", "byol", "--resume", copied)


def test_resuming_with_other_settings(copied: Path) -> None:
    assert "--set cannot be used with --resume" in refused(
        "run", "--resume", copied, "--set", "budget.epochs=2"
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--seed", "0"), ("--seeds", "2"), ("--on", "digits"), ("--data", "images"), ("--out", "again")),
        *(("--threads", "2"), ("--device", "cuda")),
    ],
)
def test_resuming_with_what_cannot_be_honoured(option: str, value: str, copied: Path) -> None:
    (copied / "summary.json").unlink()
    said = refused("run", "--resume", copied, option, value)
    assert said.startswith(option)
    assert "cannot be used with --resume" in said


def test_resuming_with_what_the_run_began_with(copied: Path) -> None:
    (copied / "summary.json").unlink()
    words = ("--resume", copied, "--threads", "1", "--device", "cpu", "--quiet")
    assert repro("run", "simsiam", *words) == (0, f"Report: {copied / 'report.html'}\n", "")


def test_a_busy_machine_is_named_before_training(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (99.0, 0.0, 0.0))
    monkeypatch.setattr("repro.learning.start._set_threads", lambda threads: None)
    words = [word for word in SMALL if word not in ("--threads", "1")]
    quiet = repro("run", "simsiam", *words, "--threads", "2", "--out", here / "quiet", "--quiet")
    assert quiet.err == ""
    told = repro("run", "simsiam", *words, "--threads", "2", "--out", here / "told")
    assert told.err.startswith("note: this ")
    assert "`--threads 1` is probably" in told.err
    assert told.err.count("\n") == 1


def test_resuming_what_is_finished(copied: Path) -> None:
    assert "is finished" in refused("run", "--resume", copied)


@pytest.mark.parametrize("name", ["config.json", "checkpoint.pt"])
def test_resuming_from_half_a_file(name: str, copied: Path) -> None:
    (copied / "summary.json").unlink()
    whole = (copied / name).read_bytes()
    (copied / name).write_bytes(whole[: len(whole) // 2])
    said = refused("run", "--resume", copied)
    assert str(copied / name) in said
    assert "damaged" in said


def test_two_processes_on_one_folder(copied: Path, root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from repro.evidence.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked():\n    print('held', flush=True); sys.stdin.read()"
    )
    (copied / "summary.json").unlink()
    command = [sys.executable, "-c", code, str(copied)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = refused("run", "--resume", copied)
        other.communicate("")
    assert f"another process is writing {copied}" in said
    with RunFolder(copied).locked():
        assert RunFolder(copied).config.exists(), "the lock is free again, and nothing was touched"


def test_two_processes_start_in_one_folder(here: Path) -> None:
    run = RunFolder(here / "run")
    run.create()
    with run.locked():
        assert "another process is writing" in refused("run", "simsiam", *SMALL, "--out", run.path)


@pytest.mark.parametrize("verb", ["report", "compare"])
def test_reporting_what_is_no_run(verb: str, here: Path) -> None:
    assert "is not a folder" in refused(verb, here / "nowhere")
    (here / "empty").mkdir()
    assert "holds no run" in refused(verb, here / "empty")


def test_fetching_what_nobody_has(here: Path) -> None:
    assert "Did you mean 'cifar10'?" in refused("data", "fetch", "CIFAR-10")


# What works


def test_a_run_prints_its_summary_as_json(trained: tuple[Path, Outcome]) -> None:
    folder, found = trained
    assert found.code == 0
    assert found.err in ("", f"Report: {folder / 'report.html'}\n"), "people read there, programs on stdout"
    printed = json.loads(found.out)
    kept = json.loads((folder / "summary.json").read_text())
    assert kept.pop("format") == 1
    assert printed == kept


def test_a_run_leaves_a_complete_folder(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    summary = json.loads((folder / "summary.json").read_text())
    assert set(summary) == {
        *("format", "paper", "benchmark", "method", "seed", "digest", "status", "seconds", "seconds_total"),
        *("images_per_second", "steps", "epochs", "batch", "parameters", "peak_memory_bytes", "metrics"),
        *("baselines", "classes", "data", "diagnosis"),
    }
    assert (summary["paper"], summary["benchmark"], summary["seed"]) == ("simsiam", "digits", 0)
    assert (summary["status"], summary["steps"], summary["batch"]) == ("finished", 1400 // 64, 64)
    assert set(summary["metrics"]) == {"knn", "linear", "std", "effective_rank", "loss"}
    assert 0 < summary["metrics"]["linear"] <= 1
    assert set(summary["baselines"]) == {"pixels", "untrained", "propagated"}
    expected = {"config.json", "environment.json", "metrics.jsonl", "checkpoint.pt", "encoder.safetensors"}
    expected |= {"pictures.safetensors", "summary.json", "report.html"}
    assert {path.name for path in folder.iterdir()} - {".lock"} == expected
    command = json.loads((folder / "config.json").read_text())["command"]
    assert command.startswith("repro run simsiam --seed 0 --set budget.batch=64 --set budget.epochs=1")


def test_the_report_is_rendered_again(copied: Path) -> None:
    (copied / "report.html").unlink()
    found = repro("report", copied)
    assert (found.code, found.err, found.out) == (0, "", f"Report: {copied / 'report.html'}\n")
    assert (copied / "report.html").stat().st_size > 10_000


def test_a_report_of_several_runs(copied: Path, here: Path) -> None:
    shutil.copytree(copied, here / "again")
    found = repro("report", here, "--out", here / "both.html")
    assert (found.code, found.err) == (0, "")
    assert (here / "both.html").stat().st_size > 10_000


def test_comparing_runs(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    table = repro("compare", folder)
    assert (table.code, table.err) == (0, "")
    assert "simsiam" in table.out
    (row,) = json.loads(repro("compare", folder, "--json").out)
    assert (row["paper"], row["seed"], row["status"] in ("finished", "collapsed")) == ("simsiam", 0, True)
    assert repro("compare", folder, "--markdown").out.startswith("| paper |")


def test_the_catalog_is_listed(root: Path) -> None:
    rows = json.loads(repro("list", "--json").out)
    assert {row["id"] for row in rows} == {path.stem for path in (root / "catalog" / "papers").glob("*.yaml")}
    text = repro("list").out
    assert all(row["id"] in text for row in rows)


def test_a_paper_is_shown() -> None:
    found = repro("show", "simsiam")
    assert (found.code, found.err) == (0, "")
    assert "repro run simsiam" in found.out
    settings = {row["key"]: row for row in json.loads(repro("show", "simsiam", "--config", "--json").out)}
    assert settings["data.name"]["value"] == "digits"
    changed = json.loads(repro("show", "simsiam", "--config", "--set", "budget.epochs=3", "--json").out)
    row = next(row for row in changed if row["key"] == "budget.epochs")
    assert (row["value"], row["origin"]) == (3, "override")


def test_check_says_where_a_catalog_is_broken(catalog: Path) -> None:
    assert repro("check").code == 0
    paper = catalog / "papers" / "simsiam.yaml"
    paper.write_text(paper.read_text(encoding="utf-8").replace("\nyear:", "\nyaer:"), encoding="utf-8")
    found = repro("check")
    assert (found.code, found.err) == (1, "")
    assert "catalog/papers/simsiam.yaml:" in found.out
    assert "yaer" in found.out
    as_json = repro("check", "--json")
    assert as_json.code == 1
    assert any("yaer" in finding["message"] for finding in json.loads(as_json.out))


def test_where_data_lie(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("REPRO_CACHE", str(here / "a long way" / "off"))
    assert repro("data", "path").out == f"{here / 'a long way' / 'off'}\n"
    rows = {row["name"]: row for row in json.loads(repro("data", "list", "--json").out)}
    assert (rows["digits"]["present"], rows["cifar10"]["present"]) == (True, False)
    assert "inside the package" in repro("data", "list").out
    assert list(here.iterdir()) == [], "looking makes nothing"


def only(catalog: Path, paper: str, benchmark: str) -> None:
    """Take every other recipe out of a catalog."""
    for recipe in (catalog / "recipes").glob("*/*.yaml"):
        if (recipe.parent.name, recipe.stem) != (paper, benchmark):
            recipe.unlink()


def test_the_doctor_speaks_to_people_and_programs(catalog: Path) -> None:
    only(catalog, "simsiam", "digits")
    found = json.loads(repro("doctor", "--json").out)
    assert {check["name"] for check in found["checks"]} >= {"Python", "PyTorch", "Memory", "Cache", "Catalog"}
    (row,) = found["recipes"]
    assert (row["paper"], row["benchmark"], row["data"]) == ("simsiam", "digits", "inside the package")
    assert (row["time"], row["seconds"]) == ("no recorded run", None)  # the copy has no records
    said = repro("doctor")
    assert (said.code, said.err) == (0, "")
    assert "a run here, about" in said.out


@pytest.mark.parametrize("verb", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_every_verb_explains_itself(verb: str) -> None:
    found = repro(verb, "--help")
    assert (found.code, found.err) == (0, "")
    assert "Usage:" in found.out
