"""Packed images: batches, features, checksum."""

import pytest
import torch
from torch import Tensor

from repro.errors import DataError
from repro.learning.data.images import PackedImages
from repro.learning.data.in_memory import EVALUATION_BATCH

CPU = torch.device("cpu")


def images(count: int, seed: int = 0) -> Tensor:
    return torch.randint(
        0, 256, (count, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


def packed(train: int = 10, test: int = 5) -> PackedImages:
    return PackedImages(
        images(train), torch.arange(train) % 2, images(test, 1), torch.arange(test) % 2, ("a", "b"), CPU
    )


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_it_says_what_it_holds() -> None:
    data = packed()
    assert (len(data), *data.example, data.classes, data.device) == (10, 3, 4, ("a", "b"), CPU)


def test_an_epoch_is_whole_batches_of_different_training_images() -> None:
    data = packed(10)
    batches = list(data.batches(4, seeded(0)))
    assert [tuple(batch.shape) for batch in batches] == [(4, 3, 4, 4), (4, 3, 4, 4)]
    seen = {tuple((row * 255).round().to(torch.uint8).flatten().tolist()) for row in torch.cat(batches)}
    assert len(seen) == 8
    assert seen <= {tuple(row.flatten().tolist()) for row in data.train}


def test_batches_are_float32_between_0_and_1() -> None:
    extremes = torch.stack([torch.zeros(1, 2, 2), torch.full((1, 2, 2), 255.0)]).to(torch.uint8)
    (batch,) = PackedImages(extremes, None, extremes, None, (), CPU).batches(2, seeded(0))
    assert batch.dtype == torch.float32
    assert sorted(batch[:, 0, 0, 0].tolist()) == [0.0, 1.0]


def test_the_order_follows_from_the_generator() -> None:
    data = packed(64)
    first, again, other = (torch.cat(list(data.batches(8, seeded(seed)))) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_next_epoch_has_another_order() -> None:
    data, generator = packed(64), seeded(0)
    first, second = (torch.cat(list(data.batches(8, generator))) for _ in range(2))
    assert not torch.equal(first, second)


def test_a_batch_larger_than_the_data_names_both_numbers_and_the_way_out() -> None:
    with pytest.raises(DataError, match=r"10 training images, fewer than one batch of 16.*budget\.batch=8"):
        packed(10).batches(16, seeded(0))


def test_features_keep_the_order_and_cover_a_short_last_batch() -> None:
    data = packed(EVALUATION_BATCH + 3, 5)
    sizes = []

    def encode(batch: Tensor) -> Tensor:
        sizes.append(len(batch))
        return batch.flatten(1).double()

    features = data.features(encode)
    assert sizes == [EVALUATION_BATCH, 3, 5]
    assert features.train.dtype == torch.float32
    assert torch.equal(features.train, data.train.flatten(1) / 255)
    assert torch.equal(features.test, data.test.flatten(1) / 255)
    assert torch.equal(features.test_labels, torch.tensor([0, 1, 0, 1, 0]))


def test_features_carry_no_gradient() -> None:
    layer = torch.nn.Linear(48, 2)
    assert not packed().features(lambda batch: layer(batch.flatten(1))).train.requires_grad


def test_without_labels_there_are_batches_but_no_features() -> None:
    data = PackedImages(images(4), None, images(2), None, (), CPU)
    assert len(list(data.batches(2, seeded(0)))) == 2
    with pytest.raises(DataError, match="no labels"):
        data.features(lambda batch: batch.flatten(1))


def test_a_sample_is_the_asked_images_in_the_asked_order() -> None:
    data = packed()
    assert torch.equal(data.sample("test", [3, 0]), data.test[[3, 0]])
    assert torch.equal(data.sample("train", torch.tensor([9])), data.train[9:])


@pytest.mark.parametrize("change", ["train", "train_labels", "test", "test_labels"])
def test_the_checksum_covers_pixels_and_labels_of_both_splits(change: str) -> None:
    def build(changed: str) -> PackedImages:
        parts = {
            "train": images(4),
            "train_labels": torch.zeros(4, dtype=torch.int64),
            "test": images(2),
            "test_labels": torch.zeros(2, dtype=torch.int64),
        }
        if changed:
            parts[changed].view(-1)[0] += 1
        return PackedImages(**parts, classes=("a", "b"), device=CPU)

    assert build("").checksum == build("").checksum
    assert build("").checksum != build(change).checksum
    assert build("").checksum.startswith("sha256:")


def test_the_checksum_covers_the_shape() -> None:
    flat = torch.zeros(8, 1, 2, 2, dtype=torch.uint8)
    wide = torch.zeros(2, 4, 2, 2, dtype=torch.uint8)
    one, other = (PackedImages(part, None, part, None, (), CPU).checksum for part in (flat, wide))
    assert one != other


@pytest.mark.parametrize(
    ("train", "labels", "classes"),
    [
        (torch.zeros(2, 3, 4, 4), None, ()),
        (torch.zeros(2, 3, 4, 5, dtype=torch.uint8), None, ()),
        (torch.zeros(0, 3, 4, 4, dtype=torch.uint8), None, ()),
        (images(2), torch.zeros(2, dtype=torch.int64), ()),
        (images(2), torch.zeros(2, dtype=torch.int32), ("a",)),
        (images(2), torch.zeros(3, dtype=torch.int64), ("a",)),
        (images(2), torch.tensor([0, 1]), ("a",)),
    ],
)
def test_a_wrongly_packed_data_set_is_refused(
    train: Tensor, labels: Tensor | None, classes: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"expected|labels"):
        PackedImages(train, labels, train, labels, classes, CPU)
