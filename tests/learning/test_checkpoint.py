"""Checkpoints: what was written comes back, nothing else is, no code is run, nothing good is lost."""

import errno
import os
import pickle
import random
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from repro.errors import RunError
from repro.learning import checkpoint
from tests.support.tiny import CPU, same

STATE = {
    "step": 3,
    "seconds": 1.5,
    "latest": {"loss": 0.1},
    "method": {"weight": torch.linspace(0, 1, 6000).reshape(60, 100)},
    "optimizer": {"state": {0: {"momentum_buffer": torch.ones(60, 100)}}, "param_groups": [{"lr": 0.1}]},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, STATE)
    return path


def sentence(act: Callable[[], Any]) -> str:
    with pytest.raises(RunError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    return text


def refused(path: Path) -> str:
    text = sentence(lambda: checkpoint.load(path, CPU))
    assert str(path) in text
    assert "delete the file to train again from the start" in text
    return text


# There and back


def test_state_comes_back_bit_by_bit(path: Path) -> None:
    found = checkpoint.load(path, CPU)
    assert all(same(found[name], value) for name, value in STATE.items())
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.pt"]


def test_memory_layout_comes_back(path: Path) -> None:
    image = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    checkpoint.save(path, {"image": image})
    assert checkpoint.load(path, CPU)["image"].stride() == image.stride()


def test_saving_is_reproducible(path: Path) -> None:
    first = path.read_bytes()
    checkpoint.save(path, STATE)
    assert path.read_bytes() == first


def test_weights_are_safetensors_that_others_may_read_like_the_other_files(path: Path) -> None:
    module = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = path.with_name("encoder.safetensors")
    checkpoint.save_weights(weights, module)
    assert same(load_file(weights), dict(module.state_dict()))
    assert weights.stat().st_mode == path.stat().st_mode


# What is not accepted


@pytest.mark.parametrize("kept", [0, 1, 2, 100, 1000, 0.3, 0.5, 0.9, 0.99, -300, -22, -1])
def test_a_truncated_file_is_refused(path: Path, kept: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept * len(raw)) if isinstance(kept, float) else kept])
    assert "damaged" in refused(path)


def test_a_changed_byte_is_noticed(path: Path) -> None:
    """Storage fails silently; weights that are not the ones that were trained must not go on."""
    raw, draw = path.read_bytes(), random.Random(0)
    for place in draw.sample(range(len(raw)), 60):
        changed = bytearray(raw)
        changed[place] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            found = checkpoint.load(path, CPU)
        except RunError:
            continue
        assert all(same(found[name], value) for name, value in STATE.items()), f"byte {place}"


def test_bytes_changed_at_random_never_raise_anything_but_run_errors(path: Path) -> None:
    raw, draw = path.read_bytes(), random.Random(1)
    start = raw.index(b"PK\x03\x04")  # the pickle comes first
    for _ in range(400):
        changed = bytearray(raw)
        for _ in range(draw.choice((1, 3))):
            changed[draw.randrange(start, start + 1200)] = draw.randrange(256)
        path.write_bytes(changed)
        try:
            checkpoint.load(path, CPU)
        except RunError:
            continue


def test_an_empty_file_and_a_folder(path: Path) -> None:
    path.write_bytes(b"")
    assert "damaged" in refused(path)
    path.unlink()
    path.mkdir()
    assert "damaged" in refused(path)


def test_other_formats_are_refused(path: Path) -> None:
    save_file({"a": torch.ones(3)}, path)
    assert "no checkpoint of this project" in refused(path)
    path.write_bytes(b"hello, world " * 100)
    assert "no checkpoint of this project" in refused(path)


class Trap:
    """A pickle that leaves a mark when it is loaded as code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("form", ["pickle", "zip", "legacy"])
def test_code_in_a_checkpoint_is_not_run(path: Path, form: str) -> None:
    mark = path.with_name("executed")
    content = {"format": checkpoint.FORMAT, "step": Trap(mark)}
    if form == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    refused(path)
    assert not mark.exists()
    torch.load(path, weights_only=False) if form != "pickle" else pickle.loads(path.read_bytes())  # noqa: S301
    assert mark.exists()  # the trap works


@pytest.mark.parametrize("content", [[1], torch.ones(3), {}, {"format": 99}, {"format": "1"}], ids=str)
def test_a_checkpoint_of_another_format_is_refused(path: Path, content: object) -> None:
    torch.save(content, path)
    assert "reads format 1" in refused(path)


# Putting state back


def trained(width: int = 4) -> tuple[nn.Module, torch.optim.Optimizer]:
    module = nn.Linear(3, width)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    module(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    return module, optimizer


def state_of(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    return {"method": module.state_dict(), "optimizer": optimizer.state_dict()}


def test_restoring_gives_module_and_optimiser_their_state(path: Path) -> None:
    whole = trained()
    state = state_of(*whole)
    module, optimizer = trained()
    checkpoint.restore(path, module, optimizer, state)
    assert same(state_of(module, optimizer), state)


def test_another_network_is_refused(path: Path) -> None:
    text = sentence(lambda: checkpoint.restore(path, *trained(4), state_of(*trained(5))))
    assert "another network" in text
    assert str(path) in text


FOREIGN: dict[str, Callable[[dict[str, Any]], object]] = {
    "no method": lambda state: state.pop("method"),
    "no optimizer": lambda state: state.pop("optimizer"),
    "method is a list": lambda state: state.update(method=[1]),
    "numbered weights": lambda state: state.update(method={1: torch.ones(1)}),
    "numbers as weights": lambda state: state.update(method=dict.fromkeys(state["method"], 1.0)),
    "groups are numbers": lambda state: state["optimizer"].update(param_groups=[1]),
    "one group too few": lambda state: state["optimizer"].update(param_groups=[]),
    "optimizer is None": lambda state: state.update(optimizer=None),
}


@pytest.mark.parametrize("damage", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_state_is_refused(path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    state = state_of(*trained())
    damage(state)
    sentence(lambda: checkpoint.restore(path, *trained(), state))


# A full disk


@contextmanager
def small_disk(size: int = 20_000) -> Iterator[None]:
    """Files cannot grow beyond ``size`` bytes: a failed write as on a full disk, deep in the libraries."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(path: Path) -> None:
    before = path.read_bytes()
    with small_disk():
        text = sentence(lambda: checkpoint.save(path, {**STATE, "step": 4}))
    assert "the one before it is still there" in text
    assert "free some space and resume" in text
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.pt"]


def test_tensors_that_do_not_fit_leave_nothing_behind(path: Path) -> None:
    weights = path.with_name("encoder.safetensors")
    with small_disk():
        text = sentence(lambda: checkpoint.save_tensors(weights, STATE["method"]))
    assert "there is none yet" in text
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.pt"]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failed(*_: object, **__: object) -> None:
    raise RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 768 vs 662")


@pytest.mark.parametrize("fault", [full, failed])
@pytest.mark.parametrize("place", ["torch.save", "os.fsync"])
def test_every_way_of_failing_keeps_the_one_before(
    path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None], place: str
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(place, fault)
    text = sentence(lambda: checkpoint.save(path, {**STATE, "step": 4}))
    assert "the one before it is still there" in text
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.part"))


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    text = sentence(lambda: checkpoint.save(tmp_path / "gone" / "checkpoint.pt", STATE))
    assert "there is none yet" in text


def test_the_same_state_gives_the_same_bytes(path: Path) -> None:
    before = path.read_bytes()
    checkpoint.save(path, STATE)
    assert path.read_bytes() == before
