"""A linear classifier on frozen features: protocol ``linear/lbfgs@1``.

Multinomial logistic regression, solved to convergence by L-BFGS: the objective is convex, so neither a
learning rate nor a number of epochs is left to tune, which is where published linear probes differ by points.
Features are standardised with the training split's mean and deviation. The fit is in float64: in float32 it
stalls before the gradient is as small as asked.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from repro.catalog.records.bounds import NotNegative
from repro.catalog.records.config import LinearConfig
from repro.learning.data.base import Features
from repro.learning.settings import bounded

ITERATIONS = 1000  # an upper bound; a few hundred suffice on the benchmarks
TOLERANCE = 1e-6  # on the largest component of the gradient of the mean loss


class LinearProbe:
    """The linear probe: accuracy ``linear``."""

    metrics = ("linear",)
    quick = False

    @bounded("probes.linear")
    def __init__(self, *, l2: NotNegative = 0.0001) -> None:
        self.config = LinearConfig(l2=l2)

    @property
    def protocol(self) -> str:
        """Its versioned name."""
        return "linear/lbfgs@1"

    def __call__(self, features: Features) -> dict[str, float]:
        """The accuracy on the test split."""
        return {"linear": linear(features, self.config)}


def linear(features: Features, config: LinearConfig) -> float:
    """Accuracy on the test split, a fraction in [0, 1]."""
    mean = features.train.mean(dim=0)
    scale = features.train.std(dim=0, correction=0).clamp_min(1e-6)
    weight, bias = fit(((features.train - mean) / scale).double(), features.train_labels, config.l2)
    predicted = (((features.test - mean) / scale).double() @ weight.T + bias).argmax(dim=1)
    return (predicted == features.test_labels).float().mean().item()


def fit(rows: Tensor, labels: Tensor, l2: float) -> tuple[Tensor, Tensor]:
    """Minimise mean cross-entropy + l2 |weight|^2: rows (N, W), labels (N,) -> weight (K, W), bias (K,)."""
    classes = int(labels.max()) + 1
    weight = rows.new_zeros(classes, rows.shape[1]).requires_grad_()
    bias = rows.new_zeros(classes).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=ITERATIONS,
        tolerance_grad=TOLERANCE,
        tolerance_change=0,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(rows @ weight.T + bias, labels) + l2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(objective)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()
