"""Bounds as types: what a setting may be, said once.

A component says ``dim: Positive = 2048``, which is an int to a type checker. ``repro check``, ``--set``, the
JSON Schemas, ``repro show PAPER --config`` and whoever builds the component in Python read the bound from
there (:mod:`repro.catalog.records.kinds`), so all refuse the same values with the same sentence.
"""

from typing import Annotated

from pydantic import Field

from repro.catalog.records.kinds import Condition

ASCENDING = Condition("the smaller first", lambda pair: bool(pair[0] <= pair[1]))

# Whole numbers
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
TwoOrMore = Annotated[int, Field(ge=2)]
Pixels = Annotated[int, Field(ge=8, le=1024)]  # of the side of an image
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # that NumPy takes

# Numbers
AboveZero = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]  # of something that is there: never none of it
ProperShare = Annotated[float, Field(gt=0, lt=1)]  # and never all of it
HalfTurn = Annotated[float, Field(ge=0, le=0.5)]
Decibels = Annotated[float, Field(ge=-60, le=120)]
LogPower = Annotated[float, Field(ge=-50, le=50)]  # of a spectrogram, in natural units
Correlation = Annotated[float, Field(ge=-1, le=1)]

# From one number to another
ShareInterval = Annotated[list[Share], Field(min_length=2, max_length=2), ASCENDING]
PositiveInterval = Annotated[list[AboveZero], Field(min_length=2, max_length=2), ASCENDING]
DecibelInterval = Annotated[list[Decibels], Field(min_length=2, max_length=2), ASCENDING]
