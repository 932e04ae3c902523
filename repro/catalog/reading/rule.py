"""What a rule is: how bad a finding of it is, what it asks for, why, and an example from either side."""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]

PAPER = "papers/simsiam.yaml"
RECIPE = "recipes/simsiam/digits.yaml"
BENCHMARK = "benchmarks/digits.yaml"


class Rule(NamedTuple):
    """A rule of ``repro check``.

    ``wrong`` and ``right`` are YAML: top-level lines of an otherwise sound file that break the rule and that
    keep it. ``file`` is the file they stand in, ``right_file`` another one where the name is what counts.
    """

    severity: Severity
    asks: str
    why: str
    wrong: str
    right: str
    file: str = PAPER
    right_file: str = ""
