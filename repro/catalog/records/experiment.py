"""How a trained claim is tested: arms that differ in a few settings, and what is expected to be seen."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from repro.catalog.records.base import Number, Record, Text, Untyped, Whole
from repro.catalog.records.forms import DottedKey, Id, Name

ARM = r"^[a-z0-9]+(-[a-z0-9]+)*(/(untrained|pixels))?$"
CLAIM = r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"

# An arm, or what the same run measured before training (`arm/untrained`) or without a network (`arm/pixels`).
ArmRef = Annotated[str, StringConstraints(pattern=ARM, max_length=80)]
ClaimRef = Annotated[str, StringConstraints(pattern=CLAIM, max_length=130)]
Kind = Literal["greater", "level", "equal", "collapse", "no-collapse", "order", "trend"]

# How many arms each kind of expectation speaks of, and whether it compares a metric within a margin.
TWO, ONE, MANY = (2, 2), (1, 1), (3, 12)
ARMS: dict[Kind, tuple[int, int]] = {
    "greater": TWO,
    "level": TWO,
    "equal": TWO,
    "collapse": ONE,
    "no-collapse": ONE,
    "order": MANY,
    "trend": MANY,
}
COLLAPSES = ("collapse", "no-collapse")
COLLAPSED_STD = 0.3  # of a full spread of 1; outputs that spread less are called constant


class Expectation(Record):
    """One thing that is expected to be seen if the claim holds."""

    kind: Kind = Field(
        description=(
            "greater: the first arm's metric exceeds the second's by more than the margin; level: it is not "
            "lower by more than the margin; equal: they differ by less than the margin; collapse, "
            "no-collapse: the arm's outputs become constant, or do not; order: each arm exceeds the next by "
            "more than the margin; trend: from one arm to the next the metric rises by more than the margin "
            "on average."
        )
    )
    arms: Annotated[tuple[ArmRef, ...], Field(min_length=1)] = Field(
        description="The arms it speaks of, in order; `arm/untrained` and `arm/pixels` are its baselines."
    )
    metric: Name | None = Field(default=None, description="The metric compared; none for a collapse.")
    margin: Annotated[Number, Field(ge=0)] | None = Field(
        default=None, description="How much counts, in the metric's own unit; none for a collapse."
    )

    @property
    def measured(self) -> tuple[str, ...]:
        """The arms whose runs it needs, each once."""
        return tuple(dict.fromkeys(ref.partition("/")[0] for ref in self.arms))


class Experiment(Record):
    """The runs that test a claim, and how their outcome is read."""

    benchmark: Id = Field(description="The benchmark of the paper's recipe that every arm starts from.")
    why: Text = Field(description="Why this small version still tests the idea.")
    base: dict[DottedKey, Untyped] = Field(
        default_factory=dict, description="Settings changed in every arm, by dotted configuration key."
    )
    arms: Annotated[dict[Id, dict[DottedKey, Untyped]], Field(min_length=1, max_length=12)] = Field(
        description="What each arm changes besides; an empty mapping changes nothing."
    )
    reported: dict[Id, Id] = Field(
        default_factory=dict, description="The paper's own value for an arm, by its id under `paper_values`."
    )
    seeds: Annotated[Whole, Field(ge=3, le=20)] = Field(
        default=5, description="Runs of each arm, with seeds counted from 0."
    )
    expect: Annotated[tuple[Expectation, ...], Field(min_length=1)] = Field(
        description="What is expected; the claim's outcome is that of the least favourable line."
    )
