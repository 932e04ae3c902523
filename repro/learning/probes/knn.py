"""Weighted nearest neighbours on frozen features: protocol ``knn/k200-t0.1@1``.

The k training features of largest cosine vote for their label with weight exp(cosine / temperature), as in
Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018, there with
temperature 0.07. Encoder features, eval mode, no augmentation, the whole training split, the last epoch.
"""

import torch.nn.functional as F
from torch import Tensor

from repro.catalog.records.bounds import AboveZero, Positive
from repro.catalog.records.config import KnnConfig
from repro.learning.data.base import Features
from repro.learning.settings import bounded

CHUNK = 1024  # test rows at a time: memory is CHUNK x N


class KnnProbe:
    """The weighted nearest-neighbour probe: accuracy ``knn``."""

    metrics = ("knn",)
    quick = True

    @bounded("probes.knn")
    def __init__(self, *, k: Positive = 200, temperature: AboveZero = 0.1) -> None:
        self.config = KnnConfig(k=k, temperature=temperature)

    @property
    def protocol(self) -> str:
        """Its versioned name, with both settings."""
        return f"knn/k{self.config.k}-t{self.config.temperature:g}@1"

    def __call__(self, features: Features) -> dict[str, float]:
        """The accuracy on the test split."""
        return {"knn": knn(features, self.config)}


def knn(features: Features, config: KnnConfig) -> float:
    """Accuracy on the test split, a fraction in [0, 1]. k is at most the number of training rows."""
    bank = F.normalize(features.train, dim=1)
    classes = int(features.train_labels.max()) + 1
    right = 0
    queries = F.normalize(features.test, dim=1)
    for start in range(0, len(queries), CHUNK):
        rows, labels = queries[start : start + CHUNK], features.test_labels[start : start + CHUNK]
        votes = vote(rows, bank, features.train_labels, classes, config)
        right += int((votes.argmax(dim=1) == labels).sum())
    return right / len(features.test)


def vote(rows: Tensor, bank: Tensor, labels: Tensor, classes: int, config: KnnConfig) -> Tensor:
    """Votes for each class: unit rows (B, W), unit bank (N, W), labels (N,) -> (B, classes)."""
    similarity, nearest = (rows @ bank.T).topk(min(config.k, len(bank)), dim=1)
    weights = ((similarity - 1) / config.temperature).exp()  # - 1: no overflow, and votes keep their ratios
    return rows.new_zeros(len(rows), classes).scatter_add_(1, labels[nearest], weights)


def nearest(features: Features, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Cosine and index of the ``count`` training rows nearest to test rows ``queries``: (Q, count)."""
    rows = F.normalize(features.test[queries], dim=1)
    similarity, index = (rows @ F.normalize(features.train, dim=1).T).topk(count, dim=1)
    return similarity, index
