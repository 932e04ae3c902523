"""Every rule of ``repro check`` by its permanent id.

A rule's id is never given to another rule, so that it can be searched for and silenced for good. A new rule
takes a number that no rule ever had, in the module of what it is about.
"""

from repro.catalog.check._claims import CLAIMS
from repro.catalog.check._files import FILES
from repro.catalog.check._identity import IDENTITY
from repro.catalog.check._numbers import NUMBERS
from repro.catalog.check._papers import PAPERS
from repro.catalog.check._recipes import RECIPES
from repro.catalog.check._vocabularies import VOCABULARIES
from repro.catalog.reading.rule import Rule, Severity

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
