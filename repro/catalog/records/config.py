"""The complete, typed configuration of a run, as it is hashed, saved and handed to training."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from repro.catalog.records.base import Record, Settings
from repro.catalog.records.bounds import AboveZero, BelowOne, Fraction, NotNegative, Positive, TwoOrMore
from repro.catalog.records.forms import Id, Name


class OptimizerConfig(Settings):
    """How weights are updated, and how the learning rate moves."""

    name: Literal["sgd", "adamw", "lars"] = Field(description="the update rule")
    lr: NotNegative = Field(description="base learning rate, at batch 256")
    lr_scaling: Literal["linear", "sqrt", "none"] = Field(
        default="linear", description="how lr follows the batch: lr*batch/256, lr*sqrt(batch)/16, or not"
    )
    lr_1d: NotNegative | None = Field(
        default=None, description="rate of biases and normalisation parameters, scaled alike; null = lr"
    )
    momentum: BelowOne = Field(default=0.9, description="momentum; the first beta of adamw")
    beta2: BelowOne = Field(default=0.999, description="the second beta of adamw")
    weight_decay: NotNegative = Field(default=0.0, description="weight decay; decoupled in adamw")
    decay_1d: bool = Field(default=True, description="decay biases and normalisation parameters too")
    trust_coefficient: AboveZero = Field(
        default=0.001, description="eta of lars; parameters of one dimension are never adapted"
    )
    schedule: Literal["cosine", "constant"] = Field(default="cosine", description="the rate after warm-up")
    warmup_epochs: NotNegative = Field(default=0.0, description="epochs of linear rise from 0 to lr")
    final_lr: Fraction = Field(default=0.0, description="fraction of lr reached at the end of the cosine")


class BudgetConfig(Settings):
    """How long to train."""

    epochs: Positive = Field(description="passes over the training images")
    batch: TwoOrMore = Field(description="images a step; an incomplete batch is dropped")


class KnnConfig(Settings):
    """The weighted nearest-neighbour probe."""

    k: Positive = Field(default=200, description="neighbours that vote")
    temperature: AboveZero = Field(default=0.1, description="a vote weighs exp(similarity / temperature)")


class LinearConfig(Settings):
    """The linear probe: multinomial logistic regression on frozen features."""

    l2: NotNegative = Field(default=0.0001, description="l2 penalty on the weights")


class ProbesConfig(Record):
    """The evaluations on frozen features."""

    knn: KnnConfig = Field(default_factory=KnnConfig, description="the nearest-neighbour probe")
    linear: LinearConfig = Field(default_factory=LinearConfig, description="the linear probe")


class StartConfig(Settings):
    """What the encoder begins with: random weights, or those of a file."""

    weights: str = Field(default="", description="file of weights the encoder begins with; empty = random")
    sha256: str = Field(default="", description="of that file; filled in")


class ComponentConfig(Record):
    """A component by name, with every one of its parameters.

    Which parameters there are is known to the component alone, so any are let in here: its own signature
    (``repro.catalog.code.signatures``) has typed them before.
    """

    model_config = ConfigDict(extra="allow")

    name: Name = Field(description="the component's name in repro/learning/registry.py")

    @property
    def params(self) -> dict[str, Any]:
        """The keyword arguments that build the component; a fresh dict."""
        return dict(self.__pydantic_extra__ or {})


class ResolvedConfig(Record):
    """Everything that decides the outcome of a run besides its seed."""

    paper: Id = Field(description="the paper's id")
    benchmark: Id = Field(description="the benchmark's id")
    method: ComponentConfig = Field(description="the method and its parameters")
    encoder: ComponentConfig = Field(description="the encoder and its parameters")
    data: ComponentConfig = Field(description="the data set and its parameters")
    views: ComponentConfig = Field(description="the augmentations")
    optimizer: OptimizerConfig = Field(description="how weights are updated")
    budget: BudgetConfig = Field(description="how long to train")
    probes: ProbesConfig = Field(description="the evaluations on frozen features")
    start: StartConfig = Field(default_factory=StartConfig, description="what the encoder begins with")

    @model_serializer(mode="wrap")
    def _without_a_random_start(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What begins at random, as nearly every run does, says nothing of its start."""
        plain: dict[str, Any] = serialize(self)
        if self.start == StartConfig():
            plain.pop("start", None)
        return plain
