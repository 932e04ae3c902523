"""Stands in for ``repro run``: the same folder, lock, checkpoint and exit statuses, without training.

Seed 7, or FAKE_FAILS, fails with a sentence, seed 8 dies without a word, seed 9 diverges;
``method.stop_gradient=false`` collapses. All others take FAKE_STEPS steps of 20 ms, keep each in
``checkpoint.pt``, and go on from there with ``--resume``. Each start is a line of FAKE_LOG, where a test
counts them; its process is named in ``pid``.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from repro.errors import RunError
from repro.evidence.folder import RunFolder
from repro.evidence.run import Baselines, Config, Environment, Summary
from repro.files import write_whole

FAILS = int(os.environ.get("FAKE_FAILS", "7"))
STEPS = int(os.environ.get("FAKE_STEPS", "3"))
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))


def option(name: str, default: str = "") -> str:
    words = sys.argv[1:]
    return words[words.index(name) + 1] if name in words else default


def begin(folder: RunFolder) -> Config:
    folder.check()
    digest, _, code = folder.path.name.partition("-")
    settings = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--set"]
    config = Config(
        paper=sys.argv[1],
        benchmark=option("--on"),
        seed=int(option("--seed")),
        digest=os.environ.get(f"DIGEST_{folder.path.name}", digest + "0" * 48),
        code=os.environ.get(f"CODE_{folder.path.name}", code + "0" * 56),
        overrides=tuple(settings),
    )
    folder.write(config)
    return config


def work(folder: RunFolder) -> None:
    with folder.locked():
        config = folder.read(Config) if "--resume" in sys.argv else begin(folder)
        (folder.path / "pid").write_text(str(os.getpid()))
        note(f"{'resume' if '--resume' in sys.argv else 'start'} {folder.path.name}")
        if config.seed == FAILS:
            raise RunError(f"{FAILS} is not a number to train with")
        if config.seed == 8:
            os._exit(3)
        steps(folder)
        finish(folder, config)


def steps(folder: RunFolder) -> None:
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    done = int(folder.checkpoint.read_text()) if folder.checkpoint.exists() else 0
    for step in range(done, STEPS):
        time.sleep(0.02)
        write_whole(folder.checkpoint, str(step + 1))  # as a real one: a kill leaves the old or the new
        if stopped:
            note(f"stopped {folder.path.name}")
            raise RunError("stopped; everything is kept")


def finish(folder: RunFolder, config: Config) -> None:
    seed = config.seed
    status = "stopped: the loss is not finite" if seed == 9 else "finished"
    dirty = os.environ.get("FAKE_DIRTY") == "1"
    folder.write(Environment(threads=THREADS, dirty=dirty, started="2026-01-01"))
    metrics = {"linear": 0.5 + seed / 100, "knn": 0.4, "std": 0.9, "loss": -0.5, "effective_rank": 20.0}
    if "method.stop_gradient=false" in str(config.overrides):
        metrics |= {"linear": 0.25 + seed / 100, "std": 0.01 + seed / 1000, "loss": -1.0}
    before = {"linear": 0.3, "knn": 0.2, "std": 0.1, "effective_rank": 20.0}
    baselines = Baselines(untrained=before, pixels={"linear": 0.2, "knn": 0.3})
    summary = Summary(
        digest=config.digest,
        status=status,
        seconds=2.0,
        seconds_total=3.0,
        steps=STEPS,
        epochs=4,
        metrics=metrics,
        baselines=baselines,
    )
    line = {"step": STEPS, "std": metrics["std"], "loss": metrics["loss"], "positive_cosine": 0.5}
    folder.metrics.write_text(json.dumps(line) + "\n")
    folder.write(summary)


def note(text: str) -> None:
    with Path(os.environ["FAKE_LOG"]).open("a", encoding="utf-8") as log:
        log.write(text + "\n")


if __name__ == "__main__":
    try:
        work(RunFolder(Path(option("--resume") or option("--out"))))
    except RunError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
