"""The public names: lazily loaded, silent, one path with the command line; the page and the notebook run."""

import doctest
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import repro
from repro import api
from repro.errors import ReproError, RunError, UsageError
from repro.learning.nn.encoder import Encoder
from tests.support.tiny import FLAGS, SETTINGS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.LoadedRun:
    return repro.run("simsiam", set=SETTINGS, threads=1, out=tmp_path_factory.mktemp("api") / "run")


def test_importing_costs_no_torch_and_little_time() -> None:
    code = (
        "import sys, time; start = time.process_time(); import repro; end = time.process_time()\n"
        "names = len(repro.papers); print(end - start, 'torch' in sys.modules, names)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, torch_is_loaded, papers = done.stdout.split()
    assert float(seconds) <= 0.15
    assert torch_is_loaded == "False"
    assert int(papers) == len(list(repro.papers))


def test_every_public_name_is_there_and_no_other() -> None:
    assert dir(repro) == sorted(dir(repro))
    for name in repro.__all__:
        assert getattr(repro, name) is not None
    with pytest.raises(AttributeError, match=r"has no attribute 'train'; it has .*verify"):
        repro.train  # noqa: B018 - the access is what is tested


@pytest.mark.parametrize("name", [name for name in repro.__all__ if name not in ("Progress", "papers")])
def test_docstrings_say_how_to_call(name: str) -> None:
    function = getattr(repro, name)
    text = inspect.getdoc(function) or ""
    assert "Raises:" in text
    for parameter in inspect.signature(function).parameters.values():
        assert re.search(rf"^\s+\*{{0,2}}{parameter.name}: ", text, re.MULTILINE), parameter.name


def test_examples_in_docstrings_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testmod(api, raise_on_error=False)
    assert outcome.attempted >= 8
    assert outcome.failed == 0


def test_papers_are_a_container() -> None:
    assert repro.papers["simsiam"].id == "simsiam"
    assert "simsiam" in repro.papers
    assert "no-such-paper" not in repro.papers
    assert len(repro.papers) == len({paper.id for paper in repro.papers})
    assert "simsiam" in repro.papers._repr_html_()
    with pytest.raises(UsageError, match="Did you mean 'simsiam'"):
        repro.papers["simsaim"]


def test_reported_results_are_rows() -> None:
    rows = repro.reported(dataset="imagenet-1k", paper="simsiam")
    assert rows
    assert {row["paper"] for row in rows} == {"simsiam"}
    assert all(isinstance(row["value"], float) for row in rows)
    assert len(repro.reported()) > len(rows)
    with pytest.raises(UsageError, match="Did you mean 'dataset'"):
        repro.reported(datset="imagenet-1k")


def test_a_run_is_typed_and_silent(run: api.LoadedRun, capfd: pytest.CaptureFixture[str]) -> None:
    assert run.finished
    assert run.metrics["linear"] is not None
    assert run.curve("std")[-1][0] == 19
    assert repro.load(run.folder).summary == run.summary
    assert "srcdoc" in run._repr_html_()
    assert capfd.readouterr() == ("", "")


def test_its_encoder_gives_the_features_that_were_probed(run: api.LoadedRun) -> None:
    encoder = run.encoder()
    assert isinstance(encoder, Encoder)
    assert not encoder.training
    assert encoder(torch.rand(3, 1, 24, 24)).shape == (3, encoder.width)


def test_it_is_the_run_that_the_command_makes(run: api.LoadedRun, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "repro", "run", "simsiam", *FLAGS, "--quiet"]
    subprocess.run([*command, "--out", str(tmp_path / "run")], check=True, capture_output=True)
    same = repro.load(tmp_path / "run")
    assert same.config.digest == run.config.digest
    assert (same.metrics, same.ticks) == (run.metrics, run.ticks)


def test_what_is_wrong_with_a_run_is_said_before_torch_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, repro\n"
        "for call in ({'paper': 'simsaim'}, {'paper': 'mae'}, {'paper': 'simsiam', 'on': 'imagenet'},\n"
        "             {'paper': 'simsiam', 'set': {'method.stop_grad': False}}):\n"
        "    try: repro.run(**call)\n"
        "    except repro.errors.ReproError as error: print(error)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert lines[-1] == "False"
    assert "Did you mean 'simsiam'" in lines[0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: repro.load("/nowhere"), "no run folder"),
        (lambda: repro.verdict("simsiam", "stop-gradiant"), "has no claim"),
        (lambda: repro.verdict("simsiam", "half-gradient"), "is an identity"),
        (lambda: repro.verify("simsiam", "half-gradient"), "is an identity"),
        (lambda: repro.method("mae", encoder=nn.Flatten()), "has no method here yet"),
        (lambda: repro.method("simsiam", encoder=nn.Flatten()), "give `width=`"),
        (lambda: repro.method("simsiam", encoder=nn.Flatten(), width=3, dimm=2), r"method\.dimm"),
        (lambda: repro.views("simsiam", on="imagenett"), "has no recipe on"),
    ],
)
def test_mistakes_are_sentences(call: Any, says: str) -> None:
    with pytest.raises(ReproError, match=says):
        call()


def test_a_verdict_is_what_the_command_prints() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "repro", "judge", "simsiam", "stop-gradient", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    (printed,) = json.loads(done.stdout)["verdicts"]
    assert repro.verdict("simsiam", "stop-gradient").state == printed["state"]


def test_a_method_trains_somebody_elses_network() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 16))
    method = repro.method("simsiam", encoder=network, width=16, dim=8)
    make = repro.views("simsiam", on="cifar10")
    images = torch.randint(0, 256, (8, 3, 40, 40), dtype=torch.uint8)
    views = make(images)
    assert [tuple(view.shape) for view in views] == [(8, 3, 32, 32)] * 2
    method.loss(views, repro.Progress()).backward()
    gradient = network[1].weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_views_of_another_size_come_from_the_generator_given() -> None:
    make = repro.views("simsiam", on="cifar10", size=48)
    images = torch.rand(4, 3, 60, 60)
    first, again = (make(images, torch.Generator().manual_seed(1)) for _ in range(2))
    assert first[0].shape == (4, 3, 48, 48)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(make(images)[0], make(images)[0])


def test_a_record_without_a_folder_has_no_encoder(run: api.LoadedRun, tmp_path: Path) -> None:
    moved = api.LoadedRun(tmp_path, run.config, run.environment, run.summary)
    with pytest.raises(RunError):
        moved.encoder()


def page_code(root: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (root / "site" / "python.md").read_text("utf-8"), re.DOTALL)


def test_the_page_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for code in page_code(root):
        exec(compile(code, "site/python.md", "exec"), names)  # noqa: S102 - our own page
    assert names["run"].finished
    assert names["loss"].requires_grad


def test_the_notebook_holds_the_code_of_the_page_and_no_outputs(root: Path) -> None:
    cells = json.loads((root / "site" / "notebooks" / "first-steps.ipynb").read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert ["".join(cell["source"]).rstrip("\n") for cell in code] == [
        part.strip("\n") for part in page_code(root)
    ]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
