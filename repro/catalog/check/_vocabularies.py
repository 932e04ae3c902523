"""Rules for the controlled words."""

from repro.catalog.reading.rule import Rule

VOCABULARIES: dict[str, Rule] = {
    "R033": Rule(
        "error",
        "the inverse of a relation type names that type back",
        why="Seen from the other paper and back again, a relation must be the same.",
        wrong="entries:\n  precedes: {name: precedes, inverse: simplifies}",
        right="entries:\n  precedes: {name: precedes, inverse: follows}\n"
        "  follows: {name: follows, inverse: precedes}",
        file="vocab/relations.yaml",
    ),
    "R075": Rule(
        "error",
        "no two words of a vocabulary or facet have the same name",
        why="On a page they would be two buttons with one label.",
        wrong="entries:\n  eccv: {name: ECCV}\n  eccv-conference: {name: ECCV}",
        right="entries:\n  eccv: {name: ECCV}\n  eccv-workshop: {name: ECCV workshops}",
        file="vocab/venues.yaml",
    ),
    "R076": Rule(
        "error",
        "a protocol's id ends in its version, such as @1",
        why="A protocol that changes gets a new version, so that old values keep what they were measured by.",
        wrong="entries:\n  mlp-probe: {name: MLP probe}",
        right="entries:\n  mlp-probe@1: {name: MLP probe}",
        file="vocab/protocols.yaml",
    ),
}
