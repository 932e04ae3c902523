"""The model index: evidence grouped into models, means over seeds, and where they come from."""

from pathlib import Path
from typing import Any

import yaml

from repro.catalog.catalog import Catalog
from repro.evidence.run import Config, Environment, Probe, RunView, Summary
from repro.exports import modelindex
from tests.support import export_catalog
from tests.support.export_catalog import entry


def run(seed: int, knn: float | None, *, started: str = "2026-11-24T10:00", **changes: Any) -> RunView:
    config = {"paper": "toy", "benchmark": "digits", "config": {"method": {"name": "toy"}}} | changes
    status = config.pop("status", "finished")
    digest = f"{seed}{started}".ljust(16, "0")
    summary = Summary(
        1, digest, status, epochs=10, batch=4, parameters=99, metrics=Probe(knn=knn, linear=float("nan"))
    )
    environment = Environment(started=started, commit="abc1234")
    return RunView(Path(digest), Config(1, seed=seed, digest=digest, **config), environment, summary)


def models(catalog: Catalog, *runs: RunView) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(modelindex.model_index(catalog, catalog.papers, runs))[
        "Models"
    ]
    return found


def test_results_are_means_over_seeds(tmp_path: Path) -> None:
    metrics = {"knn": {"name": "kNN accuracy", "higher_is_better": "true"}}
    catalog = export_catalog.catalog(tmp_path, metrics=metrics)
    [model] = models(catalog, run(1, 0.8), run(0, 0.7), run(2, 0.1, status="stopped"))
    assert model["Name"] == "toy_digits"
    assert model["Metadata"] == {
        "Training Data": "Placed digits",
        "Epochs": 10,
        "Batch Size": 4,
        "Parameters": 99,
    }
    assert model["X-Commit"] == "abc1234"
    [result] = model["Results"]
    assert result["Metrics"] == {"kNN accuracy": 75.0}
    assert result["X-Standard-Deviation"] == {"kNN accuracy": 7.07}
    assert result["X-Protocol"] == {"kNN accuracy": "knn/k200-t0.1@1"}
    assert result["X-Seeds"] == [0, 1]
    assert [record[0] for record in result["X-Records"]] == ["0", "1"]


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    [model] = models(export_catalog.catalog(tmp_path), run(0, 0.75))
    assert model["Results"][0]["X-Standard-Deviation"] == {}


def test_of_two_runs_of_a_seed_the_last_counts(tmp_path: Path) -> None:
    late = run(0, 0.9, started="2026-12-01T10:00")
    [model] = models(export_catalog.catalog(tmp_path), late, run(0, 0.7))
    assert model["Results"][0]["Metrics"] == {"knn": 90.0}


def test_other_settings_are_another_model(tmp_path: Path) -> None:
    changed = run(
        0, 0.1, config={"method": {"name": "toy", "guard": False}}, overrides=("method.guard=false",)
    )
    older = run(0, 0.3, config={"method": {"name": "toy", "dim": 2}}, started="2026-01-01T10:00")
    found = models(export_catalog.catalog(tmp_path), changed, older, run(0, 0.8))
    by_name = {model["Name"]: model["Results"][0]["Metrics"]["knn"] for model in found}
    assert by_name == {
        "toy_digits": 80.0,
        "toy_digits (method.guard=false)": 10.0,
        "toy_digits 02026-01-01T10:0": 30.0,
    }


def test_a_recipe_without_runs_is_a_model_without_results(tmp_path: Path) -> None:
    elsewhere = run(0, 0.5, benchmark="gone")
    [model] = models(export_catalog.catalog(tmp_path), elsewhere)
    assert model["Name"] == "toy_digits"
    assert "Results" not in model


def test_two_papers_of_one_name_have_two_collections(tmp_path: Path) -> None:
    catalog = export_catalog.catalog(tmp_path, entry(id="twin", ids={}))
    found = yaml.safe_load(modelindex.model_index(catalog, catalog.papers))["Collections"]
    assert [item["Name"] for item in found] == ["Other", "Toy (toy)", "Toy (twin)"]
