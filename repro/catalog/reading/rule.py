"""A rule of ``repro check`` as data: its permanent id, what it asks for, why, and two examples."""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]

PAPER = "papers/simsiam.yaml"
RECIPE = "recipes/simsiam/digits.yaml"
BENCHMARK = "benchmarks/digits.yaml"
TITLE = "title: Exploring Simple Siamese Representation Learning"  # a line of several examples


class Rule(NamedTuple):
    """A rule of ``repro check``, written above the function that enforces it.

    ``id`` is never given to another rule, so that it can be searched for and silenced for good. ``wrong`` and
    ``right`` are YAML: top-level lines of an otherwise sound file that break the rule and that keep it.
    ``file`` is the file they stand in, ``right_file`` another one where the name is what counts.
    """

    id: str
    asks: str
    why: str
    wrong: str
    right: str
    file: str = PAPER
    right_file: str = ""
    severity: Severity = "error"
