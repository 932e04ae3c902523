"""Exact claims: identities that follow from a paper's equations, checked on numbers drawn anew each time."""

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch

from repro.catalog.claims import Chosen
from repro.errors import CatalogError
from repro.learning.identities import (
    barlow_twins,
    bt_hsic,
    byol,
    byol_a,
    moco_v2,
    raft,
    simclr,
    simsiam,
    simsiam_collapse,
    simtriplet,
)
from repro.learning.identities.identity import TOLERANCE, Compared, Draw, Identity

IDENTITIES: dict[str, Identity] = {
    "barlow-twins/shift-and-scale-invariant": barlow_twins.shift_and_scale_invariant,
    "barlow-twins/correlation-bounded": barlow_twins.correlation_bounded,
    "barlow-twins/zero-at-identity": barlow_twins.zero_at_identity,
    "bt-hsic/hsic-is-squared-norm": bt_hsic.hsic_is_squared_norm,
    "bt-hsic/losses-differ-by-linear-term": bt_hsic.losses_differ_by_linear_term,
    "bt-hsic/minus-one-out-of-reach": bt_hsic.minus_one_out_of_reach,
    "byol/loss-is-cosine": byol.loss_is_cosine,
    "byol/four-plus-four-simsiam": byol.four_plus_four_simsiam,
    "byol/target-decay-ends": byol.target_decay_ends,
    "byol-a/mixup-is-linear-in-power": byol_a.mixup_is_linear_in_power,
    "byol-a/crop-stays-in-band": byol_a.crop_stays_in_band,
    "moco-v2/collapsed-loss": moco_v2.collapsed_loss,
    "raft/upper-bound": raft.upper_bound,
    "raft/mirrored-loss": raft.mirrored_loss,
    "raft/mirrored-runs": raft.mirrored_runs,
    "raft/tangential-loss": raft.tangential_loss,
    "simclr/collapsed-loss": simclr.collapsed_loss,
    "simclr/negatives-per-pair": simclr.negatives_per_pair,
    "simclr/gradient-weighs-negatives": simclr.gradient_weighs_negatives,
    "simsiam/half-gradient": simsiam.half_gradient,
    "simsiam/unit-sphere-spread": simsiam.unit_sphere_spread,
    "simsiam/output-norm-forbids-constant": simsiam.output_norm_forbids_constant,
    "simsiam-collapse/centre-and-residual": simsiam_collapse.centre_and_residual,
    "simsiam-collapse/own-direction-has-no-gradient": simsiam_collapse.own_direction_has_no_gradient,
    "simsiam-collapse/symmetric-predictor-is-naive": simsiam_collapse.symmetric_predictor_is_naive,
    "simtriplet/two-equal-views": simtriplet.two_equal_views,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """An exact claim and what its check found."""

    chosen: Chosen
    compared: Compared

    def plain(self) -> dict[str, Any]:
        """For programs; what is no finite number is null there."""
        compared, claim = asdict(self.compared), self.chosen.claim
        if not math.isfinite(self.compared.difference):
            compared["difference"] = None
        return {
            "paper": self.chosen.paper,
            "claim": claim.id,
            "statement": claim.statement,
            "place": claim.place,
            **compared,
            "holds": self.compared.holds,
        }


def fresh_seed() -> int:
    """A seed from the operating system, short enough to be typed again."""
    return secrets.randbits(32)


def check(chosen: Sequence[Chosen], seed: int) -> list[Outcome]:
    """The outcome of each claim. CatalogError, before any is checked, if one has no identity here."""
    without = [claim.name for claim in chosen if claim.name not in IDENTITIES]
    if without:
        raise CatalogError(
            f"{without[0]} is an exact claim that repro/learning/identities/exact.py has no identity for; "
            "write one there, or make the claim a trained one."
        )
    return [Outcome(claim, hold(claim.name, seed)) for claim in chosen]


def hold(name: str, seed: int) -> Compared:
    """One identity with the numbers of this seed. What cannot be checked does not hold."""
    with torch.random.fork_rng(devices=[]), _one_thread():
        torch.manual_seed(seed)
        try:
            return IDENTITIES[name](Draw(seed, name))
        except Exception as error:  # a changed loss may fail in any way, and the other claims still count
            return Compared(f"stopped by {type(error).__name__}: {error}", math.inf, TOLERANCE)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks of a few hundred weights: threads would wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
