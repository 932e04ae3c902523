"""The map of a report: positions of any number of features, of any width and size, ready to be saved."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from repro.learning.pictures import feature_map


def noise(rows: int, width: int) -> Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 20, 90, 91, 120])
@pytest.mark.parametrize("width", [1, 2, 8, 128])
def test_positions_lie_in_the_unit_square_in_the_order_that_files_take(rows: int, width: int) -> None:
    positions = feature_map(noise(rows, width), 0)
    assert positions.shape == (rows, 2)
    assert positions.is_contiguous()
    assert positions.dtype == torch.float32
    assert 0 <= positions.min() <= positions.max() <= 1
    assert bool(positions.any()) == (rows > 1 and width > 1)


@pytest.mark.parametrize("rows", [20, 120])
@pytest.mark.parametrize("value", [0.0, 1e-30, 3.0, 1e30])
def test_features_that_are_all_the_same_are_one_point(rows: int, value: float) -> None:
    assert torch.equal(feature_map(torch.full((rows, 16), value), 0), torch.zeros(rows, 2))


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e8, 1e30])
def test_the_size_of_features_does_not_show(scale: float) -> None:
    small = noise(40, 8)
    assert torch.allclose(feature_map(small * scale, 0), feature_map(small, 0), atol=1e-4)


def test_few_rows_are_shown_along_their_principal_axes() -> None:
    rows = noise(40, 8)
    flat = PCA(2, random_state=0).fit_transform(rows.numpy())
    flat -= flat.min(axis=0)
    assert np.array_equal(feature_map(rows, 0).numpy(), (flat / flat.max()).astype(np.float32))
