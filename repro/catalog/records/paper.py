"""A paper as the catalog keeps it: who, where, what it says, in our own words."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from repro.catalog.records.base import Address, Format, Localised, Record, Text, Untyped, Whole
from repro.catalog.records.diagram import Diagram
from repro.catalog.records.experiment import ClaimRef, Experiment
from repro.catalog.records.forms import (
    ArxivId,
    Commit,
    Date,
    DblpKey,
    Decimal,
    Doi,
    DottedKey,
    Id,
    OpenReviewId,
    Orcid,
    S2Id,
    Target,
    Term,
)
from repro.catalog.records.kinds import describe


class Author(Record):
    """One author, in the order of the paper."""

    name: Text = Field(description="The name as printed.")
    orcid: Orcid | None = Field(default=None, description="The author's ORCID iD, 0000-0000-0000-0000.")
    family: Text | None = Field(
        default=None,
        description="The family name, where it is not the last word of the name; of a group all of it.",
    )

    @field_validator("family")
    @classmethod
    def _words_of_the_name(cls, family: str | None, info: ValidationInfo) -> str | None:
        name, wanted = str(info.data.get("name", "")), (family or "").split()
        words = name.replace(",", " ").split()
        starts = range(len(words) - len(wanted) + 1)
        inside = any(words[start : start + len(wanted)] == wanted for start in starts)
        if words and wanted and not inside and wanted != name.split():
            sentence = f"found {describe(family)}, expected words of the name '{name}'."
            raise PydanticCustomError("wrong_kind", "{sentence}", {"sentence": sentence})
        return family


class Identifiers(Record):
    """The names other catalogs have for the paper."""

    arxiv: ArxivId | None = Field(default=None, description="arXiv id without version, such as 2011.10566.")
    doi: Doi | None = Field(default=None, description="DOI without the address in front of it.")
    openreview: OpenReviewId | None = Field(default=None, description="OpenReview forum id.")
    dblp: DblpKey | None = Field(default=None, description="DBLP key, such as conf/cvpr/ChenH21.")
    s2: S2Id | None = Field(default=None, description="Semantic Scholar paper id.")


class Link(Record):
    """An address on the web and what is there."""

    role: Literal["paper", "pdf", "official-code", "community-code", "project", "weights", "talk"] = Field(
        description="What is at the address."
    )
    url: Address = Field(description="The address; https only.")
    note: Text | None = Field(default=None, description="What to know before following it.")


class Relation(Record):
    """What this paper does to another one; the inverse is derived."""

    type: Id = Field(description="A relation type of vocab/relations.yaml.")
    to: Target = Field(description="A paper's id, or arxiv:<id> for a paper that is not in the catalog.")
    note: Text | None = Field(default=None, description="One sentence on what the relation rests on.")
    evidence: Id | None = Field(default=None, description="The claim of this paper that tests the relation.")


# How far official code is looked after, on the day it was looked at.
CODE_STATES = {
    "active": "a commit in the twelve months before the look",
    "quiet": "no commit in the twelve months before the look",
    "archived": "made read-only by its owner",
    "gone": "the repository, or everything in it, was taken away",
}


class Official(Record):
    """The authors' own code."""

    repo: Address = Field(description="The repository.")
    commit: Commit | None = Field(default=None, description="The commit that was read.")
    licence: Text = Field(description="SPDX id of the licence, or none.")
    state: Literal["active", "quiet", "archived", "gone"] = Field(
        description="How far it is looked after, on the day of `checked`: "
        f"{'; '.join(f'{state}: {words}' for state, words in CODE_STATES.items())}."
    )
    checked: Date | None = Field(default=None, description="The day licence and state were looked at.")


class PaperSettings(Record):
    """One experimental setting of the paper, in the keys of our own configuration."""

    id: Id = Field(description="What recipes call it under `follows`.")
    place: Text = Field(description="Where the paper says so.")
    paper: dict[DottedKey, Untyped] = Field(description="What the paper says, by dotted configuration key.")
    code: dict[DottedKey, Untyped] = Field(
        default_factory=dict, description="What the official code does, where it does something else."
    )


class Spread(Record):
    """How far a reported value varies over runs."""

    kind: Literal["sd", "se", "ci95", "range"] = Field(description="What the number is.")
    value: Decimal = Field(description="The number as printed.")


class ReportedSetting(Record):
    """The circumstances of a reported value."""

    backbone: Text | None = Field(default=None, description="The encoder, such as resnet50.")
    epochs: Whole | None = Field(default=None, description="Epochs of pretraining.")
    batch: Whole | None = Field(default=None, description="Images a step.")
    note: Text | None = Field(default=None, description="What else one must know to compare.")


class Source(Record):
    """Where a reported value was read."""

    doc: Text = Field(description="The document and its version, such as arxiv v1.")
    place: Text = Field(description="The table, figure or section.")
    how: Literal["table", "text", "figure", "repository"] = Field(description="What it was read from.")
    mark: Literal["pdf", "code", "web", "memory", "figure"] = Field(
        description=(
            "How sure the reading is: from the PDF, the official code, another full text on the web, "
            "memory, or a plotted figure."
        )
    )
    read_by: Text = Field(default="maintainers", description="Who read the number.")
    checked_by: Text | None = Field(default=None, description="Who read it a second time.")


UNSURE = {"memory": "from memory", "figure": "read off a figure"}  # marks of readings that are not sure


class Reported(Record):
    """One number that the paper or its authors report."""

    id: Id = Field(description="What claims call it under `paper_values`.")
    of: Id | None = Field(
        default=None,
        description="Whose value it is, where it is not the paper's own method's: another paper's id, "
        "or a word of vocab/methods.yaml, such as supervised.",
    )
    task: Id = Field(description="The task, such as image-classification.")
    dataset: Term = Field(description="A data set of vocab/datasets.yaml.")
    split: Text = Field(description="The split the number is for.")
    protocol: Term = Field(description="A protocol of vocab/protocols.yaml, with its version.")
    metric: Term = Field(description="A metric of vocab/metrics.yaml.")
    value: Decimal = Field(description="The number as printed, quoted so that its digits are kept.")
    unit: Text = Field(description="The unit, such as percent.")
    runs: Whole | None = Field(default=None, description="Over how many runs, if the paper says.")
    spread: Spread | None = Field(default=None, description="How far it varies over runs.")
    setting: ReportedSetting = Field(description="The circumstances.")
    source: Source = Field(description="Where the number was read.")

    @property
    def text(self) -> str:
        """The number as people read it, with its spread and unit: ``68.1 ± 0.2 (sd) %``."""
        spread = f" ± {self.spread.value} ({self.spread.kind})" if self.spread else ""
        unit = "\u00a0%" if self.unit == "percent" else f" {self.unit}"
        return f"{self.value}{spread}{unit}"

    @property
    def is_sure(self) -> bool:
        """True if the number was read in a text."""
        return self.source.mark not in UNSURE


class Claim(Record):
    """One statement of the paper that can be tested."""

    id: Id = Field(description="The claim's name, unique in the paper.")
    kind: Literal["exact", "trained"] = Field(description="An identity, or an outcome of training.")
    statement: Text = Field(description="What should be seen, in one sentence.")
    place: Text = Field(description="Where the paper says so.")
    paper_values: tuple[Id, ...] = Field(default=(), description="The reported values that belong to it.")
    test: Experiment | None = Field(default=None, description="How a trained claim is tested.")
    tested_by: ClaimRef | None = Field(
        default=None,
        description="The claim, as paper/claim, that says the same and whose test is this one's.",
    )
    out_of_reach: Text | None = Field(
        default=None, description="Why no benchmark of this catalog can test a trained claim."
    )


class Erratum(Record):
    """A correction of this entry."""

    field: Text = Field(description="The key that changed.")
    was: Text = Field(description="What it said before.")
    now: Text = Field(description="What it says now.")
    why: Text = Field(description="What showed that it was wrong.")


class Paper(Record):
    """A paper and what it says."""

    schema_: Format = Field(alias="schema", description="The version of this file's format: 1.")
    id: Id = Field(description="The paper's id: the file's name without .yaml.")
    name: Text = Field(description="The method's name as the field uses it.")
    title: Text = Field(description="The exact title.")
    authors: Annotated[tuple[Author, ...], Field(min_length=1)] = Field(description="The authors in order.")
    year: Annotated[Whole, Field(ge=1950, le=2100)] = Field(description="The year of the version cited.")
    venue: Id = Field(description="A venue of vocab/venues.yaml.")
    status: Literal["published", "preprint", "superseded", "retracted"] = Field(description="Its standing.")
    depth: Literal["full", "short"] = Field(
        description="full: every part is there, or named under `gaps`; short: what identifies and places it."
    )
    added: Date = Field(description="The day this entry was added.")
    revised: Date | None = Field(default=None, description="The day it last changed in substance.")
    ids: Identifiers = Field(description="The names other catalogs have for the paper.")
    links: tuple[Link, ...] = Field(default=(), description="Addresses on the web.")
    abstract: Localised = Field(description="60 to 150 words in our own words.")
    idea: Localised = Field(description="The idea in one sentence.")
    tags: dict[Id, tuple[Id, ...]] = Field(description="Values by facet, from vocab/tags.yaml.")
    relations: tuple[Relation, ...] = Field(default=(), description="What this paper does to other papers.")
    official: Official | None = Field(default=None, description="The authors' own code.")
    diagram: Diagram | None = Field(default=None, description="The method as a picture shows it.")
    settings: tuple[PaperSettings, ...] = Field(default=(), description="Settings that recipes follow.")
    reported: tuple[Reported, ...] = Field(default=(), description="Numbers that the authors report.")
    claims: tuple[Claim, ...] = Field(default=(), description="Statements that can be tested.")
    gaps: dict[Id, Text] = Field(
        default_factory=dict, description="Parts that a full entry lacks, each with the reason."
    )
    errata: tuple[Erratum, ...] = Field(default=(), description="Corrections of this entry.")
