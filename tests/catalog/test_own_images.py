"""Settings that follow from a folder: enough steps, within the images, and what a person sets stays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings import own_images
from repro.catalog.settings.own_images import OwnImages, fitted_sentence, fitted_settings
from repro.catalog.settings.resolve import resolve

REAL = Catalog.load()
PAPERS = [paper for paper in REAL.paper_ids if "images" in REAL.benchmarks_of(paper)]
LARGE = 10**6


def fitted(count: int, classes: int = 3, side: int = 96, paper: str = "simsiam", **settings: Any) -> Any:
    given_settings = {key.replace("__", "."): value for key, value in settings.items()}
    images = OwnImages(count, classes, side)
    lenient = {**given_settings, "optimizer.warmup_epochs": 0}
    values = fitted_settings(images, resolve(REAL, paper, "images", lenient), given_settings)
    return images, resolve(REAL, paper, "images", {**values, **given_settings})


@pytest.mark.parametrize(
    ("count", "batch", "epochs", "neighbours"),
    [
        (9, 4, 300, 3),
        (40, 16, 300, 5),
        (72, 32, 300, 6),
        (240, 64, 200, 20),
        (360, 64, 138, 30),
        (1600, 64, 27, 133),
    ],
)
def test_small_folders(count: int, batch: int, epochs: int, neighbours: int) -> None:
    _, config = fitted(count)
    assert (config.budget.batch, config.budget.epochs) == (batch, epochs)
    assert config.probes.knn.k == neighbours
    assert config.data.params["size"] == 64


@given(st.integers(own_images.FEWEST_IMAGES, LARGE), st.integers(0, 200), st.integers(1, 5000))
def test_every_folder_gets_what_fits_it(count: int, classes: int, side: int) -> None:
    images, config = fitted(count, min(classes, count), side)
    batch, epochs = config.budget.batch, config.budget.epochs
    steps = epochs * (count // batch)
    assert batch * own_images.BATCHES_AN_EPOCH <= count
    assert steps >= own_images.LEAST_STEPS
    assert 1 <= config.probes.knn.k <= min(count, own_images.MOST_NEIGHBOURS)
    assert config.optimizer.warmup_epochs == pytest.approx(epochs / 10, abs=0.01)
    assert f"batch {batch}, " in fitted_sentence(images, config)


@pytest.mark.parametrize("count", [9, 40, 72, 240, 360, 1600])
def test_five_minutes_of_two_cores_suffice(count: int) -> None:
    _, config = fitted(count)
    batch = config.budget.batch
    seconds = own_images._seconds(config, 64, config.budget.epochs * (count // batch) * batch)
    assert seconds is not None
    assert seconds <= 240  # and less than a minute for what follows training


def test_small_pictures_stay_small() -> None:
    _, config = fitted(240, side=28)
    assert config.data.params["size"] == 32


def test_what_a_person_sets_stays() -> None:
    chosen = {
        "data__size": 96,
        "budget__batch": 100,
        "budget__epochs": 7,
        "optimizer__warmup_epochs": 3,
        "probes__knn__k": 9,
    }
    _, config = fitted(240, **chosen)
    assert config.data.params["size"] == 96
    assert (config.budget.batch, config.budget.epochs) == (100, 7)
    assert (config.optimizer.warmup_epochs, config.probes.knn.k) == (3, 9)


def test_the_rest_follows_from_what_a_person_sets() -> None:
    _, config = fitted(240, budget__batch=100)
    assert config.budget.epochs == own_images.LEAST_STEPS / 2
    _, config = fitted(240, budget__epochs=1)
    assert config.optimizer.warmup_epochs == 0.1


@pytest.mark.parametrize(("size", "stem"), [(32, "cifar"), (64, "imagenet"), (224, "imagenet")])
def test_the_stem_of_a_resnet_follows_from_the_size(size: int, stem: str) -> None:
    _, config = fitted(240, encoder__name="resnet18", data__size=size)
    assert config.encoder.params["stem"] == stem
    _, config = fitted(240, encoder__name="resnet50", data__size=size, encoder__stem="cifar")
    assert config.encoder.params["stem"] == "cifar"


def test_the_sentence_says_what_was_chosen_and_what_to_change() -> None:
    assert fitted_sentence(*fitted(240)).replace("\N{NO-BREAK SPACE}", " ") == (
        "240 training images: batch 64, 200 epochs (600 steps), k 20, 64 px, about 3 min on two cores; "
        "change with --set budget.epochs=400, --size 96"
    )
    assert ", k " not in fitted_sentence(*fitted(240, 0))
    assert "on two cores" not in fitted_sentence(*fitted(240, encoder__name="timm"))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_method_runs_on_a_folder(paper: str) -> None:
    runnable = [name for name in REAL.paper_ids if REAL.benchmarks_of(name)]
    assert set(runnable) - set(PAPERS) == {"byol-a", "graph-bt", "speech-simclr"}  # of other data
    _, config = fitted(9, paper=paper)
    assert isinstance(config, ResolvedConfig)
    assert config.method.params.get("queue", 1) <= 9


def test_the_queue_of_moco_is_half_of_the_images() -> None:
    _, config = fitted(240, paper="moco-v2")
    assert config.method.params["queue"] == 120
