"""What a network knows: probes on its frozen features, beside raw pixels and the untrained encoder."""

from collections.abc import Iterable
from typing import Any

import torch

from repro.catalog.records.experiment import COLLAPSED_STD
from repro.evidence.run import Baselines, Diagnosis, Scores
from repro.learning.data.base import Dataset, Encode, Features
from repro.learning.methods.base import Method
from repro.learning.probes.base import Probe
from repro.learning.probes.spread import spread

EARLY_STEPS = 100  # an untrained network's outputs are as narrow as a collapsed one's
FEW_DIRECTIONS = 0.25  # of the untrained network's effective rank


def probe(features: Features | None, probes: Iterable[Probe]) -> Scores:
    """The value of every metric of some probes; None without labels."""
    scores: Scores = {}
    for member in probes:
        scores |= dict.fromkeys(member.metrics) if features is None else member(features)
    return scores


def encoded(dataset: Dataset, encode: Encode, limit: int = 0) -> Features | None:
    """Features of both splits on the data's device, at most ``limit`` rows of each; None without labels."""
    if not dataset.classes:
        return None
    features = dataset.features(encode, limit)
    return Features(*(part.to(dataset.device) for part in features))


@torch.no_grad()
def spread_of(method: Method, batch: Any) -> dict[str, float]:
    """Spread of ``method.project`` on a batch, in eval mode; the mode is put back."""
    was_training = method.training
    method.eval()
    z = method.project(batch)
    method.train(was_training)
    return spread(z)


def diagnose(metrics: Scores, baselines: Baselines, steps: int, unit: str) -> Diagnosis:
    """Whether the run collapsed, in words: the spread decides, rank and linear probe bear witness."""
    std = metrics.get("std")
    if std is None:
        return Diagnosis(sentence="Training did not finish, so nothing was measured.")
    if std < COLLAPSED_STD and steps < EARLY_STEPS:
        return Diagnosis(sentence=f"Too early to tell after {steps} steps whether it collapses.")
    if std >= COLLAPSED_STD:
        return Diagnosis(sentence=_spread_out(std, metrics, baselines))
    told = (
        f"Collapsed: the outputs keep {std:.2f} of a full spread, so all {unit}s look almost the same to it"
    )
    trained, untrained = metrics.get("linear"), baselines.untrained.get("linear")
    if trained is not None and untrained is not None:
        told += f"; a linear probe reads {trained:.0%} of the {unit}s right, untrained {untrained:.0%}"
    return Diagnosis(collapsed=True, sentence=f"{told}.")


def _spread_out(std: float, metrics: Scores, baselines: Baselines) -> str:
    """A full spread may still lie in a few directions: dimensional collapse shows in the rank alone."""
    told = f"the outputs keep {std:.2f} of a full spread"
    rank, before = metrics.get("effective_rank"), baselines.untrained.get("effective_rank")
    if rank is None or before is None or rank >= FEW_DIRECTIONS * before:
        return f"No collapse: {told}."
    return (
        f"Few directions: {told}, but along {rank:.0f} of them where the untrained network has {before:.0f}."
    )
