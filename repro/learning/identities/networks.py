"""Small networks in float64 that the identities put the methods on."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from repro.learning.methods.base import Progress
from repro.learning.nn.encoder import Encoder

# Wide enough that no row leaves every ReLU of a hidden layer at 0: its output would have no direction.
HIDDEN = 64
START = Progress(step=0, steps=1, epoch=0, epochs=1)


class PassOn(Encoder):
    """Hands its batch on, so that the claim chooses the embeddings. (B, width) -> (B, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, batch: Tensor) -> Tensor:
        """The batch itself."""
        return batch


class Curve(Encoder):
    """One layer and a hyperbolic tangent: smooth, so that gradients are exact. (B, inputs) -> (B, width)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.layer = nn.Linear(inputs, width)

    def forward(self, batch: Tensor) -> Tensor:
        """(B, inputs) -> (B, width)."""
        out: Tensor = self.layer(batch).tanh()
        return out


def gradients(loss: Tensor, weights: Iterable[Tensor]) -> Tensor:
    """The gradient of a loss in every weight, as one vector; zeros where the loss does not depend on it."""
    used = [weight for weight in weights if weight.requires_grad]
    found = torch.autograd.grad(loss, used, allow_unused=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in found])
