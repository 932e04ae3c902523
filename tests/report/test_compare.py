"""Several runs side by side."""

import json
from pathlib import Path

from repro.evidence.run import Run, load_run
from repro.report.compare import HEADS, comparison_rows, markdown_table, render_comparison
from repro.report.run import PaperFacts
from tests.report.test_report import EVIL, Page, change, make_run, write


def runs(tmp_path: Path) -> list[Run]:
    seeds = [make_run(tmp_path / f"s{seed}", seed=seed) for seed in (2, 0, 1)]
    changed = make_run(tmp_path / "changed", overrides=("method.stop_gradient=false",))
    change(changed / "summary.json", diagnosis={"collapsed": True, "sentence": ""})
    stopped = make_run(tmp_path / "stopped", seed=3)
    change(stopped / "summary.json", status="stopped: NaN", metrics={})
    return [load_run(folder) for folder in (*seeds, changed, stopped)]


def test_rows_are_ordered_and_typed(tmp_path: Path) -> None:
    rows = comparison_rows(runs(tmp_path))
    assert [(row.changed, row.seed, row.status) for row in rows] == [
        ("", 0, "finished"),
        ("", 1, "finished"),
        ("", 2, "finished"),
        ("", 3, "stopped: NaN"),
        ("method.stop_gradient=false", 0, "collapsed"),
    ]
    assert rows[1].linear == 0.85
    assert rows[3].linear is None
    cells = dict(zip(HEADS, rows[0].cells(), strict=True))
    assert cells["linear"].replace("\u00a0", " ") == "84.0 %"
    assert (cells["paper"], cells["benchmark"], cells["std"]) == ("simsiam", "digits", "0.90")


def test_means_count_finished_runs_once(tmp_path: Path) -> None:
    found = runs(tmp_path)
    page = Page(render_comparison([*found, found[0]], papers={"simsiam": PaperFacts("simsiam", "SimSiam")}))
    assert page.says("SimSiam on Placed digits 3 85.0 ± 1.0 %")
    assert page.says("Not in the means: 2 runs")
    assert page.says("method.stop_gradient=false 1 84.0 %")


def test_markdown_table(tmp_path: Path) -> None:
    lines = markdown_table(runs(tmp_path)).replace("\u00a0", " ").splitlines()
    assert (
        lines[0] == "| paper | benchmark | changed | seeds | linear | linear, untrained | linear, raw pixels "
        "| kNN | kNN, untrained | kNN, raw pixels | std | training |"
    )
    linear = "85.0 ± 1.0 % | 21.0 ± 0.0 % | 30.0 ± 0.0 %"
    metrics = f"{linear} | 70.0 ± 0.0 % | 20.0 ± 0.0 % | 50.0 ± 0.0 % | 0.90 ± 0.00 | 98 s"
    assert lines[2] == f"| simsiam | Placed digits |  | 3 | {metrics} |"
    assert len(lines) == 4


def test_markdown_cells_hold_their_text(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", overrides=("a|b\n| c |",))
    assert markdown_table([load_run(folder)]).splitlines()[2].count(" | ") == 11


def test_curves_share_a_frame_and_losses_only_within_a_method(tmp_path: Path) -> None:
    one = Page(render_comparison(runs(tmp_path)))
    assert {"curve-knn-title", "curve-std-title", "curve-loss-title", "curve-watched-title"} <= set(one.ids)
    other = load_run(make_run(tmp_path / "byol", paper="byol"))
    both = Page(render_comparison([*runs(tmp_path / "more"), other]))
    assert "curve-knn-title" in both.ids
    assert "curve-loss-title" not in both.ids
    assert both.says("they are not on one scale")


def test_comparison_is_one_quiet_file(tmp_path: Path) -> None:
    found = runs(tmp_path)
    text = render_comparison(found)
    assert text == render_comparison(list(reversed(found)))
    page = Page(text)
    assert page.loads == []
    assert "script" not in page.tags
    assert sum(name.startswith("map-") and name.endswith("-title") for name in page.ids) == 5


def test_hostile_runs_and_no_runs(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", overrides=(EVIL,))
    change(folder / "summary.json", classes=[EVIL] * 3, status=EVIL)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    write(folder / "config.json", {**config, "paper": EVIL, "benchmark": EVIL})
    page = Page(render_comparison([load_run(folder)]))
    assert page.handlers == []
    assert not {"script", "img"} & set(page.tags)
    assert Page(render_comparison([])).says("No runs")
