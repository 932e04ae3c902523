"""Codes declared equal: ``evidence/code.yaml``, so that a change that moves no number ages no evidence.

A fingerprint follows from text, so a loss that is written in other words has another one. Where it was proved
that both compute the same, bit for bit, this file says so, and records of the earlier code stay current.
"""

from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from repro.catalog.records.base import Format, Record, Text
from repro.catalog.records.forms import COMMIT

FILE = "evidence/code.yaml"
Code = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class EqualCode(Record):
    """One change of code that moved no number."""

    what: Text = Field(description="What was changed, in a sentence.")
    before: Annotated[str, StringConstraints(pattern=COMMIT)] = Field(
        description="The commit that holds the earlier code."
    )
    proof: Text = Field(description="How it was proved that both give the same bits.")
    codes: dict[Text, Annotated[list[Code], Field(min_length=2)]] = Field(
        description="By recipe, as paper/benchmark: the fingerprints that are equal, the earliest first."
    )


class SameCode(Record):
    """Every declaration of the catalog."""

    schema_: Format = Field(alias="schema", description="The version of this file's format: 1.")
    equal: list[EqualCode] = Field(description="The changes, the earliest first.")

    @cached_property
    def _earlier(self) -> dict[str, str]:
        groups = (codes for change in self.equal for codes in change.codes.values())
        return {code: codes[0] for codes in groups for code in codes[1:]}

    def earliest(self, code: str) -> str:
        """The fingerprint that stands for all codes declared equal to this one; itself without any."""
        seen = {code}
        while (code := self._earlier.get(code, code)) not in seen:
            seen.add(code)
        return code
