"""Too little memory: seen beforehand where the weights tell, a sentence where an allocator does."""

from pathlib import Path

import pytest
import torch
from torch import nn

from repro.catalog.settings.resolve import resolve
from repro.errors import MemoryShortageError
from repro.evidence.request import Request, ResolvedRequest, resolve_request
from repro.learning import memory
from repro.learning.data.count import count_images
from repro.learning.job import build_method
from repro.learning.memory import require_memory, telling_shortage, training_bytes
from repro.learning.registry import DATASETS
from repro.learning.start import start
from tests.support.tiny import CPU, SETTINGS, catalog, config

CUDA = "CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has a total capacity of 79.1 GiB"
SHORTAGES: dict[str, tuple[Exception, str]] = {
    "cuda": (torch.OutOfMemoryError(CUDA), "22.0 GB more were asked for"),
    "cpu": (
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
            "you tried to allocate 38399999616 bytes. Error code 12 (Cannot allocate memory)"
        ),
        "38.4 GB more were asked for",
    ),
    "python": (MemoryError(), ""),
    "c++": (RuntimeError("std::bad_alloc"), ""),
    "cublas": (
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
        "",
    ),
    "a context of cuda": (RuntimeError("CUDA error: out of memory"), ""),
    "more than there are numbers": (
        RuntimeError("Storage size calculation overflowed with sizes=[9999999999, 9999999999, 3, 3]"),
        "",
    ),
}


@pytest.mark.parametrize(("error", "told"), SHORTAGES.values(), ids=SHORTAGES.keys())
def test_what_an_allocator_says_is_a_sentence(error: Exception, told: str) -> None:
    with pytest.raises(MemoryShortageError) as caught, telling_shortage(CPU):
        raise error
    text = str(caught.value)
    assert text.startswith(f"there is too little memory on cpu{': ' if told else ''}{told}")
    assert "budget.batch" in text
    assert "\n" not in text


def test_a_real_allocator_is_recognised() -> None:
    with pytest.raises(MemoryShortageError, match="too little memory"), telling_shortage(CPU):
        torch.empty(2**55)
    with pytest.raises(MemoryShortageError, match="too little memory"), telling_shortage(CPU):
        torch.empty((2**40, 2**40))


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="must match"), telling_shortage(CPU):
        torch.ones(2) + torch.ones(3)


def test_what_is_trained_counts_with_its_gradient_and_state() -> None:
    method = nn.Sequential(nn.Linear(10, 5), nn.BatchNorm1d(5), nn.Linear(5, 2).requires_grad_(False))
    trained, still = 55 + 10, 12 + 10
    assert training_bytes(method, "sgd") == 4 * (3 * trained + still) + 8  # a counter of batches is int64
    assert training_bytes(method, "adamw") == 4 * (4 * trained + still) + 8


@pytest.mark.parametrize("paper", [paper for paper in catalog().paper_ids if catalog().benchmarks_of(paper)])
def test_the_outline_of_every_method_has_the_size_of_the_method(paper: str) -> None:
    on_digits = "digits" in catalog().benchmarks_of(paper)
    resolved = config(paper) if on_digits else resolve(catalog(), paper)
    outline = memory._outline(resolved)
    example = DATASETS[resolved.data.name].example_of(resolved.data.params)
    assert outline is not None
    assert training_bytes(outline, "sgd") == training_bytes(build_method(resolved, 0, example, CPU), "sgd")


def test_weights_that_do_not_fit_are_refused_and_the_largest_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_memory(config(), CPU)
    monkeypatch.setattr(memory, "free_memory", lambda: 2e5)
    with pytest.raises(MemoryShortageError) as caught:
        require_memory(config("simsiam", {"method.dim": 300}), CPU)
    assert "and 0.0 GB are free; the largest are projector." in str(caught.value)
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    require_memory(config("simsiam", {"method.dim": 300}), CPU)


def _run_out(wanted: ResolvedRequest, step: int) -> None:
    """Run out of memory after a step, or before the first has come to its end."""
    with start(wanted, 0) as job:
        next(job.train())
        job.step = step
        raise MemoryError


@pytest.mark.parametrize("step", [0, 1])
def test_a_run_without_a_step_leaves_nothing_and_one_with_steps_everything(tmp_path: Path, step: int) -> None:
    wanted = resolve_request(
        Request("simsiam", settings=SETTINGS, threads=1, out=tmp_path / "run"), [0], count_images
    )
    with pytest.raises(MemoryShortageError):
        _run_out(wanted, step)
    assert (tmp_path / "run" / "config.json").exists() == (step > 0)
    assert list(tmp_path.iterdir()) == ([tmp_path / "run"] if step else [])


def test_a_request_too_large_for_any_machine_is_refused_by_the_allocator_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    huge = {**SETTINGS, "encoder.width": 9_999_999_999}
    wanted = resolve_request(
        Request("simsiam", settings=huge, threads=1, out=tmp_path / "run"), [0], count_images
    )
    with pytest.raises(MemoryShortageError, match="GB more were asked for"), start(wanted, 0):
        raise AssertionError("there is no such machine")
    assert list(tmp_path.iterdir()) == []
