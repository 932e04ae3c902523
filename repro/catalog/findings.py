"""What can be wrong in a catalog file: rules with permanent ids, and findings that carry a place.

A rule's id is never given to another rule, so that it can be searched for and silenced for good.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from repro.errors import CatalogError

Severity = Literal["error", "warning"]


class Rule(NamedTuple):
    """How bad a finding of this rule is, and what the rule asks for."""

    severity: Severity
    asks: str


RULES: dict[str, Rule] = {
    "R001": Rule("error", "a file is UTF-8 text and well-formed YAML with one document, a mapping"),
    "R002": Rule("error", "YAML anchors, aliases and tags are not used"),
    "R003": Rule("error", "a key is given once in a mapping"),
    "R004": Rule("error", "a file stays within the limits of size and nesting"),
    "R005": Rule("error", "text holds no control or direction-changing characters"),
    "R010": Rule("error", "every key is known"),
    "R011": Rule("error", "every required key is given"),
    "R012": Rule("error", "every value has the type and form its key asks for"),
    "R013": Rule("error", "a file is named after the id in it"),
    "R014": Rule("error", "the catalog folder holds YAML files in known folders and nothing else"),
    "R015": Rule("error", "a web address starts with https://"),
    "R016": Rule("error", "no placeholder is left in the text"),
    "R020": Rule("error", "the venue is in vocab/venues.yaml"),
    "R021": Rule("error", "tag facets and values are in vocab/tags.yaml"),
    "R022": Rule("error", "relation types are in vocab/relations.yaml"),
    "R023": Rule("error", "a relation leads to another paper of the catalog or to arxiv:<id>"),
    "R024": Rule("error", "the evidence of a relation is a claim of the same paper"),
    "R025": Rule("error", "protocols are in vocab/protocols.yaml"),
    "R026": Rule("error", "data sets of reported values are in vocab/datasets.yaml"),
    "R027": Rule("error", "metrics of reported values are in vocab/metrics.yaml"),
    "R028": Rule("error", "the paper_values of a claim are reported values of the same paper"),
    "R029": Rule("error", "ids are unique within a list"),
    "R030": Rule("error", "no two papers share an arXiv id, DOI or other identifier"),
    "R031": Rule("error", "a relation is stated once"),
    "R032": Rule("error", "the English abstract has 60 to 150 words"),
    "R033": Rule("error", "the inverse of a relation type names that type back"),
    "R040": Rule("error", "a recipe lies at recipes/<paper>/<benchmark>.yaml"),
    "R041": Rule("error", "the paper of a recipe is in the catalog"),
    "R042": Rule("error", "the benchmark of a recipe is in the catalog"),
    "R043": Rule("error", "a recipe follows one of its paper's settings"),
    "R044": Rule("error", "a recipe on its benchmark gives a complete, well-typed configuration"),
    "R045": Rule("error", "a setting that differs from the paper has its reason under `why`"),
    "R046": Rule("error", "a reason under `why` explains a difference that exists"),
    "R050": Rule("error", "the components of a benchmark exist and take the given settings"),
    "R051": Rule("error", "the keys of a paper's settings are dotted configuration keys"),
}


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

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    def under(self, rule: str) -> "Finding":
        """The same finding reported by another rule."""
        return replace(self, rule=rule)


class CatalogFileError(CatalogError):
    """Raised when a catalog file cannot be used; ``findings`` says everything that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = sorted(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
