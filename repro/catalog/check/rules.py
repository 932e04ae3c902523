"""Every rule of ``repro check`` by its permanent id, and the groups in which pages show them.

A rule stands beside the code that enforces it. A new one takes a number that no rule ever had, and is listed
here.
"""

from repro.catalog.check import (
    across,
    authors,
    claims,
    experiments,
    identity,
    layout,
    methods,
    numbers,
    papers,
    recipes,
    settings,
    terms,
    texts,
    vocabularies,
)
from repro.catalog.reading import bind, events, snapshot
from repro.catalog.reading.rule import Rule

# What the rules are about, in the order in which pages show them.
GROUPS: dict[str, tuple[Rule, ...]] = {
    "Every file": (
        *(events.WELL_FORMED, events.PLAIN_YAML, events.KEYS_ONCE, events.WITHIN_LIMITS, events.VISIBLE_TEXT),
        *(texts.COMPOSED_FORM, texts.UNDAMAGED, texts.NO_MARKUP),
        *(bind.KNOWN_KEYS, bind.REQUIRED_KEYS, bind.TYPED_VALUES),
        *(layout.NAMED_AFTER_ID, layout.KNOWN_PLACES),
        *(bind.HTTPS_ONLY, texts.NO_PLACEHOLDER, snapshot.SOUND_SNAPSHOT, texts.LANGUAGE_OF_KEY),
        *(papers.LISTED_ONCE, recipes.RECIPE_IN_PLACE),
    ),
    "Papers: what an entry holds and refers to": (
        *(terms.KNOWN_VENUES, terms.KNOWN_TAGS, terms.KNOWN_RELATIONS),
        *(papers.RELATION_TARGET, papers.RELATION_EVIDENCE, papers.UNIQUE_IDS),
        *(across.RELATION_ONCE, papers.ABSTRACT_LENGTH, papers.COMPLETE_ENTRY, papers.TRUE_GAPS),
        *(papers.CHINESE_TEXTS, across.RELATION_BY_ID, terms.TAGS_GIVEN, papers.IDEA_LENGTH),
        across.RELATION_IN_TIME,
    ),
    "Papers: which paper it is": (
        *(across.OWN_IDENTIFIERS, identity.IDENTIFIER_OR_LINK, identity.YEAR_FITS_ARXIV),
        *(identity.LINKED_ONCE, identity.LINK_NAMES_PAPER, across.OWN_TITLE),
        *(authors.AUTHORS_ONCE, authors.SOUND_ORCID, identity.REVISED_AFTER_ADDED),
        *(identity.TITLE_IS_NO_ID, identity.PUBLISHERS_DOI, identity.VENUE_FITS_STATUS),
        *(identity.OFFICIAL_CODE_LINKED, identity.SPDX_LICENCE, authors.NAMES_AS_PRINTED),
    ),
    "Papers: numbers, claims and settings": (
        *(terms.KNOWN_PROTOCOLS, terms.KNOWN_DATASETS, terms.KNOWN_METRICS, claims.CLAIM_VALUES),
        *(settings.KNOWN_SETTINGS, settings.TYPED_SETTINGS, settings.CODE_DIFFERS),
        *(numbers.VALID_PERCENT, numbers.SPREAD_OF_RUNS, numbers.SENSIBLE_COUNTS),
        *(numbers.DISTINCT_VALUES, claims.EXACT_WITHOUT_VALUES),
        *(methods.KNOWN_METHODS, methods.METHOD_NAMED),
    ),
    "Papers: how claims are tested": (
        *(claims.ONE_WAY_OF_TESTING, experiments.COMPARABLE_RUNS, experiments.ARMS_BIND),
        *(experiments.ARMS_DIFFER, experiments.ARMS_NAMED, experiments.METRIC_MEASURED),
        *(experiments.MARGIN_GIVEN, claims.SHARED_TEST),
    ),
    "Recipes and benchmarks": (
        *(recipes.PAPER_OF_RECIPE, recipes.BENCHMARK_OF_RECIPE, recipes.FOLLOWS_SETTINGS),
        *(recipes.RECIPE_BINDS, recipes.REASONS_GIVEN, recipes.REASONS_NEEDED, recipes.BENCHMARK_BINDS),
    ),
    "Vocabularies": (
        vocabularies.MUTUAL_INVERSES,
        vocabularies.DISTINCT_NAMES,
        vocabularies.VERSIONED_PROTOCOLS,
    ),
}
RULES: dict[str, Rule] = {rule.id: rule for rule in sorted(sum(GROUPS.values(), ()))}
