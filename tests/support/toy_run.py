"""A run folder that no training made: what `repro run` would write, with the numbers that a test asks for."""

from pathlib import Path

from repro.evidence.folder import RunFolder
from repro.evidence.run import Baselines, Config, Diagnosis, Environment, Summary

BASELINES = Baselines(pixels={"knn": 0.642, "linear": 0.319}, untrained={"knn": 0.451, "linear": 0.384})


def write_run(
    folder: Path,
    *,
    paper: str = "simsiam",
    seed: int = 0,
    overrides: tuple[str, ...] = (),
    linear: float | None = 0.873,
    status: str | None = "finished",
    collapsed: bool = False,
    started: str = "2026-11-28T09:00:00+00:00",
) -> Path:
    """The folder; a ``status`` of None leaves the run without an outcome."""
    folder.mkdir(parents=True)
    run = RunFolder(folder)
    digest = f"{paper}{seed}{overrides}"
    run.write(Config(paper=paper, benchmark="digits", seed=seed, overrides=overrides, digest=digest))
    run.write(Environment(python="3.11", torch="2", repro="0.1.0", started=started, dirty=False))
    if status is not None:
        knn = linear - 0.1 if linear is not None else None
        metrics = {"linear": linear, "knn": knn, "std": 0.9, "effective_rank": 60.8}
        run.write(
            Summary(
                paper=paper,
                benchmark="digits",
                method=paper,
                seed=seed,
                digest=digest,
                status=status,
                seconds=200.0,
                seconds_total=220.0,
                steps=200,
                epochs=20,
                metrics=metrics,
                baselines=BASELINES,
                diagnosis=Diagnosis(collapsed=collapsed),
            )
        )
    return folder
