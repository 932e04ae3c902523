"""How a method is built, as far as a picture shows it: the networks that views pass, and what is compared."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from repro.catalog.records.base import Flag, Record, Whole
from repro.catalog.records.kinds import describe, nearest

MOST_ARMS = 3  # side by side in a picture
ROWS = {"encoder": 0, "projector": 1, "decoder": 1, "predictor": 2}  # where a part stands on the way down
# Text of a picture, no longer than there is room for.
Symbol = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=6)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=36)]


class Branch(Record):
    """One way from a view to an output; all arms that are trained share their networks."""

    view: Annotated[Whole, Field(ge=1, le=9)] = Field(description="Which view of the input it begins with.")
    parts: Annotated[
        tuple[Literal["encoder", "projector", "predictor", "decoder"], ...], Field(min_length=1, max_length=3)
    ] = Field(description="The networks that the view passes, in order.")
    output: Symbol = Field(description="The symbol of what comes out, such as z₁.")
    weights: Literal["trained", "average", "separate"] = Field(
        default="trained",
        description=(
            "trained: shared with the other trained arms; average: a moving average of them; "
            "separate: trained and shared with none."
        ),
    )
    stop_gradient: Flag = Field(default=False, description="Whether the output is held constant.")

    @field_validator("parts")
    @classmethod
    def _in_order(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        rows = [ROWS[part] for part in parts]
        if rows != sorted(set(rows)):
            raise _wrong(
                f"found {', '.join(parts)}, expected encoder, projector or decoder, predictor, in order."
            )
        return parts


class LossTerm(Record):
    """A term of the loss: between which outputs it stands and what it asks of them."""

    between: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=MOST_ARMS)] = Field(
        description="The outputs that are compared, by their symbols."
    )
    kind: Literal["pair", "away", "batch", "queue", "correlation", "anticorrelation", "centre", "input"] = (
        Field(
            description=(
                "pair: two outputs of one input; away: these pushed apart; batch: each with all of the "
                "batch; queue: each with a memory of earlier ones; correlation: features with features, zero "
                "off the diagonal; anticorrelation: minus one there; centre: split into what all share "
                "and the rest; input: with the input itself."
            )
        )
    )
    name: Line = Field(description="What it asks, in two or three words.")
    formula: Line = Field(description="The term as a short formula in plain text.")


class Diagram(Record):
    """The picture of a method: its arms from view to output, and the comparisons that are its loss."""

    input: Label = Field(default="image", description="What the views are made from, in a word.")
    arms: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=MOST_ARMS)] = Field(
        description="The arms from left to right."
    )
    loss: Annotated[tuple[LossTerm, ...], Field(min_length=1)] = Field(
        description="What is compared, from left to right."
    )
    swapped: Line | None = Field(
        default=None, description="What is done once more with the views in other roles, in a few words."
    )

    @field_validator("arms")
    @classmethod
    def _told_apart(cls, arms: tuple[Branch, ...]) -> tuple[Branch, ...]:
        outputs = [arm.output for arm in arms]
        if twice := next((name for name in outputs if outputs.count(name) > 1), None):
            raise _wrong(
                f"found {describe(twice)} twice as an output, expected a symbol of its own for each arm."
            )
        return arms

    @field_validator("loss")
    @classmethod
    def _between_outputs(cls, loss: tuple[LossTerm, ...], info: ValidationInfo) -> tuple[LossTerm, ...]:
        outputs = [arm.output for arm in info.data.get("arms", ())]
        named = [name for term in loss for name in term.between]
        for name in (name for name in named if outputs and name not in outputs):
            known = ", ".join(outputs)
            raise _wrong(
                f"found {describe(name)}, expected an output of `arms`: {known}.{nearest(name, outputs)}"
            )
        for name in (name for name in outputs if name not in named):
            raise _wrong(f"found no term with {describe(name)}, expected that every output is compared.")
        places = [sorted(outputs.index(name) for name in term.between) for term in loss] if outputs else []
        if any(left[-1] > right[0] for left, right in pairwise(places)):
            raise _wrong("found terms that overlap, expected them from left to right in the order of `arms`.")
        return loss


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("wrong_kind", "{sentence}", {"sentence": sentence})
