"""Run folders with an encoder in them, made without training, and photographs of flat colours."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from repro.catalog.settings.resolve import digest
from repro.evidence.folder import RunFolder
from repro.evidence.run import FINISHED, Baselines, Config, Data, Environment, Summary
from repro.learning.checkpoint import save_weights
from repro.learning.job import build_for
from repro.learning.registry import DATASETS, ENCODERS
from tests.support.tiny import config as resolved

COLOURS = {"red": (220, 40, 40), "green": (40, 220, 40), "blue": (40, 40, 220)}


def trained(folder: Path, settings: dict[str, Any], benchmark: str = "images", seed: int = 0) -> Path:
    """A finished run whose encoder is untrained, but for statistics of its own."""
    config = resolved(settings=settings, benchmark=benchmark)
    example = DATASETS[config.data.name].example_of(config.data.params)
    torch.manual_seed(seed)
    encoder = build_for(example, "encoder", ENCODERS, config.encoder)
    encoder.train()(torch.rand(16, example.channels, example.size, example.size))
    folder.mkdir(parents=True)
    run = RunFolder(folder)
    sealed = digest(config, seed, "sha256:0")
    run.write(
        Config(
            paper=config.paper,
            benchmark=config.benchmark,
            seed=seed,
            config=config.model_dump(mode="json"),
            digest=sealed,
            command="repro run simsiam",
        )
    )
    run.write(Environment(repro="0.1.0"))
    save_weights(run.encoder, encoder)
    for step in range(4):
        run.append_metrics({"step": step, "loss": -step / 10, "epoch": 0})
    scores = {"linear": 0.75, "knn": 0.5}
    run.write(
        Summary(
            digest=sealed,
            status=FINISHED,
            seed=seed,
            metrics=scores,
            baselines=Baselines(pixels={"linear": 0.25, "knn": 0.125}, untrained=scores),
            data=Data(name="folder", label="folder photos", train=24, test=6),
        )
    )
    return folder


def photos(folder: Path, each: int = 10, *, suffix: str = "png") -> Path:
    """Three classes of noisy flat colours, of different shapes."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(each):
            shape = (*random.integers(24, 60, 2), 3)
            noise = random.integers(-30, 30, shape)
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.{suffix}")
    return folder
