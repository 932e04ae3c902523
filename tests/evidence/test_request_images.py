"""A request for a folder: what follows from it is part of the configuration, and what is set wins."""

from pathlib import Path
from typing import Any

import pytest

from repro.catalog.settings.own_images import OwnImages
from repro.catalog.settings.resolve import digest
from repro.errors import DataError, UsageError
from repro.evidence.request import Request, ResolvedRequest, resolve_request


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()


def count(path: str, share: float) -> OwnImages:
    assert share == 0.2
    return OwnImages(240, 3, 96)


def resolved(*, data: str | None = "photos", **options: Any) -> ResolvedRequest:
    folder = Path(data) if data else None
    return resolve_request(Request("simsiam", data=folder, **options), [0], count)


def test_what_follows_from_the_folder_is_configured_and_said() -> None:
    wanted = resolved()
    assert (wanted.config.budget.batch, wanted.config.budget.epochs) == (64, 200)
    assert wanted.config.optimizer.warmup_epochs == 20
    assert wanted.choices(240).startswith("240\N{NO-BREAK SPACE}training images: batch 64, 200")
    assert "(400 steps)" in wanted.choices(191)
    assert wanted.overrides == (f"data.path={Path('photos').resolve()}",)


def test_what_is_set_wins() -> None:
    settings = {"budget.batch": "16", "optimizer.warmup_epochs": "40", "data.size": "32"}
    config = resolved(settings=settings, size=96).config
    assert (config.budget.batch, config.optimizer.warmup_epochs) == (16, 40)
    assert config.data.params["size"] == 32


def test_a_path_given_as_a_setting_is_the_same_request() -> None:
    option = resolved()
    setting = resolved(data=None, benchmark="images", settings={"data.path": str(Path("photos").resolve())})
    assert (option.config, option.choices(9)) == (setting.config, setting.choices(9))


def test_other_data_are_left_as_they_are() -> None:
    wanted = resolved(data=None)
    assert (wanted.config.benchmark, wanted.choices(9)) == ("digits", "")


def test_the_encoder_by_one_name() -> None:
    assert resolved(encoder="resnet18", size=32).config.encoder.params["stem"] == "cifar"
    timm = resolved(encoder="vit_tiny_patch16_224", size=224).config.encoder
    assert (timm.name, timm.params) == ("timm", {"model": "vit_tiny_patch16_224", "pretrained": False})


def test_weights_count_by_their_content_wherever_they_lie() -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        Path(name).write_bytes(content)
    same, again, others = (resolved(weights=Path(name)).config for name in "abc")
    assert same.start.sha256 == again.start.sha256
    assert digest(same, 0, "") == digest(again, 0, "") != digest(others, 0, "")
    assert digest(resolved().config, 0, "") not in (digest(same, 0, ""), digest(others, 0, ""))
    as_setting = resolved(settings={"start.weights": str(Path("a").resolve())}).config
    assert as_setting == same


def test_weights_that_are_not_there() -> None:
    with pytest.raises(DataError, match="`--encoder-weights FILE` takes safetensors or a checkpoint"):
        resolved(weights=Path("nowhere"))


@pytest.mark.parametrize(
    ("option", "value"), [("size", 64), ("encoder", "resnet18"), ("weights", Path("file"))]
)
def test_options_of_a_folder_need_one(option: str, value: Any) -> None:
    with pytest.raises(UsageError, match="is for a folder of your own images; name it with `--data PATH`"):
        resolved(data=None, **{option: value})


def test_the_command_makes_the_run_again() -> None:
    request = Request(
        "simsiam",
        data=Path("p"),
        size=96,
        encoder="resnet18",
        weights=Path("w"),
        settings={"budget.epochs": 2},
    )
    assert request.command(3) == (
        "repro run simsiam --seed 3 --set budget.epochs=2 --data p --size 96 --encoder resnet18 "
        "--encoder-weights w"
    )
