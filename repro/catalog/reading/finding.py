"""What is wrong in a catalog file: findings, each with its place and the rule it breaks."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from repro.catalog.check.rules import RULES, Severity
from repro.errors import CatalogError


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong at one place; lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: str
    message: str

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``, as the rule says."""
        return RULES[self.rule].severity

    @property
    def place(self) -> str:
        """``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def report(self) -> str:
        """``file:line:column: severity rule: message``, a form that editors can follow."""
        return f"{self.place}: {self.severity} {self.rule}: {self.message}"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    def under(self, rule: str) -> "Finding":
        """The same finding reported by another rule."""
        return replace(self, rule=rule)

    def as_json(self) -> dict[str, Any]:
        """Every part by name, for programs."""
        return {**asdict(self), "severity": self.severity}


class CatalogFileError(CatalogError):
    """Raised when a catalog file cannot be used; ``findings`` says everything that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = sorted(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
