"""Sound and graphs on the whole path, with no word about images: run, probes, report, record, verdict.

A copy of the house gets two data sets, encoders and views (those of ``support/contract``), with lines in the
registry, the catalog a paper for each. Encoder and views of the graph are those of the house. From there on
it is the command line of the copy.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from repro.files import PACKAGE, catalog_root
from tests.support.contract import audio, data, graphs
from tests.test_contributing import PAPER

PARTS = '''

class Sounds(Rows):
    """Toy sounds of two classes."""

    def __init__(self, device: torch.device, *, clips: int = 48) -> None:
        super().__init__(1, 8, 12, train=clips, test=24, example=Sound(8, 12))

    @classmethod
    def example_of(cls, params: Any) -> Sound:
        return Sound(8, 12)


class Community(OneGraph):
    """A toy graph of two communities."""

    def __init__(self, device: torch.device, *, nodes: int = 48) -> None:
        super().__init__(nodes)

    @classmethod
    def example_of(cls, params: Any) -> Node:
        return Node(params["nodes"], 6)
'''
REGISTRY = """
from repro.learning.toys import AudioEncoder, AudioViews, Community, Sounds

ENCODERS |= {"audio": AudioEncoder}
VIEWS |= {"audio": AudioViews}
DATASETS |= {"sounds": Sounds, "community": Community}
"""
COMMON: dict[str, Any] = {
    "schema": 1,
    "classes": 2,
    "protocol": {"knn": "knn/k200-t0.1@1", "linear": "linear/lbfgs@1"},
    "probes": {"knn": {"k": 5}, "linear": {"l2": 0.1}},
}
BENCHMARKS = {
    "sounds": {
        "checksum": f"sha256:{'0' * 64}",
        "data": {"name": "sounds"},
        "encoder": {"name": "audio", "width": 12},
        "views": {"name": "audio"},
        "budget": {"epochs": 3, "batch": 16},
    },
    "community": {
        "checksum": f"sha256:{'1' * 64}",
        "data": {"name": "community", "nodes": 48},
        "encoder": {"name": "gcn", "width": 12},
        "views": {"name": "graphs"},
        "budget": {"epochs": 30, "batch": 48},
    },
}
METHODS = {
    "sounds": {"name": "byol", "dim": 8, "hidden": 16},
    "community": {"name": "barlow_twins", "dim": 8, "hidden": 16},
}
TEST = """
claims:
  - id: batches
    kind: trained
    statement: Half the batch is worse.
    place: Sec. 1
    test:
      benchmark: sounds
      why: A toy.
      seeds: 3
      arms: {whole: {}, half: {budget.batch: 8}}
      expect:
        - {kind: greater, arms: [whole, half], metric: linear, margin: 0.1}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, every file of it committed."""
    root = tmp_path_factory.mktemp("house")
    ignored = shutil.ignore_patterns("__pycache__", "_data", "evidence", "papers", "recipes", "benchmarks")
    shutil.copytree(PACKAGE, root / "repro", ignore=shutil.ignore_patterns("__pycache__", "_data"))
    shutil.copytree(catalog_root(), root / "catalog", ignore=ignored)
    shutil.copytree(catalog_root().parent / "site", root / "site")
    _add_code(root / "repro" / "learning")
    for name, benchmark in BENCHMARKS.items():
        _add_entry(root / "catalog", name, benchmark)
    (root / ".gitignore").write_text("runs\n__pycache__\n")
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-C", str(root)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "A house"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    return root


def _add_code(learning: Path) -> None:
    sources = [Path(str(module.__file__)).read_text("utf-8") for module in (audio, data, graphs)]
    (learning / "toys.py").write_text("\n".join([*sources, "from typing import Any", PARTS]), "utf-8")
    registry = (learning / "registry.py").read_text("utf-8")
    for line in REGISTRY.strip().splitlines()[2:]:
        name, entries = line.split(" |= {")
        head = f"{name}: dict[str, type["
        start = registry.index("{\n", registry.index(head)) + 2
        registry = f"{registry[:start]}    {entries.rstrip('}')},\n{registry[start:]}"
    (learning / "registry.py").write_text(f"{REGISTRY.strip().splitlines()[0]}\n{registry}", "utf-8")


def _add_entry(catalog: Path, name: str, benchmark: dict[str, Any]) -> None:
    about = {"id": name, "name": name.title(), "summary": {"en": "A toy.", "zh": "玩具。"}}
    paper = PAPER.replace("example-method", f"on-{name}").split("relations:")[0]
    paper = paper.replace("2401.99999", f"2401.9999{len(name)}").replace("An Example", f"An Example ({name})")
    recipe = {"schema": 1, "paper": f"on-{name}", "benchmark": name, "method": METHODS[name]}
    recipe["optimizer"] = {"name": "sgd", "lr": 0.2, "momentum": 0.9}
    settings = "settings:\n  - {id: own, place: Sec. 1, paper: {optimizer.lr: 0.2}}\n"
    files = {
        f"benchmarks/{name}.yaml": yaml.safe_dump({**COMMON, **about, **benchmark}, allow_unicode=True),
        f"papers/on-{name}.yaml": paper + settings + (TEST if name == "sounds" else ""),
        f"recipes/on-{name}/{name}.yaml": yaml.safe_dump(recipe | {"follows": "own"}),
    }
    for place, text in files.items():
        (catalog / place).parent.mkdir(parents=True, exist_ok=True)
        (catalog / place).write_text(text, "utf-8")


def repro(house: Path, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "repro", *words],
        capture_output=True,
        text=True,
        cwd=house,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(house), "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_catalog_with_them_is_sound(house: Path) -> None:
    errors = [fault for fault in json.loads(repro(house, "check", "--json")) if fault["severity"] == "error"]
    assert errors == []


@pytest.mark.parametrize("name", ["sounds", "community"])
def test_a_run_is_probed_and_reported(house: Path, name: str) -> None:
    out = house / "runs" / name
    told = repro(house, "run", f"on-{name}", "--threads", "1", "--out", str(out), "--json")
    summary = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert summary["metrics"]["linear"] > 0.6
    assert summary["baselines"]["untrained"]["knn"] is not None
    assert summary["baselines"]["pixels"]["linear"] > 0.5
    report = (out / "report.html").read_text("utf-8")
    assert "linear probe" in report
    assert "frozen features" in report


def test_a_claim_on_sounds_is_run_recorded_and_judged(house: Path) -> None:
    repro(house, "verify", "on-sounds", "batches", "--record")
    records = list((house / "catalog" / "evidence" / "on-sounds" / "sounds").glob("*.json"))
    assert len(records) == 6
    (judged,) = json.loads(repro(house, "judge", "on-sounds", "--json"))["verdicts"]
    assert judged["freshness"] == "current"
    assert judged["state"] in ("supported", "leaning", "inconclusive", "not supported", "contradicted")
    assert not judged["exploratory"]


def test_an_encoder_of_another_kind_is_refused_before_anything_is_written(house: Path) -> None:
    out = house / "runs" / "wrong"
    told = repro(house, "run", "on-sounds", "--set", "encoder.name=gcn", "--out", str(out), status=2)
    assert "encoder.name is gcn, which takes examples of the kind node, and the data hold sound" in told
    assert not out.exists()
