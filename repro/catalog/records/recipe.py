"""What we run: benchmarks, and the recipe of a paper on a benchmark."""

from typing import Annotated, Any

from pydantic import Field

from repro.catalog.records.base import Format, Localised, Record, Text, Untyped, Whole
from repro.catalog.records.config import BudgetConfig, OptimizerConfig, ProbesConfig
from repro.catalog.records.forms import Checksum, Id, Name, ReasonKey, Term

Component = dict[Name, Untyped]


class Protocols(Record):
    """How the benchmark's two probes are carried out."""

    knn: Term = Field(description="A protocol of vocab/protocols.yaml.")
    linear: Term = Field(description="A protocol of vocab/protocols.yaml.")


class Benchmark(Record):
    """Data, encoder, probes and budget that methods share, so that they compare."""

    schema_: Format = Field(alias="schema", description="The version of this file's format: 1.")
    id: Id = Field(description="The benchmark's id: the file's name without .yaml.")
    name: Text = Field(description="The name shown to people.")
    summary: Localised = Field(description="What it is and what it shows.")
    classes: Annotated[Whole, Field(ge=0)] = Field(description="How many classes; 0 without labels.")
    checksum: Checksum | None = Field(
        default=None, description="Of the data set as built; null when somebody else's code downloads it."
    )
    protocol: Protocols = Field(description="How the probes are carried out.")
    data: Component = Field(description="The data set by name, and its parameters.")
    encoder: Component = Field(description="The encoder by name, and its parameters.")
    views: Component = Field(description="The views by name, and their parameters.")
    probes: ProbesConfig = Field(description="The settings of the probes.")
    budget: BudgetConfig = Field(description="How long to train.")


class Recipe(Record):
    """How one paper runs on one benchmark."""

    schema_: Format = Field(alias="schema", description="The version of this file's format: 1.")
    paper: Id = Field(description="The paper's id: the folder's name.")
    benchmark: Id = Field(description="The benchmark's id: the file's name without .yaml.")
    follows: Id = Field(description="The settings of the paper this recipe is held against.")
    method: Component = Field(description="The method by name; parameters left out take its defaults.")
    encoder: Component = Field(default_factory=dict, description="Changes to the benchmark's encoder.")
    views: Component = Field(default_factory=dict, description="Changes to the benchmark's views.")
    data: Component = Field(default_factory=dict, description="Changes to the benchmark's data.")
    probes: dict[Name, Any] = Field(default_factory=dict, description="Changes to the benchmark's probes.")
    budget: Component = Field(default_factory=dict, description="Changes to the benchmark's budget.")
    optimizer: OptimizerConfig = Field(description="How weights are updated.")
    why: dict[ReasonKey, Text] = Field(
        default_factory=dict, description="One sentence for each setting that differs from the paper."
    )
