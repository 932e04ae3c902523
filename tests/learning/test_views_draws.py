"""Drawn parameters against torchvision's own draws, thousands of each with fixed seeds."""

from collections import Counter
from itertools import permutations

import pytest
import torch
from scipy import stats
from torch import Generator, Tensor
from torchvision.transforms import ColorJitter, RandomResizedCrop

from repro.learning.views.colour import Step
from repro.learning.views.draws import central_box, chance, random_boxes, random_jitter

COUNT = 4000
UNLIKELY = 1e-3  # two samples of one law look this different once in a thousand seeds; the seeds are fixed


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def same_law(ours: Tensor, theirs: Tensor) -> bool:
    """Two-sample Kolmogorov-Smirnov test."""
    return bool(stats.ks_2samp(ours.numpy(), theirs.numpy()).pvalue > UNLIKELY)


def measures(boxes: Tensor) -> dict[str, Tensor]:
    """What a box looks like: each place in units of the room left, so that no value depends on the size."""
    top, left, height, width = boxes.unbind(1)
    return {"area": height * width, "ratio": width / height, "top": top, "left": left, "height": height}


@pytest.mark.parametrize(
    ("height", "width", "scale", "ratio"),
    [
        (32, 32, [0.08, 1.0], [0.75, 1.3333333333333333]),
        (24, 24, [0.4, 1.0], [0.75, 1.3333333333333333]),
        (224, 224, [0.2, 1.0], [0.5, 2.0]),
        (20, 40, [0.5, 1.0], [0.75, 1.3333333333333333]),  # most tries do not fit; some samples never do
    ],
)
def test_boxes_follow_torchvisions_law(
    height: int, width: int, scale: list[float], ratio: list[float]
) -> None:
    ours = measures(random_boxes(COUNT, height, width, scale, ratio, seeded()))
    image = torch.empty(3, height, width)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        drawn = [RandomResizedCrop.get_params(image, scale, ratio) for _ in range(COUNT)]
    theirs = measures(torch.tensor(drawn))
    different = [name for name in ours if not same_law(ours[name], theirs[name])]
    assert not different


def test_boxes_lie_inside_the_image() -> None:
    top, left, height, width = random_boxes(COUNT, 9, 17, [0.05, 1.0], [0.2, 5.0], seeded()).unbind(1)
    assert min(top.min(), left.min()) == 0
    assert min(height.min(), width.min()) >= 1
    assert (top + height).max() == 9
    assert (left + width).max() == 17


@pytest.mark.parametrize(
    ("height", "width", "ratio"), [(10, 100, [0.9, 1.1]), (100, 10, [0.9, 1.1]), (10, 100, [0.5, 0.5])]
)
def test_a_crop_that_never_fits_is_torchvisions_central_box(
    height: int, width: int, ratio: list[float]
) -> None:
    expected = RandomResizedCrop.get_params(torch.empty(3, height, width), [0.9, 1.0], ratio)
    assert central_box(height, width, ratio) == expected
    boxes = random_boxes(50, height, width, [0.9, 1.0], ratio, seeded())
    assert torch.equal(boxes, torch.tensor(expected).expand(50, 4))


@pytest.mark.parametrize("ratio", [0.001, 1000.0])
def test_a_box_is_never_empty(ratio: float) -> None:
    assert random_boxes(50, 16, 16, [0.9, 1.0], [ratio, ratio], seeded())[:, 2:].min() == 1


def test_jitter_factors_follow_torchvisions_law() -> None:
    strengths: dict[Step, float] = {"brightness": 0.4, "contrast": 1.5, "saturation": 0.2, "hue": 0.1}
    ours = random_jitter(COUNT, strengths, 1.0, seeded())
    ranges = ColorJitter(*strengths.values())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        drawn = [
            ColorJitter.get_params(ranges.brightness, ranges.contrast, ranges.saturation, ranges.hue)[1:]
            for _ in range(COUNT)
        ]
    theirs = torch.tensor(drawn)
    assert ours.steps == tuple(strengths)
    assert [same_law(ours.factors[:, i], theirs[:, i]) for i in range(4)] == [True] * 4


def test_every_order_of_the_jitter_is_equally_likely() -> None:
    strengths: dict[Step, float] = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
    ranks = random_jitter(COUNT, strengths, 1.0, seeded()).ranks
    seen = Counter(map(tuple, ranks.tolist()))
    assert set(seen) == set(permutations(range(4)))
    assert stats.chisquare(list(seen.values())).pvalue > UNLIKELY


def test_jitter_is_drawn_with_its_probability() -> None:
    factors = random_jitter(COUNT, {"brightness": 0.4, "hue": 0.1}, 0.8, seeded()).factors
    left_alone = (factors == torch.tensor([1.0, 0.0])).all(1)
    assert stats.binomtest(int(left_alone.sum()), COUNT, 0.2).pvalue > UNLIKELY
    assert torch.equal(left_alone, (factors[:, 0] == 1.0))  # all steps of a sample, or none


def test_steps_without_strength_are_not_drawn() -> None:
    assert random_jitter(5, {"brightness": 0.0, "contrast": 0.3, "hue": 0.0}, 1.0, seeded()).steps == (
        "contrast",
    )


@pytest.mark.parametrize("probability", [0.1, 0.5, 1.0])
def test_chance_has_its_probability(probability: float) -> None:
    hits = int(chance(COUNT, probability, seeded()).sum())
    assert stats.binomtest(hits, COUNT, probability).pvalue > UNLIKELY
