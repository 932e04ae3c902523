"""Faults of catalog files, each with its place and the rule it breaks, and the error that carries them."""

from dataclasses import dataclass, replace
from typing import Any

from repro.catalog.reading.rule import Rule, Severity
from repro.errors import CatalogError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault of a file at one place; lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: Rule
    message: str

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``, as the rule says."""
        return self.rule.severity

    @property
    def place(self) -> str:
        """``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def report(self) -> str:
        """``file:line:column: severity rule: message``, a form that editors can follow."""
        return f"{self.place}: {self.severity} {self.rule.id}: {self.message}"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    def under(self, rule: Rule) -> "Fault":
        """The same fault reported by another rule."""
        return replace(self, rule=rule)

    def as_json(self) -> dict[str, Any]:
        """Every part by name, for programs."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "rule": self.rule.id,
            "message": self.message,
            "severity": self.severity,
        }


class CatalogFileError(CatalogError):
    """Raised when a catalog file cannot be used; ``faults`` says everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
