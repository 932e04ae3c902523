"""Records of runs that nobody made: what a claim's test asks for, with the numbers a test wants."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Claim
from repro.evidence.plan import PlannedRun, arms
from repro.evidence.run import Baselines, Config, Data, Environment, MetricsLine, Run, Summary
from repro.verdicts.verdict import source

Numbers = Mapping[str, Sequence[float]]  # {metric: its value in each seed}
BASE = Baselines(pixels={"knn": 0.5, "linear": 0.3}, untrained={"knn": 0.2, "linear": 0.2, "std": 0.9})
MADE = Environment(
    python="3.12.0",
    torch="2.15.0",
    device="cpu",
    threads=1,
    commit="c" * 40,
    dirty=False,
    started="2026-11-24T12:00:00Z",
)


def find(catalog: Catalog, paper: str, claim: str) -> Claim:
    """A claim by name."""
    return next(found for found in catalog.paper(paper).claims if found.id == claim)


def evidence(
    catalog: Catalog, paper: str, claim: str, numbers: Mapping[str, Numbers], **changes: Any
) -> list[Run]:
    """A record for every number given: {arm: {metric: values by seed}}; changes are of the environment."""
    owner, tested = source(catalog, paper, find(catalog, paper, claim))
    assert tested.test is not None
    made = []
    for arm in arms(catalog, owner, tested.test):
        columns = numbers.get(arm.name, {})
        seeds = min((len(values) for values in columns.values()), default=0)
        for planned in arm.runs[:seeds]:
            row = {metric: values[planned.seed] for metric, values in columns.items()}
            made.append(run(planned, row, **changes))
    return made


def run(planned: PlannedRun, row: Mapping[str, float], *, status: str = "finished", **changes: Any) -> Run:
    """One record with these metrics at its end."""
    name = f"{planned.digest[:16]}.json"
    known = {key: row[key] for key in ("knn", "linear", "std", "effective_rank", "loss") if key in row}
    summary = Summary(
        digest=planned.digest,
        status=status,
        method=planned.paper,
        seconds=30.0,
        seconds_total=36.0,
        epochs=planned.epochs,
        metrics=known,
        baselines=BASE,
        classes=tuple("0123456789"),
        data=Data(name=planned.benchmark, label="Placed digits"),
    )
    return Run(
        Path("evidence", planned.paper, planned.benchmark, name),
        Config(
            paper=planned.paper,
            benchmark=planned.benchmark,
            seed=planned.seed,
            digest=planned.digest,
            code=planned.code,
            overrides=planned.overrides,
        ),
        Environment(**{**asdict(MADE), **changes}),
        summary,
        (MetricsLine(1, dict(row)), MetricsLine(9, dict(row))),
    )


def other_code(found: Run) -> Run:
    """The same run as other code would have left it."""
    return replace(found, config=replace(found.config, code=found.config.code[::-1]))


def keep(found: Sequence[Run], root: Path) -> None:
    """Write records where a catalog at ``root`` keeps them."""
    for one in found:
        path = root / one.folder
        path.parent.mkdir(parents=True, exist_ok=True)
        curve = [{"step": tick.step, **tick.values} for tick in one.ticks]
        whole = {name: asdict(getattr(one, name)) for name in ("config", "environment", "summary")}
        path.write_text(json.dumps({**whole, "curve": curve}), encoding="utf-8")
