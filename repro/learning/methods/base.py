"""The contract of a method: the paper, and nothing but the paper.

A method owns the networks beyond the encoder and the loss. It never names a device, an optimiser, an
augmentation, a data set or a log; time reaches it as :class:`Progress`.

State comes in two kinds. What follows the *data* (a queue, a centre) is a buffer that ``loss`` changes only
while ``self.training``, as batch normalisation does. What follows the *weights* (a slow teacher) changes only
in ``after_step``.

A run may be made by several processes, each with its own rows of a batch. A loss that is a mean over rows
needs nothing for that; where rows meet rows it asks for ``everyone(z)`` first.

Shapes: B rows in a batch, W encoder width, D output width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from repro.learning.nn.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands while step ``step`` (counted from 0) of ``steps`` is made."""

    step: int = 0
    steps: int = 1
    epoch: int = 0
    epochs: int = 1

    @property
    def fraction(self) -> float:
        """Share of training already done, in [0, 1)."""
        return self.step / self.steps


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that the optimiser treats alike.

    ``constant_lr`` leaves the learning rate where it starts (SimSiam's predictor, Sec. 4.2); ``lr_scale``
    multiplies it (BYOL's faster predictor, Sec. 5).
    """

    parameters: tuple[nn.Parameter, ...]
    constant_lr: bool = False
    lr_scale: float = 1.0


def trainable(*modules: nn.Module) -> tuple[nn.Parameter, ...]:
    """Every parameter of ``modules`` that takes a gradient, in their order."""
    return tuple(p for module in modules for p in module.parameters() if p.requires_grad)


class Method(nn.Module):
    """Base of every method. A batch is whatever the encoder takes: the contract never looks inside it."""

    views_needed: ClassVar[int | tuple[int, int | None]]  # how many a loss takes, or from and to (None: any)

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """The objective on the views of one batch: a scalar to be minimised."""
        raise NotImplementedError(f"{type(self).__name__} must define loss(views, progress)")

    def forward(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """The loss: what makes gradients is what torch calls a module's forward."""
        return self.loss(views, progress)

    def after_step(self, progress: Progress) -> None:
        """Called once after each optimiser step: slow copies of the weights move here."""

    def parameter_groups(self) -> Iterable[Group]:
        """Every trainable parameter exactly once; one group unless the paper treats some differently."""
        return [Group(trainable(self))]

    def encode(self, batch: Any) -> Tensor:
        """The representation that is evaluated, h in most papers: (B, W)."""
        features: Tensor = self.encoder(batch)
        return features

    def project(self, batch: Any) -> Tensor:
        """The space the loss acts on, z in most papers: (B, D). Collapse is measured here."""
        return self.encode(batch)

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """The paper's own diagnostics on one batch of views, called in eval mode without gradients."""
        return {}
