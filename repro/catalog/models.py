"""Every record of the catalog in one place."""

from repro.catalog.base import Localised
from repro.catalog.config import (
    BudgetConfig,
    ComponentConfig,
    KnnConfig,
    LinearConfig,
    OptimizerConfig,
    ProbesConfig,
    ResolvedConfig,
)
from repro.catalog.papers import Claim, Link, Paper, PaperSettings, Relation, Reported
from repro.catalog.recipes import Benchmark, Recipe
from repro.catalog.vocab import (
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
