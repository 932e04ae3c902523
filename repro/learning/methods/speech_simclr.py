"""Speech SimCLR: Jiang et al., "Speech SimCLR: Combining Contrastive and Reconstruction Objective for
Self-supervised Speech Representation Learning", Interspeech 2021.

Two altered versions of an utterance should find each other among all others, as in SimCLR, and the encoder
should rebuild what the masks hide, as in TERA. Layer normalisation stands wherever SimCLR has batch
normalisation, whose statistics could give a partner away (Sec. 3.3).

Paper    https://arxiv.org/abs/2010.13991 (section and table numbers of v2)
Symbols  f = encoder, a vector a moment; h = its mean over time; z = g(h); x = a view before its masks
Shapes   B rows in a batch, W encoder width, D output width, S tokens of P numbers each

The views come as four batches: two masked, and the same two whole, which only the reconstruction sees. The
loss of SimCLR is that of ``methods/simclr.py``. The paper gives both terms the same weight; weight 0 leaves
SimCLR on speech, the other row of Tables 1 and 2. What is rebuilt is the altered spectrogram without its
masks, noise and all. The branch with the official code trains another configuration than the paper.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from repro.catalog.records.bounds import AboveZero, Count, NotNegative, Positive
from repro.errors import UsageError
from repro.learning.losses import in_float32
from repro.learning.methods.base import Method, Progress
from repro.learning.methods.simclr import nt_xent, view_logits
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.speech_transformer import Tokens
from repro.learning.settings import bounded


@in_float32
def reconstruction_loss(rebuilt: Tensor, whole: Tensor) -> Tensor:
    """Mean absolute error over all moments and bands: (B, S, P) x2 -> scalar."""
    return (rebuilt - whole).abs().mean()


class SpeechSimCLR(Method):
    """f, g and the reconstruction head of Fig. 1."""

    views_needed = 4

    @bounded("method")
    def __init__(
        self,
        encoder: Encoder,
        *,
        dim: Positive = 128,  # D, width of z
        hidden: Count = 0,  # width of the head's hidden layer; 0 = that of the encoder
        temperature: AboveZero = 0.1,  # tau (Sec. 3.3)
        contrast: NotNegative = 1.0,  # weight of the contrastive loss
        reconstruction: NotNegative = 1.0,  # weight of the reconstruction loss; 0 = SimCLR on speech
    ) -> None:
        super().__init__(encoder)
        if not isinstance(encoder, Tokens):
            raise UsageError(
                "speech_simclr rebuilds what masks hide, so it needs an encoder with a vector for each "
                "moment, as encoder.name=speech_transformer is; one of your own has "
                "moments(batch) -> (B, S, W), patches(batch) -> (B, S, P) and patch_width"
            )
        hidden = hidden or encoder.width
        self.projector = nn.Sequential(
            nn.Linear(encoder.width, hidden), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )
        self.temperature, self.contrast, self.reconstruction = temperature, contrast, reconstruction
        self.rebuild = nn.Linear(encoder.width, encoder.patch_width) if reconstruction else None

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        """The sum of both objectives (Sec. 3.1)."""
        moments = [self._tokens.moments(masked) for masked in views[:2]]  # (B, S, W) each
        z1, z2 = (self.projector(each.mean(dim=1)) for each in moments)
        loss: Tensor = self.contrast * nt_xent(z1, z2, self.temperature)
        return loss + self.reconstruction * self._error(moments, views[2:]) if self.rebuild else loss

    def project(self, batch: Any) -> Tensor:
        """z = g(h): (B, D)."""
        z: Tensor = self.projector(self.encode(batch))
        return z

    def watch(self, views: Sequence[Any]) -> dict[str, float]:
        """The share of views whose partner is the nearest of all, and how far the rebuilt views are off."""
        logits, partner = view_logits(self.project(views[0]), self.project(views[1]), self.temperature)
        values = {"contrastive_accuracy": (logits.argmax(dim=1) == partner).float().mean().item()}
        if self.rebuild:
            moments = [self._tokens.moments(masked) for masked in views[:2]]
            values["reconstruction_error"] = self._error(moments, views[2:]).item()
        return values

    @property
    def _tokens(self) -> Tokens:
        """The encoder, as what gives a vector for each moment."""
        encoder: Any = self.encoder
        return encoder  # type: ignore[no-any-return]

    def _error(self, moments: Sequence[Tensor], wholes: Sequence[Any]) -> Tensor:
        """The reconstruction loss averaged over both views."""
        pairs = zip(moments, wholes, strict=True)
        losses = [reconstruction_loss(self.rebuild(m), self._tokens.patches(whole)) for m, whole in pairs]  # type: ignore[misc]
        return torch.stack(losses).mean()
