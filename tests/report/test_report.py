"""The report of one run: every variant renders, hostile text stays text, damage is one sentence."""

import base64
import io
import json
import re
import socket
import wave
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from repro.catalog.settings.fidelity import Comparison
from repro.errors import RunError
from repro.evidence.run import load_run
from repro.report.drawing.sounds import wav_uri
from repro.report.run import PaperFacts, PaperLink, render_run
from repro.report.write import write_run

EVIL = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&"
PAPER = PaperFacts(
    "simsiam", "SimSiam", "Siamese things", "One idea.", ("A. One", "B. Two"), 2021, "CVPR", "2011.10566",
    links=(PaperLink("official-code", "https://example.org/code"),), bibtex="@misc{x}",
)  # fmt: skip
ROWS = (
    Comparison("budget.epochs", "100", None, "2", True, "A laptop."),
    Comparison("optimizer.momentum", "0.9", None, "0.9", False, None),
)
VOID = {"meta", "input", "img", "br", "col", "link", "hr"}


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def change(path: Path, **values: object) -> None:
    write(path, {**json.loads(path.read_text("utf-8")), **values})


def pictures(labels: bool = True, channels: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    shapes = {"originals": (4,), "views": (4, 2), "query": (3,), "neighbours": (3, 5)}
    tensors: dict[str, Any] = {
        name: rng.integers(0, 256, (*lead, channels, 6, 6), np.uint8) for name, lead in shapes.items()
    }
    tensors["neighbour_similarity"] = rng.random((3, 5), np.float32)
    tensors["map"] = rng.random((40, 2), np.float32)
    if labels:
        tensors["query_label"] = np.array([0, 1, 2])
        tensors["neighbour_label"] = np.array([[0, 0, 1, 2, 0]] * 3)
        tensors["map_label"] = np.arange(40) % 3
    return tensors


def make_run(folder: Path, *, seed: int = 0, overrides: tuple[str, ...] = (), paper: str = "simsiam") -> Path:
    """A small finished run of three classes."""
    folder.mkdir(parents=True)
    digest = f"{paper}{seed}{overrides}"
    config = {"method": {"name": paper, "dim": 8, "stop_gradient": True}, "budget": {"epochs": 2, "batch": 4}}
    asked = {"paper": paper, "benchmark": "digits", "seed": seed, "overrides": overrides, "digest": digest}
    write(folder / "config.json", {"format": 1, **asked, "config": config, "command": f"repro run {paper}"})
    write(folder / "environment.json", {"python": "3.11", "device": "cpu", "threads": 2, "commit": "a" * 40})
    lines = [{"step": i, "epoch": i // 10, "loss": -i / 20, "lr": 0.1} for i in range(20)]
    lines += [{"step": i, "std": 0.9, "effective_rank": 3.0, "watched": 0.5, "knn": 0.4} for i in (9, 19)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    metrics = {"knn": 0.7, "linear": 0.84 + 0.01 * seed, "std": 0.9, "effective_rank": 3.0, "loss": -0.9}
    baselines = {"pixels": {"knn": 0.5, "linear": 0.3}, "untrained": {"knn": 0.2, "linear": 0.21, "std": 0.4}}
    came_out = {
        "digest": digest,
        "status": "finished",
        "method": paper,
        "seconds": 98.2,
        "epochs": 2,
        "steps": 20,
    }
    data = {"name": "digits", "label": "Placed digits", "train": 60, "test": 30, "checksum": "sha256:00"}
    rest = {"metrics": metrics, "baselines": baselines, "classes": ["zero", "one", "two"], "data": data}
    write(
        folder / "summary.json",
        {"format": 1, **came_out, **rest, "batch": 4, "diagnosis": {"collapsed": False}},
    )
    save_file(pictures(), folder / "pictures.safetensors")
    return folder


class Page(HTMLParser):
    """Checks that tags balance; collects addresses, ids and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.stack == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] != "style":
            self.words += data + " "

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.handlers += [name] if name.startswith("on") else []
            loads = name in ("src", "srcset", "data", "action", "poster") or (name == "href" and tag != "a")
            self.loads += [value or ""] if loads else []

    def says(self, text: str) -> bool:
        return text in re.sub(r"\s+", " ", self.words.replace("\u00a0", " "))


def rendered(folder: Path) -> Page:
    return Page(render_run(load_run(folder), paper=PAPER, fidelity=ROWS))


def test_report_tells_the_result(tmp_path: Path) -> None:
    page = rendered(make_run(tmp_path / "run"))
    assert page.says(
        "After 2 epochs (98 s on 2 CPU threads), a linear probe on the frozen features reads 84 %"
    )
    assert page.says("the same network untrained 21 % , raw pixels 30 %")
    assert page.says("chance 33.3 %")
    assert page.says("A laptop.")
    assert page.says("repro run simsiam")
    assert page.says("A. One and B. Two. Siamese things. CVPR 2021. arXiv:2011.10566.")
    assert page.says("5 of the 15 neighbours shown here have the class of their test image.")
    assert page.tags.count("h1") == 1
    assert not page.says("Collapsed.")


def test_how_a_folder_was_read_is_told(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    assert "to evaluate" not in folder_text(folder)
    reading = {
        "train": 1200,
        "test": 3,
        "splits": "<b>/ trains",
        "notes": [],
        "unused": {".txt": 2, "hidden": 40},
    }
    change(folder / "config.json", folder=reading)
    assert (
        "1,200 images to train, 3 to evaluate; &lt;b&gt;/ trains. Not used: 40 hidden, 2 .txt."
        in folder_text(folder)
    )


def folder_text(folder: Path) -> str:
    return write_run(load_run(folder)).read_text(encoding="utf-8")


def test_neighbours_are_marked_without_colour(tmp_path: Path) -> None:
    text = render_run(load_run(make_run(tmp_path / "run")), paper=PAPER)
    assert text.count('<li class="right">') == text.count("<b>✓") == 5
    assert text.count('<li class="wrong">') == text.count("<b>✗") == 10
    assert text.count(': wrong"') == 10
    style = re.search(r"\.wrong \.tile \{([^}]*)\}", text)
    assert style is not None
    assert "dashed" in style[1]


def test_pictures_arrive_unchanged(tmp_path: Path) -> None:
    text = render_run(load_run(make_run(tmp_path / "run")), paper=PAPER)
    uri = re.search(r'\.s-views \{ background-image: url\("data:image/png;base64,([^"]+)"\)', text)
    assert uri is not None
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri[1]))))
    assert np.array_equal(sheet[1:7, 1:7], pictures()["views"][0, 0, 0])


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    text = render_run(load_run(make_run(tmp_path / "run")), paper=PAPER, fidelity=ROWS)
    page = Page(text)
    assert page.loads == []
    assert "script" not in page.tags
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;" in text
    assert set(re.findall(r"url\(.(\w+):", text)) == {"data"}
    assert "@import" not in text
    outside = re.sub(r'<a href="https://example.org/code"', "", text)
    assert "http://" not in outside
    assert "https://" not in outside


def test_same_run_same_bytes(tmp_path: Path) -> None:
    run = load_run(make_run(tmp_path / "run"))
    first = write_run(run)
    before = first.read_bytes()
    assert write_run(run).read_bytes() == before
    assert sorted(path.name for path in first.parent.iterdir()) == [
        "config.json",
        "environment.json",
        "metrics.jsonl",
        "pictures.safetensors",
        "report.html",
        "summary.json",
    ]


def test_report_without_a_known_paper(tmp_path: Path) -> None:
    assert Page(write_run(load_run(make_run(tmp_path / "run"))).read_text("utf-8")).says("simsiam")


def test_collapse_is_said_beside_the_verdict(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", overrides=("method.stop_gradient=false",))
    sentence = "Collapsed: the outputs keep 0.06 of a full spread."
    change(folder / "summary.json", diagnosis={"collapsed": True, "sentence": sentence})
    row = Comparison("method.stop_gradient", "true", None, "false", True, None)
    text = render_run(load_run(folder), paper=PAPER, fidelity=[row])
    assert Page(text).says("Collapsed. The outputs keep 0.06 of a full spread.")
    assert Page(text).says("Set on the command line of this run.")
    assert text.index('class="verdict"') < text.index('class="warning"') < text.index('class="charts"')


def test_a_run_that_stopped(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    change(
        folder / "summary.json",
        status="stopped: the loss is NaN at step 7",
        metrics={},
        baselines={},
        steps=7,
    )
    (folder / "pictures.safetensors").unlink()
    page = rendered(folder)
    assert page.says("Training ended early, after 7 steps")
    assert page.says("nothing was measured.")
    assert page.says("Not finished. Stopped: the loss is NaN at step 7.")


def test_data_without_labels(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    nothing = {"knn": None, "linear": None}
    metrics = {**nothing, "std": 0.9, "effective_rank": 3.0}
    change(folder / "summary.json", metrics=metrics, baselines={"pixels": nothing}, classes=[])
    save_file(pictures(labels=False), folder / "pictures.safetensors")
    page = rendered(folder)
    assert page.says("the data has no labels, so nothing was probed")
    assert page.says("40 images. The data has no labels.")
    assert not page.says("Show one class")
    assert "✓" not in page.words


@pytest.mark.parametrize("missing", ["originals", "query", "map", "neighbour_label", "map_label"])
def test_a_part_of_the_pictures_may_be_missing(tmp_path: Path, missing: str) -> None:
    folder = make_run(tmp_path / "run")
    tensors = load_file(folder / "pictures.safetensors")
    del tensors[missing]
    save_file(tensors, folder / "pictures.safetensors")
    assert rendered(folder).says("Run it again")


@pytest.mark.parametrize(
    "lines",
    [
        "",
        '{"step": 0}\n',
        '{"step": 3, "loss": NaN}\n',
        '{"step": 3, "loss": 1.5}\n',
        '{"step": 0, "loss": 1e308}\n',
        '{"step": 0, "loss": 1.5}\n{"step": 1, "loss": Infinity}\n{"step": 2, "loss": 1',
        '\n{"step": 1, "loss": null}\n',
    ],
)
def test_metrics_of_any_length(tmp_path: Path, lines: str) -> None:
    folder = make_run(tmp_path / "run")
    (folder / "metrics.jsonl").write_text(lines, "utf-8")
    page = rendered(folder)
    assert page.says("What training minimises") == ("1.5" in lines)
    (folder / "metrics.jsonl").unlink()
    assert not rendered(folder).says("What training minimises")


def test_many_classes_and_colour(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    change(folder / "summary.json", classes=[f"class number {i}" for i in range(40)])
    tensors = pictures(channels=3) | {"map_label": np.arange(40)}
    save_file(tensors, folder / "pictures.safetensors")
    page = rendered(folder)
    assert page.says("class number 39")


def test_labels_beyond_the_named_classes(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    change(folder / "summary.json", classes=["only"])
    assert rendered(folder).says("class 2")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", overrides=(EVIL,))
    data = {"name": EVIL, "label": EVIL, "checksum": EVIL}
    diagnosis = {"collapsed": True, "sentence": EVIL}
    change(
        folder / "summary.json", classes=[EVIL, f"{EVIL}2", "x"], data=data, diagnosis=diagnosis, status=EVIL
    )
    change(folder / "config.json", command=EVIL, config={EVIL: {EVIL: EVIL}})
    change(
        folder / "environment.json", cpu=EVIL, started=EVIL, commit=EVIL, repro=EVIL, platform=EVIL, gpu=EVIL
    )
    (folder / "metrics.jsonl").write_text(json.dumps({"step": 1, EVIL: 0.5}) + "\n", "utf-8")
    links = (PaperLink(EVIL, "javascript:alert(1)", EVIL), PaperLink("x", 'https://a.b/"onclick="x'))
    paper = PaperFacts(EVIL, EVIL, EVIL, EVIL, (EVIL,), 2021, EVIL, EVIL, EVIL, links, EVIL)
    page = Page(
        render_run(load_run(folder), paper=paper, fidelity=[Comparison(EVIL, EVIL, EVIL, EVIL, True, EVIL)])
    )
    assert page.handlers == []
    assert page.loads == []
    assert not {"script", "img"} & set(page.tags)
    assert page.tags.count("style") == 1
    assert page.words.count("alert(1)") > 20


def _gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _text(name: str, text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    return spoil


def _set(name: str, **values: object) -> Callable[[Path], None]:
    return lambda folder: change(folder / name, **values)


def _tensors(**values: Any) -> Callable[[Path], None]:
    return lambda folder: save_file(pictures() | values, folder / "pictures.safetensors")


DAMAGE = {
    "no config": (_gone("config.json"), "config.json"),
    "no summary": (_gone("summary.json"), "under way or was interrupted"),
    "no environment": (_gone("environment.json"), "environment.json"),
    "not JSON": (_text("config.json", '{"format": 1,'), "not JSON"),
    "a number without end": (_text("summary.json", '{"seconds": ' + "9" * 9000 + "}"), "not JSON"),
    "a step without end": (_text("metrics.jsonl", '{"step": ' + "9" * 400 + "}\n"), "metrics.jsonl:1"),
    "not UTF-8": (_text("config.json", "\udcff\udcfe"), "UTF-8"),
    "a list": (_text("summary.json", "[1]"), "not an object"),
    "deep": (_text("summary.json", "[" * 200_000), "summary.json"),
    "another format": (_set("config.json", format=2), "format 2"),
    "another run": (_set("summary.json", digest="x"), "another run"),
    "a wrong type": (_set("summary.json", metrics={"knn": "high"}), "metrics.knn"),
    "a boolean seed": (_set("config.json", seed=True), "seed"),
    "metrics": (_text("metrics.jsonl", "{}\n"), "metrics.jsonl:1"),
    "metrics not JSON": (_text("metrics.jsonl", '{"step": 1}\n{"st\n{"step": 3}\n'), "metrics.jsonl:2"),
    "pictures": (_text("pictures.safetensors", "nonsense"), "pictures.safetensors"),
    "float images": (_tensors(views=np.zeros((4, 2, 1, 6, 6), np.float32)), "`views`"),
    "five channels": (_tensors(originals=np.zeros((4, 5, 6, 6), np.uint8)), "`originals`"),
    "other counts": (_tensors(views=np.zeros((9, 2, 1, 6, 6), np.uint8)), "`views`"),
    "labels too short": (_tensors(map_label=np.arange(3)), "`map_label`"),
    "a map of NaN": (_tensors(map=np.full((40, 2), np.nan, np.float32)), "`map`"),
    "a map in space": (_tensors(map=np.zeros((40, 3), np.float32)), "`map`"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_one_sentence(tmp_path: Path, damage: str) -> None:
    spoil, told = DAMAGE[damage]
    spoil(make_run(tmp_path / "run"))
    with pytest.raises(RunError) as caught:
        load_run(tmp_path / "run")
    message = str(caught.value)
    assert told in message
    assert "\n" not in message
    assert message.endswith(".")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        load_run(tmp_path / "nowhere")


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    (folder / "report.html").mkdir()
    with pytest.raises(RunError, match="cannot be written"):
        write_run(load_run(folder))
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_rendering_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)
    assert rendered(make_run(tmp_path / "run")).says("Run it again")


def with_sounds(folder: Path, **wrong: Any) -> Path:
    """A run on sounds: spectrograms for pictures, and clips beside them."""
    make_run(folder)
    change(
        folder / "summary.json",
        data={"name": "spoken_words", "label": "spoken words", "train": 60, "test": 30, "unit": "sound"},
        diagnosis={"collapsed": True, "sentence": "Collapsed: all sounds look almost the same to it."},
    )
    rng = np.random.default_rng(1)
    clips = {
        name: rng.integers(-9000, 9000, (n, 400), np.int16)
        for name, n in (("original_sound", 4), ("query_sound", 3))
    }
    save_file(pictures() | clips | {"rate": np.array(8000)} | wrong, folder / "pictures.safetensors")
    return folder


def test_a_report_on_sounds_speaks_of_sounds_and_plays_them(tmp_path: Path) -> None:
    page = rendered(with_sounds(tmp_path / "run"))
    assert page.says("of the test sounds right")
    assert page.says("raw spectrograms 30 %")
    assert page.says("All sounds look almost the same to it")
    assert not re.search(r"\bimages?\b", page.words)
    assert page.tags.count("audio") == 4 + 3
    assert all(uri.startswith("data:audio/wav;base64,") for uri in page.loads)
    with wave.open(io.BytesIO(base64.b64decode(page.loads[0].partition(",")[2]))) as clip:
        assert (clip.getnchannels(), clip.getsampwidth(), clip.getframerate(), clip.getnframes()) == (
            1,
            1,
            8000,
            400,
        )


def test_the_page_allows_sounds_only_where_there_are_some(tmp_path: Path) -> None:
    assert "media-src data:" in render_run(load_run(with_sounds(tmp_path / "a")), paper=PAPER)
    assert "media-src" not in render_run(load_run(make_run(tmp_path / "b")), paper=PAPER)


def test_a_clip_is_played_at_full_scale() -> None:
    quiet = wav_uri(np.array([0, 50, -100], np.int16), 8000)
    with wave.open(io.BytesIO(base64.b64decode(quiet.partition(",")[2]))) as clip:
        assert list(clip.readframes(3)) == [128, 192, 1]
    assert wav_uri(np.zeros(4, np.int16), 8000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": np.array(10)},
        {"rate": np.array([8000])},
        {"query_sound": np.zeros((2, 9), np.int16)},
        {"query_sound": np.zeros((3, 9), np.float32)},
    ],
)
def test_damaged_sounds_are_one_sentence(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="not what a run writes") as caught:
        load_run(with_sounds(tmp_path / "run", **wrong))
    assert "\n" not in str(caught.value)


def test_sounds_of_a_run_without_neighbours(tmp_path: Path) -> None:
    folder = with_sounds(tmp_path / "run")
    kept = {name: value for name, value in pictures().items() if name in ("originals", "views")}
    clips = np.ones((4, 9), np.int16)
    save_file(kept | {"rate": np.array(8000), "original_sound": clips}, folder / "pictures.safetensors")
    assert rendered(folder).tags.count("audio") == 4
