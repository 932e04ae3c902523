"""In the shape of DINO (Caron et al. 2021, arXiv:2104.14294): views of two sizes, a centred teacher."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from repro.learning.examples import Image
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder

LARGE = 2  # views that the teacher sees


class MultiCrop:
    """Two large and ``small`` small views: random windows, the small ones of half the side."""

    def __init__(self, example: Image, *, small: int = 3) -> None:
        self.size, self.small = example.size, small

    def __call__(self, batch: Tensor, generator: Generator) -> list[Tensor]:
        sides = [self.size - 2] * LARGE + [self.size // 2] * self.small
        return [self._window(batch, side, generator) for side in sides]

    @property
    def count(self) -> int:
        return LARGE + self.small

    def plain(self, batch: Tensor) -> Tensor:
        return batch

    def _window(self, batch: Tensor, side: int, generator: Generator) -> Tensor:
        room = batch.shape[-1] - side + 1
        top, left = torch.randint(room, (2,), generator=generator).tolist()
        return batch[..., top : top + side, left : left + side]


class Dino(Method):
    """Student and teacher with a prototype layer, whose weights stand still in the first epoch."""

    centre: Tensor

    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: int = 8,
        student_temperature: float = 0.1,
        teacher_from: float = 0.04,
        teacher_to: float = 0.07,
        decay: float = 0.9,
        centre_decay: float = 0.9,
    ) -> None:
        super().__init__(encoder)
        self.head = nn.Sequential(nn.Linear(encoder.width, 16), nn.GELU(), nn.Linear(16, 4))
        self.last = nn.Linear(4, dim, bias=False)
        self.teacher = deepcopy(nn.Sequential(self.encoder, self.head, self.last)).requires_grad_(False)
        self.register_buffer("centre", torch.zeros(dim))
        self.student_temperature = student_temperature
        self.teacher_from, self.teacher_to = teacher_from, teacher_to
        self.decay, self.centre_decay = decay, centre_decay

    def teacher_temperature(self, progress: Progress) -> float:
        return self.teacher_from + (self.teacher_to - self.teacher_from) * progress.fraction

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        with torch.no_grad():
            raw = [self.teacher(view) for view in views[:LARGE]]
            tau = self.teacher_temperature(progress)
            targets = [((out - self.centre) / tau).softmax(dim=1) for out in raw]
        frozen = progress.epoch == 0
        students = [self._student(view, frozen) / self.student_temperature for view in views]
        pairs = [(t, s) for t in range(LARGE) for s in range(len(views)) if s != t]
        losses = [-(targets[t] * F.log_softmax(students[s], dim=1)).sum(dim=1).mean() for t, s in pairs]
        if self.training:
            mean = torch.cat(raw).mean(dim=0)
            self.centre = self.centre_decay * self.centre + (1 - self.centre_decay) * mean
        return torch.stack(losses).mean()

    def _student(self, view: Any, frozen: bool) -> Tensor:
        weight = self.last.weight.detach() if frozen else self.last.weight
        return F.linear(self.head(self.encoder(view)), weight)

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        online = [p for module in (self.encoder, self.head, self.last) for p in module.parameters()]
        for slow, weight in zip(self.teacher.parameters(), online, strict=True):
            slow.lerp_(weight, 1 - self.decay)

    def encode(self, batch: Any) -> Tensor:
        """The teacher is what the paper evaluates."""
        features: Tensor = self.teacher[0](batch)
        return features

    def project(self, batch: Any) -> Tensor:
        z: Tensor = self.last(self.head(self.encoder(batch)))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        return {"centre": self.centre.norm().item()}
