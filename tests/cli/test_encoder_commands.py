"""The verbs that use a trained encoder: what they write and print; mistakes are told without torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from repro.cli.app import app
from repro.errors import ReproError
from tests.support.trained import photos, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("use")
    photos(place / "photos")
    trained(place / "run", {"encoder.width": 4, "data.path": str(place / "photos")})
    return place


@pytest.fixture
def inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_embed_writes_names_and_classes(inside: Path) -> None:
    assert "Written: x.npz: 30 x 16 features" in said("embed", "run", "photos", "--out", "x.npz")
    with np.load("x.npz") as file:
        assert file["features"].shape == (30, 16)
        assert file["name"][0] == "blue/0.png"
        assert set(file["class"]) == {"red", "green", "blue"}
    said("embed", "run/encoder.safetensors", "photos/red/1.png", "--out", "one.csv")
    assert Path("one.csv").read_text("utf-8").startswith("name,split,class,f0,")


def test_neighbours_are_listed_and_drawn(inside: Path) -> None:
    printed = said("neighbours", "run", "photos/red/1.png", "-k", "3", "--out", "near.html")
    assert "red/" in printed
    assert "Of 29 images of photos." in printed
    page = Path("near.html").read_text("utf-8")
    assert page.count("neighbour ") == 3
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    rows = json.loads(said("neighbours", "run", "photos/red/1.png", "-k", "3", "--json"))
    assert [row["class_name"] for row in rows] == ["red"] * 3


def test_probe_puts_both_baselines_beside(inside: Path) -> None:
    printed = said("probe", "run", "--data", "photos")
    assert printed.split()[:4] == ["trained", "untrained", "raw", "pixels"]
    assert "knn/k200-t0.1@1, linear/lbfgs@1" in printed
    read = json.loads(said("probe", "run", "--data", "photos", "--json"))
    assert read["trained"].keys() == read["untrained"].keys() == read["pixels"].keys() == {"linear", "knn"}


def test_export_writes_a_card_with_the_numbers(inside: Path) -> None:
    said("export", "run", "--to", "timm", "out/timm")
    card = Path("out/timm/README.md").read_text("utf-8")
    assert card.startswith("---\nlibrary_name: timm\n")
    assert "| linear | logistic regression, l2 0.0001 | 75.0 % | 75.0 % | 25.0 % |" in card
    assert "seed 0" in card
    assert "import repro_resnet" in card
    assert json.loads(Path("out/timm/config.json").read_text("utf-8"))["num_features"] == 16
    said("export", "run", "--to", "hub", "--out", "out/hub")
    assert {path.name for path in Path("out/hub").iterdir()} == {
        "README.md",
        "hubconf.py",
        "encoder.json",
        "encoder.pt",
    }


MISTAKES = [
    ("embed nowhere photos --out x.npz", "nowhere is not there"),
    ("embed photos photos --out x.npz", "has no config.json"),
    ("embed unfinished photos --out x.npz", "repro run --resume unfinished"),
    ("embed run nowhere --out x.npz", "no folder, image or benchmark 'nowhere'"),
    ("embed run photos --out x.txt", "must end in one of"),
    ("neighbours run photos", "photos is a folder; name one image file"),
    ("neighbours run photos/red/1.png --among nowhere", "no folder, image or benchmark"),
    ("neighbours run photos/red/1.png --out near.png", "ends in .html"),
    ("neighbours alone.safetensors photos/red/1.png", "add `--among PATH`"),
    ("probe run --data nowhere", "no folder, image or benchmark"),
    ("export run --to jax out", "there are timm, torchvision, onnx, hub"),
    ("export run --to timm", "`repro export run --to timm DIR`"),
    ("export run --to timm photos", "is not empty"),
    ("export run --to timm one two", "2 are named"),
    ("export nowhere --to timm out", "nowhere is not there"),
    ("export bibtex --to timm out", "bibtex is not there"),
    ("export run", "run is a run: say what to export"),
    ("track run --to mlflow", "no tracker 'mlflow'"),
    ("track nowhere --to tensorboard", "nowhere is not a folder"),
    ("run simsiam --track mlflow", "no tracker 'mlflow'"),
]


def test_mistakes_are_told_before_torch_is_loaded(inside: Path) -> None:
    trained(inside / "unfinished", {"encoder.width": 4})
    (inside / "alone.safetensors").write_bytes((inside / "run" / "encoder.safetensors").read_bytes())
    for name in ("encoder.safetensors", "summary.json"):
        (inside / "unfinished" / name).unlink()
    code = (
        "import sys, json\nfrom repro.cli.app import app\nfrom repro.errors import ReproError\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    try: app(words, standalone_mode=False)\n"
        "    except ReproError as error: print(str(error).replace('\\n', ' '))\n"
        "    else: print('no mistake')\n"
        "print('torch' in sys.modules)"
    )
    commands = json.dumps([command.split() for command, _ in MISTAKES])
    done = subprocess.run(
        [sys.executable, "-c", code, commands], capture_output=True, text=True, check=True, cwd=inside
    )
    *lines, torch_is_loaded = done.stdout.splitlines()
    assert torch_is_loaded == "False"
    for (command, sentence), line in zip(MISTAKES, lines, strict=True):
        assert sentence in line, command


def test_torchvision_refuses_what_it_does_not_know(inside: Path) -> None:
    with pytest.raises(ReproError, match="torchvision has no such network"):
        said("export", "run", "--to", "torchvision", "out/torchvision")
    assert not Path("out/torchvision").exists()
