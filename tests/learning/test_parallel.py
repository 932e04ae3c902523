"""Several processes make the run that one makes, but for rounding."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from repro.learning.parallel import Rows
from tests.support.parallel import run_together
from tests.support.parallel_steps import every_method

State = Mapping[str, Tensor]


def distance(state: State, other: State) -> dict[str, float]:
    """Largest difference of each tensor, as a share of its largest number or of 1."""
    assert state.keys() == other.keys()
    return {
        key: (other[key] - value).abs().max().item() / max(1.0, value.abs().max().item())
        for key, value in state.items()
    }


@pytest.mark.apart
def test_four_processes_make_the_steps_of_one(tmp_path: Path) -> None:
    alone = every_method(torch.float64, variants=False)
    for state in run_together("tests.support.parallel_steps", 4, tmp_path, "float64"):
        assert max(distance(alone, state).values()) < 1e-10


@pytest.mark.apart
def test_two_processes_differ_by_rounding_alone(tmp_path: Path) -> None:
    alone = every_method(torch.float32, variants=True)
    exact = every_method(torch.float64, variants=True)
    rounding = distance(exact, {key: alone[key].to(value.dtype) for key, value in exact.items()})
    for state in run_together("tests.support.parallel_steps", 2, tmp_path, "float32", "variants"):
        for key, difference in distance(alone, state).items():
            arm = key.partition("/")[0]
            lost = max(value for name, value in rounding.items() if name.startswith(f"{arm}/"))
            assert difference < max(1e-5, 10 * lost), (key, difference, lost)


@pytest.mark.parametrize("total", [1, 7, 8, 24])
@pytest.mark.parametrize("size", [1, 3, 8, 100])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_parts_hold_every_row_once_and_where_it_belongs(total: int, size: int, count: int) -> None:
    first = min(2, total - 1)
    rows = Rows(first, min(count, total - first), total)
    batch = list(range(total))
    own: list[int] = []
    start = 0
    mine = batch[rows.own]
    for length, within, place in rows.parts(size):
        assert batch[start : start + length][within] == mine[place]
        own += mine[place]
        start += length
    assert (own, start) == (mine, total)
