"""Every rule of ``repro check`` by its permanent id.

A rule's id is never given to another rule, so that it can be searched for and silenced for good. A new rule
takes a number that no rule ever had, in the module of what it is about.
"""

from repro.catalog.rules.claims import CLAIMS
from repro.catalog.rules.files import FILES
from repro.catalog.rules.identity import IDENTITY
from repro.catalog.rules.numbers import NUMBERS
from repro.catalog.rules.papers import PAPERS
from repro.catalog.rules.recipes import RECIPES
from repro.catalog.rules.rule import Rule, Severity
from repro.catalog.rules.vocabularies import VOCABULARIES

# What the rules are about, in the order in which pages show them.
GROUPS: dict[str, dict[str, Rule]] = {
    "Every file": FILES,
    "Papers: what an entry holds and refers to": PAPERS,
    "Papers: which paper it is": IDENTITY,
    "Papers: numbers, claims and settings": NUMBERS,
    "Papers: how claims are tested": CLAIMS,
    "Recipes and benchmarks": RECIPES,
    "Vocabularies": VOCABULARIES,
}
RULES: dict[str, Rule] = dict(
    sorted((name, rule) for rules in GROUPS.values() for name, rule in rules.items())
)

__all__ = ["GROUPS", "RULES", "Rule", "Severity"]
