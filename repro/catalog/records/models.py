"""Every record of the catalog in one place."""

from repro.catalog.records.base import Localised
from repro.catalog.records.config import (
    BudgetConfig,
    ComponentConfig,
    KnnConfig,
    LinearConfig,
    OptimizerConfig,
    ProbesConfig,
    ResolvedConfig,
)
from repro.catalog.records.paper import Claim, Link, Paper, PaperSettings, Relation, Reported
from repro.catalog.records.recipe import Benchmark, Recipe
from repro.catalog.records.vocabulary import (
    DatasetTerm,
    Facet,
    MetricTerm,
    ProtocolTerm,
    RelationType,
    Venue,
    Vocabulary,
    Word,
)

__all__ = [
    "Benchmark",
    "BudgetConfig",
    "Claim",
    "ComponentConfig",
    "DatasetTerm",
    "Facet",
    "KnnConfig",
    "LinearConfig",
    "Link",
    "Localised",
    "MetricTerm",
    "OptimizerConfig",
    "Paper",
    "PaperSettings",
    "ProbesConfig",
    "ProtocolTerm",
    "Recipe",
    "Relation",
    "RelationType",
    "Reported",
    "ResolvedConfig",
    "Venue",
    "Vocabulary",
    "Word",
]
